#include "core/profile/state.h"

#include <algorithm>

#include "absl/container/fixed_array.h"
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
  attributes.clear();
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

namespace {

// Of the bytes that StateDigest hashes.
size_t DigestSize(const CustomerState& state) {
  size_t numbers = 10 + 4 * state.days.size() + 4 * state.categories.size() + 3 * state.stores.size() +
                   state.channel_visits.size() + 3 * state.consents.size() + 1 + 5 * state.attributes.size();
  size_t texts = 0;
  for (const StoreTotals& store : state.stores) texts += store.store_id.size();
  for (const Consent& consent : state.consents) texts += consent.source.size();
  for (const Attribute& attribute : state.attributes) {
    texts += attribute.key.size() + (attribute.value ? attribute.value->size() : 0) + attribute.source.size();
  }
  return numbers * kDigestNumberBytes + texts;
}

}  // namespace

// Each decision asks for it: hence one buffer that is filled without a look at its size.
uint64_t StateDigest(const CustomerState& state) {
  absl::FixedArray<char, 4096> bytes(DigestSize(state));
  char* to = bytes.data();
  for (int64_t n : {state.receipts, int64_t{state.newest_day}, int64_t{state.first_visit_day},
                    int64_t{state.last_visit_day}, state.older.visits, state.older.revenue_minor,
                    state.older.discount_minor, static_cast<int64_t>(state.days.size()),
                    static_cast<int64_t>(state.categories.size()), static_cast<int64_t>(state.stores.size())}) {
    to = PutNumber(n, to);
  }
  for (const DayTotals& day : state.days) {
    for (int64_t n : {int64_t{day.day}, day.visits, day.revenue_minor, day.discount_minor}) to = PutNumber(n, to);
  }
  for (const CategoryTotals& c : state.categories) {
    for (int64_t n : {static_cast<int64_t>(c.category), c.visits, c.revenue_minor, int64_t{c.last_day}}) {
      to = PutNumber(n, to);
    }
  }
  for (const StoreTotals& store : state.stores) {
    to = PutString(store.store_id, to);
    to = PutNumber(store.visits, to);
    to = PutNumber(store.last_day, to);
  }
  for (int64_t visits : state.channel_visits) to = PutNumber(visits, to);
  for (const Consent& consent : state.consents) {
    to = PutNumber(static_cast<int64_t>(consent.channel) * 2 + consent.granted, to);
    to = PutNumber(absl::ToUnixMicros(consent.time), to);
    to = PutString(consent.source, to);
  }
  // What came after the first decisions were logged is left out where there is none: their digests stay.
  const bool has_attributes = !state.attributes.empty();
  if (has_attributes || state.not_before != absl::InfinitePast()) {
    to = PutNumber(absl::ToUnixMicros(state.not_before), to);
  }
  for (const Attribute& attribute : state.attributes) {
    to = PutString(attribute.key, to);
    to = PutNumber(attribute.value.has_value(), to);
    to = PutString(attribute.value ? absl::string_view(*attribute.value) : "", to);
    to = PutNumber(absl::ToUnixMicros(attribute.time), to);
    to = PutString(attribute.source, to);
  }
  return Hash64(absl::string_view(bytes.data(), static_cast<size_t>(to - bytes.data())));
}

uint64_t CategoryKey(absl::string_view name) { return Hash64(name); }

}  // namespace nbo
