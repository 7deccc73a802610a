// Folds what receipts contribute into a customer's state.
//
// The state is defined by Refold: the sum of the contributions of all records of a customer. Add does the same for one
// contribution at a time where that is possible, which is nearly always. Both give equal states for equal sets of
// records, in any order.
#ifndef NBO_CORE_PROFILE_FOLD_H_
#define NBO_CORE_PROFILE_FOLD_H_

#include <vector>

#include "absl/status/status.h"
#include "core/profile/record.h"
#include "core/profile/state.h"

namespace nbo {

// OK if the customer's limits (limits.h) leave room for the receipt, else RESOURCE_EXHAUSTED; changes nothing.
absl::Status CheckRoom(const Receipt& receipt, const CustomerState& state);

// Adds a contribution to the state. False if that takes away all that the newest day had: then the state must be made
// anew by Refold, and *state is unspecified.
[[nodiscard]] bool Add(const Contribution& contribution, CustomerState* state);

// Adds a receipt that names no other and that no other names; counts it. For such receipts the order does not matter
// and nothing needs to be made anew but in the case of Add; then false.
bool Fold(const Receipt& receipt, CustomerState* state);

// Makes a state from records. Consents, attributes and not_before are no part of it.
class Refold {
 public:
  // Adds what remains of records that are kept no longer.
  void AddBase(const CustomerState& base);
  void AddRecord(absl::string_view store_id, const ReceiptRecord& record);
  // The state of all that was added. Call once.
  CustomerState Finish();

 private:
  CustomerState state_;          // all but the days
  std::vector<DayTotals> days_;  // in order of arrival
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_FOLD_H_
