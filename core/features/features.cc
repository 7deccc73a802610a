#include "core/features/features.h"

#include <algorithm>

namespace nbo {
namespace {

void AddDay(const DayTotals& day, WindowFeatures* window) {
  window->frequency += day.visits;
  window->revenue_minor += day.revenue_minor;
  window->discount_minor += day.discount_minor;
}

// Walks from the newest day back, once: each window starts as the sum of the one before.
void FillWindows(const CustomerState& state, Day today, CustomerFeatures* features) {
  WindowFeatures sum, future;
  auto day = state.days.rbegin();
  for (; day != state.days.rend() && day->day > today; ++day) AddDay(*day, &future);
  for (size_t i = 0; i < kLifetimeWindow; ++i) {
    for (; day != state.days.rend() && day->day > today - kWindowDays[i]; ++day) AddDay(*day, &sum);
    features->windows[i] = sum;
  }
  for (; day != state.days.rend(); ++day) AddDay(*day, &sum);
  AddDay(state.older, &sum);
  sum.frequency += future.frequency;
  sum.revenue_minor += future.revenue_minor;
  sum.discount_minor += future.discount_minor;
  features->windows[kLifetimeWindow] = sum;
}

// The newest day with a visit that is not after today.
Day LastVisit(const CustomerState& state, Day today) {
  if (state.last_visit_day <= today) return state.last_visit_day;
  for (auto day = state.days.rbegin(); day != state.days.rend(); ++day) {
    if (day->day <= today && day->visits > 0) return day->day;
  }
  return kNoDay;
}

absl::string_view UsualStore(const CustomerState& state) {
  const StoreTotals* best = nullptr;
  for (const StoreTotals& store : state.stores) {  // ascending by id: the first of equals stays
    if (best == nullptr || store.visits > best->visits ||
        (store.visits == best->visits && store.last_day > best->last_day)) {
      best = &store;
    }
  }
  return best == nullptr ? absl::string_view() : absl::string_view(best->store_id);
}

}  // namespace

CustomerFeatures ComputeFeatures(const CustomerState& state, Day today) {
  CustomerFeatures features;
  FillWindows(state, today, &features);
  const Day last_visit = LastVisit(state, today);
  if (last_visit != kNoDay) {
    features.recency_days = today - last_visit;
    features.tenure_days = std::max(0, today - state.first_visit_day);
  }
  features.usual_store = UsualStore(state);
  const WindowFeatures& life = features.windows[kLifetimeWindow];
  const int64_t gross = life.revenue_minor + life.discount_minor;
  if (gross > 0) {
    // Returns can push it outside 0..1.
    features.discount_share =
        std::clamp(static_cast<double>(life.discount_minor) / static_cast<double>(gross), 0.0, 1.0);
  }
  for (int i = 1; i < kChannelCount; ++i) features.channel_visits_total += state.channel_visits[i];
  return features;
}

double CategoryShare(const CategoryTotals& category, const CustomerFeatures& features) {
  const int64_t revenue = features.windows[kLifetimeWindow].revenue_minor;
  return revenue > 0 ? static_cast<double>(category.revenue_minor) / static_cast<double>(revenue) : 0;
}

std::optional<int> DaysSince(const CategoryTotals& category, Day today) {
  if (category.last_day == kNoDay) return std::nullopt;
  return std::max(0, today - category.last_day);
}

double ChannelShare(const CustomerState& state, Channel channel, const CustomerFeatures& features) {
  if (features.channel_visits_total == 0) return 0;
  return static_cast<double>(state.channel_visits[static_cast<int>(channel)]) /
         static_cast<double>(features.channel_visits_total);
}

}  // namespace nbo
