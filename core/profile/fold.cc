#include "core/profile/fold.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

// The entry with the key in a vector sorted by it; inserted if absent.
template <typename Entry, typename Member, typename Key>
typename std::vector<Entry>::iterator FindOrInsert(std::vector<Entry>* entries, Member Entry::*member, const Key& key) {
  auto it = std::lower_bound(entries->begin(), entries->end(), key,
                             [member](const Entry& entry, const Key& k) { return entry.*member < k; });
  if (it == entries->end() || (*it).*member != key) {
    it = entries->insert(it, Entry{});
    (*it).*member = Member(key);
  }
  return it;
}

void AddTotals(const DayTotals& added, DayTotals* totals) {
  totals->visits += added.visits;
  totals->revenue_minor += added.revenue_minor;
  totals->discount_minor += added.discount_minor;
}

void AddCategory(const CategoryTotals& added, CustomerState* state) {
  auto totals = FindOrInsert(&state->categories, &CategoryTotals::category, added.category);
  totals->revenue_minor += added.revenue_minor;
  totals->visits += added.visits;
  totals->last_day = std::max(totals->last_day, added.last_day);
  if (totals->visits == 0 && totals->revenue_minor == 0) state->categories.erase(totals);
}

void AddStore(absl::string_view store_id, int64_t visits, Day last_day, CustomerState* state) {
  auto store = FindOrInsert(&state->stores, &StoreTotals::store_id, store_id);
  store->visits += visits;
  store->last_day = std::max(store->last_day, last_day);
}

void AddVisitDays(Day first, Day last, CustomerState* state) {
  if (state->first_visit_day == kNoDay || (first != kNoDay && first < state->first_visit_day)) {
    state->first_visit_day = first;
  }
  state->last_visit_day = std::max(state->last_visit_day, last);
}

// All of a contribution but its day's totals.
void AddBesidesDay(const Contribution& contribution, CustomerState* state) {
  for (const CategoryPart& part : contribution.categories) {
    AddCategory({part.category, part.bought, part.revenue_minor, part.bought ? contribution.day : kNoDay}, state);
  }
  if (!contribution.visit) return;
  AddVisitDays(contribution.day, contribution.day, state);
  ++state->channel_visits[static_cast<int>(contribution.channel)];
  if (!contribution.store_id.empty()) AddStore(contribution.store_id, 1, contribution.day, state);
}

DayTotals TotalsOf(const Contribution& contribution) {
  return {contribution.day, contribution.visit, contribution.revenue_minor, contribution.discount_minor};
}

// Days that fell out of reach join the older sums.
void SumUpOldDays(CustomerState* state) {
  const Day reach = state->newest_day - kDetailedDays;
  size_t old = 0;
  for (; old < state->days.size() && state->days[old].day <= reach; ++old) AddTotals(state->days[old], &state->older);
  state->days.erase(state->days.begin(), state->days.begin() + old);
}

size_t LinesOf(const Receipt& receipt) {
  size_t lines = receipt.lines.size();
  for (const ReturnedGoods& returned : receipt.returns) lines += returned.lines.size();
  return lines;
}

size_t CountNewCategories(const Receipt& receipt, const CustomerState& state) {
  absl::flat_hash_set<absl::string_view> added;
  auto note = [&](const std::vector<ReceiptLine>& lines) {
    for (const ReceiptLine& line : lines) {
      if (!line.category.empty() && state.FindCategory(CategoryKey(line.category)) == nullptr) {
        added.insert(line.category);
      }
    }
  };
  note(receipt.lines);
  for (const ReturnedGoods& returned : receipt.returns) note(returned.lines);
  return added.size();
}

bool KnowsStore(const CustomerState& state, absl::string_view store_id) {
  return std::any_of(state.stores.begin(), state.stores.end(),
                     [store_id](const StoreTotals& store) { return store.store_id == store_id; });
}

}  // namespace

absl::Status CheckRoom(const Receipt& receipt, const CustomerState& state) {
  if (state.receipts >= kMaxReceiptsPerCustomer) {
    return absl::ResourceExhaustedError(
        absl::StrCat("purchase.customer: has ", state.receipts, " receipts, the most that one customer may have"));
  }
  // Counted only when the limit is near.
  if (state.categories.size() + LinesOf(receipt) > kMaxCategoriesPerCustomer &&
      state.categories.size() + CountNewCategories(receipt, state) > kMaxCategoriesPerCustomer) {
    return absl::ResourceExhaustedError(absl::StrCat("purchase.lines: the customer would have more than ",
                                                     kMaxCategoriesPerCustomer,
                                                     " distinct categories; send coarser ones"));
  }
  if (state.stores.size() >= kMaxStoresPerCustomer && !receipt.store_id.empty() &&
      !KnowsStore(state, receipt.store_id)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("purchase.store_id: the customer would have more than ", kMaxStoresPerCustomer, " stores"));
  }
  return absl::OkStatus();
}

bool Add(const Contribution& contribution, CustomerState* state) {
  const DayTotals totals = TotalsOf(contribution);
  AddBesidesDay(contribution, state);
  if (totals.zero()) return true;
  if (state->newest_day != kNoDay && totals.day <= state->newest_day - kDetailedDays) {
    AddTotals(totals, &state->older);
    return true;
  }
  auto day = FindOrInsert(&state->days, &DayTotals::day, totals.day);
  AddTotals(totals, &*day);
  if (day->zero()) {
    if (totals.day == state->newest_day) return false;
    state->days.erase(day);
  }
  if (totals.day > state->newest_day) {
    state->newest_day = totals.day;
    SumUpOldDays(state);
  }
  return true;
}

bool Fold(const Receipt& receipt, CustomerState* state) {
  ReceiptRecord record;
  record.content = KeepContent(receipt, 0);
  bool added = true;
  if (record.live()) ++state->receipts;
  ForEachContribution(receipt.store_id, record, [&](const Contribution& part) { added &= Add(part, state); });
  return added;
}

void Refold::AddBase(const CustomerState& base) {
  state_.receipts += base.receipts;
  AddTotals(base.older, &state_.older);
  days_.insert(days_.end(), base.days.begin(), base.days.end());
  state_.newest_day = std::max(state_.newest_day, base.newest_day);
  for (const CategoryTotals& category : base.categories) AddCategory(category, &state_);
  for (const StoreTotals& store : base.stores) AddStore(store.store_id, store.visits, store.last_day, &state_);
  for (int i = 0; i < kChannelCount; ++i) state_.channel_visits[i] += base.channel_visits[i];
  AddVisitDays(base.first_visit_day, base.last_visit_day, &state_);
}

void Refold::AddRecord(absl::string_view store_id, const ReceiptRecord& record) {
  if (record.live()) ++state_.receipts;
  ForEachContribution(store_id, record, [this](const Contribution& contribution) {
    AddBesidesDay(contribution, &state_);
    days_.push_back(TotalsOf(contribution));
  });
}

CustomerState Refold::Finish() {
  std::sort(days_.begin(), days_.end(), [](const DayTotals& a, const DayTotals& b) { return a.day < b.day; });
  for (const DayTotals& day : days_) {
    if (!state_.days.empty() && state_.days.back().day == day.day) {
      AddTotals(day, &state_.days.back());
      continue;
    }
    if (!state_.days.empty() && state_.days.back().zero()) state_.days.pop_back();
    state_.days.push_back(day);
  }
  if (!state_.days.empty() && state_.days.back().zero()) state_.days.pop_back();
  if (!state_.days.empty()) state_.newest_day = std::max(state_.newest_day, state_.days.back().day);
  if (state_.newest_day != kNoDay) SumUpOldDays(&state_);
  return std::move(state_);
}

}  // namespace nbo
