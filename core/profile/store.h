// The port to whatever keeps profiles. The in-memory twin is memory_store.h; RocksDB is in storage/.
#ifndef NBO_CORE_PROFILE_STORE_H_
#define NBO_CORE_PROFILE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/profile/category_names.h"
#include "core/profile/identity.h"
#include "core/profile/record.h"
#include "core/profile/state.h"

namespace nbo {

// Entries of a write group, applied in their order. Views and pointers are the caller's; null, nullopt or not present:
// the entry is removed.
struct StateToKeep {
  absl::string_view customer_id;
  const CustomerState* state;
};
struct RecordToKeep {
  RecordRef ref;
  const ReceiptRecord* record;
};
struct IdentityToKeep {
  Identity identity;
  const IdentityHistory* history;
};
// That an identity is, or was, linked to a customer; so that all of a customer's can be found.
struct NameToKeep {
  std::string customer_id;
  Identity identity;
  bool present;
};
// That a customer id has been merged into another one, under which everything is kept.
struct AliasToKeep {
  std::string absorbed_id;
  std::string survivor_id;
  bool present;
};
// That a customer id was erased at a time.
struct TombstoneToKeep {
  std::string customer_id;
  std::optional<absl::Time> time;
};

// What is written together: all of it or nothing.
struct WriteGroup {
  // First of all, everything under these customer ids is removed: state, base, records, names.
  std::vector<std::string> erased;
  std::vector<RecordToKeep> records;
  std::vector<StateToKeep> states;
  std::vector<StateToKeep> bases;
  std::vector<IdentityToKeep> identities;
  std::vector<NameToKeep> names;
  std::vector<AliasToKeep> aliases;
  std::vector<TombstoneToKeep> tombstones;
  std::vector<std::string> new_categories;  // names not yet in category_names()
  // False: the group becomes durable with the next one that is, or with Sync; until then nobody may be told.
  bool durable = true;
};

// What the way from a request to an answer asks: who is it, and what is known of him or her? All methods are
// thread-safe. Errors are UNAVAILABLE with the reason (try again later) or DATA_LOSS (stored bytes that cannot be
// read).
class ProfileReader {
 public:
  virtual ~ProfileReader() = default;

  // Fills *state and returns true, or clears it and returns false if nothing was recorded for the customer.
  virtual absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const = 0;

  // What is known of an identity; empty() if nothing is.
  virtual absl::StatusOr<IdentityHistory> ReadIdentity(const Identity& identity) const = 0;
  // Identities that were ever linked to the customer, ascending.
  virtual absl::StatusOr<std::vector<Identity>> ListIdentities(absl::string_view customer_id) const = 0;
  // The id that a customer id was merged into; "" if it was not. Never an id that was itself merged.
  virtual absl::StatusOr<std::string> ReadAlias(absl::string_view customer_id) const = 0;
};

// The error of ProfileStore::memory() where only the disk knows; no reading of the store itself has it.
inline absl::Status NotInMemory() { return absl::Status(absl::StatusCode::kFailedPrecondition, ""); }
inline bool IsNotInMemory(const absl::Status& status) { return absl::IsFailedPrecondition(status); }

// All methods are thread-safe and have the errors of ProfileReader.
class ProfileStore : public ProfileReader {
 public:
  // ---- Without waiting for a disk

  // The same as the store, but it never waits for a disk: what it answers is what the store would, and the error
  // NotInMemory() means that the store must be asked. Lives as long as the store.
  virtual const ProfileReader& memory() const { return *this; }

  // For when the store does not answer in time: a state of the customer that may lack the latest receipts. Never waits
  // for a disk. False, and *state is cleared: there is none.
  virtual bool ReadLastKnownState(absl::string_view customer_id, CustomerState* state) const {
    const absl::StatusOr<bool> found = memory().ReadState(customer_id, state);
    if (found.ok() && *found) return true;
    state->Clear();
    return false;
  }

  // ---- States

  // The same for many: results are in the order of the ids; `states` is resized. found[i] is 0 or 1.
  virtual absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                                  std::vector<char>* found) const = 0;

  // Calls `each` for every customer once, in no order, with the states as they were when it began; returns when all
  // were seen or `each` has returned false. Writes go on meanwhile. `each` may take its time; it must not call the
  // store. A state that cannot be read is passed over; the result is how many were.
  virtual absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view customer_id, const CustomerState& state)> each) const = 0;

  // As ReadState: what remains of records that were dropped when they became older than the retention.
  virtual absl::StatusOr<bool> ReadBase(absl::string_view customer_id, CustomerState* base) const = 0;

  // Up to `limit` ids of customers of a partition who have a state, ascending, after `after` ("": from the first).
  // States are not decoded: damaged ones are listed too.
  virtual absl::StatusOr<std::vector<std::string>> ListCustomers(uint32_t partition, absl::string_view after,
                                                                 size_t limit) const = 0;

  // ---- Receipts

  // The records under the given keys, in their order; empty() where there is none. `records` is resized.
  virtual absl::Status ReadRecords(absl::Span<const RecordRef> refs, std::vector<ReceiptRecord>* records) const = 0;

  // Calls `visit` for every record of a customer, ascending by key.
  virtual absl::Status ScanRecords(absl::string_view customer_id,
                                   absl::FunctionRef<void(const ReceiptKey&, ReceiptRecord)> visit) const = 0;

  // ---- Who is who

  // Ids that were merged into the customer, ascending.
  virtual absl::StatusOr<std::vector<std::string>> ListAbsorbed(absl::string_view customer_id) const = 0;
  // When a customer id was erased; nullopt if it was not. The store keeps no id that was erased, only a keyed hash.
  virtual absl::StatusOr<std::optional<absl::Time>> ReadTombstone(absl::string_view customer_id) const = 0;

  // ---- Writing

  // Writes the group atomically. When it returns OK the group is durable as the store's sync policy promises (or will
  // be, see WriteGroup::durable), and the new categories are in category_names(). On error nobody may be told that it
  // was written; it may be there all the same, so send it again.
  virtual absl::Status Write(const WriteGroup& group) = 0;
  // Makes durable what was written before.
  virtual absl::Status Sync() = 0;

  // The category names of all receipts ever written. Lives as long as the store.
  virtual const CategoryNames& category_names() const = 0;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_STORE_H_
