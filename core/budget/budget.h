// The budget of an offer: how many redemptions and how much money it may cost, and what is held back for offers that
// are on their way.
//
// Life of a hold: a decision that returns the offer holds one redemption and its expected cost until the treatment
// expires; when it is presented, until the attribution window ends; when it is redeemed, the hold is replaced by what
// the redemption really cost. A hold whose end has come is over by itself.
//
// Holds are kept as sums by the minute in which they end, not one by one: an end is rounded up to a whole minute, so a
// budget with holds of a week takes 10,080 sums at most, however many people hold a part of it. Whoever rounds far ends
// up to whole hours before gets by with 168.
#ifndef NBO_CORE_BUDGET_BUDGET_H_
#define NBO_CORE_BUDGET_BUDGET_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/time/time.h"

namespace nbo {

inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// Money is in minor units.
struct BudgetLimits {
  int64_t count = kNoLimit;         // redemptions, held and made
  int64_t minor = kNoLimit;         // their cost, held and spent
  int64_t per_customer = kNoLimit;  // redemptions of one person; counted by the caller from the person's contacts

  // Whether there is anything to keep account of over all persons.
  bool bounded() const { return count != kNoLimit || minor != kNoLimit; }
  friend bool operator==(const BudgetLimits&, const BudgetLimits&) = default;
};

// A part of a budget held back for one offer of one decision.
struct BudgetHold {
  uint64_t offer = 0;                     // Hash64 of the offer's id
  int64_t cost_minor = 0;                 // expected, at least 0
  absl::Time end = absl::InfinitePast();  // over at that time; InfinitePast: nothing is held

  friend bool operator==(const BudgetHold&, const BudgetHold&) = default;
};

// Whole minutes since 1970, rounded up: what a hold until `end` is filed under. It is over when that minute begins.
int32_t HoldMinute(absl::Time end);
// Whole minutes since 1970, rounded down: holds of this minute and of those before are over.
int32_t OverMinute(absl::Time now);

// The sum of the holds that end in one minute.
struct HeldMinute {
  int32_t minute = 0;
  int64_t count = 0;
  int64_t minor = 0;

  friend bool operator==(const HeldMinute&, const HeldMinute&) = default;
};

// All that is known of a budget but its limits, which come with the catalog. Plain, for checkpoints.
struct BudgetState {
  uint64_t offer = 0;
  int64_t spent_count = 0;
  int64_t spent_minor = 0;
  int64_t supplier_minor = 0;     // the part of spent_minor that the supplier pays
  std::vector<HeldMinute> holds;  // ascending, none empty

  friend bool operator==(const BudgetState&, const BudgetState&) = default;
};

// What an offer's budget looks like at a moment.
struct BudgetFigures {
  BudgetLimits limits;
  int64_t spent_count = 0;
  int64_t spent_minor = 0;
  int64_t supplier_minor = 0;
  int64_t held_count = 0;
  int64_t held_minor = 0;

  // Neither spent nor held, at least 0; kNoLimit if there is no limit.
  int64_t remaining_count() const;
  int64_t remaining_minor() const;
};

// Shares of a supplier are whole millionths, so that money is split exactly.
inline constexpr int32_t kWholeShare = 1'000'000;
// The nearest number of millionths; `share` is 0..1.
int32_t ShareMillionths(double share);
// The part of an amount (|amount_minor| at most 10^12) that a share of it is, rounded half away from zero.
int64_t PartOf(int64_t amount_minor, int32_t share_millionths);

}  // namespace nbo

#endif  // NBO_CORE_BUDGET_BUDGET_H_
