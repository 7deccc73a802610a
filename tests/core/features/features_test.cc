#include "core/features/features.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/profile/fold.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

constexpr Day kToday = 19'000;

CustomerState StateOf(const std::vector<Receipt>& receipts) {
  CustomerState state;
  for (const Receipt& receipt : receipts) Fold(receipt, &state);
  return state;
}
Receipt Visit(Day day, int64_t amount = 100, const std::string& store = "s1", Channel channel = Channel::kPos) {
  return ReceiptOf("c", "r", day, {Bought("A", amount)}, store, channel);
}

TEST(Windows, EndTodayAndReachBackTheirLengthIncludingToday) {
  for (int w = 0; w < kLifetimeWindow; ++w) {
    const int days = kWindowDays[w];
    const CustomerState inside = StateOf({Visit(kToday - days + 1)});
    const CustomerState outside = StateOf({Visit(kToday - days)});
    EXPECT_EQ(ComputeFeatures(inside, kToday).windows[w].frequency, 1) << days;
    EXPECT_EQ(ComputeFeatures(outside, kToday).windows[w].frequency, 0) << days;
    EXPECT_EQ(ComputeFeatures(outside, kToday).windows[w + 1].frequency, 1) << "the next longer one holds it";
  }
}

TEST(Windows, HoldTodayButNotTomorrow) {
  const CustomerFeatures features = ComputeFeatures(StateOf({Visit(kToday, 1), Visit(kToday + 1, 10)}), kToday);
  for (int w = 0; w < kLifetimeWindow; ++w) {
    EXPECT_EQ(features.windows[w].frequency, 1);
    EXPECT_EQ(features.windows[w].revenue_minor, 1);
  }
  EXPECT_EQ(features.windows[kLifetimeWindow].frequency, 2);
  EXPECT_EQ(features.windows[kLifetimeWindow].revenue_minor, 11);
}

TEST(Windows, ReachTheirFullLengthForANowBeforeTheNewestReceipt) {
  const CustomerState state = StateOf({Visit(kToday - 364, 10), Visit(kToday + 35, 1)});
  EXPECT_EQ(ComputeFeatures(state, kToday).windows[4].revenue_minor, 10);
}

TEST(Windows, KeepRevenueOfReturnsWithoutAVisit) {
  const CustomerState state = StateOf({ReceiptOf("c", "1", kToday, {Returned("A", 70)})});
  const WindowFeatures week = ComputeFeatures(state, kToday).windows[0];
  EXPECT_EQ(week.frequency, 0);
  EXPECT_EQ(week.revenue_minor, -70);
  EXPECT_FALSE(week.AverageTicketMinor().has_value());
}

TEST(AverageTicket, IsRevenuePerVisit) {
  const CustomerFeatures features = ComputeFeatures(StateOf({Visit(kToday, 100), Visit(kToday, 101)}), kToday);
  EXPECT_DOUBLE_EQ(*features.windows[0].AverageTicketMinor(), 100.5);
}

TEST(Recency, IsZeroTodayAndUnknownWithoutAVisit) {
  EXPECT_EQ(ComputeFeatures(StateOf({Visit(kToday)}), kToday).recency_days, 0);
  EXPECT_EQ(ComputeFeatures(StateOf({Visit(kToday - 1)}), kToday).recency_days, 1);
  EXPECT_EQ(ComputeFeatures(StateOf({Visit(kToday - 5000)}), kToday).recency_days, 5000);
  const CustomerFeatures none = ComputeFeatures(StateOf({ReceiptOf("c", "1", kToday, {Returned("A", 1)})}), kToday);
  EXPECT_FALSE(none.recency_days.has_value());
  EXPECT_FALSE(none.tenure_days.has_value());
}

TEST(Recency, LooksPastReturnsAndFutureVisits) {
  const CustomerState state = StateOf(
      {Visit(kToday - 9), Visit(kToday - 3), Visit(kToday + 2), ReceiptOf("c", "1", kToday - 1, {Returned("A", 1)})});
  EXPECT_EQ(ComputeFeatures(state, kToday).recency_days, 3);
  EXPECT_EQ(ComputeFeatures(state, kToday).tenure_days, 9);
}

TEST(Recency, IsUnknownWhereEveryVisitLiesAhead) {
  const CustomerFeatures features = ComputeFeatures(StateOf({Visit(kToday + 1)}), kToday);
  EXPECT_FALSE(features.recency_days.has_value());
  EXPECT_FALSE(features.tenure_days.has_value());
}

TEST(UsualStore, HasMostVisitsThenWasVisitedLastThenComesFirstById) {
  EXPECT_EQ(ComputeFeatures(CustomerState(), kToday).usual_store, "");
  const CustomerState most = StateOf({Visit(1, 1, "a"), Visit(2, 1, "a"), Visit(9, 1, "b")});
  EXPECT_EQ(ComputeFeatures(most, kToday).usual_store, "a");
  const CustomerState last = StateOf({Visit(1, 1, "a"), Visit(9, 1, "b"), Visit(3, 1, "c")});
  EXPECT_EQ(ComputeFeatures(last, kToday).usual_store, "b");
  const CustomerState first = StateOf({Visit(5, 1, "b"), Visit(5, 1, "a"), Visit(5, 1, "c")});
  EXPECT_EQ(ComputeFeatures(first, kToday).usual_store, "a");
}

TEST(DiscountShare, IsDiscountsInSpendBeforeDiscounts) {
  const CustomerState state = StateOf({ReceiptOf("c", "1", 1, {Bought("A", 300, 100)})});
  EXPECT_DOUBLE_EQ(*ComputeFeatures(state, kToday).discount_share, 0.25);
  EXPECT_DOUBLE_EQ(*ComputeFeatures(StateOf({Visit(1)}), kToday).discount_share, 0);
  EXPECT_FALSE(ComputeFeatures(StateOf({Visit(1, 0)}), kToday).discount_share.has_value()) << "a gift only";
  EXPECT_FALSE(ComputeFeatures(CustomerState(), kToday).discount_share.has_value());
}

TEST(CategoryShare, IsAPartOfLifetimeRevenueAndAboveOneAfterReturnsElsewhere) {
  const CustomerState state = StateOf(
      {ReceiptOf("c", "1", 1, {Bought("A", 300), Bought("B", 100)}), ReceiptOf("c", "2", 2, {Returned("B", 200)})});
  const CustomerFeatures features = ComputeFeatures(state, kToday);
  EXPECT_DOUBLE_EQ(CategoryShare(*state.FindCategory(CategoryKey("A")), features), 1.5);
  EXPECT_DOUBLE_EQ(CategoryShare(*state.FindCategory(CategoryKey("B")), features), -0.5);
}

TEST(CategoryShare, IsZeroWhereNothingWasSpent) {
  const CustomerState state = StateOf({ReceiptOf("c", "1", 1, {Bought("A", 100), Returned("B", 100)})});
  EXPECT_EQ(CategoryShare(*state.FindCategory(CategoryKey("A")), ComputeFeatures(state, kToday)), 0);
}

TEST(DaysSince, CountsFromTheLastPurchaseAndIsUnknownWhereOnlyReturned) {
  const CustomerState state =
      StateOf({ReceiptOf("c", "1", kToday - 4, {Bought("A", 1)}), ReceiptOf("c", "2", kToday, {Returned("A", 1)}),
               ReceiptOf("c", "3", kToday, {Returned("B", 1)}), ReceiptOf("c", "4", kToday + 3, {Bought("C", 1)})});
  EXPECT_EQ(DaysSince(*state.FindCategory(CategoryKey("A")), kToday), 4);
  EXPECT_FALSE(DaysSince(*state.FindCategory(CategoryKey("B")), kToday).has_value());
  EXPECT_EQ(DaysSince(*state.FindCategory(CategoryKey("C")), kToday), 0) << "bought tomorrow is not negative";
}

TEST(ChannelShare, LeavesOutVisitsWithoutAChannel) {
  const CustomerState state =
      StateOf({Visit(1), Visit(2), Visit(3, 1, "s", Channel::kWeb), Visit(4, 1, "s", Channel::kUnspecified)});
  const CustomerFeatures features = ComputeFeatures(state, kToday);
  EXPECT_EQ(features.channel_visits_total, 3);
  EXPECT_DOUBLE_EQ(ChannelShare(state, Channel::kPos, features), 2.0 / 3);
  EXPECT_DOUBLE_EQ(ChannelShare(state, Channel::kWeb, features), 1.0 / 3);
  EXPECT_EQ(ChannelShare(state, Channel::kKiosk, features), 0);
  EXPECT_EQ(ChannelShare(CustomerState(), Channel::kPos, ComputeFeatures(CustomerState(), kToday)), 0);
}

// ---- Against a second opinion: everything computed straight from the receipts, with none of core's code.

struct SecondOpinion {
  std::map<int, WindowFeatures> windows;  // by days; 0: lifetime
  Day first_visit = INT32_MAX, last_visit_until_today = INT32_MIN;
  std::map<std::string, std::pair<int64_t, Day>> stores;  // visits, last day
  std::map<std::string, int64_t> category_revenue;
  int64_t channel_visits = 0;
};

SecondOpinion Recompute(const std::vector<Receipt>& receipts, Day today) {
  SecondOpinion opinion;
  for (const Receipt& r : receipts) {
    int64_t revenue = 0, discount = 0;
    bool visit = false;
    for (const ReceiptLine& line : r.lines) {
      revenue += line.amount_minor;
      discount += line.discount_minor;
      visit = visit || line.quantity_milli > 0 || line.amount_minor > 0;
      if (!line.category.empty()) opinion.category_revenue[line.category] += line.amount_minor;
    }
    for (int days : {7, 30, 90, 180, 365, 0}) {
      const int ago = today - r.day;
      if (days != 0 && (ago < 0 || ago >= days)) continue;
      WindowFeatures& window = opinion.windows[days];
      window.frequency += visit ? 1 : 0;
      window.revenue_minor += revenue;
      window.discount_minor += discount;
    }
    if (!visit) continue;
    opinion.first_visit = std::min(opinion.first_visit, r.day);
    if (r.day <= today) opinion.last_visit_until_today = std::max(opinion.last_visit_until_today, r.day);
    if (r.channel != Channel::kUnspecified) ++opinion.channel_visits;
    if (r.store_id.empty()) continue;
    auto& [visits, last] = opinion.stores.try_emplace(r.store_id, 0, INT32_MIN).first->second;
    ++visits;
    last = std::max(last, r.day);
  }
  return opinion;
}

TEST(Features, AgreeWithTheReceiptsThemselves) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    RandomReceipts random(seed);
    const std::vector<Receipt> receipts = random.Many(1 + static_cast<size_t>(random.Below(120)), "c");
    const CustomerState state = StateOf(receipts);
    const Day today = state.newest_day - 35 + static_cast<Day>(random.Below(500));
    SCOPED_TRACE(
        absl::StrCat("seed ", seed, ", today is ", today - state.newest_day, " days after the newest receipt"));
    const CustomerFeatures features = ComputeFeatures(state, today);
    SecondOpinion opinion = Recompute(receipts, today);
    for (size_t w = 0; w < kWindowDays.size(); ++w) {
      EXPECT_EQ(features.windows[w].frequency, opinion.windows[kWindowDays[w]].frequency) << kWindowDays[w];
      EXPECT_EQ(features.windows[w].revenue_minor, opinion.windows[kWindowDays[w]].revenue_minor) << kWindowDays[w];
      EXPECT_EQ(features.windows[w].discount_minor, opinion.windows[kWindowDays[w]].discount_minor) << kWindowDays[w];
    }
    // A last visit before the reach of single days is only found while no visit lies ahead of today.
    if (opinion.last_visit_until_today > state.newest_day - kDetailedDays) {
      EXPECT_EQ(features.recency_days, today - opinion.last_visit_until_today);
      EXPECT_EQ(features.tenure_days, today - opinion.first_visit);
    }
    std::string usual;
    for (const auto& [store, counts] : opinion.stores) {
      if (usual.empty() || counts > opinion.stores[usual]) usual = store;
    }
    EXPECT_EQ(features.usual_store, usual);
    EXPECT_EQ(features.channel_visits_total, opinion.channel_visits);
    const double revenue = static_cast<double>(opinion.windows[0].revenue_minor);
    for (const auto& [category, amount] : opinion.category_revenue) {
      const CategoryTotals* totals = state.FindCategory(CategoryKey(category));
      ASSERT_NE(totals, nullptr) << category;
      EXPECT_EQ(totals->revenue_minor, amount) << category;
      EXPECT_DOUBLE_EQ(CategoryShare(*totals, features), revenue > 0 ? static_cast<double>(amount) / revenue : 0);
    }
  }
}

}  // namespace
}  // namespace nbo
