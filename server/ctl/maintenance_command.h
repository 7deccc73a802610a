// nboctl rebuild and compact.
#pragma once

#include <iosfwd>

#include "server/ctl/context.h"

namespace nbo::v1 {
class Rebuild;
}

namespace nbo::ctl {

struct RebuildOptions {
  // Only look.
  bool status = false;
  // Show no progress.
  bool quiet = false;
};

// Starts a rebuild, or joins the one under way, and watches it to its end. kExitRefused if customers failed or it
// stopped early; kExitInterrupted after Ctrl-C, which the server does not notice.
ExitCode RunRebuild(Context& context, const RebuildOptions& options);

// nboctl compact.
ExitCode RunCompact(Context& context);

// Rewrites the store's files and waits until it is done. Says so on `err` before, and as text on `out` after.
ExitCode CompactStore(Context& context);

// One sentence: how far it is, or how it ended.
void PrintRebuild(std::ostream& out, const nbo::v1::Rebuild& rebuild);

}  // namespace nbo::ctl
