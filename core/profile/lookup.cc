#include "core/profile/lookup.h"

#include <utility>

namespace nbo {

absl::StatusOr<std::string> CustomerOf(const ProfileReader& store, const Identity& identity, absl::Time at) {
  auto history = store.ReadIdentity(identity);
  if (!history.ok()) return history.status();
  const Owner& owner = history->OwnerAt(at);
  switch (owner.kind) {
    case Owner::kNobody: return DerivedCustomerId(identity);
    case Owner::kCustomer: return owner.customer_id;
    case Owner::kErased: break;
  }
  return std::string();
}

absl::StatusOr<bool> ReadCurrentState(const ProfileReader& store, std::string* customer_id, CustomerState* state) {
  auto found = store.ReadState(*customer_id, state);
  if (!found.ok() || *found || customer_id->empty()) return found;
  auto survivor = store.ReadAlias(*customer_id);
  if (!survivor.ok()) return survivor.status();
  if (survivor->empty()) return false;
  *customer_id = *std::move(survivor);
  return store.ReadState(*customer_id, state);
}

absl::StatusOr<IdentityTypes> LinkedIdentityTypes(const ProfileReader& store, absl::string_view customer_id,
                                                  absl::Time at) {
  IdentityTypes types = 0;
  if (IsDerivedCustomerId(customer_id)) types |= SetOf(IdentityOfDerivedId(customer_id).type);
  absl::StatusOr<std::vector<Identity>> identities = store.ListIdentities(customer_id);
  if (!identities.ok()) return identities.status();
  for (const Identity& identity : *identities) {
    absl::StatusOr<IdentityHistory> history = store.ReadIdentity(identity);
    if (!history.ok()) return history.status();
    const Owner& owner = history->OwnerAt(at);
    if (owner.kind == Owner::kCustomer && owner.customer_id == customer_id) types |= SetOf(identity.type);
  }
  return types;
}

}  // namespace nbo
