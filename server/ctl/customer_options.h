// Naming a customer on the command line: by id, or by a card, phone, e-mail, app user or device.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nbo/v1/customer.pb.h"

namespace CLI {
class App;
}

namespace nbo::ctl {

// The options --card, --phone, --email, --app-user, --device. Empty: not given.
struct IdentityOptions {
  std::string card;
  std::string phone;
  std::string email;
  std::string app_user;
  std::string device;

  // Adds the options to a command; `this` must outlive it.
  void AddTo(CLI::App* command);
  // The identities given, in the order above.
  std::vector<nbo::v1::Identity> Identities() const;
};

// Everybody named, ids first.
std::vector<nbo::v1::CustomerRef> Customers(const std::vector<std::string>& ids, const IdentityOptions& identities);

// The only one named, by `id` (empty: not given) or an identity. INVALID_ARGUMENT says how to name one; `id_option` is
// how the command calls the id, "ID" or "--customer".
absl::StatusOr<nbo::v1::CustomerRef> OneCustomer(const std::string& id, const IdentityOptions& identities,
                                                 absl::string_view id_option);

// "customer 239", "loyalty card 4711".
std::string Describe(const nbo::v1::CustomerRef& customer);

}  // namespace nbo::ctl
