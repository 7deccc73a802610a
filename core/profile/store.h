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
#include "absl/types/span.h"
#include "core/profile/category_names.h"
#include "core/profile/identity.h"
#include "core/profile/receipt.h"
#include "core/profile/state.h"

namespace nbo {

// A receipt to be kept, with its content digest.
struct ReceiptToKeep {
  const Receipt* receipt;
  uint64_t digest;
};

// The state of one customer to be stored.
struct StateToKeep {
  absl::string_view customer_id;
  const CustomerState* state;
};

// What is written together: all of it or nothing. Points to the caller's objects, which must outlive the call.
struct WriteGroup {
  std::vector<ReceiptToKeep> receipts;
  std::vector<StateToKeep> states;
  std::vector<std::string> new_categories;  // names not yet in category_names()
  std::vector<const IdentityLink*> links;
};

// All methods are thread-safe. Errors are UNAVAILABLE with the reason (try again later) or DATA_LOSS (stored bytes that
// cannot be read).
class ProfileStore {
 public:
  virtual ~ProfileStore() = default;

  // Fills *state and returns true, or clears it and returns false if nothing was recorded for the customer.
  virtual absl::StatusOr<bool> ReadState(absl::string_view customer_id, CustomerState* state) const = 0;

  // The same for many: results are in the order of the ids; `states` is resized. found[i] is 0 or 1.
  virtual absl::Status ReadStates(absl::Span<const absl::string_view> customer_ids, std::vector<CustomerState>* states,
                                  std::vector<char>* found) const = 0;

  // Calls `each` for every customer once, in no order, with the states as they were when it began; returns when all
  // were seen or `each` has returned false. Writes go on meanwhile. `each` may take its time; it must not call the
  // store. A state that cannot be read is passed over; the result is how many were.
  virtual absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view customer_id, const CustomerState& state)> each) const = 0;

  // Content digests of receipts with the keys (customer, store, receipt id) of the given ones; nullopt: not stored.
  virtual absl::Status ReadDigests(absl::Span<const Receipt* const> receipts,
                                   std::vector<std::optional<uint64_t>>* digests) const = 0;

  // The link that holds for an identity, or nullopt.
  virtual absl::StatusOr<std::optional<IdentityLink>> ReadLink(const Identity& identity) const = 0;

  // Writes the group atomically. When it returns OK the group is durable as the store's sync policy promises, and the
  // new categories are in category_names(). On error nobody may be told that it was written; it may be there all the
  // same, so send it again.
  virtual absl::Status Write(const WriteGroup& group) = 0;

  // The category names of all receipts ever written. Lives as long as the store.
  virtual const CategoryNames& category_names() const = 0;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_STORE_H_
