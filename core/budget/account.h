// The account of one budget: what was spent and what is held. Private to core/budget; the book of all of them is
// book.h.
//
// What is spent, and what is held in a minute, are sums over all that happened: in whatever order it is told, the same
// comes out, as long as nothing is taken away before it was put in.
#ifndef NBO_CORE_BUDGET_ACCOUNT_H_
#define NBO_CORE_BUDGET_ACCOUNT_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "core/budget/budget.h"

namespace nbo {

// Not thread-safe. Minutes are those of HoldMinute and OverMinute.
class BudgetAccount {
 public:
  void SetLimits(const BudgetLimits& limits) { limits_ = limits; }
  const BudgetLimits& limits() const { return limits_; }

  // Drops what is over. An earlier `minute` than the last one changes nothing.
  void Expire(int32_t minute) {
    if (minute > over_) DropTo(minute);
  }
  // Whether one more redemption of this cost is within the limits, beside all that is spent or held.
  bool HasRoomFor(int64_t cost_minor) const {
    if (limits_.count != kNoLimit && Sum(spent_count_, held_count_) >= limits_.count) return false;
    return limits_.minor == kNoLimit || Sum(Sum(spent_minor_, held_minor_), cost_minor) <= limits_.minor;
  }
  // Whether or not there is room. Nothing if that minute is over.
  void Hold(int32_t minute, int64_t cost_minor);
  // The inverse of one Hold. False if that minute is not over and holds nothing like it: the caller is mistaken.
  bool Drop(int32_t minute, int64_t cost_minor);
  void Spend(int64_t minor, int64_t supplier_minor);

  void Restore(const BudgetState& state);
  // Without what is over at `minute`.
  BudgetState StateAt(uint64_t offer, int32_t minute) const;
  BudgetFigures FiguresAt(int32_t minute) const;

 private:
  struct Held {
    int64_t count = 0;
    int64_t minor = 0;
  };

  // Stops at the ends of int64.
  static int64_t Sum(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  }
  void DropTo(int32_t minute);
  void Forget(const Held& held) {
    held_count_ -= held.count;
    held_minor_ -= held.minor;
  }

  BudgetLimits limits_;
  int64_t spent_count_ = 0;
  int64_t spent_minor_ = 0;
  int64_t supplier_minor_ = 0;
  int64_t held_count_ = 0;  // of held_
  int64_t held_minor_ = 0;
  int32_t over_ = std::numeric_limits<int32_t>::min();
  absl::flat_hash_map<int32_t, Held> held_;  // by minute, all after over_
};

}  // namespace nbo

#endif  // NBO_CORE_BUDGET_ACCOUNT_H_
