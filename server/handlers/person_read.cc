#include "server/handlers/person_read.h"

#include <utility>

#include "core/profile/lookup.h"
#include "server/handlers/convert.h"

namespace nbo::server {

namespace {

// How often a person is read anew because identities were stated meanwhile, of whomever.
constexpr int kMaxReadings = 64;

// In this order: what is stated of who is who after the ledger was asked is seen by whoever commits (Decider).
absl::Status ReadLedger(const PersonReader& reader, PersonRead* person) {
  absl::StatusOr<LedgerSnapshot> ledger =
      reader.may_wait ? reader.ledger->Read(person->customer_id) : reader.ledger->ReadFromMemory(person->customer_id);
  if (!ledger.ok()) return ledger.status();
  if (*ledger == nullptr) return NotInMemory();
  person->ledger = *std::move(ledger);
  return absl::OkStatus();
}

absl::Status ReadOnce(const PersonReader& reader, const v1::CustomerRef* customer, absl::Time at,
                      bool with_identity_types, PersonRead* person) {
  person->customer_id.clear();
  person->known = false;
  person->identity_types = 0;
  person->ledger = nullptr;
  person->statements = reader.ledger->statements();
  if (customer == nullptr) return ReadLedger(reader, person);
  absl::StatusOr<std::string> customer_id = ResolveCustomer("customer", *customer, *reader.profiles, at);
  if (!customer_id.ok()) return customer_id.status();
  person->customer_id = *std::move(customer_id);
  absl::StatusOr<bool> found = ReadCurrentState(*reader.profiles, &person->customer_id, &person->state);
  if (!found.ok()) return found.status();
  person->known = *found;
  // Two reads or more, which only a catalog that asks for it pays.
  if (person->known && with_identity_types) {
    absl::StatusOr<IdentityTypes> types = LinkedIdentityTypes(*reader.profiles, person->customer_id, at);
    if (!types.ok()) return types.status();
    person->identity_types = *types;
  }
  return ReadLedger(reader, person);
}

}  // namespace

absl::Status ReadPerson(const PersonReader& reader, const v1::CustomerRef* customer, absl::Time at,
                        bool with_identity_types, PersonRead* person) {
  // The id and the ledger must be of one moment: between the two the customer may have become another one, or nobody.
  for (int i = 0; i < kMaxReadings; ++i) {
    if (absl::Status s = ReadOnce(reader, customer, at, with_identity_types, person); !s.ok()) return s;
    if (reader.ledger->statements() == person->statements) return absl::OkStatus();
  }
  person->ledger = nullptr;
  return absl::UnavailableError("identities are being stated all the time; ask again");
}

void FillFromLastKnown(const ProfileStore& store, ContactLedger* ledger, PersonRead* person) {
  if (person->customer_id.empty()) return;
  if (!person->known) person->known = store.ReadLastKnownState(person->customer_id, &person->state);
  if (person->ledger != nullptr) return;
  absl::StatusOr<LedgerSnapshot> found = ledger->ReadFromMemory(person->customer_id);
  // Of the right person only if nothing was stated since it was found out who it is.
  if (found.ok() && ledger->statements() == person->statements) person->ledger = *std::move(found);
}

}  // namespace nbo::server
