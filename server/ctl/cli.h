// The command line of nboctl: options, help texts, and which command runs.
#pragma once

#include "server/ctl/context.h"

namespace nbo::ctl {

// Runs nboctl with a command line as main() gets it. `context` brings the streams and clock; its options are set from
// the command line. Returns the exit code of the process.
int RunNboctl(int argc, const char* const* argv, Context& context);

}  // namespace nbo::ctl
