#include "core/ledger/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "tests/core/ledger/ledger_fixture.h"

namespace nbo {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Commit = ContactLedger::Commit;

TEST_F(LedgerTest, NothingIsKnownOfANewCustomer) { EXPECT_TRUE(LedgerOf("anna").empty()); }

TEST_F(LedgerTest, ADecisionReservesItsOffersAndIsInTheLog) {
  const DecisionRecord record = DecisionOf(1, "anna", {7, 8});
  Decide(record);
  EXPECT_THAT(LedgerOf("anna").contacts.contacts(), SizeIs(2));
  EXPECT_TRUE(LedgerOf("ben").empty());
  const auto found = log_.Find(record.id);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->customer_id, "anna");
}

TEST_F(LedgerTest, DefaultOffersReserveNothing) {
  DecisionRecord record = DecisionOf(1, "anna", {7, 8});
  record.offers[0].personal = false;
  Decide(record);
  const PersonLedger anna = LedgerOf("anna");
  ASSERT_THAT(anna.contacts.contacts(), SizeIs(1));
  EXPECT_EQ(anna.contacts.contacts()[0].offer, 8u);
  EXPECT_EQ(anna.contacts.contacts()[0].rank, 2) << "the token names the place in the answer";
}

TEST_F(LedgerTest, WhoWasOvertakenChangesNothing) {
  const LedgerSnapshot seen = Seen("anna");
  Decide(DecisionOf(1, "anna", {7}));
  const uint64_t end = log_.end();
  const auto late = ledger_->CommitDecision(seen, DecisionOf(2, "anna", {8}));
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->result, Commit::kOvertaken);
  EXPECT_EQ(log_.end(), end);
  EXPECT_THAT(LedgerOf("anna").contacts.contacts(), SizeIs(1));
}

TEST_F(LedgerTest, ManyAtOnceTakeAsManyContactsAsThereAre) {
  constexpr int kThreads = 8, kTries = 40, kCap = 25;
  std::atomic<int> taken = 0, number = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTries; ++i) {
        while (true) {
          const auto seen = ledger_->Read("anna");
          if ((*seen)->contacts.contacts().size() >= kCap) return;
          const auto done = ledger_->CommitDecision(*seen, DecisionOf(static_cast<uint64_t>(++number), "anna", {7}));
          if (done->result == Commit::kOvertaken) continue;
          ++taken;
          break;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, kCap);
  EXPECT_THAT(LedgerOf("anna").contacts.contacts(), SizeIs(kCap));
  EXPECT_EQ(log_.end(), static_cast<uint64_t>(kCap));
}

TEST_F(LedgerTest, AnOutcomeCountsOnce) {
  const DecisionRecord decision = DecisionOf(1, "anna", {7});
  Decide(decision);
  const OutcomeRecord seen = OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Seconds(3));
  const auto first = Tell(seen);
  EXPECT_EQ(first.result, Commit::kDone);
  EXPECT_TRUE(first.effect.changed);
  EXPECT_TRUE(first.effect.first_presented);
  EXPECT_EQ(first.position, log_.end());
  const auto again = Tell(seen);
  EXPECT_EQ(again.result, Commit::kDone);
  EXPECT_FALSE(again.effect.changed);
  EXPECT_EQ(again.position, log_.end()) << "whoever repeats it waits for the first one's sync";
  EXPECT_EQ(log_.end(), 2u);
  EXPECT_TRUE(LedgerOf("anna").contacts.contacts()[0].presented());
}

TEST_F(LedgerTest, WhatTheLogRefusesHasNotHappened) {
  Decide(DecisionOf(1, "anna", {7}));
  const auto seen = ledger_->Read("anna");
  log_.fails = true;
  EXPECT_EQ(ledger_->CommitDecision(*seen, DecisionOf(2, "anna", {8})).status().code(), absl::StatusCode::kUnavailable);
  const DecisionRecord decision = DecisionOf(1, "anna", {7});
  EXPECT_FALSE(ledger_->RecordOutcome(*seen, OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Seconds(3))).ok());
  EXPECT_FALSE(ledger_->Merge("anna", "ben", true).ok());
  EXPECT_FALSE(ledger_->Erase("anna").ok());
  log_.fails = false;
  EXPECT_EQ(*ledger_->Read("anna"), *seen);
  EXPECT_TRUE(LedgerOf("ben").empty());
}

TEST_F(LedgerTest, AStoreThatDoesNotAnswerIsToldAndTriedAgain) {
  store_.fails = true;
  EXPECT_FALSE(ledger_->Read("anna").ok());
  store_.fails = false;
  EXPECT_TRUE(ledger_->Read("anna").ok());
  Decide(DecisionOf(1, "anna", {7}));
  store_.fails = true;
  EXPECT_FALSE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(ledger_->Stats().changed, 1u);
  EXPECT_TRUE(ledger_->Read("anna").ok()) << "who is in memory needs no store";
  store_.fails = false;
  EXPECT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(ledger_->Stats().changed, 0u);
}

TEST_F(LedgerTest, AnAnswerCanBeGivenAgainUntilItsTimeIsOver) {
  Decide(DecisionOf(1, "anna", {}, "r1"));
  ASSERT_THAT(LedgerOf("anna").answers, SizeIs(1)) << "also one that says nothing";
  EXPECT_EQ(LedgerOf("anna").answers[0].decision, DecisionOf(1, "anna", {}).id);
  Decide(DecisionOf(1 + 15 * 60, "anna", {}, "r2"));
  EXPECT_THAT(LedgerOf("anna").answers, SizeIs(1));
  Restart();
  EXPECT_THAT(LedgerOf("anna").answers, SizeIs(1));
}

TEST_F(LedgerTest, KeepsTheNewestAnswersOnly) {
  for (uint64_t i = 0; i < kMaxAnswersPerCustomer + 10; ++i) {
    DecisionRecord record = DecisionOf(1, "anna", {}, absl::StrCat("r", i));
    record.id.random = i;
    Decide(record);
  }
  const PersonLedger anna = LedgerOf("anna");
  ASSERT_THAT(anna.answers, SizeIs(kMaxAnswersPerCustomer));
  EXPECT_EQ(anna.answers.front().decision.random, 10u);
}

TEST_F(LedgerTest, MergedCustomersHaveTheContactsOfBoth) {
  Decide(DecisionOf(1, "anna", {7}, "r1"));
  Decide(DecisionOf(2, "ben", {8}));
  ASSERT_TRUE(ledger_->Merge("anna", "ben", false).ok());
  EXPECT_THAT(LedgerOf("ben").contacts.contacts(), SizeIs(2));
  EXPECT_EQ(LedgerOf("anna"), LedgerOf("ben")) << "whoever still asks by the old id is counted, too";
  const auto stale = ledger_->Read("anna");
  Decide(DecisionOf(3, "anna", {9}));
  ASSERT_TRUE(ledger_->Merge("anna", "ben", true).ok());
  EXPECT_THAT(LedgerOf("ben").contacts.contacts(), SizeIs(3));
  EXPECT_THAT(LedgerOf("ben").answers, SizeIs(1));
  EXPECT_TRUE(LedgerOf("anna").empty());
  EXPECT_EQ(ledger_->CommitDecision(*stale, DecisionOf(4, "anna", {9}))->result, Commit::kOvertaken);
  ASSERT_TRUE(ledger_->Merge("ben", "ben", true).ok()) << "nothing to do";
  EXPECT_THAT(LedgerOf("ben").contacts.contacts(), SizeIs(3));
}

// Merges that were begun and not ended, in a circle if they were taken by their words.
TEST_F(LedgerTest, TheLastMergeThatWasBegunSaysWhoSurvives) {
  Decide(DecisionOf(1, "anna", {7}));
  ASSERT_TRUE(ledger_->Merge("anna", "ben", false).ok());
  ASSERT_TRUE(ledger_->Merge("ben", "cleo", false).ok());
  Decide(DecisionOf(2, "anna", {8}));
  EXPECT_THAT(LedgerOf("cleo").contacts.contacts(), SizeIs(2));
  ASSERT_TRUE(ledger_->Merge("cleo", "anna", false).ok());
  EXPECT_THAT(LedgerOf("cleo").contacts.contacts(), SizeIs(2));
  EXPECT_EQ(LedgerOf("cleo"), LedgerOf("anna"));
  ASSERT_TRUE(ledger_->Merge("cleo", "anna", true).ok());
  EXPECT_TRUE(LedgerOf("cleo").empty());
  ASSERT_TRUE(ledger_->Erase("anna").ok());
  EXPECT_TRUE(LedgerOf("anna").empty());
}

TEST_F(LedgerTest, WhoDecidesForAnEmptyLedgerIsOvertakenByAMergeThatLeavesItEmpty) {
  const auto seen = ledger_->Read("anna");
  ASSERT_TRUE(ledger_->Merge("anna", "ben", true).ok());
  EXPECT_EQ(ledger_->CommitDecision(*seen, DecisionOf(1, "anna", {7}))->result, Commit::kOvertaken);
}

TEST_F(LedgerTest, MergesOfTheSameShardsInBothDirectionsDoNotWaitForEachOther) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const std::string a = absl::StrCat("c", i % 90), b = absl::StrCat("c", (i * 7 + 1) % 90);
        ASSERT_TRUE((t % 2 == 0 ? ledger_->Merge(a, b, false) : ledger_->Merge(b, a, false)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(LedgerTest, TheErasedAreForgottenAlsoAfterARestart) {
  Decide(DecisionOf(1, "anna", {7}, "r1"));
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  ASSERT_TRUE(ledger_->Erase("anna").ok());
  EXPECT_TRUE(LedgerOf("anna").empty());
  Restart();
  EXPECT_TRUE(LedgerOf("anna").empty());
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_TRUE(store_.Read("anna")->empty());
}

TEST_F(LedgerTest, ADecisionForNobodyIsInTheLogAndThatIsAll) {
  const uint64_t end = log_.end();
  DecisionRecord record = DecisionWithBudgets(1, "", {7}, 100);
  const auto done = TryDecide(record);
  EXPECT_EQ(done.result, Commit::kDone);
  EXPECT_EQ(done.position, end + 1);
  Decide(DecisionOf(2, "", {7}, "r"));
  EXPECT_TRUE((*log_.Find(record.id)).has_value());
  EXPECT_TRUE(LedgerOf("").empty());
  EXPECT_EQ(ledger_->Stats().persons, 0u);
  EXPECT_TRUE(book_->States(absl::InfinitePast()).empty());
  EXPECT_FALSE(Tell(OutcomeOf(record, 1, OutcomeKind::kSeen, absl::Seconds(3))).effect.changed);
  ASSERT_TRUE(ledger_->Merge("", "ben", true).ok());
  ASSERT_TRUE(ledger_->Erase("").ok());
  EXPECT_EQ(log_.end(), end + 2);
  Restart();
  EXPECT_EQ(ledger_->Stats().persons, 0u);
}

TEST_F(LedgerTest, KnowsNothingBeforeItHasTakenInItsLog) {
  const LedgerSnapshot seen = Seen("anna");
  BudgetBook book;
  ContactLedger early(&log_, &store_, &book, {});
  const auto refused = absl::StatusCode::kFailedPrecondition;
  EXPECT_EQ(early.Read("anna").status().code(), refused);
  EXPECT_EQ(early.CommitDecision(seen, DecisionOf(1, "anna", {7})).status().code(), refused);
  EXPECT_EQ(early.RecordOutcome(seen, OutcomeRecord()).status().code(), refused);
  EXPECT_EQ(early.Merge("anna", "ben", true).code(), refused);
  EXPECT_EQ(early.Erase("anna").code(), refused);
  EXPECT_EQ(early.Checkpoint(kLater).code(), refused);
  EXPECT_EQ(log_.end(), 0u);
  ASSERT_TRUE(early.Recover().ok());
  EXPECT_EQ(early.Recover().code(), refused);
  EXPECT_TRUE(early.Read("anna").ok());
}

TEST_F(LedgerTest, AnOutcomeThatIsOvertakenByADecisionIsToldAgain) {
  const DecisionRecord decision = DecisionOf(1, "anna", {7});
  Decide(decision);
  const LedgerSnapshot seen = Seen("anna");
  Decide(DecisionOf(2, "anna", {8}));
  const OutcomeRecord outcome = OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Seconds(3));
  const auto late = ledger_->RecordOutcome(seen, outcome);
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->result, Commit::kOvertaken);
  EXPECT_FALSE(late->effect.changed);
  EXPECT_EQ(log_.end(), 2u);
  EXPECT_TRUE(Tell(outcome).effect.first_presented);
}

// Read, resolve, commit: an outcome goes to the survivor, or is there before the absorbed one's contacts move.
TEST_F(LedgerTest, AnOutcomeBesideAMergeIsNotLost) {
  for (int moment = 0; moment < 4; ++moment) {
    SCOPED_TRACE(moment);
    const std::string anna = absl::StrCat("anna", moment), ben = absl::StrCat("ben", moment);
    const DecisionRecord decision = DecisionOf(static_cast<uint64_t>(1 + moment), anna, {7});
    Decide(decision);
    std::string resolved = anna;
    int now = 0;
    const auto step = [&] {  // what the merge does meanwhile
      if (now++ != moment) return;
      ASSERT_TRUE(ledger_->Merge(anna, ben, false).ok());
      resolved = ben;
      ASSERT_TRUE(ledger_->Merge(anna, ben, true).ok());
    };
    OutcomeRecord outcome = OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Seconds(3));
    std::string id = resolved;
    for (Commit result = Commit::kOvertaken; result != Commit::kDone;) {
      step();
      const LedgerSnapshot seen = Seen(id);
      step();
      if (resolved != id) {
        id = resolved;
        continue;
      }
      outcome.customer_id = id;
      step();
      const auto done = ledger_->RecordOutcome(seen, outcome);
      ASSERT_TRUE(done.ok());
      result = done->result;
      if (result == Commit::kOvertaken) id = resolved;
    }
    while (now <= moment) step();
    ASSERT_THAT(LedgerOf(ben).contacts.contacts(), SizeIs(1));
    EXPECT_TRUE(LedgerOf(ben).contacts.contacts()[0].presented());
    EXPECT_TRUE(LedgerOf(anna).empty());
  }
}

TEST_F(LedgerTest, AnOutcomeThatIsOvertakenByAnErasureBringsNothingBack) {
  const DecisionRecord decision = DecisionOf(1, "anna", {7});
  Decide(decision);
  const LedgerSnapshot seen = Seen("anna");
  ASSERT_TRUE(ledger_->Erase("anna").ok());
  const auto late = ledger_->RecordOutcome(seen, OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Seconds(3)));
  ASSERT_TRUE(late.ok());
  EXPECT_EQ(late->result, Commit::kOvertaken);
  EXPECT_TRUE(LedgerOf("anna").empty());
}

TEST_F(LedgerTest, AnOutcomeForWhichThereIsNoRoomChangesNothing) {
  const DecisionRecord old = DecisionOf(1, "anna", {7});
  std::vector<uint64_t> offers(64, 7);
  for (uint64_t i = 0; i < kMaxContactsPerCustomer / 64; ++i) {
    DecisionRecord record = DecisionOf(100 + i, "anna", offers);
    record.presumed = true;
    Decide(record);
  }
  const PersonLedger before = LedgerOf("anna");
  ASSERT_THAT(before.contacts.contacts(), SizeIs(kMaxContactsPerCustomer));
  const auto told = Tell(OutcomeOf(old, 1, OutcomeKind::kSeen, absl::Seconds(3)));
  EXPECT_FALSE(told.effect.changed);
  EXPECT_FALSE(told.effect.first_presented);
  EXPECT_EQ(LedgerOf("anna"), before);
}

TEST_F(LedgerTest, OfTwoAnswersToARequestTheLatestHoldsInAnyOrder) {
  const LiveAnswer first{7, {1000, 1}, 5000}, second{7, {2000, 1}, 6000}, other{8, {1500, 1}, 5500};
  PersonLedger a, b;
  for (const LiveAnswer& answer : {first, other, second, first}) AddAnswer(answer, &a);
  for (const LiveAnswer& answer : {second, first, other, other}) AddAnswer(answer, &b);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.answers, (std::vector<LiveAnswer>{other, second}));
  EXPECT_EQ(a.FindAnswer(7, absl::FromUnixMicros(5999))->decision, second.decision);
  EXPECT_EQ(a.FindAnswer(7, absl::FromUnixMicros(6000)), nullptr);
  EXPECT_EQ(a.FindAnswer(9, absl::FromUnixMicros(0)), nullptr);
}

}  // namespace
}  // namespace nbo
