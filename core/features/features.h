// Features of a customer: functions of the state and a civil day "today".
#ifndef NBO_CORE_FEATURES_FEATURES_H_
#define NBO_CORE_FEATURES_FEATURES_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "core/base/civil.h"
#include "core/profile/state.h"

namespace nbo {

// Lengths of the windows in civil days; 0 is the lifetime. A window of n days is today and the n - 1 days before.
inline constexpr std::array<int, 6> kWindowDays = {7, 30, 90, 180, 365, 0};
inline constexpr int kLifetimeWindow = 5;  // index into kWindowDays

// Money in minor units.
struct WindowFeatures {
  int64_t frequency = 0;  // visits
  int64_t revenue_minor = 0;
  int64_t discount_minor = 0;
  // Revenue per visit; nullopt without a visit.
  std::optional<double> AverageTicketMinor() const {
    if (frequency == 0) return std::nullopt;
    return static_cast<double>(revenue_minor) / static_cast<double>(frequency);
  }
};

// Views point into the state, which must outlive the features. Days after today are left out of the windows and of
// recency where single days are kept; sums (lifetime, categories, stores, channels) cannot leave them out.
struct CustomerFeatures {
  std::optional<int> recency_days;                         // 0: visited today
  std::optional<int> tenure_days;                          // since the first visit
  std::array<WindowFeatures, kWindowDays.size()> windows;  // as kWindowDays
  absl::string_view usual_store;         // most visits; then visited last; then first by id. Empty: none
  std::optional<double> discount_share;  // discounts / (revenue + discounts), lifetime; nullopt if nothing was spent
  int64_t channel_visits_total = 0;      // visits that name a channel
};

CustomerFeatures ComputeFeatures(const CustomerState& state, Day today);

// Share of a category in lifetime revenue; 0 if nothing was spent. Above 1 is possible when other categories were
// returned.
double CategoryShare(const CategoryTotals& category, const CustomerFeatures& features);
// Civil days since the category was last bought; nullopt: only returned.
std::optional<int> DaysSince(const CategoryTotals& category, Day today);
// Share of a channel in the visits that name one; 0 if none does.
double ChannelShare(const CustomerState& state, Channel channel, const CustomerFeatures& features);

}  // namespace nbo

#endif  // NBO_CORE_FEATURES_FEATURES_H_
