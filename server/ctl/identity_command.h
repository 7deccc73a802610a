// nboctl identity link and unlink.
#pragma once

#include <string>

#include "server/ctl/context.h"
#include "server/ctl/customer_options.h"

namespace nbo::ctl {

struct IdentityCommandOptions {
  IdentityOptions identities;
  // Of link only.
  std::string customer_id;
  // RFC 3339; empty: now.
  std::string time;
};

// Link every identity named to the customer, or to nobody; end at the first that is refused.
ExitCode RunIdentityLink(Context& context, const IdentityCommandOptions& options);
ExitCode RunIdentityUnlink(Context& context, const IdentityCommandOptions& options);

}  // namespace nbo::ctl
