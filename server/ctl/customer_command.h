// nboctl customer merge, consent, attributes and erase. Export has a file of its own.
#pragma once

#include <string>
#include <vector>

#include "server/ctl/context.h"
#include "server/ctl/customer_options.h"

namespace nbo::ctl {

struct CustomerMergeOptions {
  std::string absorbed_id;
  std::string surviving_id;
};

struct CustomerConsentOptions {
  std::string customer_id;
  IdentityOptions identities;
  std::string channel;
  // "granted" or "withdrawn".
  std::string statement;
  // RFC 3339; empty: now.
  std::string time;
  std::string source;
};

struct CustomerAttributesOptions {
  std::string customer_id;
  IdentityOptions identities;
  // Each "key=value".
  std::vector<std::string> attributes;
  std::vector<std::string> removed_keys;
  // RFC 3339; empty: now.
  std::string time;
  std::string source;
};

struct CustomerEraseOptions {
  std::string customer_id;
  IdentityOptions identities;
  // Do not ask.
  bool yes = false;
  // Rewrite the store's files at once.
  bool compact = false;
};

ExitCode RunCustomerMerge(Context& context, const CustomerMergeOptions& options);
ExitCode RunCustomerConsent(Context& context, const CustomerConsentOptions& options);
ExitCode RunCustomerAttributes(Context& context, const CustomerAttributesOptions& options);

// Asks on the terminal; kExitUsage, and nothing is sent, if the answer is not yes or nobody can be asked.
ExitCode RunCustomerErase(Context& context, const CustomerEraseOptions& options);

}  // namespace nbo::ctl
