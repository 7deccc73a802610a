#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/core/ledger/ledger_fixture.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Commit = ContactLedger::Commit;

constexpr size_t kOffers = 100;

class LedgerBudget : public LedgerTest {
 protected:
  void Limit(uint64_t offer, int64_t count, int64_t minor = kNoLimit) {
    limits_.push_back({static_cast<size_t>(offer), offer, {count, minor, kNoLimit}, 0});
    book_->SetLimits(kOffers, limits_, kLedgerBegin);
  }
  BudgetFigures Figures(uint64_t offer) { return book_->Figures(offer, kLedgerBegin); }
  OutcomeRecord Redeemed(const DecisionRecord& decision, int rank, int64_t amount_minor, int64_t supplier_minor) {
    OutcomeRecord record = OutcomeOf(decision, rank, OutcomeKind::kRedeemed, absl::Minutes(5));
    record.amount_minor = amount_minor;
    record.supplier_minor = supplier_minor;
    return record;
  }

  std::vector<OfferBudget> limits_;
};

TEST_F(LedgerBudget, ADecisionHoldsUntilItExpires) {
  Limit(7, 10);
  DecisionRecord record = DecisionWithBudgets(60, "anna", {7, 8}, 250);
  record.offers[1].has_budget = false;
  Decide(record);
  EXPECT_EQ(Figures(7).held_count, 1);
  EXPECT_EQ(Figures(7).held_minor, 250);
  EXPECT_EQ(Figures(8).held_count, 0) << "has none";
  EXPECT_EQ(book_->Figures(7, record.expire_time + absl::Minutes(1)).held_count, 0);
  EXPECT_EQ(book_->Figures(7, record.expire_time - absl::Minutes(1)).held_count, 1);
}

TEST_F(LedgerBudget, ADefaultOfferHoldsNothing) {
  DecisionRecord record = DecisionWithBudgets(1, "anna", {7}, 250);
  record.offers[0].personal = false;
  Decide(record);
  EXPECT_EQ(Figures(7).held_count, 0);
}

TEST_F(LedgerBudget, WhatIsPresentedAtOnceIsHeldForTheWindowInWholeHours) {
  DecisionRecord record = DecisionWithBudgets(1, "anna", {7}, 250);
  record.presumed = true;
  Decide(record);
  const std::vector<BudgetState> states = book_->States(kLedgerBegin);
  ASSERT_THAT(states, SizeIs(1));
  ASSERT_THAT(states[0].holds, SizeIs(1));
  const absl::Time end = absl::UnixEpoch() + absl::Minutes(states[0].holds[0].minute);
  EXPECT_GE(end, record.time + 7 * absl::Hours(24));
  EXPECT_LT(end, record.time + 7 * absl::Hours(24) + absl::Hours(1));
  EXPECT_EQ(absl::ToUnixSeconds(end) % 3600, 0);
}

TEST_F(LedgerBudget, APresentationHoldsForTheWindowAlsoIfAnEarlierOneIsToldLater) {
  const DecisionRecord record = DecisionWithBudgets(1, "anna", {7}, 250);
  Decide(record);
  Tell(OutcomeOf(record, 1, OutcomeKind::kSeen, absl::Hours(5)));
  const std::vector<BudgetState> late = book_->States(kLedgerBegin);
  Tell(OutcomeOf(record, 1, OutcomeKind::kRendered, absl::Hours(1)));
  const std::vector<BudgetState> early = book_->States(kLedgerBegin);
  ASSERT_THAT(early, SizeIs(1));
  ASSERT_THAT(early[0].holds, SizeIs(1));
  EXPECT_EQ(early[0].holds[0].minute, late[0].holds[0].minute - 4 * 60);
  Tell(OutcomeOf(record, 1, OutcomeKind::kDeclined, absl::Hours(6)));
  EXPECT_EQ(book_->States(kLedgerBegin), early) << "an answer changes nothing";
}

TEST_F(LedgerBudget, ARedemptionIsSpentOnce) {
  const DecisionRecord record = DecisionWithBudgets(1, "anna", {7}, 250);
  Decide(record);
  EXPECT_TRUE(Tell(Redeemed(record, 1, 300, 120)).effect.first_redeemed);
  EXPECT_FALSE(Tell(Redeemed(record, 1, 300, 120)).effect.changed);
  OutcomeRecord earlier = Redeemed(record, 1, 500, 0);
  earlier.outcome.time_us -= 1'000'000;
  EXPECT_TRUE(Tell(earlier).effect.changed);
  EXPECT_EQ(Figures(7).held_count, 0);
  EXPECT_EQ(Figures(7).spent_count, 1);
  EXPECT_EQ(Figures(7).spent_minor, 300);
  EXPECT_EQ(Figures(7).supplier_minor, 120);
}

TEST_F(LedgerBudget, WithoutRoomNothingIsWrittenAndItSaysWhichOffers) {
  Limit(7, 1);
  Limit(8, 10);
  Limit(9, kNoLimit, 400);
  Decide(DecisionWithBudgets(1, "anna", {7, 9}, 250));
  const uint64_t end = log_.end();
  const LedgerSnapshot seen = Seen("ben");
  const auto refused = TryDecide(DecisionWithBudgets(2, "ben", {9, 8, 7}, 250));
  EXPECT_EQ(refused.result, Commit::kExhausted);
  EXPECT_THAT(refused.exhausted, ElementsAre(70, 90)) << "places in the catalog";
  EXPECT_EQ(log_.end(), end);
  EXPECT_EQ(Seen("ben"), seen);
  EXPECT_EQ(Figures(8).held_count, 0);
  Decide(DecisionWithBudgets(2, "ben", {8}, 250));
}

TEST_F(LedgerBudget, AnAnswerWhosePlaceIsTakenLetsGo) {
  Limit(7, 1);
  DecisionRecord first = DecisionWithBudgets(1, "anna", {7}, 250), second = DecisionWithBudgets(2, "anna", {8}, 250);
  first.terminal_id = second.terminal_id = "t";
  Decide(first);
  Decide(second);
  EXPECT_EQ(Figures(7).held_count, 0);
  EXPECT_EQ(Figures(8).held_count, 1);
  Decide(DecisionWithBudgets(3, "ben", {7}, 250));
  Tell(OutcomeOf(first, 1, OutcomeKind::kSeen, absl::Minutes(1)));
  EXPECT_EQ(Figures(7).held_count, 2) << "it was shown all the same, and may be redeemed";
}

TEST_F(LedgerBudget, WhoAsksAgainKeepsTheLastPieceAndNobodyElseGetsIt) {
  Limit(7, 1);
  DecisionRecord first = DecisionWithBudgets(1, "anna", {7}, 250), second = DecisionWithBudgets(2, "anna", {7}, 250);
  first.terminal_id = second.terminal_id = "t";
  Decide(first);
  Decide(second);
  EXPECT_EQ(Figures(7).held_count, 1);
  EXPECT_EQ(TryDecide(DecisionWithBudgets(3, "ben", {7}, 250)).result, Commit::kExhausted);
  DecisionRecord elsewhere = DecisionWithBudgets(4, "anna", {7}, 250);
  elsewhere.terminal_id = "u";
  EXPECT_EQ(TryDecide(elsewhere).result, Commit::kExhausted) << "another till takes no place";
  Restart();
  EXPECT_EQ(Figures(7).held_count, 1);
}

TEST_F(LedgerBudget, WhatWouldHaveBeenReplacedIsHeldIfTheLogRefuses) {
  Limit(7, 1);
  DecisionRecord first = DecisionWithBudgets(1, "anna", {7}, 250), second = DecisionWithBudgets(2, "anna", {7}, 250);
  first.terminal_id = second.terminal_id = "t";
  Decide(first);
  const std::vector<BudgetState> before = book_->States(kLedgerBegin);
  log_.fails = true;
  EXPECT_FALSE(ledger_->CommitDecision(Seen("anna"), second).ok());
  log_.fails = false;
  EXPECT_EQ(book_->States(kLedgerBegin), before);
}

// One till of each of two customers asks again and again for the last piece.
TEST_F(LedgerBudget, AReplacementLeavesNoMomentForOthers) {
  Limit(7, 1);
  std::vector<std::thread> tills;
  for (const std::string customer : {"anna", "ben"}) {
    tills.emplace_back([&, customer] {
      bool has_it = false;
      for (uint64_t i = 0; i < 2'000; ++i) {
        DecisionRecord record = DecisionWithBudgets(1 + i / 4, customer, {7}, 250);
        record.id.random = i;
        record.terminal_id = customer;
        const bool given = TryDecide(record).result == Commit::kDone;
        if (i == 0) has_it = given;
        EXPECT_EQ(given, has_it) << customer << " " << i;
      }
    });
  }
  for (std::thread& till : tills) till.join();
  EXPECT_EQ(Figures(7).held_count, 1);
}

// A decision may be under way with a catalog in which the offer has a budget while one is activated in which it has
// none, and with fewer offers.
TEST_F(LedgerBudget, ADecisionWithTheCatalogBeforeLeaksNothing) {
  Limit(7, 1);
  const LedgerSnapshot seen = Seen("anna");
  const DecisionRecord record = DecisionWithBudgets(1, "anna", {7}, 250);
  const auto gauge = book_->SetLimits(1, {}, kLedgerBegin);
  ASSERT_EQ(ledger_->CommitDecision(seen, record)->result, Commit::kDone);
  EXPECT_EQ(Figures(7).held_count, 1);
  EXPECT_FALSE(gauge->IsExhausted(0));
  Decide(DecisionWithBudgets(2, "ben", {7}, 250));
  EXPECT_TRUE(Tell(Redeemed(record, 1, 300, 0)).effect.first_redeemed);
  EXPECT_EQ(Figures(7).spent_count, 1);
  EXPECT_EQ(Figures(7).held_count, 1);
  book_->SetLimits(kOffers, limits_, kLedgerBegin);
  EXPECT_EQ(TryDecide(DecisionWithBudgets(3, "cleo", {7}, 250)).result, Commit::kExhausted) << "it counts again";
  book_->Expire(kLedgerBegin + absl::Hours(1));
  EXPECT_EQ(book_->Figures(7, kLedgerBegin + absl::Hours(1)).held_count, 0);
}

TEST_F(LedgerBudget, WhatTheLogRefusesHoldsNothing) {
  const LedgerSnapshot seen = Seen("anna");
  log_.fails = true;
  EXPECT_FALSE(ledger_->CommitDecision(seen, DecisionWithBudgets(1, "anna", {7}, 250)).ok());
  log_.fails = false;
  EXPECT_THAT(book_->States(kLedgerBegin), IsEmpty());
  Decide(DecisionWithBudgets(1, "anna", {7}, 250));
  EXPECT_EQ(ledger_->CommitDecision(seen, DecisionWithBudgets(2, "anna", {7}, 250))->result, Commit::kOvertaken);
  EXPECT_EQ(Figures(7).held_count, 1);
}

TEST_F(LedgerBudget, MergesAndErasuresLeaveBudgetsAlone) {
  const DecisionRecord record = DecisionWithBudgets(1, "anna", {7}, 250);
  Decide(record);
  ASSERT_TRUE(ledger_->Merge("anna", "ben", true).ok());
  OutcomeRecord redeemed = Redeemed(record, 1, 300, 0);
  redeemed.customer_id = "ben";
  Tell(redeemed);
  EXPECT_EQ(Figures(7).spent_count, 1);
  EXPECT_EQ(Figures(7).held_count, 0);
  Decide(DecisionWithBudgets(2, "ben", {7}, 250));
  ASSERT_TRUE(ledger_->Erase("ben").ok());
  EXPECT_EQ(Figures(7).spent_count, 1);
  EXPECT_EQ(Figures(7).held_count, 1);
}

TEST_F(LedgerBudget, ARedemptionToldUnderBothIdsInTheMiddleOfAMergeIsSpentOnce) {
  for (const bool restarted : {false, true}) {
    for (const bool absorbed_first : {false, true}) {
      const std::string anna = absl::StrCat("anna", restarted, absorbed_first), ben = absl::StrCat("ben", anna);
      const int64_t spent = Figures(7).spent_count;
      const DecisionRecord record = DecisionWithBudgets(static_cast<uint64_t>(spent) + 1, anna, {7}, 250);
      Decide(record);
      ASSERT_TRUE(ledger_->Merge(anna, ben, false).ok());
      if (restarted) Restart();
      OutcomeRecord of_anna = Redeemed(record, 1, 300, 0), of_ben = of_anna;
      of_ben.customer_id = ben;
      EXPECT_TRUE(Tell(absorbed_first ? of_anna : of_ben).effect.first_redeemed);
      EXPECT_FALSE(Tell(absorbed_first ? of_ben : of_anna).effect.changed);
      ASSERT_TRUE(ledger_->Merge(anna, ben, true).ok());
      EXPECT_FALSE(Tell(of_ben).effect.changed);
      EXPECT_EQ(Figures(7).spent_count, spent + 1);
      EXPECT_EQ(Figures(7).held_count, 0);
      Restart();
      EXPECT_EQ(Figures(7).spent_count, spent + 1);
      EXPECT_TRUE(LedgerOf(ben).contacts.contacts()[0].redeemed());
    }
  }
}

// Sixteen tills ask for the same few customers: caps of two contacts a customer, and budgets of which there is too
// little for all.
TEST_F(LedgerBudget, CapsAndBudgetsAreNeverExceeded) {
  constexpr int kThreads = 16, kTries = 60, kCustomers = 40;
  constexpr size_t kCap = 2;
  constexpr int64_t kCount = 30, kMinor = 2'000, kCost = 100;
  Limit(7, kCount);
  Limit(8, kNoLimit, kMinor);
  std::atomic<uint64_t> number = 0;
  std::atomic<bool> done = false;
  std::atomic<int> redeemed = 0, exhausted = 0;
  std::thread keeper([&] {
    while (!done) {
      ASSERT_TRUE(ledger_->Checkpoint(kLedgerBegin).ok());
      const BudgetFigures seven = Figures(7), eight = Figures(8);
      ASSERT_LE(seven.spent_count + seven.held_count, kCount);
      ASSERT_LE(eight.spent_minor + eight.held_minor, kMinor);
    }
  });
  const auto ask = [&](const std::string& customer) {
    std::vector<uint64_t> offers = {7, 8};
    while (!offers.empty()) {
      const LedgerSnapshot seen = Seen(customer);
      const size_t room = kCap - std::min(kCap, seen->contacts.contacts().size());
      if (offers.size() > room) offers.resize(room);
      if (offers.empty()) return;
      DecisionRecord record = DecisionWithBudgets(0, customer, offers, kCost);
      record.id.random = ++number;
      const auto committed = *ledger_->CommitDecision(seen, record);
      if (committed.result == Commit::kDone && record.id.random % 3 == 0) {
        const OutcomeRecord outcome = Redeemed(record, 1, kCost, 0);
        while (ledger_->RecordOutcome(Seen(customer), outcome)->result != Commit::kDone) {
        }
        ++redeemed;
      }
      if (committed.result == Commit::kDone) return;
      exhausted += committed.result == Commit::kExhausted;
      for (const int32_t position : committed.exhausted) {
        offers.erase(std::remove(offers.begin(), offers.end(), static_cast<uint64_t>(position / 10)), offers.end());
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTries; ++i) ask(absl::StrCat("c", (i * 7 + t) % kCustomers));
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  keeper.join();
  const BudgetFigures seven = Figures(7), eight = Figures(8);
  EXPECT_EQ(seven.spent_count + seven.held_count, kCount) << "all of it was wanted";
  EXPECT_EQ(eight.spent_minor + eight.held_minor, kMinor);
  EXPECT_GT(redeemed, 0);
  EXPECT_GT(exhausted, 0);
  for (int i = 0; i < kCustomers; ++i) {
    EXPECT_LE(LedgerOf(absl::StrCat("c", i)).contacts.contacts().size(), kCap);
  }
  const std::vector<BudgetState> before = book_->States(kLedgerBegin);
  Restart();
  EXPECT_EQ(book_->States(kLedgerBegin), before);
}

}  // namespace
}  // namespace nbo
