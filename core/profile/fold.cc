#include "core/profile/fold.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

// The entry with the key in a vector sorted by it; inserted if absent.
template <typename Entry, typename Key>
Entry& FindOrInsert(std::vector<Entry>* entries, Key Entry::*member, const Key& key) {
  auto it = std::lower_bound(entries->begin(), entries->end(), key,
                             [member](const Entry& entry, const Key& k) { return entry.*member < k; });
  if (it == entries->end() || (*it).*member != key) {
    it = entries->insert(it, Entry{});
    (*it).*member = key;
  }
  return *it;
}

// What one receipt adds to one category: its lines are summed first, since a visit counts once.
struct CategoryPart {
  uint64_t category;
  int64_t revenue_minor = 0;
  bool bought = false;
};

std::vector<CategoryPart> CategoryParts(const Receipt& receipt) {
  std::vector<CategoryPart> parts;
  for (const ReceiptLine& line : receipt.lines) {
    if (line.category.empty()) continue;
    CategoryPart& part = FindOrInsert(&parts, &CategoryPart::category, CategoryKey(line.category));
    part.revenue_minor += line.amount_minor;
    part.bought |= line.quantity_milli > 0 || line.amount_minor > 0;
  }
  return parts;
}

// Days that fell out of reach join the older sums.
void SumUpOldDays(CustomerState* state) {
  const Day reach = state->newest_day - kDetailedDays;
  size_t old = 0;
  for (; old < state->days.size() && state->days[old].day <= reach; ++old) {
    state->older.visits += state->days[old].visits;
    state->older.revenue_minor += state->days[old].revenue_minor;
    state->older.discount_minor += state->days[old].discount_minor;
  }
  state->days.erase(state->days.begin(), state->days.begin() + old);
}

void FoldDay(const Receipt& receipt, bool visit, CustomerState* state) {
  DayTotals& day = FindOrInsert(&state->days, &DayTotals::day, receipt.day);
  day.visits += visit;
  for (const ReceiptLine& line : receipt.lines) {
    day.revenue_minor += line.amount_minor;
    day.discount_minor += line.discount_minor;
  }
  state->newest_day = std::max(state->newest_day, receipt.day);
  SumUpOldDays(state);
}

}  // namespace

absl::Status CheckRoom(const Receipt& receipt, const CustomerState& state) {
  if (state.receipts >= kMaxReceiptsPerCustomer) {
    return absl::ResourceExhaustedError(
        absl::StrCat("purchase.customer: has ", state.receipts, " receipts, the most that one customer may have"));
  }
  // Counted only when the limit is near.
  if (state.categories.size() + receipt.lines.size() > kMaxCategoriesPerCustomer) {
    size_t added = 0;
    for (const CategoryPart& part : CategoryParts(receipt)) added += state.FindCategory(part.category) == nullptr;
    if (state.categories.size() + added > kMaxCategoriesPerCustomer) {
      return absl::ResourceExhaustedError(absl::StrCat("purchase.lines: the customer would have more than ",
                                                       kMaxCategoriesPerCustomer,
                                                       " distinct categories; send coarser ones"));
    }
  }
  if (state.stores.size() >= kMaxStoresPerCustomer && !receipt.store_id.empty() && IsVisit(receipt)) {
    for (const StoreTotals& store : state.stores) {
      if (store.store_id == receipt.store_id) return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(
        absl::StrCat("purchase.store_id: the customer would have more than ", kMaxStoresPerCustomer, " stores"));
  }
  return absl::OkStatus();
}

void Fold(const Receipt& receipt, CustomerState* state) {
  const bool visit = IsVisit(receipt);
  ++state->receipts;
  FoldDay(receipt, visit, state);
  for (const CategoryPart& part : CategoryParts(receipt)) {
    CategoryTotals& totals = FindOrInsert(&state->categories, &CategoryTotals::category, part.category);
    totals.revenue_minor += part.revenue_minor;
    totals.visits += part.bought;
    if (part.bought) totals.last_day = std::max(totals.last_day, receipt.day);
  }
  if (!visit) return;
  state->first_visit_day =
      state->first_visit_day == kNoDay ? receipt.day : std::min(state->first_visit_day, receipt.day);
  state->last_visit_day = std::max(state->last_visit_day, receipt.day);
  ++state->channel_visits[static_cast<int>(receipt.channel)];
  if (!receipt.store_id.empty()) {
    StoreTotals& store = FindOrInsert(&state->stores, &StoreTotals::store_id, receipt.store_id);
    ++store.visits;
    store.last_day = std::max(store.last_day, receipt.day);
  }
}

}  // namespace nbo
