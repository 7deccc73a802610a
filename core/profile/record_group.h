// One group of receipts on its way into the store: what was read, what is to be written. Private to the recorder.
#ifndef NBO_CORE_PROFILE_RECORD_GROUP_H_
#define NBO_CORE_PROFILE_RECORD_GROUP_H_

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/profile/recorder.h"

namespace nbo {

// Read once, Add for each receipt in order, Write once. Not thread-safe. The receipts must outlive the group.
class RecordGroup {
 public:
  RecordGroup(ProfileStore* store, absl::Span<const Receipt* const> receipts) : store_(store), receipts_(receipts) {}

  absl::Status Read();
  // The receipt at `index`, in the light of those before. On error nothing has changed.
  absl::StatusOr<RecordResult> Add(size_t index);
  absl::Status Write();

 private:
  struct Customer {
    absl::string_view id;
    bool known = false;                               // has a stored state
    bool resolved = false;                            // an unknown one was looked up among the merged and the erased
    RecordResult standing = RecordResult::kAccepted;  // of an unknown one: kErased or kElsewhere if it may not be used
    bool changed = false;
    bool refold = false;  // the state must be made anew from the records
  };
  struct Entry {
    RecordRef ref;
    size_t customer;
    ReceiptRecord record;
    bool changed = false;
  };

  size_t CustomerOf(absl::string_view id);
  // The entry under a key that was announced before Read.
  size_t Announce(const RecordRef& ref);
  absl::StatusOr<Entry*> EntryOf(const RecordRef& ref);

  absl::Status CheckStanding(Customer* customer);
  absl::StatusOr<RecordResult> AddNew(const Receipt& receipt, uint64_t digest, Entry* own);
  absl::StatusOr<RecordResult> Revise(const Receipt& receipt, uint64_t digest, Entry* own);
  absl::Status CheckReturns(const Receipt& receipt);
  absl::Status CheckCategories(const Receipt& receipt, std::vector<absl::string_view>* added) const;
  void AttachReturns(Entry* own);
  absl::Status DetachReturns(Entry* own);
  void SetContent(const Receipt& receipt, uint64_t digest, Entry* own);
  void AddToState(size_t customer, const Contribution& contribution);
  absl::Status RefoldState(size_t customer);

  ProfileStore* store_;
  absl::Span<const Receipt* const> receipts_;
  std::vector<Customer> customers_;  // distinct
  absl::flat_hash_map<absl::string_view, size_t> customer_index_;
  std::vector<CustomerState> states_;  // by customers_
  std::deque<Entry> entries_;          // stable addresses
  std::vector<size_t> own_;            // by receipts_: its entry
  absl::flat_hash_map<RecordRef, size_t> entry_index_;
  std::deque<std::string> texts_;  // of keys that no receipt of the group holds
  absl::flat_hash_set<std::string> new_categories_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_RECORD_GROUP_H_
