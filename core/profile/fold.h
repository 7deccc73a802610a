// Folds receipts into a customer's state.
#ifndef NBO_CORE_PROFILE_FOLD_H_
#define NBO_CORE_PROFILE_FOLD_H_

#include "absl/status/status.h"
#include "core/profile/receipt.h"
#include "core/profile/state.h"

namespace nbo {

// OK if the customer's limits (limits.h) leave room for the receipt, else RESOURCE_EXHAUSTED; changes nothing.
absl::Status CheckRoom(const Receipt& receipt, const CustomerState& state);

// Adds a valid receipt to the state. Commutative and associative over receipts: any order gives the same state. Not
// idempotent by itself: the caller adds each receipt once. Pure but for *state.
void Fold(const Receipt& receipt, CustomerState* state);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_FOLD_H_
