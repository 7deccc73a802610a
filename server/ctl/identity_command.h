// nboctl identity link.
#pragma once

#include <string>

#include "server/ctl/context.h"
#include "server/ctl/customer_options.h"

namespace nbo::ctl {

struct IdentityLinkOptions {
  IdentityOptions identities;
  std::string customer_id;
  // RFC 3339; empty: now.
  std::string time;
};

// Links every identity named to the customer; ends at the first that is refused.
ExitCode RunIdentityLink(Context& context, const IdentityLinkOptions& options);

}  // namespace nbo::ctl
