// A change of a budget as it is written down beside the event that made it. A budget is a sum and knows no decisions:
// replaying what was written, once each and in its order, gives the budget that was there.
#ifndef NBO_CORE_BUDGET_MOVE_H_
#define NBO_CORE_BUDGET_MOVE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "core/budget/book.h"
#include "core/budget/budget.h"

namespace nbo {

struct BudgetMove {
  // Which call of BudgetBook it stands for. Values are persisted: they never change.
  enum class Kind : uint8_t { kUnspecified = 0, kReserve = 1, kPresent = 2, kSettle = 3, kRelease = 4 };

  Kind kind = Kind::kUnspecified;
  BudgetHold hold;                        // kReserve: that is made; others: as it was, InfinitePast if there was none
  absl::Time end = absl::InfinitePast();  // kPresent: its new end
  int64_t actual_minor = 0;               // kSettle: what it cost
  int64_t supplier_minor = 0;             // kSettle: the part of it that the supplier pays

  friend bool operator==(const BudgetMove&, const BudgetMove&) = default;
};
inline constexpr int kBudgetMoveKindCount = 5;

// Tells the book. kReserve holds without asking for room: it was asked for when the move was made.
void Apply(const BudgetMove& move, BudgetBook* book);

}  // namespace nbo

#endif  // NBO_CORE_BUDGET_MOVE_H_
