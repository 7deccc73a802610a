#include "core/budget/book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kCoffee = 11, kBread = 22, kFree = 33;
constexpr absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);
static_assert(1'800'000'000 % 60 == 0);

BudgetHold Hold(uint64_t offer, int64_t cost_minor, absl::Duration from_noon) {
  return {offer, cost_minor, kNoon + from_noon};
}
OfferBudget Budget(size_t position, uint64_t offer, int64_t count, int64_t minor, int64_t cost_minor = 0) {
  return {position, offer, {count, minor, kNoLimit}, cost_minor};
}

class BudgetBookTest : public ::testing::Test {
 protected:
  bool Reserves(const BudgetHold& hold, absl::Time now = kNoon) { return book_.TryReserve({hold}, now).empty(); }
  BudgetFigures Coffee(absl::Time now = kNoon) { return book_.Figures(kCoffee, now); }

  BudgetBook book_;
};

TEST_F(BudgetBookTest, HoldsUpToTheCount) {
  book_.SetLimits(1, {Budget(0, kCoffee, 2, kNoLimit)}, kNoon);
  EXPECT_TRUE(Reserves(Hold(kCoffee, 100, absl::Minutes(15))));
  EXPECT_TRUE(Reserves(Hold(kCoffee, 100, absl::Minutes(15))));
  EXPECT_FALSE(Reserves(Hold(kCoffee, 100, absl::Minutes(15))));
  EXPECT_EQ(Coffee().held_count, 2);
  EXPECT_EQ(Coffee().held_minor, 200);
}

TEST_F(BudgetBookTest, HoldsUpToTheAmountExactly) {
  book_.SetLimits(1, {Budget(0, kCoffee, kNoLimit, 250)}, kNoon);
  EXPECT_TRUE(Reserves(Hold(kCoffee, 200, absl::Minutes(15))));
  EXPECT_FALSE(Reserves(Hold(kCoffee, 51, absl::Minutes(15))));
  EXPECT_TRUE(Reserves(Hold(kCoffee, 50, absl::Minutes(15))));
  EXPECT_EQ(Coffee().remaining_minor(), 0);
  EXPECT_TRUE(Reserves(Hold(kCoffee, 0, absl::Minutes(15)))) << "what costs nothing always has room";
}

TEST_F(BudgetBookTest, ALimitOfNothingAllowsNothing) {
  book_.SetLimits(1, {Budget(0, kCoffee, 0, kNoLimit)}, kNoon);
  EXPECT_FALSE(Reserves(Hold(kCoffee, 0, absl::Minutes(15))));
}

TEST_F(BudgetBookTest, HoldsAllOffersOfAnAnswerOrNone) {
  book_.SetLimits(3, {Budget(0, kCoffee, 1, kNoLimit), Budget(1, kBread, 1, kNoLimit)}, kNoon);
  ASSERT_TRUE(Reserves(Hold(kBread, 10, absl::Minutes(15))));
  const BudgetHold coffee = Hold(kCoffee, 10, absl::Minutes(15)), bread = Hold(kBread, 10, absl::Minutes(15)),
                   free = Hold(kFree, 10, absl::Minutes(15));
  EXPECT_THAT(book_.TryReserve({coffee, bread, free}, kNoon), ElementsAre(1));
  EXPECT_EQ(Coffee().held_count, 0);
  EXPECT_EQ(book_.Figures(kFree, kNoon).held_count, 0);
  EXPECT_THAT(book_.TryReserve({coffee, free}, kNoon), IsEmpty());
  EXPECT_THAT(book_.TryReserve({coffee, bread, free}, kNoon), ElementsAre(0, 1)) << "all without room are named";
}

TEST_F(BudgetBookTest, AnOfferTwiceInAnAnswerTakesTwice) {
  book_.SetLimits(1, {Budget(0, kCoffee, 1, kNoLimit)}, kNoon);
  const BudgetHold coffee = Hold(kCoffee, 10, absl::Minutes(15));
  EXPECT_THAT(book_.TryReserve({coffee, coffee}, kNoon), ElementsAre(1));
  EXPECT_EQ(Coffee().held_count, 0);
}

TEST_F(BudgetBookTest, AsksForRoomAsIfWhatIsReplacedWereNotHeld) {
  book_.SetLimits(2, {Budget(0, kCoffee, 1, kNoLimit), Budget(1, kBread, 1, kNoLimit)}, kNoon);
  const BudgetHold old = Hold(kCoffee, 100, absl::Minutes(15)), young = Hold(kCoffee, 120, absl::Minutes(20)),
                   bread = Hold(kBread, 10, absl::Minutes(15));
  ASSERT_TRUE(Reserves(old));
  ASSERT_TRUE(Reserves(bread));
  EXPECT_THAT(book_.TryReserve({young, bread}, kNoon, {old}), ElementsAre(1));
  EXPECT_EQ(Coffee().held_minor, 100) << "nothing has changed";
  EXPECT_THAT(book_.TryReserve({young, young}, kNoon, {old}), ElementsAre(1)) << "it makes room for one";
  EXPECT_THAT(book_.TryReserve({young}, kNoon, {old}), IsEmpty());
  EXPECT_EQ(Coffee().held_minor, 220) << "until it is released";
  EXPECT_TRUE(book_.Release(old));
  EXPECT_EQ(Coffee().held_minor, 120);
  EXPECT_FALSE(Reserves(young));
  EXPECT_THAT(book_.TryReserve({young}, kNoon, {old}), ElementsAre(0)) << "what is not there makes no room";
  EXPECT_EQ(Coffee().held_count, 1);
}

TEST_F(BudgetBookTest, AHoldIsOverByItself) {
  book_.SetLimits(1, {Budget(0, kCoffee, 1, kNoLimit)}, kNoon);
  ASSERT_TRUE(Reserves(Hold(kCoffee, 10, absl::Seconds(61))));
  EXPECT_FALSE(Reserves(Hold(kCoffee, 10, absl::Hours(1)), kNoon + absl::Seconds(119)));
  EXPECT_TRUE(Reserves(Hold(kCoffee, 10, absl::Hours(1)), kNoon + absl::Seconds(120)));
  EXPECT_EQ(Coffee(kNoon + absl::Seconds(120)).held_count, 1);
}

TEST_F(BudgetBookTest, TimeThatRunsBackwardsRevivesNothing) {
  book_.SetLimits(1, {Budget(0, kCoffee, 2, kNoLimit)}, kNoon);
  const BudgetHold early = Hold(kCoffee, 10, absl::Minutes(1));
  ASSERT_TRUE(Reserves(early));
  book_.Expire(kNoon + absl::Minutes(2));
  EXPECT_TRUE(Reserves(Hold(kCoffee, 10, absl::Minutes(15))));
  EXPECT_EQ(Coffee().held_count, 1);
  EXPECT_TRUE(book_.Release(early)) << "it is over: nothing to let go of, and nobody is mistaken";
  EXPECT_EQ(Coffee().held_count, 1);
}

TEST_F(BudgetBookTest, APresentedOfferIsHeldUntilItsAttributionEnds) {
  book_.SetLimits(1, {Budget(0, kCoffee, 1, kNoLimit)}, kNoon);
  const BudgetHold hold = Hold(kCoffee, 10, absl::Minutes(15));
  ASSERT_TRUE(Reserves(hold));
  EXPECT_TRUE(book_.Present(hold, kNoon + absl::Hours(24 * 7)));
  EXPECT_FALSE(Reserves(hold, kNoon + absl::Hours(24 * 7) - absl::Seconds(1)));
  EXPECT_TRUE(Reserves(hold, kNoon + absl::Hours(24 * 7)));
}

TEST_F(BudgetBookTest, WhatIsPresentedLateIsHeldAgainEvenBeyondTheLimit) {
  book_.SetLimits(1, {Budget(0, kCoffee, 1, kNoLimit)}, kNoon);
  const BudgetHold late = Hold(kCoffee, 10, absl::Minutes(1));
  const absl::Time then = kNoon + absl::Minutes(5);
  ASSERT_TRUE(Reserves(late));
  ASSERT_TRUE(Reserves(Hold(kCoffee, 10, absl::Minutes(15)), then));
  EXPECT_TRUE(book_.Present(late, kNoon + absl::Hours(24)));
  EXPECT_EQ(Coffee(then).held_count, 2);
  EXPECT_EQ(Coffee(then).remaining_count(), 0);
}

TEST_F(BudgetBookTest, ARedemptionReplacesTheHoldByWhatItCost) {
  book_.SetLimits(1, {Budget(0, kCoffee, 5, 1000)}, kNoon);
  const BudgetHold hold = Hold(kCoffee, 200, absl::Minutes(15));
  ASSERT_TRUE(Reserves(hold));
  EXPECT_TRUE(book_.Settle(hold, 151, PartOf(151, ShareMillionths(0.5))));
  EXPECT_EQ(Coffee().held_count, 0);
  EXPECT_EQ(Coffee().held_minor, 0);
  EXPECT_EQ(Coffee().spent_count, 1);
  EXPECT_EQ(Coffee().spent_minor, 151);
  EXPECT_EQ(Coffee().supplier_minor, 76);
  EXPECT_EQ(Coffee().remaining_minor(), 849);
}

TEST_F(BudgetBookTest, ARedemptionCountsWithoutAHoldAndAfterItWasOver) {
  book_.SetLimits(1, {Budget(0, kCoffee, 5, 1000)}, kNoon);
  EXPECT_TRUE(book_.Settle({kCoffee, 0, absl::InfinitePast()}, 70, 0)) << "recognised from a receipt";
  const BudgetHold hold = Hold(kCoffee, 200, absl::Minutes(1));
  ASSERT_TRUE(Reserves(hold));
  book_.Expire(kNoon + absl::Hours(1));
  EXPECT_TRUE(book_.Settle(hold, 180, 0));
  EXPECT_EQ(Coffee().spent_count, 2);
  EXPECT_EQ(Coffee().spent_minor, 250);
  EXPECT_EQ(Coffee().held_count, 0);
}

TEST_F(BudgetBookTest, TellsOfAHoldThatIsNotThere) {
  book_.SetLimits(1, {Budget(0, kCoffee, 5, 1000)}, kNoon);
  const BudgetHold hold = Hold(kCoffee, 200, absl::Minutes(15));
  ASSERT_TRUE(Reserves(hold));
  EXPECT_TRUE(book_.Release(hold));
  EXPECT_FALSE(book_.Release(hold));
  EXPECT_FALSE(book_.Settle(hold, 180, 0));
  EXPECT_EQ(Coffee().held_count, 0);
  EXPECT_EQ(Coffee().held_minor, 0);
  EXPECT_EQ(Coffee().spent_minor, 180) << "but it was spent";
}

TEST_F(BudgetBookTest, NewLimitsKeepWhatIsSpentAndHeld) {
  book_.SetLimits(1, {Budget(0, kCoffee, 5, 1000)}, kNoon);
  ASSERT_TRUE(book_.Settle({kCoffee, 0, absl::InfinitePast()}, 300, 0));
  ASSERT_TRUE(Reserves(Hold(kCoffee, 200, absl::Minutes(15))));
  book_.SetLimits(1, {Budget(0, kCoffee, 1, 400)}, kNoon);
  EXPECT_EQ(Coffee().spent_minor, 300);
  EXPECT_EQ(Coffee().held_minor, 200) << "beyond what is allowed now; nobody is told no who has it already";
  EXPECT_FALSE(Reserves(Hold(kCoffee, 0, absl::Minutes(15))));
  book_.SetLimits(1, {Budget(0, kCoffee, 3, 600)}, kNoon);
  EXPECT_TRUE(Reserves(Hold(kCoffee, 100, absl::Minutes(15))));
}

TEST_F(BudgetBookTest, AnOfferThatGoesAndComesBackHasSpentWhatItHad) {
  book_.SetLimits(1, {Budget(0, kCoffee, 2, kNoLimit)}, kNoon);
  ASSERT_TRUE(book_.Settle({kCoffee, 0, absl::InfinitePast()}, 300, 0));
  book_.SetLimits(0, {}, kNoon);
  EXPECT_TRUE(Reserves(Hold(kCoffee, 10, absl::Minutes(15)))) << "a decision that began before; nothing limits it now";
  EXPECT_EQ(Coffee().remaining_count(), kNoLimit);
  book_.SetLimits(1, {Budget(0, kCoffee, 2, kNoLimit)}, kNoon);
  EXPECT_EQ(Coffee().remaining_count(), 0);
}

TEST_F(BudgetBookTest, TheGaugeShowsWhatHasNoRoomForItsCost) {
  const auto gauge =
      book_.SetLimits(70, {Budget(0, kCoffee, kNoLimit, 250, 100), Budget(69, kBread, 1, kNoLimit)}, kNoon);
  EXPECT_FALSE(gauge->IsExhausted(0));
  ASSERT_TRUE(Reserves(Hold(kCoffee, 150, absl::Minutes(2))));
  EXPECT_FALSE(gauge->IsExhausted(0)) << "100 are left";
  ASSERT_TRUE(Reserves(Hold(kBread, 1, absl::Minutes(15))));
  ASSERT_TRUE(Reserves(Hold(kCoffee, 1, absl::Minutes(15))));
  EXPECT_TRUE(gauge->IsExhausted(0));
  EXPECT_TRUE(gauge->IsExhausted(69));
  EXPECT_FALSE(gauge->IsExhausted(1));
  const ExhaustedOffers read = gauge->Read();
  for (size_t position = 0; position < 200; ++position) {
    EXPECT_EQ(read.Has(position), position == 0 || position == 69) << position;
  }
  book_.Expire(kNoon + absl::Minutes(2));
  EXPECT_FALSE(gauge->IsExhausted(0)) << "the hold of 150 is over";
  EXPECT_TRUE(gauge->IsExhausted(69));
  book_.Release(Hold(kBread, 1, absl::Minutes(15)));
  EXPECT_FALSE(gauge->IsExhausted(69));
  EXPECT_TRUE(read.Has(69)) << "what was read stays as it is";
  EXPECT_TRUE(gauge->Read().empty());
}

TEST(ExhaustedOffersTest, HoldsWhatWasAdded) {
  ExhaustedOffers exhausted;
  EXPECT_TRUE(exhausted.empty());
  EXPECT_FALSE(exhausted.Has(0));
  exhausted.Add(64);
  exhausted.Add(3);
  EXPECT_FALSE(exhausted.empty());
  for (size_t position = 0; position < 200; ++position) {
    EXPECT_EQ(exhausted.Has(position), position == 3 || position == 64) << position;
  }
}

TEST_F(BudgetBookTest, ARefusalUpdatesTheGaugeOfWhatWasOver) {
  const auto gauge = book_.SetLimits(1, {Budget(0, kCoffee, kNoLimit, 250, 100)}, kNoon);
  ASSERT_TRUE(Reserves(Hold(kCoffee, 250, absl::Minutes(1))));
  ASSERT_TRUE(gauge->IsExhausted(0));
  EXPECT_FALSE(Reserves(Hold(kCoffee, 300, absl::Minutes(15)), kNoon + absl::Minutes(1)));
  EXPECT_FALSE(gauge->IsExhausted(0));
}

TEST_F(BudgetBookTest, AnOldGaugeStandsStillAndANewOneBeginsRight) {
  const auto old = book_.SetLimits(1, {Budget(0, kCoffee, 1, kNoLimit)}, kNoon);
  ASSERT_TRUE(Reserves(Hold(kCoffee, 1, absl::Minutes(15))));
  const auto next = book_.SetLimits(2, {Budget(1, kCoffee, 1, kNoLimit)}, kNoon);
  EXPECT_TRUE(next->IsExhausted(1));
  EXPECT_FALSE(next->IsExhausted(0));
  book_.Release(Hold(kCoffee, 1, absl::Minutes(15)));
  EXPECT_TRUE(old->IsExhausted(0));
  EXPECT_FALSE(next->IsExhausted(1));
}

TEST_F(BudgetBookTest, StatesAreRestoredWhole) {
  book_.SetLimits(1, {Budget(0, kCoffee, 5, 1000)}, kNoon);
  ASSERT_TRUE(Reserves(Hold(kCoffee, 200, absl::Minutes(15))));
  ASSERT_TRUE(Reserves(Hold(kCoffee, 30, absl::Minutes(15))));
  ASSERT_TRUE(Reserves(Hold(kCoffee, 4, absl::Minutes(2))));
  ASSERT_TRUE(Reserves(Hold(kBread, 5, absl::Minutes(1))));
  book_.Settle({kCoffee, 0, absl::InfinitePast()}, 70, 35);
  const absl::Time then = kNoon + absl::Minutes(1);
  const std::vector<BudgetState> states = book_.States(then);
  const int32_t noon = OverMinute(kNoon);
  EXPECT_THAT(states, ElementsAre(BudgetState{kCoffee, 1, 70, 35, {{noon + 2, 1, 4}, {noon + 15, 2, 230}}}))
      << "nothing is left of the bread";

  BudgetBook other;
  other.Restore(states, then);
  const auto gauge = other.SetLimits(1, {Budget(0, kCoffee, 4, kNoLimit)}, then);
  EXPECT_TRUE(gauge->IsExhausted(0));
  EXPECT_EQ(other.States(then), states);
  EXPECT_TRUE(other.Release(Hold(kCoffee, 30, absl::Minutes(15))));
  EXPECT_FALSE(gauge->IsExhausted(0));
  EXPECT_TRUE(other.Release(Hold(kBread, 5, absl::Minutes(1)))) << "was over when the states were taken";
}

TEST_F(BudgetBookTest, TakesWhatChangedOnce) {
  book_.SetLimits(2, {Budget(0, kCoffee, 5, 1000), Budget(1, kBread, 1, kNoLimit)}, kNoon);
  ASSERT_TRUE(Reserves(Hold(kCoffee, 200, absl::Minutes(15))));
  ASSERT_TRUE(Reserves(Hold(kBread, 5, absl::Minutes(15))));
  EXPECT_EQ(book_.TakeChanged(kNoon), book_.States(kNoon));
  EXPECT_THAT(book_.TakeChanged(kNoon), IsEmpty());
  EXPECT_FALSE(
      book_.TryReserve({Hold(kCoffee, 2, absl::Minutes(15)), Hold(kBread, 5, absl::Minutes(15))}, kNoon).empty());
  EXPECT_THAT(book_.TakeChanged(kNoon), IsEmpty()) << "nothing came of it";
  book_.Release(Hold(kBread, 5, absl::Minutes(15)));
  EXPECT_THAT(book_.TakeChanged(kNoon), ElementsAre(BudgetState{kBread, 0, 0, 0, {}}))
      << "must replace what was kept before";
}

}  // namespace
}  // namespace nbo
