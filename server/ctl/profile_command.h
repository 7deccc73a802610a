// nboctl profile show.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "server/ctl/context.h"
#include "server/ctl/customer_options.h"

namespace nbo::v1 {
class GetProfileResponse;
}

namespace nbo::ctl {

struct ProfileShowOptions {
  std::vector<std::string> ids;
  IdentityOptions identities;
  // RFC 3339; empty: now.
  std::string as_of;
  // Today is that of this store; empty: of the deployment.
  std::string store_id;
};

// Shows each customer in turn. One that is not found is reported on `err` and makes the end kExitNotFound; any other
// error ends the command at once.
ExitCode RunProfileShow(Context& context, const ProfileShowOptions& options);

// The profile as tables; money with `minor_digits` digits.
void PrintProfile(std::ostream& out, const nbo::v1::GetProfileResponse& profile, int minor_digits);

}  // namespace nbo::ctl
