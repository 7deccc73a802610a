#include "core/experiment/control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/experiment/bucketing.h"

namespace nbo {
namespace {

absl::Time StartOfUtcDay(int64_t day) { return absl::UnixEpoch() + absl::Hours(24) * day; }

}  // namespace

GlobalControl::GlobalControl(Rules rules) : rules_(std::move(rules)) {}

GlobalAssignment GlobalControl::PeriodAt(absl::Time time) const {
  GlobalAssignment found;
  if (rules_.rotate_days <= 0) return found;
  const int64_t days = int64_t{DayAtOffset(time, 0)} - rules_.rotate_from;
  found.period = (days >= 0 ? days : days - rules_.rotate_days + 1) / rules_.rotate_days;
  const int64_t first_day = rules_.rotate_from + found.period * rules_.rotate_days;
  found.begin = StartOfUtcDay(first_day);
  found.end = StartOfUtcDay(first_day + rules_.rotate_days);
  return found;
}

bool GlobalControl::IsControl(int64_t period, absl::string_view customer_id) const {
  return BucketOf(absl::StrCat(rules_.salt, ":", period), customer_id) < rules_.share;
}

GlobalAssignment GlobalControl::ArmOf(absl::string_view customer_id, absl::Time time) const {
  GlobalAssignment found = PeriodAt(time);
  found.arm = IsControl(found.period, customer_id) ? GlobalArm::kControl : GlobalArm::kTarget;
  return found;
}

bool GlobalControl::ArmsDiffer(absl::Span<const std::string> customer_ids, absl::Time time) const {
  const int64_t period = PeriodAt(time).period;
  const auto in_control = std::count_if(customer_ids.begin(), customer_ids.end(),
                                        [&](const std::string& id) { return IsControl(period, id); });
  return in_control != 0 && static_cast<size_t>(in_control) != customer_ids.size();
}

}  // namespace nbo
