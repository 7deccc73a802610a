#include "server/ctl/customer_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nbo::ctl {

void IdentityOptions::AddTo(CLI::App* command) {
  command->add_option("--card", card, "Number of a loyalty card");
  command->add_option("--phone", phone, "Telephone number, as it was linked");
  command->add_option("--email", email, "E-mail address, as it was linked");
  command->add_option("--app-user", app_user, "User id of the app or site");
  command->add_option("--device", device, "Id of a device or browser");
}

std::vector<nbo::v1::Identity> IdentityOptions::Identities() const {
  const std::pair<nbo::v1::IdentityType, const std::string&> given[] = {
      {nbo::v1::IDENTITY_TYPE_LOYALTY_CARD, card}, {nbo::v1::IDENTITY_TYPE_PHONE, phone},
      {nbo::v1::IDENTITY_TYPE_EMAIL, email},       {nbo::v1::IDENTITY_TYPE_APP_USER, app_user},
      {nbo::v1::IDENTITY_TYPE_DEVICE, device},
  };
  std::vector<nbo::v1::Identity> identities;
  for (const auto& [type, value] : given) {
    if (value.empty()) continue;
    nbo::v1::Identity& identity = identities.emplace_back();
    identity.set_type(type);
    identity.set_value(value);
  }
  return identities;
}

std::vector<nbo::v1::CustomerRef> Customers(const std::vector<std::string>& ids, const IdentityOptions& identities) {
  std::vector<nbo::v1::CustomerRef> customers;
  for (const std::string& id : ids) customers.emplace_back().set_customer_id(id);
  for (const nbo::v1::Identity& identity : identities.Identities()) {
    *customers.emplace_back().mutable_identity() = identity;
  }
  return customers;
}

absl::StatusOr<nbo::v1::CustomerRef> OneCustomer(const std::string& id, const IdentityOptions& identities,
                                                 absl::string_view id_option) {
  const std::vector<std::string> ids = id.empty() ? std::vector<std::string>() : std::vector<std::string>{id};
  const std::vector<nbo::v1::CustomerRef> customers = Customers(ids, identities);
  if (customers.size() == 1) return customers.front();
  return absl::InvalidArgumentError(absl::StrCat("name one customer", customers.empty() ? "" : " only", ": ", id_option,
                                                 ", --card, --phone, --email, --app-user or --device"));
}

std::string Describe(const nbo::v1::CustomerRef& customer) {
  if (!customer.has_identity()) return absl::StrCat("customer ", customer.customer_id());
  const std::string& value = customer.identity().value();
  switch (customer.identity().type()) {
    case nbo::v1::IDENTITY_TYPE_LOYALTY_CARD: return absl::StrCat("loyalty card ", value);
    case nbo::v1::IDENTITY_TYPE_PHONE: return absl::StrCat("phone ", value);
    case nbo::v1::IDENTITY_TYPE_EMAIL: return absl::StrCat("e-mail ", value);
    case nbo::v1::IDENTITY_TYPE_APP_USER: return absl::StrCat("app user ", value);
    case nbo::v1::IDENTITY_TYPE_DEVICE: return absl::StrCat("device ", value);
    default: return absl::StrCat("identity ", value);
  }
}

}  // namespace nbo::ctl
