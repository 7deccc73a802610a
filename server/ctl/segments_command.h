// nboctl segments.
#pragma once

#include <iosfwd>
#include <string>

#include "server/ctl/context.h"

namespace nbo::v1 {
class SegmentReport;
}

namespace nbo::ctl {

struct SegmentsOptions {
  // Compute anew before showing.
  bool refresh = false;
  // RFC 3339; empty: today. Needs `refresh`.
  std::string as_of;
};

ExitCode RunSegments(Context& context, const SegmentsOptions& options);

// The report as tables; money with `minor_digits` digits.
void PrintSegments(std::ostream& out, const nbo::v1::SegmentReport& report, int minor_digits);

}  // namespace nbo::ctl
