#include "core/profile/state.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/hash.h"

namespace nbo {

void CustomerState::Clear() {
  receipts = 0;
  newest_day = first_visit_day = last_visit_day = kNoDay;
  older = {};
  days.clear();
  categories.clear();
  stores.clear();
  channel_visits.fill(0);
  not_before = absl::InfinitePast();
  consents.clear();
}

const CategoryTotals* CustomerState::FindCategory(uint64_t category) const {
  if (categories.empty()) return nullptr;
  // Keys are hashes, spread evenly over all numbers: a key says itself about where it stands among the sorted ones, and
  // a few steps lead there. A decision asks a hundred times; processors guess the turns of a binary search wrong.
  size_t at = static_cast<size_t>((category >> 32) * categories.size() >> 32);
  while (at > 0 && categories[at].category > category) --at;
  while (at < categories.size() && categories[at].category < category) ++at;
  return at < categories.size() && categories[at].category == category ? &categories[at] : nullptr;
}

bool AddConsent(const Consent& consent, CustomerState* state) {
  auto it = std::lower_bound(state->consents.begin(), state->consents.end(), consent.channel,
                             [](const Consent& entry, Channel channel) { return entry.channel < channel; });
  if (it == state->consents.end() || it->channel != consent.channel) {
    state->consents.insert(it, consent);
    return true;
  }
  if (!Supersedes(consent, *it)) return false;
  *it = consent;
  return true;
}

uint64_t StateDigest(const CustomerState& state) {
  std::string bytes;
  for (int64_t n : {state.receipts, int64_t{state.newest_day}, int64_t{state.first_visit_day},
                    int64_t{state.last_visit_day}, state.older.visits, state.older.revenue_minor,
                    state.older.discount_minor, static_cast<int64_t>(state.days.size()),
                    static_cast<int64_t>(state.categories.size()), static_cast<int64_t>(state.stores.size())}) {
    AppendNumber(n, &bytes);
  }
  for (const DayTotals& day : state.days) {
    for (int64_t n : {int64_t{day.day}, day.visits, day.revenue_minor, day.discount_minor}) AppendNumber(n, &bytes);
  }
  for (const CategoryTotals& c : state.categories) {
    for (int64_t n : {static_cast<int64_t>(c.category), c.visits, c.revenue_minor, int64_t{c.last_day}}) {
      AppendNumber(n, &bytes);
    }
  }
  for (const StoreTotals& store : state.stores) {
    AppendString(store.store_id, &bytes);
    AppendNumber(store.visits, &bytes);
    AppendNumber(store.last_day, &bytes);
  }
  for (int64_t visits : state.channel_visits) AppendNumber(visits, &bytes);
  for (const Consent& consent : state.consents) {
    AppendNumber(static_cast<int64_t>(consent.channel) * 2 + consent.granted, &bytes);
    AppendNumber(absl::ToUnixMicros(consent.time), &bytes);
    AppendString(consent.source, &bytes);
  }
  if (state.not_before != absl::InfinitePast()) AppendNumber(absl::ToUnixMicros(state.not_before), &bytes);
  return Hash64(bytes);
}

uint64_t CategoryKey(absl::string_view name) { return Hash64(name); }

}  // namespace nbo
