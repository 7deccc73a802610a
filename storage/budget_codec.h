// The state of a budget to stored bytes and back. The offer is the key (NumberKey), not part of the bytes.
#ifndef NBO_STORAGE_BUDGET_CODEC_H_
#define NBO_STORAGE_BUDGET_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/budget/budget.h"

namespace nbo::storage {

// Deterministic. A minute with holds takes about 5 bytes.
std::string EncodeBudget(const BudgetState& state);
// DATA_LOSS if the bytes are no budget; whatever they are, what is returned can be restored without harm.
absl::StatusOr<BudgetState> DecodeBudget(uint64_t offer, absl::string_view bytes);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_BUDGET_CODEC_H_
