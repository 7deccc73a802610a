// The one place where a decision learns about its person.
#ifndef NBO_SERVER_HANDLERS_PERSON_READ_H_
#define NBO_SERVER_HANDLERS_PERSON_READ_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/ledger/ledger.h"
#include "core/profile/store.h"
#include "nbo/v1/customer.pb.h"

namespace nbo::server {

// What was found out about a person. Reused, it keeps its memory.
struct PersonRead {
  std::string customer_id;           // empty: nobody, or it could not be found out who it is
  bool known = false;                // `state` is this customer's
  CustomerState state;               // meaningless unless known
  IdentityTypes identity_types = 0;  // only if they were asked for
  LedgerSnapshot ledger;             // what the person was told; null: it could not be found out
  uint64_t statements = 0;           // ContactLedger::statements() before it was found out who it is
};

// Where it is read: the disk may be waited for, or it may not. Then what only a disk knows is NotInMemory().
struct PersonReader {
  const ProfileReader* profiles;
  ContactLedger* ledger;
  bool may_wait;
};

// Reads all that a decision needs about whom `customer` stands for at a moment; null: nobody. INVALID_ARGUMENT names
// the field that is wrong; other errors are the readers', and *person then holds what was found out before.
absl::Status ReadPerson(const PersonReader& reader, const v1::CustomerRef* customer, absl::Time at,
                        bool with_identity_types, PersonRead* person);

// Adds what is remembered of a person whom ReadPerson could not read: a state that may be behind, and what the person
// was told, which is not. Never waits for a disk.
void FillFromLastKnown(const ProfileStore& store, ContactLedger* ledger, PersonRead* person);

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_PERSON_READ_H_
