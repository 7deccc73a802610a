#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
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

// What budgets should be, from the log alone and with none of the ledger's code: who holds what is asked of each
// contact apart. Of one customer after the other, and without merges.
class Audit {
 public:
  void Take(const LedgerEvent& event) {
    if (const auto* decision = std::get_if<DecisionRecord>(&event)) Take(*decision);
    if (const auto* outcome = std::get_if<OutcomeRecord>(&event)) Take(*outcome);
  }
  std::vector<BudgetState> States(int32_t over) const {
    std::map<uint64_t, BudgetState> states;
    std::map<std::pair<uint64_t, int32_t>, std::pair<int64_t, int64_t>> held;
    for (const auto& [token, one] : held_) {
      BudgetState& state = states[one.offer];
      state.offer = one.offer;
      if (one.spent_minor) {
        ++state.spent_count;
        state.spent_minor += *one.spent_minor;
        continue;
      }
      if (one.released && !one.present_us) continue;
      int64_t end_us = one.expire_us;
      if (one.present_us) {
        constexpr int64_t kHour = 3'600'000'000;
        end_us = *one.present_us + 7 * 24 * kHour;
        end_us += (kHour - end_us % kHour) % kHour;
      }
      const auto minute = static_cast<int32_t>((end_us + 59'999'999) / 60'000'000);
      if (minute <= over) continue;
      auto& [count, minor] = held[{one.offer, minute}];
      ++count;
      minor += one.cost_minor;
    }
    for (const auto& [key, sum] : held) states[key.first].holds.push_back({key.second, sum.first, sum.second});
    std::vector<BudgetState> list;
    for (const auto& [offer, state] : states) {
      if (state.spent_count != 0 || !state.holds.empty()) list.push_back(state);
    }
    return list;
  }

 private:
  struct Held {
    std::string customer_id, terminal_id;
    uint64_t offer = 0;
    int64_t cost_minor = 0, reserve_us = 0, expire_us = 0;
    bool released = false;
    std::optional<int64_t> present_us = {}, spent_minor = {};
  };

  void Take(const DecisionRecord& decision) {
    for (auto& [token, one] : held_) {
      const bool same_place = !decision.terminal_id.empty() && one.terminal_id == decision.terminal_id;
      if (one.customer_id == decision.customer_id && same_place) one.released = true;
    }
    int rank = 0;
    for (const RecordedOffer& offer : decision.offers) {
      Held& one = held_[{decision.id, ++rank}];
      one = {decision.customer_id,
             decision.terminal_id,
             offer.offer,
             offer.cost_minor,
             absl::ToUnixMicros(decision.time),
             absl::ToUnixMicros(decision.expire_time)};
      if (decision.presumed) one.present_us = one.reserve_us;
    }
  }
  void Take(const OutcomeRecord& outcome) {
    if (outcome.outcome.kind == OutcomeKind::kDelivered) return;  // at a till it means nothing
    Held& one = held_.at({outcome.token.decision, outcome.token.rank});
    const int64_t time_us = std::max(outcome.outcome.time_us, one.reserve_us);
    one.present_us = std::min(one.present_us.value_or(time_us), time_us);
    if (outcome.outcome.kind == OutcomeKind::kRedeemed && !one.spent_minor) one.spent_minor = outcome.amount_minor;
  }

  std::map<std::pair<DecisionId, int>, Held> held_;
};

// Ports of a process that dies in the middle of a call: from then on nothing reaches them, whether or not the call did.
struct Mortal {
  std::atomic<int> calls_left{1 << 30};
  std::atomic<bool> last_call_counts{false};
  bool dead() const { return calls_left < 0; }
  // Whether a call happens; and whether whoever called is told that it did.
  std::pair<bool, bool> Call() {
    const int left = calls_left.fetch_sub(1);
    return {left > 0 || (left == 0 && last_call_counts), left > 0};
  }
};
class MortalLog : public MemoryDecisionLog {
 public:
  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override {
    const auto [happens, told] = mortal->Call();
    const auto appended = happens ? MemoryDecisionLog::Append(event) : absl::UnavailableError("dead");
    return told ? appended : absl::UnavailableError("dead");
  }
  Mortal* mortal = nullptr;
};
class MortalStore : public MemoryLedgerStore {
 public:
  absl::Status Keep(const std::vector<Kept>& persons, const Totals* totals) override {
    const auto [happens, told] = mortal->Call();
    const absl::Status kept = happens ? MemoryLedgerStore::Keep(persons, totals) : absl::UnavailableError("dead");
    return told ? kept : absl::UnavailableError("dead");
  }
  Mortal* mortal = nullptr;
};

class LedgerCrash : public ::testing::TestWithParam<uint64_t> {
 protected:
  // Everything happens to these until the process dies.
  struct Process {
    Process(MortalLog* log, MortalStore* store)
        : ledger(log, store, &book, {/*max_bytes=*/1, /*persons_per_write=*/2}) {
      log->mortal = store->mortal = &mortal;
      std::vector<OfferBudget> limits;
      for (uint64_t offer = 1; offer <= 4; ++offer) {
        limits.push_back({static_cast<size_t>(offer), offer, {kLimit, kNoLimit, kNoLimit}, 0});
      }
      book.SetLimits(kOffers, limits, kLedgerBegin);
    }
    Mortal mortal;
    BudgetBook book;
    ContactLedger ledger;
  };
  static constexpr int64_t kLimit = 25;

  absl::Time now() const { return kLedgerBegin + absl::Seconds(number_); }
  void Step(Process* process) {
    const uint64_t dice = random_() % 100;
    if (dice < 55) return Decide(process);
    if (dice < 85 && !decisions_.empty()) return Tell(process);
    process->ledger.Checkpoint(now()).IgnoreError();
  }
  void Decide(Process* process) {
    number_ += 60 * (1 + random_() % 3);
    std::vector<uint64_t> offers(1 + random_() % 3);
    for (uint64_t& offer : offers) offer = 1 + random_() % 4;
    DecisionRecord record =
        DecisionWithBudgets(number_, absl::StrCat("c", random_() % 5), offers, static_cast<int64_t>(random_() % 500));
    record.id.random = random_();
    if (random_() % 2 == 0) record.terminal_id = absl::StrCat("t", random_() % 2);
    record.presumed = random_() % 10 == 0;
    const auto seen = process->ledger.Read(record.customer_id);
    const auto done = process->ledger.CommitDecision(*seen, record);
    if (done.ok() && done->result == Commit::kDone) decisions_.push_back(record);
  }
  void Tell(Process* process) {
    const DecisionRecord& decision = decisions_[random_() % decisions_.size()];
    const int rank = 1 + static_cast<int>(random_() % decision.offers.size());
    const auto kind = static_cast<OutcomeKind>(1 + random_() % (kOutcomeKindCount - 1));
    OutcomeRecord outcome = OutcomeOf(decision, rank, kind, absl::Minutes(random_() % 30));
    outcome.amount_minor = static_cast<int64_t>(random_() % 700);
    process->ledger.RecordOutcome(*process->ledger.Read(outcome.customer_id), outcome).IgnoreError();
  }
  void ExpectAsTheLogSays(const BudgetBook& book) {
    Audit audit;
    ASSERT_TRUE(log_.Replay(0,
                            [&](const LedgerEvent& event, uint64_t) {
                              audit.Take(event);
                              return true;
                            })
                    .ok());
    EXPECT_EQ(book.States(now()), audit.States(OverMinute(now())));
  }

  MortalLog log_;
  MortalStore store_;
  std::mt19937_64 random_{GetParam()};
  // Decisions are made at whole minutes: holds are over when reservations are, not up to a minute later.
  uint64_t number_ = 100;
  std::vector<DecisionRecord> decisions_;
};

TEST_P(LedgerCrash, LosesNothingForEverAndSpendsNothingTwice) {
  SCOPED_TRACE(absl::StrCat("seed ", GetParam()));
  for (int life = 0; life < 25 && !HasFailure(); ++life) {
    Process process(&log_, &store_);
    ASSERT_TRUE(process.ledger.Recover().ok());
    ASSERT_NO_FATAL_FAILURE(ExpectAsTheLogSays(process.book)) << "life " << life;
    process.mortal.calls_left = static_cast<int>(random_() % 40);
    process.mortal.last_call_counts = random_() % 2 == 0;
    for (int step = 0; step < 60 && !process.mortal.dead(); ++step) Step(&process);
    if (process.mortal.dead()) continue;
    ASSERT_NO_FATAL_FAILURE(ExpectAsTheLogSays(process.book)) << "life " << life;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, LedgerCrash, ::testing::Range(uint64_t{1}, uint64_t{101}));

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
