#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/core/ledger/ledger_fixture.h"

namespace nbo {
namespace {

using ::testing::SizeIs;
using Commit = ContactLedger::Commit;

const absl::Time kScriptEnd = kLedgerBegin + absl::Minutes(400);

// A history of decisions, outcomes, merges and erasures.
class Script {
 public:
  explicit Script(uint64_t seed) : random_(seed) {}

  void Step(ContactLedger* ledger) {
    const uint64_t number = ++number_;
    const uint64_t dice = random_() % 100;
    const std::string customer = absl::StrCat("c", random_() % 12);
    if (dice < 60 || decisions_.empty()) {
      std::vector<uint64_t> offers(random_() % 4);
      for (uint64_t& offer : offers) offer = 1 + random_() % 20;
      DecisionRecord record = DecisionWithBudgets(number * 60, customer, offers, 100);
      if (dice < 30) record.request_id = absl::StrCat("r", dice < 10 ? number % 7 : number);
      if (random_() % 2 == 0) record.terminal_id = absl::StrCat("t", random_() % 2);
      record.presumed = random_() % 5 == 0;
      const auto seen = ledger->Read(customer);
      ASSERT_EQ(ledger->CommitDecision(*seen, record)->result, Commit::kDone);
      if (!offers.empty()) decisions_.push_back(record);
    } else if (dice < 94) {
      const DecisionRecord& decision = decisions_[random_() % decisions_.size()];
      const int rank = 1 + static_cast<int>(random_() % decision.offers.size());
      const auto kind = static_cast<OutcomeKind>(1 + random_() % (kOutcomeKindCount - 1));
      const OutcomeRecord outcome = OutcomeOf(decision, rank, kind, absl::Minutes(random_() % 60));
      ASSERT_TRUE(ledger->RecordOutcome(*ledger->Read(outcome.customer_id), outcome).ok());
    } else if (dice < 98) {
      ASSERT_TRUE(ledger->Merge(customer, absl::StrCat("c", random_() % 12), random_() % 2 == 0).ok());
    } else {
      ASSERT_TRUE(ledger->Erase(customer).ok());
    }
  }

 private:
  std::mt19937_64 random_;
  uint64_t number_ = 0;
  std::vector<DecisionRecord> decisions_;
};

// A ledger of the same log that starts from what a store holds.
struct Started {
  explicit Started(DecisionLog* log, LedgerStore* store) : ledger(log, store, &book, {}) {
    const absl::Status recovered = ledger.Recover();
    EXPECT_TRUE(recovered.ok()) << recovered;
  }
  BudgetBook book;
  ContactLedger ledger;
};

// Everything that a ledger and its book know of the customers of a script.
void ExpectSame(ContactLedger* wanted, const BudgetBook& wanted_book, ContactLedger* found,
                const BudgetBook& found_book) {
  for (int i = 0; i < 12; ++i) {
    const std::string customer = absl::StrCat("c", i);
    const PersonLedger a = **wanted->Read(customer), b = **found->Read(customer);
    EXPECT_EQ(a.contacts, b.contacts) << customer;
    EXPECT_EQ(a.answers, b.answers) << customer;
  }
  // Holds that were over by then may be forgotten or not.
  EXPECT_TRUE(wanted_book.States(kScriptEnd) == found_book.States(kScriptEnd));
}

// Remembers what it held after each time that something was kept.
class RememberingStore : public MemoryLedgerStore {
 public:
  absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) override {
    const absl::Status kept = MemoryLedgerStore::Keep(persons, totals);
    absl::MutexLock lock(&mutex_);
    moments_.push_back(std::make_unique<MemoryLedgerStore>(*this));
    return kept;
  }
  const std::vector<std::unique_ptr<MemoryLedgerStore>>& moments() const { return moments_; }

 private:
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<MemoryLedgerStore>> moments_;
};

class LedgerHistory : public ::testing::TestWithParam<uint64_t> {};

// One ledger lives through; the other dies now and then, forgets whom it can, and keeps what it knows at odd moments.
TEST_P(LedgerHistory, DyingAndForgettingChangesNothing) {
  SCOPED_TRACE(absl::StrCat("seed ", GetParam()));
  MemoryDecisionLog whole_log, log;
  MemoryLedgerStore whole_store;
  RememberingStore store;
  Started whole(&whole_log, &whole_store);
  const LedgerOptions small{/*max_bytes=*/1, /*persons_per_write=*/3};
  auto book = std::make_unique<BudgetBook>();
  auto ledger = std::make_unique<ContactLedger>(&log, &store, book.get(), small);
  ASSERT_TRUE(ledger->Recover().ok());
  std::mt19937_64 random(GetParam());
  Script script(GetParam()), same(GetParam());
  for (int step = 0; step < 400; ++step) {
    ASSERT_NO_FATAL_FAILURE(script.Step(&whole.ledger));
    ASSERT_NO_FATAL_FAILURE(same.Step(ledger.get()));
    const uint64_t dice = random() % 100;
    if (dice < 10) {
      ASSERT_TRUE(ledger->Checkpoint(kLedgerBegin).ok());
    }
    if (dice >= 95) {
      ledger.reset();
      book = std::make_unique<BudgetBook>();
      ledger = std::make_unique<ContactLedger>(&log, &store, book.get(), small);
      ASSERT_TRUE(ledger->Recover().ok());
    }
  }
  ExpectSame(&whole.ledger, whole.book, ledger.get(), *book);
  // It may have died at any other time between two writes of the store.
  for (const auto& moment : store.moments()) {
    Started again(&log, moment.get());
    ExpectSame(&whole.ledger, whole.book, &again.ledger, again.book);
    if (HasFailure()) break;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, LedgerHistory, ::testing::Range(uint64_t{1}, uint64_t{41}));

using LedgerCheckpoint = LedgerTest;

TEST_F(LedgerCheckpoint, ForgetsWhomTheStoreHasWhenThereIsLittleRoom) {
  Restart({/*max_bytes=*/1, 4096});
  for (uint64_t i = 1; i <= 200; ++i) Decide(DecisionOf(i, absl::StrCat("c", i), {7}));
  EXPECT_EQ(ledger_->Stats().persons, 200u);
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(ledger_->Stats().persons, 0u) << "also who was asked for lately, if that is not enough";
  EXPECT_EQ(ledger_->Stats().bytes, 0u);
  EXPECT_THAT(LedgerOf("c77").contacts.contacts(), SizeIs(1));
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok()) << "with nothing to keep";
  EXPECT_EQ(ledger_->Stats().persons, 0u);
  LedgerOf("c78");
  Decide(DecisionOf(201, "c77", {7}));
  store_.fails = true;
  EXPECT_FALSE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(ledger_->Stats().persons, 1u) << "who is in the store leaves, though nothing can be kept";
}

TEST_F(LedgerCheckpoint, WritesNothingOfWhomNothingIsKnownBeforeAndAfter) {
  Decide(DecisionOf(1, "anna", {}));
  EXPECT_EQ(ledger_->Stats().changed, 0u);
  Decide(DecisionOf(2, "anna", {7}));
  EXPECT_EQ(ledger_->Stats().changed, 1u);
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  Decide(DecisionOf(20'000, "anna", {}));
  ASSERT_TRUE(LedgerOf("anna").empty());
  EXPECT_EQ(ledger_->Stats().changed, 1u) << "the store has what is over by now";
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_TRUE(store_.Read("anna")->empty());
}

TEST_F(LedgerCheckpoint, ForgetsNoMoreThanItMust) {
  for (uint64_t i = 1; i <= 6400; ++i) Decide(DecisionOf(i, absl::StrCat("c", i), {7}));
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  const LedgerStats all = ledger_->Stats();
  EXPECT_EQ(all.persons, 6400u);
  Restart({/*max_bytes=*/all.bytes / 2, 4096});
  for (uint64_t i = 1; i <= 6400; ++i) LedgerOf(absl::StrCat("c", i));
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_LE(ledger_->Stats().bytes, all.bytes / 2);
  EXPECT_GE(ledger_->Stats().bytes, all.bytes / 3);
}

TEST_F(LedgerCheckpoint, APeekSeesWhatAReadSeesAndKeepsNobody) {
  Decide(DecisionOf(1, "anna", {7}));
  EXPECT_THAT((*ledger_->Peek("anna"))->contacts.contacts(), SizeIs(1)) << "not in the store yet";
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  Restart({/*max_bytes=*/1, 4096});
  ASSERT_EQ(ledger_->Stats().persons, 0u);
  EXPECT_THAT((*ledger_->Peek("anna"))->contacts.contacts(), SizeIs(1));
  EXPECT_TRUE((*ledger_->Peek("nobody ever heard of"))->empty());
  EXPECT_TRUE((*ledger_->Peek(""))->empty());
  EXPECT_EQ(ledger_->Stats().persons, 0u);
  ASSERT_TRUE(ledger_->Merge("anna", "ben", false).ok());
  EXPECT_EQ(**ledger_->Peek("anna"), LedgerOf("ben"));
  store_.fails = true;
  EXPECT_FALSE(ledger_->Peek("cleo").ok());
}

// It was read from the store, then it came, changed, was kept and left memory, before the reader was there.
TEST_F(LedgerCheckpoint, WhatWasReadBeforeItChangedIsReadAgain) {
  Restart({/*max_bytes=*/1, 4096});
  store_.after_read = [&] {
    Decide(DecisionOf(1, "anna", {7}));
    ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
    ASSERT_EQ(ledger_->Stats().persons, 0u);
  };
  EXPECT_THAT(LedgerOf("anna").contacts.contacts(), SizeIs(1));
}

TEST_F(LedgerCheckpoint, WhoChangesWhileTheStoreWritesIsKeptTheNextTime) {
  Decide(DecisionOf(1, "anna", {7}));
  store_.before_keep = [&] { Decide(DecisionOf(2, "anna", {8})); };
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(ledger_->Stats().changed, 1u);
  EXPECT_THAT(store_.Read("anna")->contacts.contacts(), SizeIs(1));
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(ledger_->Stats().changed, 0u);
  EXPECT_THAT(store_.Read("anna")->contacts.contacts(), SizeIs(2));
}

TEST_F(LedgerCheckpoint, ASecondWriteThatFailsLeavesThePositionWhereItWas) {
  constexpr uint64_t kPersons = 5000;
  for (uint64_t i = 1; i <= kPersons; ++i) {
    DecisionRecord record = DecisionWithBudgets(i, absl::StrCat("c", i), {7}, 10);
    record.expire_time = kLater;
    Decide(record);
  }
  store_.keeps_until_failure = 1;
  EXPECT_FALSE(ledger_->Checkpoint(kLedgerBegin).ok());
  EXPECT_EQ(ledger_->Stats().changed, kPersons - 4096);
  EXPECT_EQ(*store_.Position(), 0u);
  EXPECT_EQ(store_.ReadTotals()->budgets.size(), 0u);
  for (const bool kept_after_all : {false, true}) {
    if (kept_after_all) {
      ASSERT_TRUE(ledger_->Checkpoint(kLedgerBegin).ok());
      EXPECT_EQ(*store_.Position(), kPersons);
    }
    Started again(&log_, &store_);
    EXPECT_EQ(again.book.Figures(7, kLedgerBegin).held_count, static_cast<int64_t>(kPersons)) << kept_after_all;
    for (uint64_t i = 1; i <= kPersons; ++i) {
      const std::string customer = absl::StrCat("c", i);
      ASSERT_EQ(**again.ledger.Read(customer), LedgerOf(customer)) << customer;
    }
  }
}

// Of a budget that is empty when it can be kept again, the store must not go on to hold the rest.
TEST_F(LedgerCheckpoint, BudgetsThatCouldNotBeKeptAreKeptTheNextTime) {
  DecisionRecord first = DecisionWithBudgets(1, "anna", {7}, 10);
  first.terminal_id = "t";
  Decide(first);
  ASSERT_TRUE(ledger_->Checkpoint(kLedgerBegin).ok());
  EXPECT_THAT(store_.ReadTotals()->budgets, SizeIs(1));
  DecisionRecord second = DecisionOf(2, "anna", {});
  second.terminal_id = "t";
  Decide(second);  // takes the first one's place
  Decide(DecisionWithBudgets(3, "ben", {8}, 10));
  store_.fails = true;
  EXPECT_FALSE(ledger_->Checkpoint(kLedgerBegin).ok());
  store_.fails = false;
  ASSERT_TRUE(ledger_->Checkpoint(kLedgerBegin).ok());
  ASSERT_THAT(store_.ReadTotals()->budgets, SizeIs(1));
  EXPECT_EQ(store_.ReadTotals()->budgets[0].offer, 8u);
}

TEST_F(LedgerCheckpoint, NothingIsKeptThatTheLogMayLose) {
  Decide(DecisionOf(1, "anna", {7}));
  log_.fails = true;
  EXPECT_FALSE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(*store_.Position(), 0u);
  EXPECT_TRUE(store_.Read("anna")->empty());
  log_.fails = false;
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  EXPECT_EQ(log_.durable_asked, log_.end());
}

TEST_F(LedgerCheckpoint, BesideDecisionsWithoutRoomKeepsEverything) {
  Restart({/*max_bytes=*/1, /*persons_per_write=*/2});
  std::atomic<bool> done = false;
  std::thread keeper([&] {
    while (!done) ASSERT_TRUE(ledger_->Checkpoint(kLedgerBegin).ok());
  });
  std::vector<std::thread> deciders;
  std::atomic<uint64_t> number = 0;
  for (int t = 0; t < 4; ++t) {
    deciders.emplace_back([&] {
      for (int i = 0; i < 400; ++i) {
        const uint64_t n = ++number;
        DecisionRecord record = DecisionWithBudgets(n, absl::StrCat("c", n % 12), {1 + n % 3}, 10);
        record.presumed = true;  // not to be pruned
        while (ledger_->CommitDecision(*ledger_->Read(record.customer_id), record)->result != Commit::kDone) {
        }
      }
    });
  }
  for (std::thread& thread : deciders) thread.join();
  done = true;
  keeper.join();
  size_t contacts = 0;
  for (int i = 0; i < 12; ++i) contacts += LedgerOf(absl::StrCat("c", i)).contacts.contacts().size();
  EXPECT_EQ(contacts, 1600u);
  Started again(&log_, &store_);
  ExpectSame(ledger_.get(), *book_, &again.ledger, again.book);
  EXPECT_EQ(book_->Figures(1, kLedgerBegin).held_count + book_->Figures(2, kLedgerBegin).held_count +
                book_->Figures(3, kLedgerBegin).held_count,
            1600);
}

// Takes its time before it writes, so that others get in between.
class SlowLog : public MemoryDecisionLog {
 public:
  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override {
    for (int i = 0; i < 3; ++i) std::this_thread::yield();
    return MemoryDecisionLog::Append(event);
  }
};

// Whenever a process dies between two writes of the store, the next one finds each hold once: budgets are kept as they
// were at the very position that is kept, though decisions go on meanwhile.
TEST(LedgerBarrier, BudgetsAreKeptAtThePositionThatIsKept) {
  SlowLog log;
  RememberingStore store;
  BudgetBook book;
  ContactLedger ledger(&log, &store, &book, {kRoom, 4096});
  ASSERT_TRUE(ledger.Recover().ok());
  std::atomic<int> deciding = 4;
  std::vector<std::thread> deciders;
  for (int t = 0; t < 4; ++t) {
    deciders.emplace_back([&, t] {
      for (uint64_t i = 0; i < 200; ++i) {
        DecisionRecord record = DecisionWithBudgets(1, absl::StrCat("c", t), {1 + i % 3}, 10);
        record.id.random = i;
        while (ledger.CommitDecision(*ledger.Read(record.customer_id), record)->result != Commit::kDone) {
        }
      }
      --deciding;
    });
  }
  while (deciding > 0) {
    ASSERT_TRUE(ledger.Checkpoint(kLedgerBegin).ok());
    std::this_thread::yield();
  }
  for (std::thread& thread : deciders) thread.join();
  const std::vector<BudgetState> wanted = book.States(kLedgerBegin);
  ASSERT_THAT(wanted, SizeIs(3));
  for (const auto& moment : store.moments()) {
    Started again(&log, moment.get());
    ASSERT_EQ(again.book.States(kLedgerBegin), wanted) << "kept at " << *moment->Position();
  }
}

}  // namespace
}  // namespace nbo
