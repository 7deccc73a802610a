#include "core/budget/account.h"

#include <algorithm>

namespace nbo {

void BudgetAccount::DropTo(int32_t minute) {
  const int64_t passed = int64_t{minute} - over_;
  over_ = minute;
  if (held_.empty()) return;
  if (passed > static_cast<int64_t>(held_.size())) {
    absl::erase_if(held_, [&](const auto& entry) {
      if (entry.first > minute) return false;
      Forget(entry.second);
      return true;
    });
    return;
  }
  for (int64_t m = minute - passed + 1; m <= minute; ++m) {
    const auto it = held_.find(static_cast<int32_t>(m));
    if (it == held_.end()) continue;
    Forget(it->second);
    held_.erase(it);
  }
}

void BudgetAccount::Hold(int32_t minute, int64_t cost_minor) {
  if (minute <= over_) return;
  Held& held = held_[minute];
  ++held.count;
  held.minor += cost_minor;
  ++held_count_;
  held_minor_ += cost_minor;
}

bool BudgetAccount::Drop(int32_t minute, int64_t cost_minor) {
  if (minute <= over_) return true;
  const auto it = held_.find(minute);
  if (it == held_.end() || it->second.minor < cost_minor) return false;
  --it->second.count;
  it->second.minor -= cost_minor;
  --held_count_;
  held_minor_ -= cost_minor;
  if (it->second.count == 0) {
    held_minor_ -= it->second.minor;  // nothing, unless the caller was mistaken
    held_.erase(it);
  }
  return true;
}

void BudgetAccount::Spend(int64_t minor, int64_t supplier_minor) {
  ++spent_count_;
  spent_minor_ = Sum(spent_minor_, minor);
  supplier_minor_ = Sum(supplier_minor_, supplier_minor);
}

void BudgetAccount::Restore(const BudgetState& state) {
  spent_count_ = state.spent_count;
  spent_minor_ = state.spent_minor;
  supplier_minor_ = state.supplier_minor;
  held_count_ = held_minor_ = 0;
  held_.clear();
  for (const HeldMinute& held : state.holds) {
    if (held.minute <= over_) continue;
    held_[held.minute] = {held.count, held.minor};
    held_count_ += held.count;
    held_minor_ += held.minor;
  }
}

BudgetState BudgetAccount::StateAt(uint64_t offer, int32_t minute) const {
  BudgetState state{offer, spent_count_, spent_minor_, supplier_minor_, {}};
  state.holds.reserve(held_.size());
  for (const auto& [end, held] : held_) {
    if (end > minute) state.holds.push_back({end, held.count, held.minor});
  }
  return state;
}

BudgetFigures BudgetAccount::FiguresAt(int32_t minute) const {
  BudgetFigures figures{limits_, spent_count_, spent_minor_, supplier_minor_, held_count_, held_minor_};
  for (const auto& [end, held] : held_) {
    if (end > minute) continue;
    figures.held_count -= held.count;
    figures.held_minor -= held.minor;
  }
  return figures;
}

}  // namespace nbo
