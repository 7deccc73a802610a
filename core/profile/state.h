// The state of a customer: the fold of the customer's receipts.
//
// It holds sums, counts, minima and maxima only, so that the same set of receipts gives the same state in any order and
// any grouping. Nothing in it ages: whatever depends on today is computed from it (core/features).
#ifndef NBO_CORE_PROFILE_STATE_H_
#define NBO_CORE_PROFILE_STATE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/channel.h"
#include "core/base/civil.h"

namespace nbo {

// Days for which single days are kept, counted back from the newest receipt. Windows reach 365 days; the rest is slack
// for a "now" that lies before the newest receipt. Older days are summed up in CustomerState::older.
inline constexpr int kDetailedDays = 400;

// Money is in minor units.
struct DayTotals {
  Day day = 0;
  int64_t visits = 0;         // receipts in which something was bought
  int64_t revenue_minor = 0;  // after discounts and returns; may be negative
  int64_t discount_minor = 0;
};

// A category is known by the hash of its name (Hash64): the same on every machine and in any order of arrival. The
// store keeps the names.
struct CategoryTotals {
  uint64_t category = 0;
  int64_t visits = 0;
  int64_t revenue_minor = 0;
  Day last_day = kNoDay;  // last day with something bought; kNoDay: only returned
};

struct StoreTotals {
  std::string store_id;
  int64_t visits = 0;
  Day last_day = kNoDay;
};

struct CustomerState {
  int64_t receipts = 0;     // all receipts, returns included
  Day newest_day = kNoDay;  // newest day of any receipt; decides how far single days reach back
  Day first_visit_day = kNoDay;
  Day last_visit_day = kNoDay;
  DayTotals older;                         // sums of the days up to newest_day - kDetailedDays; `day` unused
  std::vector<DayTotals> days;             // ascending by day, no two equal
  std::vector<CategoryTotals> categories;  // ascending by category
  std::vector<StoreTotals> stores;         // ascending by store_id; stores with at least one visit
  std::array<int64_t, kChannelCount> channel_visits{};  // by Channel

  void Clear();
  // The entry of a category, or nullptr.
  const CategoryTotals* FindCategory(uint64_t category) const;
};

// Equal states, equal digests. For people and tests; the store does not use it.
uint64_t StateDigest(const CustomerState& state);

// The key under which a category is kept.
uint64_t CategoryKey(absl::string_view name);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_STATE_H_
