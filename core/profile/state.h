// The state of a customer: the fold of the customer's receipt records, consents and attributes.
//
// It holds sums, counts, minima and maxima only, in a normal form (no entry that says nothing), so that the same set of
// records gives the same state in any order and any grouping. Nothing in it ages: whatever depends on today is computed
// from it (core/features).
//
// Its size is bounded: kDetailedDays days, kMaxCategoriesPerCustomer categories, kMaxStoresPerCustomer stores,
// kChannelCount consents, kMaxAttributeKeysPerCustomer attributes. Daily shopping for 20 years leaves 400 days and one
// sum.
#ifndef NBO_CORE_PROFILE_STATE_H_
#define NBO_CORE_PROFILE_STATE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/channel.h"
#include "core/base/civil.h"
#include "core/profile/attribute.h"
#include "core/profile/consent.h"

namespace nbo {

// Days for which single days are kept, counted back from the newest receipt. Windows reach 365 days; the rest is slack
// for a "now" that lies before the newest receipt. Older days are summed up in CustomerState::older.
inline constexpr int kDetailedDays = 400;

// Money is in minor units.
struct DayTotals {
  Day day = 0;
  int64_t visits = 0;         // receipts of which something was kept
  int64_t revenue_minor = 0;  // after discounts and returns; may be negative
  int64_t discount_minor = 0;

  bool zero() const { return visits == 0 && revenue_minor == 0 && discount_minor == 0; }
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
  int64_t receipts = 0;     // receipts that stand: returns are counted, cancelled ones are not
  Day newest_day = kNoDay;  // newest day on which anything counts; decides how far single days reach back
  Day first_visit_day = kNoDay;
  Day last_visit_day = kNoDay;
  // Events from before are not this person's: the customer id was erased, and then given out again. Nearly always
  // unset.
  absl::Time not_before = absl::InfinitePast();
  DayTotals older;                         // sums of the days up to newest_day - kDetailedDays; `day` unused
  std::vector<DayTotals> days;             // ascending by day, no two equal
  std::vector<CategoryTotals> categories;  // ascending by category
  std::vector<StoreTotals> stores;         // ascending by store_id; stores with at least one visit
  std::array<int64_t, kChannelCount> channel_visits{};  // by Channel
  std::vector<Consent> consents;                        // ascending by channel, at most one for each
  std::vector<Attribute> attributes;                    // ascending by key, one of each; removed ones included

  void Clear();
  // True if nothing is known: no receipt ever counted, no consent and no attribute was stated.
  bool empty() const { return receipts == 0 && newest_day == kNoDay && consents.empty() && attributes.empty(); }
  // The entry of a category, or nullptr.
  const CategoryTotals* FindCategory(uint64_t category) const;
};

// Takes in a statement of consent; false if one that holds against it is known.
bool AddConsent(const Consent& consent, CustomerState* state);

// Equal states, equal digests. For people and tests; the store does not use it.
uint64_t StateDigest(const CustomerState& state);

// The key under which a category is kept.
uint64_t CategoryKey(absl::string_view name);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_STATE_H_
