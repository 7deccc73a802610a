#include "server/ctl/context.h"

#include <ostream>

namespace nbo::ctl {

ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk: return kExitOk;
    case absl::StatusCode::kNotFound: return kExitNotFound;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded: return kExitUnavailable;
    default: return kExitRefused;
  }
}

ExitCode Fail(const Context& context, const absl::Status& status) {
  context.err << "nboctl: " << status.message() << "\n";
  return ExitCodeFor(status);
}

ExitCode FailUsage(const Context& context, const absl::Status& status) {
  context.err << "nboctl: " << status.message() << "\n";
  return kExitUsage;
}

}  // namespace nbo::ctl
