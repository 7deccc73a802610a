// The last word of an import: what became of every line.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/ctl/import_tally.h"

namespace nbo::ctl {

struct ImportSummary {
  // As given on the command line; LineOrigin::file counts in it.
  std::vector<std::string> files;
  ImportTally tally;
  int64_t shifted_weeks = 0;
  int64_t reopened_streams = 0;
  int64_t resent_receipts = 0;
  // Why sending was given up; OK if every receipt was answered.
  absl::Status status;
  absl::Duration elapsed;
};

void PrintSummaryText(std::ostream& out, const ImportSummary& summary);

// One JSON object on one line: {"files": [...], "lines": {...}, "receipts": {...}, "reasons": [...],
// "shifted_weeks": N, ...}. Holds at most 5 reasons, like the text.
void PrintSummaryJson(std::ostream& out, const ImportSummary& summary);

}  // namespace nbo::ctl
