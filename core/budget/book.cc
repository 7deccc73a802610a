#include "core/budget/book.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"

namespace nbo {
namespace {

void Sort(std::vector<BudgetState>* states) {
  for (BudgetState& state : *states) {
    std::sort(state.holds.begin(), state.holds.end(),
              [](const HeldMinute& a, const HeldMinute& b) { return a.minute < b.minute; });
  }
  std::sort(states->begin(), states->end(),
            [](const BudgetState& a, const BudgetState& b) { return a.offer < b.offer; });
}

}  // namespace

BudgetBook::Entry& BudgetBook::EntryOf(uint64_t offer) {
  std::unique_ptr<Entry>& entry = entries_[offer];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>();
    entry->account.Expire(restored_over_);
  }
  return *entry;
}

void BudgetBook::UpdateGauge(Entry* entry) {
  const bool exhausted = entry->position && !entry->account.HasRoomFor(entry->cost_minor);
  if (exhausted == entry->exhausted) return;
  entry->exhausted = exhausted;
  gauge_->Set(*entry->position, exhausted);
}

std::shared_ptr<const BudgetGauge> BudgetBook::SetLimits(size_t offer_count, absl::Span<const OfferBudget> budgets,
                                                         absl::Time now) {
  auto gauge = std::make_shared<BudgetGauge>(offer_count);
  absl::MutexLock lock(&mutex_);
  gauge_ = gauge;
  for (auto& [offer, entry] : entries_) {
    entry->account.SetLimits({});
    entry->position.reset();
    entry->exhausted = false;
  }
  for (const OfferBudget& budget : budgets) {
    if (!budget.limits.bounded()) continue;
    Entry& entry = EntryOf(budget.offer);
    entry.account.SetLimits(budget.limits);
    entry.account.Expire(OverMinute(now));
    entry.position = budget.position;
    entry.cost_minor = budget.cost_minor;
    UpdateGauge(&entry);
  }
  return gauge;
}

std::vector<size_t> BudgetBook::TryReserve(absl::Span<const BudgetHold> holds, absl::Time now,
                                           absl::Span<const BudgetHold> replaced) {
  const int32_t over = OverMinute(now);
  std::vector<size_t> without_room;
  absl::InlinedVector<Entry*, 8> entries;           // null: without room
  absl::InlinedVector<const BudgetHold*, 8> aside;  // of `replaced`
  absl::MutexLock lock(&mutex_);
  for (const BudgetHold& hold : replaced) {
    Entry& entry = EntryOf(hold.offer);
    entry.account.Expire(over);
    if (entry.account.Drop(HoldMinute(hold.end), hold.cost_minor)) aside.push_back(&hold);
  }
  for (size_t i = 0; i < holds.size(); ++i) {
    Entry& entry = EntryOf(holds[i].offer);
    entry.account.Expire(over);
    const bool room = entry.account.HasRoomFor(holds[i].cost_minor);
    if (room) entry.account.Hold(HoldMinute(holds[i].end), holds[i].cost_minor);
    if (!room) without_room.push_back(i);
    if (!room) UpdateGauge(&entry);  // some of it may have been over
    entries.push_back(room ? &entry : nullptr);
  }
  for (size_t i = 0; i < holds.size(); ++i) {
    if (entries[i] == nullptr) continue;
    if (without_room.empty()) {
      entries[i]->changed = true;
    } else {
      entries[i]->account.Drop(HoldMinute(holds[i].end), holds[i].cost_minor);
    }
    UpdateGauge(entries[i]);
  }
  for (const BudgetHold* hold : aside) {
    Entry& entry = EntryOf(hold->offer);
    entry.account.Hold(HoldMinute(hold->end), hold->cost_minor);
    UpdateGauge(&entry);
  }
  return without_room;
}

void BudgetBook::Reserve(const BudgetHold& hold) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = EntryOf(hold.offer);
  entry.account.Hold(HoldMinute(hold.end), hold.cost_minor);
  entry.changed = true;
  UpdateGauge(&entry);
}

bool BudgetBook::LetGo(const BudgetHold& hold, Entry* entry) {
  entry->changed = true;
  return entry->account.Drop(HoldMinute(hold.end), hold.cost_minor);
}

bool BudgetBook::Present(const BudgetHold& hold, absl::Time end) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = EntryOf(hold.offer);
  const bool there = LetGo(hold, &entry);
  entry.account.Hold(HoldMinute(end), hold.cost_minor);
  UpdateGauge(&entry);
  return there;
}

bool BudgetBook::Settle(const BudgetHold& hold, int64_t actual_minor, int64_t supplier_minor) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = EntryOf(hold.offer);
  const bool there = LetGo(hold, &entry);
  entry.account.Spend(actual_minor, supplier_minor);
  UpdateGauge(&entry);
  return there;
}

bool BudgetBook::Release(const BudgetHold& hold) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = EntryOf(hold.offer);
  const bool there = LetGo(hold, &entry);
  UpdateGauge(&entry);
  return there;
}

void BudgetBook::Expire(absl::Time now) {
  const int32_t over = OverMinute(now);
  absl::MutexLock lock(&mutex_);
  for (auto& [offer, entry] : entries_) {
    entry->account.Expire(over);
    UpdateGauge(entry.get());
  }
}

BudgetFigures BudgetBook::Figures(uint64_t offer, absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  const auto it = entries_.find(offer);
  return it == entries_.end() ? BudgetFigures() : it->second->account.FiguresAt(OverMinute(now));
}

std::vector<BudgetState> BudgetBook::States(absl::Time now) const {
  std::vector<BudgetState> states;
  {
    absl::MutexLock lock(&mutex_);
    states.reserve(entries_.size());
    for (const auto& [offer, entry] : entries_) {
      BudgetState state = entry->account.StateAt(offer, OverMinute(now));
      if (state.spent_count != 0 || !state.holds.empty()) states.push_back(std::move(state));
    }
  }
  Sort(&states);
  return states;
}

std::vector<BudgetState> BudgetBook::TakeChanged(absl::Time now) {
  std::vector<BudgetState> states;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [offer, entry] : entries_) {
      if (std::exchange(entry->changed, false)) states.push_back(entry->account.StateAt(offer, OverMinute(now)));
    }
  }
  Sort(&states);
  return states;
}

void BudgetBook::Restore(absl::Span<const BudgetState> states, absl::Time as_of) {
  absl::MutexLock lock(&mutex_);
  restored_over_ = std::max(restored_over_, OverMinute(as_of));
  for (const BudgetState& state : states) {
    Entry& entry = EntryOf(state.offer);
    entry.account.Expire(restored_over_);
    entry.account.Restore(state);
    UpdateGauge(&entry);
  }
}

}  // namespace nbo
