// Who is who: which customer an identity belongs to, which customers are one person, who was erased.
//
// Whatever is stated here also moves the receipts it concerns, so that the order of arrival does not matter: receipts
// first or link first, the states are the same. The rules:
//
// - A receipt that is addressed by an identity belongs to the owner of the identity at the receipt's time
//   (IdentityHistory). A statement that comes late moves the receipts of its time.
// - A customer merged into another one is that other one: everything moves, and whatever comes for the absorbed id
// later
//   is recorded for the survivor. Consents and attributes unite, the latest for each channel and key holds.
// - Erasing removes everything of a person and leaves a tombstone for every id and identity: late receipts and links
// are
//   dropped. A link with a time after the erasure takes an identity and a customer id into use again, for a new person.
#ifndef NBO_CORE_PROFILE_REGISTRY_H_
#define NBO_CORE_PROFILE_REGISTRY_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/profile/attribute.h"
#include "core/profile/book.h"
#include "core/profile/consent.h"
#include "core/profile/identity.h"
#include "core/profile/store.h"

namespace nbo {

// Needs the store to itself: no Recorder may run meanwhile. Writes are not durable until ProfileStore::Sync. Errors:
// FAILED_PRECONDITION says what stands against it, RESOURCE_EXHAUSTED names the limit; else the store's. On error
// nothing has changed.
class Registry {
 public:
  // Called when nothing refuses a statement any more, directly before it is written, if what was one customer's is
  // another one's from now on; an error ends it. For whoever keeps something beside the store.
  using BeforeWrite = std::function<absl::Status(const std::string& absorbed_id, const std::string& survivor_id)>;

  // The store must outlive the registry.
  explicit Registry(ProfileStore* store) : store_(store) {}

  struct Linked {
    std::string customer_id;     // whom the identity belongs to at the end of its history; "": nobody or erased
    int64_t moved_receipts = 0;  // that changed the customer
  };
  // From `since` on the identity belongs to the customer, or to nobody (nullopt).
  absl::StatusOr<Linked> Link(const Identity& identity, const std::optional<std::string>& customer_id, absl::Time since,
                              const BeforeWrite& before_write = nullptr);

  struct Merged {
    std::string customer_id;  // under which everything is now
    int64_t moved_receipts = 0;
  };
  // The two are one person; `survivor` stays. The customers need not be known yet.
  absl::StatusOr<Merged> Merge(const std::string& absorbed, const std::string& survivor,
                               const BeforeWrite& before_write = nullptr);

  struct Stated {
    std::string customer_id;  // for whom it is recorded: the survivor of a merge; "": the customer was erased
    bool changed = false;     // false: what holds against it is known, or the customer was erased
  };
  // Records a statement of consent. `customer_id` may be a derived one, or "" for somebody who was erased.
  absl::StatusOr<Stated> RecordConsent(const std::string& customer_id, const Consent& consent);
  // As RecordConsent, of attributes; all have one time. RESOURCE_EXHAUSTED: see CheckRoom.
  absl::StatusOr<Stated> RecordAttributes(const std::string& customer_id, const std::vector<Attribute>& statement);

  struct Erased {
    int64_t receipts = 0;
    int64_t identities = 0;
    bool known = false;  // there was something to erase
  };
  // `customer_id` may be a derived one, or "" for somebody who was erased before: then nothing is to be done.
  absl::StatusOr<Erased> Erase(const std::string& customer_id, absl::Time now);

  // Makes the state of a customer anew from base and records, and mends damaged ones. True if it changed.
  absl::StatusOr<bool> Rebuild(absl::string_view customer_id);

  // Sums up and drops the receipts that are older than `horizon` and have no tie to younger ones. Returns how many.
  absl::StatusOr<int64_t> DropReceiptsBefore(absl::string_view customer_id, Day horizon);

 private:
  // Changes what is stated of a customer at `time`, and writes the state if `change` has changed it.
  absl::StatusOr<Stated> Change(const std::string& customer_id, absl::Time time,
                                absl::FunctionRef<absl::StatusOr<bool>(CustomerState*)> change);
  absl::StatusOr<std::string> Survivor(const std::string& customer_id) const;

  ProfileStore* store_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_REGISTRY_H_
