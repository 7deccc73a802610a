// StateDigest: which bytes it is of. Digests lie in decision logs for years, so they must never change.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/digest.h"
#include "core/base/hash.h"
#include "core/profile/state.h"

namespace nbo {
namespace {

CustomerState RandomState(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto number = [&random] { return static_cast<int64_t>(random()) >> (random() % 40); };
  CustomerState state;
  state.receipts = number();
  state.newest_day = static_cast<Day>(number() >> 40);
  state.older.visits = number();
  state.older.revenue_minor = number();
  state.older.discount_minor = number();
  state.days.resize(random() % 90);
  for (DayTotals& day : state.days) {
    day = {static_cast<Day>(number() >> 40), number(), number(), number()};
  }
  state.categories.resize(random() % 90);
  for (CategoryTotals& category : state.categories) {
    category.category = random();
    category.visits = number();
    category.revenue_minor = number();
    category.last_day = static_cast<Day>(number() >> 40);
  }
  state.stores.resize(random() % 9);
  for (StoreTotals& store : state.stores) store.store_id = absl::StrCat("store ", random());
  for (auto& visits : state.channel_visits) visits = number();
  if (seed % 2 == 0) {
    Consent consent;
    consent.channel = Channel::kSms;
    consent.granted = seed % 4 == 0;
    consent.time = absl::FromUnixMicros(static_cast<int64_t>(random() >> 20));
    consent.source = std::string(seed % 7, 'x');
    state.consents.push_back(consent);
  }
  if (seed % 5 == 0) {
    for (const char* key : {"app", "tier"}) {
      Attribute attribute{key, std::nullopt, absl::FromUnixMicros(static_cast<int64_t>(random() >> 20)), "crm"};
      if (random() % 2 == 0) attribute.value = std::string(random() % 9, 'v');
      state.attributes.push_back(attribute);
    }
  }
  if (seed % 3 == 0) state.not_before = absl::FromUnixMicros(static_cast<int64_t>(random() >> 20));
  return state;
}

std::string BytesOf(const CustomerState& state) {
  std::string bytes;
  const auto add = [&bytes](int64_t number) { AppendNumber(number, &bytes); };
  add(state.receipts);
  add(state.newest_day);
  add(state.first_visit_day);
  add(state.last_visit_day);
  add(state.older.visits);
  add(state.older.revenue_minor);
  add(state.older.discount_minor);
  add(static_cast<int64_t>(state.days.size()));
  add(static_cast<int64_t>(state.categories.size()));
  add(static_cast<int64_t>(state.stores.size()));
  for (const DayTotals& day : state.days) {
    add(day.day);
    add(day.visits);
    add(day.revenue_minor);
    add(day.discount_minor);
  }
  for (const CategoryTotals& category : state.categories) {
    add(static_cast<int64_t>(category.category));
    add(category.visits);
    add(category.revenue_minor);
    add(category.last_day);
  }
  for (const StoreTotals& store : state.stores) {
    AppendString(store.store_id, &bytes);
    add(store.visits);
    add(store.last_day);
  }
  for (const int64_t visits : state.channel_visits) add(visits);
  for (const Consent& consent : state.consents) {
    add(static_cast<int64_t>(consent.channel) * 2 + consent.granted);
    add(absl::ToUnixMicros(consent.time));
    AppendString(consent.source, &bytes);
  }
  if (state.not_before != absl::InfinitePast() || !state.attributes.empty()) add(absl::ToUnixMicros(state.not_before));
  for (const Attribute& attribute : state.attributes) {
    AppendString(attribute.key, &bytes);
    add(attribute.value.has_value());
    AppendString(attribute.value.value_or(""), &bytes);
    add(absl::ToUnixMicros(attribute.time));
    AppendString(attribute.source, &bytes);
  }
  return bytes;
}

TEST(StateDigest, IsTheHashOfTheNumbersAndTextsInTheirOrder) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const CustomerState state = RandomState(seed);
    ASSERT_EQ(StateDigest(state), Hash64(BytesOf(state))) << "seed " << seed;
  }
}

TEST(StateDigest, EveryPartOfAnAttributeCounts) {
  const Attribute gold{"tier", "gold", absl::FromUnixSeconds(1), "crm"};
  std::set<uint64_t> digests = {StateDigest(CustomerState())};
  Attribute removed = gold, empty = gold, other_key = gold, later = gold, elsewhere = gold;
  removed.value.reset();
  empty.value = "";
  other_key.key = "tie";
  later.time += absl::Microseconds(1);
  elsewhere.source = "app";
  for (const Attribute& attribute : {gold, removed, empty, other_key, later, elsewhere}) {
    CustomerState state;
    state.attributes = {attribute};
    digests.insert(StateDigest(state));
  }
  EXPECT_EQ(digests.size(), 7u);
}

TEST(StateDigest, NumbersAreEightBytesTheLowestFirst) {
  std::string bytes;
  AppendNumber(0x0102030405060708, &bytes);
  AppendNumber(-2, &bytes);
  EXPECT_EQ(bytes, absl::StrCat("\x08\x07\x06\x05\x04\x03\x02\x01", "\xfe", std::string(7, '\xff')));
}

}  // namespace
}  // namespace nbo
