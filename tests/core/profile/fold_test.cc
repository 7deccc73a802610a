#include "core/profile/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::HasSubstr;

constexpr Day kToday = 19'000;

CustomerState FoldAll(const std::vector<Receipt>& receipts) {
  CustomerState state;
  for (const Receipt& receipt : receipts) Fold(receipt, &state);
  return state;
}

TEST(ProfileFold, AnyOrderGivesTheSameState) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    RandomReceipts random(seed);
    std::vector<Receipt> receipts = random.Many(150, "c");
    const uint64_t digest = StateDigest(FoldAll(receipts));
    for (int shuffle = 0; shuffle < 5; ++shuffle) {
      random.Shuffle(&receipts);
      ASSERT_EQ(StateDigest(FoldAll(receipts)), digest) << "seed " << seed << ", shuffle " << shuffle;
    }
    std::sort(receipts.begin(), receipts.end(), [](const Receipt& a, const Receipt& b) { return a.day < b.day; });
    ASSERT_EQ(StateDigest(FoldAll(receipts)), digest) << "seed " << seed << ", oldest first";
    std::reverse(receipts.begin(), receipts.end());
    ASSERT_EQ(StateDigest(FoldAll(receipts)), digest) << "seed " << seed << ", newest first";
  }
}

TEST(ProfileFold, KeepsItsVectorsSortedAndWithoutRepeats) {
  const CustomerState state = FoldAll(RandomReceipts(7).Many(500, "c"));
  ASSERT_GT(state.days.size(), 100u);
  ASSERT_EQ(state.categories.size(), 30u);
  ASSERT_EQ(state.stores.size(), 7u);
  for (size_t i = 1; i < state.days.size(); ++i) EXPECT_LT(state.days[i - 1].day, state.days[i].day);
  for (size_t i = 1; i < state.categories.size(); ++i) {
    EXPECT_LT(state.categories[i - 1].category, state.categories[i].category);
  }
  for (size_t i = 1; i < state.stores.size(); ++i) EXPECT_LT(state.stores[i - 1].store_id, state.stores[i].store_id);
}

TEST(ProfileFold, AReceiptIsAVisitIfAnyLineHasAPositiveQuantityOrAmount) {
  const struct {
    int64_t quantity, amount;
    bool visit;
  } cases[] = {{1, 0, true},  {0, 1, true},    {1, -5, true}, {-1, 5, true},
               {0, 0, false}, {-1, -5, false}, {0, -5, false}};
  for (const auto& c : cases) {
    Receipt receipt = ReceiptOf("c", "r", kToday, {{"p", "", c.quantity, c.amount, 0}});
    EXPECT_EQ(FoldAll({receipt}).last_visit_day != kNoDay, c.visit) << c.quantity << " " << c.amount;
    receipt.lines.push_back(Returned("A", 100));
    EXPECT_EQ(FoldAll({receipt}).last_visit_day != kNoDay, c.visit) << "with a returned line beside it";
  }
}

TEST(ProfileFold, AReturnLowersRevenueOnItsOwnDayAndCountsAsNoVisit) {
  const CustomerState state = FoldAll({ReceiptOf("c", "1", kToday - 5, {Bought("MILK", 500, 50)}),
                                       ReceiptOf("c", "2", kToday, {Returned("MILK", 200)}, "s2", Channel::kWeb)});
  EXPECT_EQ(state.receipts, 2);
  EXPECT_EQ(state.newest_day, kToday);
  EXPECT_EQ(state.first_visit_day, kToday - 5);
  EXPECT_EQ(state.last_visit_day, kToday - 5);
  ASSERT_EQ(state.days.size(), 2u);
  EXPECT_EQ(state.days[0].visits, 1);
  EXPECT_EQ(state.days[0].revenue_minor, 500);
  EXPECT_EQ(state.days[0].discount_minor, 50);
  EXPECT_EQ(state.days[1].visits, 0);
  EXPECT_EQ(state.days[1].revenue_minor, -200);
  ASSERT_EQ(state.stores.size(), 1u) << "a return adds no store";
  EXPECT_EQ(state.stores[0].store_id, "s1");
  EXPECT_EQ(state.channel_visits[static_cast<int>(Channel::kWeb)], 0) << "nor a visit of its channel";
  ASSERT_NE(state.FindCategory(CategoryKey("MILK")), nullptr);
  EXPECT_EQ(state.FindCategory(CategoryKey("MILK"))->revenue_minor, 300);
  EXPECT_EQ(state.FindCategory(CategoryKey("MILK"))->visits, 1);
  EXPECT_EQ(state.FindCategory(CategoryKey("MILK"))->last_day, kToday - 5);
}

TEST(ProfileFold, ACategoryOnlyReturnedHasRevenueButNoVisitAndNoLastDay) {
  const CustomerState state = FoldAll({ReceiptOf("c", "1", kToday, {Returned("MILK", 200), Bought("BREAD", 100)})});
  const CategoryTotals* milk = state.FindCategory(CategoryKey("MILK"));
  ASSERT_NE(milk, nullptr);
  EXPECT_EQ(milk->revenue_minor, -200);
  EXPECT_EQ(milk->visits, 0);
  EXPECT_EQ(milk->last_day, kNoDay);
}

TEST(ProfileFold, ACategoryOnSeveralLinesOfAReceiptIsOneVisit) {
  const CustomerState state =
      FoldAll({ReceiptOf("c", "1", kToday, {Bought("MILK", 100), Returned("MILK", 30), Bought("MILK", 200)})});
  const CategoryTotals* milk = state.FindCategory(CategoryKey("MILK"));
  ASSERT_NE(milk, nullptr);
  EXPECT_EQ(milk->visits, 1);
  EXPECT_EQ(milk->revenue_minor, 270);
}

TEST(ProfileFold, WhatHasNoNameCountsOnlyInTheTotals) {
  const CustomerState state =
      FoldAll({ReceiptOf("c", "1", kToday, {Bought("", 100)}, /*store=*/"", Channel::kUnspecified)});
  EXPECT_TRUE(state.categories.empty());
  EXPECT_TRUE(state.stores.empty());
  EXPECT_EQ(state.days[0].revenue_minor, 100);
  EXPECT_EQ(state.channel_visits[0], 1) << "visits without a channel are kept apart";
}

TEST(ProfileFold, KeepsSingleDaysForExactlyFourHundredDays) {
  const Receipt newest = ReceiptOf("c", "new", kToday, {Bought("A", 1)});
  const Receipt inside = ReceiptOf("c", "in", kToday - kDetailedDays + 1, {Bought("A", 10, 5)});
  const Receipt outside = ReceiptOf("c", "out", kToday - kDetailedDays, {Bought("A", 100, 50)});
  for (const std::vector<Receipt>& order :
       {std::vector{outside, inside, newest}, {newest, inside, outside}, {inside, outside, newest}}) {
    const CustomerState state = FoldAll(order);
    ASSERT_EQ(state.days.size(), 2u);
    EXPECT_EQ(state.days[0].day, kToday - kDetailedDays + 1);
    EXPECT_EQ(state.older.visits, 1);
    EXPECT_EQ(state.older.revenue_minor, 100);
    EXPECT_EQ(state.older.discount_minor, 50);
    EXPECT_EQ(state.first_visit_day, kToday - kDetailedDays) << "the day of the first visit is never forgotten";
  }
}

TEST(ProfileFold, AReturnMovesTheReachToo) {
  const CustomerState state = FoldAll({ReceiptOf("c", "1", kToday - kDetailedDays, {Bought("A", 100)}),
                                       ReceiptOf("c", "2", kToday, {Returned("A", 100)})});
  EXPECT_EQ(state.days.size(), 1u);
  EXPECT_EQ(state.older.visits, 1);
}

TEST(CheckRoom, RefusesTheReceiptAfterTheLast) {
  CustomerState state;
  const Receipt receipt = ReceiptOf("c", "r", kToday, {Bought("A", 1)});
  state.receipts = kMaxReceiptsPerCustomer - 1;
  EXPECT_TRUE(CheckRoom(receipt, state).ok());
  state.receipts = kMaxReceiptsPerCustomer;
  EXPECT_EQ(CheckRoom(receipt, state).code(), absl::StatusCode::kResourceExhausted);
}

TEST(CheckRoom, CountsOnlyCategoriesThatAreNew) {
  CustomerState state;
  for (size_t i = 0; i < kMaxCategoriesPerCustomer - 1; ++i) {
    Fold(ReceiptOf("c", "r", kToday, {Bought(absl::StrCat("category ", i), 1)}), &state);
  }
  const uint64_t before = StateDigest(state);
  EXPECT_TRUE(CheckRoom(ReceiptOf("c", "r", kToday, {Bought("new", 1)}), state).ok());
  EXPECT_TRUE(CheckRoom(ReceiptOf("c", "r", kToday,
                                  {Bought("new", 1), Bought("new", 2), Bought("category 0", 1), Bought("", 1)}),
                        state)
                  .ok());
  const absl::Status status = CheckRoom(ReceiptOf("c", "r", kToday, {Bought("new", 1), Bought("newer", 1)}), state);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("categories"));
  EXPECT_EQ(StateDigest(state), before);

  Fold(ReceiptOf("c", "r", kToday, {Bought("new", 1)}), &state);
  EXPECT_TRUE(CheckRoom(ReceiptOf("c", "r", kToday, {Bought("category 5", 1)}), state).ok())
      << "a known one, when full";
  EXPECT_FALSE(CheckRoom(ReceiptOf("c", "r", kToday, {Bought("another", 1)}), state).ok());
}

TEST(CheckRoom, CountsOnlyStoresThatAreNew) {
  CustomerState state;
  for (size_t i = 0; i < kMaxStoresPerCustomer; ++i) {
    Fold(ReceiptOf("c", "r", kToday, {Bought("A", 1)}, absl::StrCat("store ", i)), &state);
  }
  EXPECT_TRUE(CheckRoom(ReceiptOf("c", "r", kToday, {Bought("A", 1)}, "store 0"), state).ok());
  EXPECT_TRUE(CheckRoom(ReceiptOf("c", "r", kToday, {Bought("A", 1)}, "store 999"), state).ok());
  EXPECT_TRUE(CheckRoom(ReceiptOf("c", "r", kToday, {Bought("A", 1)}, ""), state).ok());
  const absl::Status status = CheckRoom(ReceiptOf("c", "r", kToday, {Bought("A", 1)}, "another"), state);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("purchase.store_id"));
}

TEST(CustomerState, ClearLeavesNothing) {
  CustomerState state = FoldAll(RandomReceipts(3).Many(50, "c"));
  state.Clear();
  EXPECT_EQ(StateDigest(state), StateDigest(CustomerState()));
}

TEST(StateDigest, SeesEveryField) {
  const CustomerState base = FoldAll(RandomReceipts(3).Many(80, "c"));
  const std::vector<std::function<void(CustomerState&)>> changes = {
      [](auto& s) { ++s.receipts; },
      [](auto& s) { ++s.newest_day; },
      [](auto& s) { ++s.first_visit_day; },
      [](auto& s) { ++s.last_visit_day; },
      [](auto& s) { ++s.older.visits; },
      [](auto& s) { ++s.older.revenue_minor; },
      [](auto& s) { ++s.older.discount_minor; },
      [](auto& s) { ++s.days.back().day; },
      [](auto& s) { ++s.days.back().visits; },
      [](auto& s) { ++s.days.back().revenue_minor; },
      [](auto& s) { ++s.days.back().discount_minor; },
      [](auto& s) { s.days.pop_back(); },
      [](auto& s) { ++s.categories.back().category; },
      [](auto& s) { ++s.categories.back().visits; },
      [](auto& s) { ++s.categories.back().revenue_minor; },
      [](auto& s) { ++s.categories.back().last_day; },
      [](auto& s) { s.stores.back().store_id += "x"; },
      [](auto& s) { ++s.stores.back().visits; },
      [](auto& s) { ++s.stores.back().last_day; },
      [](auto& s) { ++s.channel_visits[0]; },
      [](auto& s) { ++s.channel_visits[kChannelCount - 1]; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    CustomerState changed = base;
    changes[i](changed);
    EXPECT_NE(StateDigest(changed), StateDigest(base)) << "change " << i;
  }
}

}  // namespace
}  // namespace nbo
