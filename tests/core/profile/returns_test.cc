// What returns, corrections and cancellations mean, event by event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/limits.h"
#include "core/profile/recorder.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::HasSubstr;

constexpr Day kToday = 19'000;

ReceiptLine Line(std::string product, int64_t quantity, int64_t amount, int64_t discount = 0,
                 std::string category = "") {
  return {std::move(product), std::move(category), quantity, amount, discount};
}

Receipt Revised(Receipt receipt, int32_t revision, std::vector<ReceiptLine> lines) {
  receipt.revision = revision;
  receipt.cancelled = lines.empty();
  receipt.lines = std::move(lines);
  return receipt;
}

class ReturnsTest : public ::testing::Test {
 protected:
  absl::StatusOr<RecordResult> Record(const Receipt& receipt) {
    const Receipt* const one[] = {&receipt};
    return recorder_.Record(one).front();
  }
  CustomerState State() {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState("c", &state).ok());
    return state;
  }
  static DayTotals On(const CustomerState& state, Day day) {
    for (const DayTotals& totals : state.days) {
      if (totals.day == day) return totals;
    }
    return {};
  }
  static int64_t Visits(const CustomerState& state) {
    int64_t visits = state.older.visits;
    for (const DayTotals& totals : state.days) visits += totals.visits;
    return visits;
  }
  // A receipt that only takes back from receipt "sale".
  static Receipt ReturnOf(std::string id, Day day, std::vector<ReceiptLine> lines) {
    Receipt receipt = ReceiptOf("c", std::move(id), day, {});
    receipt.returns = {{"s1", "sale", lines.empty(), std::move(lines)}};
    return receipt;
  }

  // Two shirts and a belt, ten days ago.
  const Receipt sale_ = ReceiptOf("c", "sale", kToday - 10,
                                  {Line("shirt", 2000, 4000, 400, "shirts"), Line("belt", 1000, 1500, 0, "belts")});
  FlakyStore store_;
  Recorder recorder_{&store_};
};

TEST_F(ReturnsTest, ALineTakenBackLowersTheSaleOnTheSalesOwnDay) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_EQ(*Record(ReturnOf("r", kToday, {Line("shirt", -1000, -2000, -200, "ignored")})), RecordResult::kAccepted);
  const CustomerState state = State();
  EXPECT_EQ(On(state, kToday - 10).revenue_minor, 3500);
  EXPECT_EQ(On(state, kToday - 10).discount_minor, 200);
  EXPECT_EQ(On(state, kToday - 10).visits, 1);
  EXPECT_EQ(state.days.size(), 1u) << "nothing counts on the day of the return";
  EXPECT_EQ(state.newest_day, kToday - 10);
  EXPECT_EQ(state.receipts, 2);
  EXPECT_EQ(state.FindCategory(CategoryKey("shirts"))->revenue_minor, 2000) << "the category of the sale";
  EXPECT_EQ(state.FindCategory(CategoryKey("ignored")), nullptr);
}

TEST_F(ReturnsTest, TheOrderOfLinesSaysNothingWhereAProductHasTwoCategories) {
  std::vector<ReceiptLine> lines = {Line("shirt", 2000, 4000, 0, "shirts"), Line("shirt", 1000, 2000, 0, "sale"),
                                    Line("belt", -1000, -1500, 0, "belts")};
  const Receipt back = ReturnOf("r", kToday, {Line("shirt", -1000, -2000)});
  ASSERT_TRUE(Record(Revised(sale_, 0, lines)).ok());
  ASSERT_TRUE(Record(back).ok());
  const uint64_t digest = StateDigest(State());

  std::swap(lines[0], lines[1]);
  FlakyStore other;
  Recorder recorder(&other);
  const Receipt turned = Revised(sale_, 0, lines);
  const Receipt* const both[] = {&turned, &back};
  for (const auto& result : recorder.Record(both)) ASSERT_TRUE(result.ok());
  CustomerState state;
  ASSERT_TRUE(other.ReadState("c", &state).ok());
  EXPECT_EQ(StateDigest(state), digest);
  EXPECT_EQ(*recorder_.Record({both, 1}).front(), RecordResult::kDuplicate) << "it is the same receipt";
}

TEST_F(ReturnsTest, AReceiptReturnedInFullCountsInNoVisitAndNoRecency) {
  ASSERT_TRUE(Record(ReceiptOf("c", "before", kToday - 50, {Line("sock", 1000, 300)})).ok());
  ASSERT_TRUE(Record(sale_).ok());
  EXPECT_EQ(State().last_visit_day, kToday - 10);
  ASSERT_TRUE(Record(ReturnOf("r", kToday, {})).ok());
  const CustomerState state = State();
  EXPECT_EQ(state.last_visit_day, kToday - 50);
  EXPECT_EQ(Visits(state), 1);
  EXPECT_EQ(On(state, kToday - 10).revenue_minor, 0);
  EXPECT_EQ(state.FindCategory(CategoryKey("shirts")), nullptr);
  EXPECT_EQ(state.stores.at(0).visits, 1);
  EXPECT_EQ(state.channel_visits[static_cast<int>(Channel::kPos)], 1);
}

TEST_F(ReturnsTest, LineByLineInFullIsTheSameAsWhole) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_TRUE(Record(ReturnOf("r1", kToday, {Line("shirt", -2000, -4000, -400)})).ok());
  EXPECT_EQ(State().last_visit_day, kToday - 10) << "the belt was kept";
  ASSERT_TRUE(Record(ReturnOf("r2", kToday, {Line("belt", -1000, -1500)})).ok());
  EXPECT_EQ(State().last_visit_day, kNoDay);
  EXPECT_EQ(Visits(State()), 0);
  EXPECT_TRUE(State().days.empty());
}

TEST_F(ReturnsTest, ARefundOfLessThanWasPaidKeepsTheRestAndNoVisit) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_TRUE(Record(ReturnOf("r", kToday, {Line("shirt", -2000, -3500, -400), Line("belt", -1000, -1500)})).ok());
  EXPECT_EQ(On(State(), kToday - 10).revenue_minor, 500) << "a restocking fee";
  EXPECT_EQ(Visits(State()), 0) << "nothing was kept by the customer";
}

TEST_F(ReturnsTest, WithoutQuantitiesTheAmountTellsWhatWasKept) {
  ASSERT_TRUE(Record(ReceiptOf("c", "sale", kToday, {Line("service", 0, 1000)})).ok());
  EXPECT_EQ(Visits(State()), 1);
  ASSERT_TRUE(Record(ReturnOf("r", kToday, {Line("service", 0, -1000)})).ok());
  EXPECT_EQ(Visits(State()), 0);
}

TEST_F(ReturnsTest, AReturnThatNamesNoReceiptCountsOnItsOwnDayAndIsNoVisit) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_TRUE(Record(ReceiptOf("c", "r", kToday, {Line("shirt", -1000, -2000, -200, "shirts")})).ok());
  const CustomerState state = State();
  EXPECT_EQ(On(state, kToday - 10).revenue_minor, 5500);
  EXPECT_EQ(On(state, kToday).revenue_minor, -2000);
  EXPECT_EQ(On(state, kToday).visits, 0);
  EXPECT_EQ(state.last_visit_day, kToday - 10);
}

TEST_F(ReturnsTest, AReturnBeforeItsSaleCountsOnItsOwnDayUntilTheSaleArrives) {
  const Receipt back = ReturnOf("r", kToday, {Line("shirt", -1000, -2000, -200, "shirts")});
  ASSERT_TRUE(Record(back).ok());
  EXPECT_EQ(On(State(), kToday).revenue_minor, -2000);
  EXPECT_EQ(State().receipts, 1);
  ASSERT_EQ(*Record(sale_), RecordResult::kAccepted);
  const uint64_t digest = StateDigest(State());
  EXPECT_EQ(On(State(), kToday).revenue_minor, 0);
  EXPECT_EQ(On(State(), kToday - 10).revenue_minor, 3500);
  EXPECT_EQ(*Record(back), RecordResult::kDuplicate);

  FlakyStore other;
  Recorder recorder(&other);
  const std::vector<Receipt> in_order = {sale_, back};
  recorder.Record(Pointers(in_order));
  CustomerState state;
  ASSERT_TRUE(*other.ReadState("c", &state));
  EXPECT_EQ(StateDigest(state), digest);
}

TEST_F(ReturnsTest, AWholeReturnBeforeItsSaleCountsForNothingUntilThen) {
  ASSERT_TRUE(Record(ReturnOf("r", kToday, {})).ok());
  EXPECT_TRUE(State().days.empty());
  ASSERT_TRUE(Record(sale_).ok());
  EXPECT_EQ(Visits(State()), 0);
  EXPECT_TRUE(State().days.empty());
}

TEST_F(ReturnsTest, AnExchangeSellsAndTakesBackAtOnce) {
  ASSERT_TRUE(Record(sale_).ok());
  Receipt exchange = ReceiptOf("c", "x", kToday, {Line("coat", 1000, 9000)});
  exchange.returns = {{"s1", "sale", true, {}}};
  ASSERT_TRUE(Record(exchange).ok());
  const CustomerState state = State();
  EXPECT_EQ(Visits(state), 1);
  EXPECT_EQ(state.last_visit_day, kToday);
  EXPECT_EQ(On(state, kToday).revenue_minor, 9000);
  EXPECT_EQ(On(state, kToday - 10).revenue_minor, 0);
}

TEST_F(ReturnsTest, ALineVoidedOnItsOwnReceiptIsNotBought) {
  ASSERT_TRUE(Record(ReceiptOf("c", "1", kToday, {Line("milk", 1000, 100), Line("milk", -1000, -100)})).ok());
  EXPECT_EQ(Visits(State()), 0);
  ASSERT_TRUE(Record(ReceiptOf("c", "2", kToday, {Line("milk", 2000, 200), Line("milk", -1000, -100)})).ok());
  EXPECT_EQ(Visits(State()), 1);
}

TEST_F(ReturnsTest, AHigherRevisionCountsInsteadOfTheOneBefore) {
  ASSERT_TRUE(Record(sale_).ok());
  Receipt corrected = Revised(sale_, 1, {Line("shirt", 1000, 2000)});
  corrected.day = kToday - 3;
  corrected.time = absl::FromUnixSeconds(int64_t{kToday - 3} * 86'400);
  EXPECT_EQ(*Record(corrected), RecordResult::kCorrected);
  EXPECT_EQ(On(State(), kToday - 3).revenue_minor, 2000);
  EXPECT_EQ(State().days.size(), 1u);
  EXPECT_EQ(State().receipts, 1);
  EXPECT_EQ(*Record(corrected), RecordResult::kDuplicate);
  EXPECT_EQ(*Record(sale_), RecordResult::kDuplicate) << "the first revision again";
}

TEST_F(ReturnsTest, OfRevisionsOutOfOrderTheHighestCounts) {
  const Receipt second = Revised(sale_, 2, {Line("shirt", 1000, 2000)}), first = Revised(sale_, 1, {Line("tie", 1, 1)});
  ASSERT_EQ(*Record(second), RecordResult::kAccepted);
  const uint64_t digest = StateDigest(State());
  EXPECT_EQ(*Record(first), RecordResult::kSuperseded);
  EXPECT_EQ(*Record(sale_), RecordResult::kSuperseded);
  EXPECT_EQ(StateDigest(State()), digest);
  EXPECT_EQ(*Record(first), RecordResult::kDuplicate);
}

TEST_F(ReturnsTest, OtherContentOfTheSameRevisionIsAConflictWhicheverRevisionCounts) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_TRUE(Record(Revised(sale_, 1, {Line("shirt", 1000, 2000)})).ok());
  for (int32_t revision : {0, 1}) {
    const auto conflict = Record(Revised(sale_, revision, {Line("hat", 1000, 1)}));
    EXPECT_EQ(conflict.status().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_THAT(std::string(conflict.status().message()),
                HasSubstr(absl::StrCat(
                    "receipt 'sale' of store 's1' is already recorded with other content as revision ", revision)));
  }
  EXPECT_EQ(On(State(), kToday - 10).revenue_minor, 2000);
}

TEST_F(ReturnsTest, ACancelledReceiptNeverWas) {
  ASSERT_TRUE(Record(ReceiptOf("c", "other", kToday - 50, {Line("sock", 1000, 300)})).ok());
  const uint64_t without = StateDigest(State());
  ASSERT_TRUE(Record(sale_).ok());
  EXPECT_EQ(*Record(Revised(sale_, 1, {})), RecordResult::kCorrected);
  EXPECT_EQ(StateDigest(State()), without);
  EXPECT_EQ(*Record(sale_), RecordResult::kDuplicate) << "it does not come back";
  EXPECT_EQ(*Record(Revised(sale_, 2, {Line("shirt", 1000, 2000)})), RecordResult::kCorrected) << "unless corrected";
  EXPECT_EQ(State().last_visit_day, kToday - 10);
}

TEST_F(ReturnsTest, WhatCameBackOfACancelledReceiptCountsOnTheDayOfTheReturn) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_TRUE(Record(ReturnOf("r", kToday, {Line("shirt", -1000, -2000, 0)})).ok());
  ASSERT_TRUE(Record(Revised(sale_, 1, {})).ok());
  EXPECT_EQ(On(State(), kToday).revenue_minor, -2000);
  EXPECT_EQ(On(State(), kToday - 10).revenue_minor, 0);
}

TEST_F(ReturnsTest, ACorrectedReturnLetsGoOfTheReceiptThatItNamedBefore) {
  ASSERT_TRUE(Record(sale_).ok());
  Receipt back = ReturnOf("r", kToday, {});
  ASSERT_TRUE(Record(back).ok());
  EXPECT_EQ(Visits(State()), 0);
  back.revision = 1;
  back.returns[0].receipt_id = "another";
  ASSERT_EQ(*Record(back), RecordResult::kCorrected);
  EXPECT_EQ(On(State(), kToday - 10).revenue_minor, 5500);
  EXPECT_EQ(Visits(State()), 1);
}

TEST_F(ReturnsTest, OnlyChangesOfKnownReceiptsReadTheOthersAgain) {
  ASSERT_TRUE(Record(sale_).ok());
  ASSERT_TRUE(Record(ReceiptOf("c", "2", kToday, {Line("shirt", -1000, -2000)})).ok());
  EXPECT_EQ(store_.scans, 0) << "sales and returns without a name are added to the state as it is";
  ASSERT_TRUE(Record(ReturnOf("r", kToday, {})).ok());
  EXPECT_EQ(store_.scans, 1);
}

TEST_F(ReturnsTest, ADamagedReceiptRefusesWhatNeedsItAndNothingElse) {
  ASSERT_TRUE(Record(sale_).ok());
  store_.damaged_receipts_of = "c";
  const std::vector<Receipt> group = {ReturnOf("r", kToday, {}), ReceiptOf("d", "1", kToday, {Line("a", 1, 1)}),
                                      ReceiptOf("c", "2", kToday, {Line("a", 1, 1)})};
  const auto results = recorder_.Record(Pointers(group));
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(*results[1], RecordResult::kAccepted);
  EXPECT_EQ(*results[2], RecordResult::kAccepted);
}

TEST_F(ReturnsTest, LimitsOfRevisionsAndReturnsAreNamed) {
  ASSERT_TRUE(Record(sale_).ok());
  for (size_t i = 1; i <= kMaxRevisionsOfReceipt; ++i) {
    ASSERT_TRUE(Record(Revised(sale_, static_cast<int32_t>(i), {Line("shirt", 1, static_cast<int64_t>(i))})).ok());
  }
  const auto revision = Record(Revised(sale_, 1000, {Line("shirt", 1, 1000)}));
  EXPECT_EQ(revision.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(revision.status().message()), HasSubstr("purchase.revision"));
  for (size_t i = 0; i < kMaxReturnsOfReceipt; ++i) {
    ASSERT_TRUE(Record(ReturnOf(absl::StrCat("r", i), kToday, {Line("belt", -1, -1)})).ok());
  }
  const auto back = Record(ReturnOf("one too many", kToday, {Line("belt", -1, -1)}));
  EXPECT_EQ(back.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(back.status().message()), HasSubstr("purchase.returns[0].receipt_id: receipt 'sale'"));
}

}  // namespace
}  // namespace nbo
