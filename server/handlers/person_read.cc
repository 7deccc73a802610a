#include "server/handlers/person_read.h"

#include <utility>

#include "core/profile/lookup.h"
#include "server/handlers/convert.h"

namespace nbo::server {

absl::Status ReadPerson(const ProfileReader& reader, const v1::CustomerRef& customer, absl::Time at,
                        bool with_identity_types, PersonRead* person) {
  person->customer_id.clear();
  person->known = false;
  person->identity_types = 0;
  absl::StatusOr<std::string> customer_id = ResolveCustomer("customer", customer, reader, at);
  if (!customer_id.ok()) return customer_id.status();
  person->customer_id = *std::move(customer_id);
  absl::StatusOr<bool> found = ReadCurrentState(reader, &person->customer_id, &person->state);
  if (!found.ok()) return found.status();
  person->known = *found;
  // Two reads or more, which only a catalog that asks for it pays.
  if (!person->known || !with_identity_types) return absl::OkStatus();
  absl::StatusOr<IdentityTypes> types = LinkedIdentityTypes(reader, person->customer_id, at);
  if (!types.ok()) return types.status();
  person->identity_types = *types;
  return absl::OkStatus();
}

void FillFromLastKnown(const ProfileStore& store, PersonRead* person) {
  if (person->known || person->customer_id.empty()) return;
  person->known = store.ReadLastKnownState(person->customer_id, &person->state);
}

}  // namespace nbo::server
