#include "core/budget/budget.h"

#include <algorithm>
#include <cmath>

namespace nbo {
namespace {

int32_t Clamped(int64_t minute) {
  return static_cast<int32_t>(
      std::clamp<int64_t>(minute, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()));
}

// Of parts that are each far from the ends of int64, and `limit` that may lie at the end.
int64_t Left(int64_t limit, int64_t spent, int64_t held) {
  if (limit == kNoLimit) return kNoLimit;
  int64_t taken = 0;
  if (__builtin_add_overflow(spent, held, &taken)) return 0;
  return std::max<int64_t>(limit - taken, 0);
}

}  // namespace

int32_t HoldMinute(absl::Time end) {
  constexpr int64_t kMicrosPerMinute = 60'000'000;
  if (end == absl::InfinitePast()) return std::numeric_limits<int32_t>::min();
  const int64_t us = absl::ToUnixMicros(end);  // InfiniteFuture: the end of int64
  const int64_t minutes = us / kMicrosPerMinute;
  return Clamped(us % kMicrosPerMinute > 0 ? minutes + 1 : minutes);
}

int32_t OverMinute(absl::Time now) {
  constexpr int64_t kMicrosPerMinute = 60'000'000;
  if (now == absl::InfinitePast()) return std::numeric_limits<int32_t>::min();
  const int64_t us = absl::ToUnixMicros(now);
  const int64_t minutes = us / kMicrosPerMinute;
  return Clamped(us % kMicrosPerMinute < 0 ? minutes - 1 : minutes);
}

int64_t BudgetFigures::remaining_count() const { return Left(limits.count, spent_count, held_count); }
int64_t BudgetFigures::remaining_minor() const { return Left(limits.minor, spent_minor, held_minor); }

int32_t ShareMillionths(double share) {
  return static_cast<int32_t>(std::llround(std::clamp(share, 0.0, 1.0) * kWholeShare));
}

int64_t PartOf(int64_t amount_minor, int32_t share_millionths) {
  const int64_t product = amount_minor * share_millionths;  // 10^18 at most
  const int64_t half = product < 0 ? -kWholeShare / 2 : kWholeShare / 2;
  return (product + half) / kWholeShare;
}

}  // namespace nbo
