// What the learner counts, event by event; and against a plain sum over contacts, for random histories.
#include "core/propensity/learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/ledger/ledger.h"
#include "core/propensity/model.h"
#include "tests/core/ledger/ledger_fixture.h"

namespace nbo {
namespace {

constexpr uint64_t kCoffee = 7, kBread = 8, kChampions = 101;
constexpr absl::Duration kDay = absl::Hours(24);
const OutcomeKey kCoffeeAtTheTill{kCoffee, kChampions, Channel::kPos};

// Decisions are for offers with a window of a week, of customers in kChampions.
DecisionRecord Decided(uint64_t number, const std::string& customer_id, const std::vector<uint64_t>& offers) {
  DecisionRecord record = DecisionOf(number, customer_id, offers);
  record.rfm_segment = kChampions;
  for (RecordedOffer& offer : record.offers) offer.attribution_days = 7;
  return record;
}

// A log as a ledger writes it.
class Shop {
 public:
  Shop() { EXPECT_TRUE(ledger_.Recover().ok()); }

  void Decide(const DecisionRecord& record) {
    const auto done = ledger_.CommitDecision(*ledger_.Read(record.customer_id), record);
    ASSERT_TRUE(done.ok() && done->result == ContactLedger::Commit::kDone) << done.status();
  }
  void Happen(const OutcomeRecord& record) {
    const auto done = ledger_.RecordOutcome(*ledger_.Read(record.customer_id), record);
    ASSERT_TRUE(done.ok() && done->result == ContactLedger::Commit::kDone) << done.status();
  }
  ContactLedger& ledger() { return ledger_; }
  MemoryDecisionLog& log() { return log_; }

  // Up to a position.
  void Fold(uint64_t until, PropensityLearner* learner) {
    const auto find = [&](const DecisionId& id) { return log_.Find(id); };
    const absl::Status read = log_.Replay(learner->position(), [&](const LedgerEvent& event, uint64_t end) {
      if (end > until) return false;
      EXPECT_TRUE(learner->Take(event, end, find).ok());
      return true;
    });
    EXPECT_TRUE(read.ok());
  }

 private:
  MemoryDecisionLog log_;
  MemoryLedgerStore store_;
  BudgetBook budgets_;
  ContactLedger ledger_{&log_, &store_, &budgets_, LedgerOptions()};
};

class LearnerTest : public ::testing::Test {
 protected:
  // Of all that has happened, at a time after kLedgerBegin.
  OutcomeCount CountOf(const OutcomeKey& key, absl::Duration after) {
    shop_.Fold(shop_.log().end(), &learner_);
    learner_.AdvanceTo(kLedgerBegin + after);
    return learner_.counts().Of(key);
  }

  Shop shop_;
  PropensityLearner learner_;
};

TEST_F(LearnerTest, WhatWasNeverPresentedIsNoTrial) {
  shop_.Decide(Decided(1, "anna", {kCoffee}));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 30 * kDay), OutcomeCount());
  EXPECT_EQ(learner_.open_trials(), 0u);
}

TEST_F(LearnerTest, APresentedContactIsATrialWhenItsWindowIsOver) {
  const DecisionRecord decision = Decided(1, "anna", {kCoffee, kBread});
  shop_.Decide(decision);
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Minutes(1)));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kClicked, absl::Minutes(2)));
  const absl::Duration end = absl::Seconds(1) + absl::Minutes(1) + 7 * kDay;
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, end - absl::Microseconds(1)), OutcomeCount());
  EXPECT_EQ(learner_.open_trials(), 1u);
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, end), (OutcomeCount{1, 0}));
  EXPECT_EQ(learner_.open_trials(), 0u);
}

TEST_F(LearnerTest, AnAnswerCountsAtOnce) {
  const DecisionRecord decision = Decided(1, "anna", {kCoffee, kBread, kCoffee, kBread});
  shop_.Decide(decision);
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kSpoken, absl::Minutes(1)));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Minutes(2)));
  shop_.Happen(OutcomeOf(decision, 2, OutcomeKind::kDeclined, absl::Minutes(2)));
  shop_.Happen(OutcomeOf(decision, 3, OutcomeKind::kDismissed, absl::Minutes(2)));
  shop_.Happen(OutcomeOf(decision, 4, OutcomeKind::kRedeemed, absl::Minutes(2)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, absl::Minutes(3)), (OutcomeCount{2, 1}));
  EXPECT_EQ(CountOf({kBread, kChampions, Channel::kPos}, absl::Minutes(3)), (OutcomeCount{2, 1}));
  EXPECT_EQ(learner_.open_trials(), 0u);
}

TEST_F(LearnerTest, ALateSuccessIsNoSecondTrial) {
  const DecisionRecord decision = Decided(1, "anna", {kCoffee});
  shop_.Decide(decision);
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Minutes(1)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 8 * kDay), (OutcomeCount{1, 0}));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kRedeemed, 9 * kDay));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 10 * kDay), (OutcomeCount{1, 1}));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kAccepted, 9 * kDay));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kRedeemed, 2 * kDay));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kSeen, absl::Seconds(1)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 30 * kDay), (OutcomeCount{1, 1}));
}

TEST_F(LearnerTest, WhatIsTakenBackIsNoSuccess) {
  const DecisionRecord decision = Decided(1, "anna", {kCoffee});
  shop_.Decide(decision);
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Minutes(1)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, kDay), (OutcomeCount{1, 1}));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kDeclined, absl::Minutes(5)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, kDay), (OutcomeCount{1, 0}));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Minutes(3)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, kDay), (OutcomeCount{1, 0})) << "came late, but was before";
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kRedeemed, absl::Minutes(9)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, kDay), (OutcomeCount{1, 1}));
}

TEST_F(LearnerTest, APresumedDecisionBeginsATrialAtOnceAndOnlyOnce) {
  DecisionRecord decision = Decided(1, "anna", {kCoffee});
  decision.presumed = true;
  shop_.Decide(decision);
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, kDay), OutcomeCount());
  EXPECT_EQ(learner_.open_trials(), 1u);
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 8 * kDay), (OutcomeCount{1, 0}));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kSpoken, absl::Minutes(1)));
  shop_.Happen(OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Minutes(2)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 30 * kDay), (OutcomeCount{1, 1}));
}

TEST_F(LearnerTest, GhostsDefaultOffersAndDecisionsForNobodyCountForNothing) {
  DecisionRecord control = Decided(1, "anna", {kCoffee});
  control.presumed = true;
  control.ghosts = control.offers;
  control.offers[0].personal = false;
  shop_.Decide(control);
  DecisionRecord nobody = Decided(2, "", {kCoffee});
  nobody.presumed = true;
  shop_.Decide(nobody);
  // As an outcome of the default offer would look.
  control.offers[0].personal = true;
  shop_.Happen(OutcomeOf(control, 1, OutcomeKind::kAccepted, absl::Minutes(1)));
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 30 * kDay), OutcomeCount());
  EXPECT_TRUE(learner_.counts().Rows().empty());
  EXPECT_EQ(learner_.open_trials(), 0u);
}

TEST_F(LearnerTest, OfALostDecisionTheSegmentIsUnknown) {
  const DecisionRecord decision = Decided(1, "anna", {kCoffee});
  OutcomeRecord outcome = OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Minutes(1));
  outcome.effect.changed = outcome.effect.first_presented = outcome.effect.is_taken = true;
  const auto lost = [](const DecisionId&) { return absl::DataLossError("damaged"); };
  ASSERT_TRUE(learner_.Take(outcome, 1, lost).ok());
  EXPECT_EQ(learner_.counts().Of({kCoffee, 0, Channel::kPos}), (OutcomeCount{1, 1}));
}

TEST_F(LearnerTest, AnEventWhoseDecisionCannotBeReadNowIsGivenAgain) {
  const DecisionRecord decision = Decided(1, "anna", {kCoffee});
  OutcomeRecord outcome = OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Minutes(1));
  outcome.effect.changed = outcome.effect.first_presented = outcome.effect.is_taken = true;
  const auto busy = [](const DecisionId&) { return absl::UnavailableError("the disk does not answer"); };
  const auto there = [&](const DecisionId&) { return std::optional<DecisionRecord>(decision); };
  EXPECT_TRUE(absl::IsUnavailable(learner_.Take(outcome, 1, busy)));
  EXPECT_EQ(learner_.position(), 0u);
  for (int again = 0; again < 2; ++again) ASSERT_TRUE(learner_.Take(outcome, 1, there).ok());
  EXPECT_EQ(learner_.counts().Of(kCoffeeAtTheTill), (OutcomeCount{1, 1}));
}

TEST_F(LearnerTest, BeyondTheLimitTheOldestTrialsAreCountedEarly) {
  PropensityLearner small(32);
  std::vector<DecisionRecord> decisions;
  for (uint64_t i = 0; i < 33; ++i) {
    decisions.push_back(Decided(i, absl::StrCat("c", i), {i < 3 ? kBread : kCoffee}));
    decisions.back().presumed = true;
    shop_.Decide(decisions.back());
  }
  shop_.Fold(shop_.log().end(), &small);
  EXPECT_EQ(small.open_trials(), 30u) << "a sixteenth less than the limit";
  EXPECT_EQ(small.counts().Of({kBread, kChampions, Channel::kPos}), (OutcomeCount{3, 0}));
  EXPECT_EQ(small.counts().Of(kCoffeeAtTheTill), OutcomeCount());
  shop_.Happen(OutcomeOf(decisions[0], 1, OutcomeKind::kAccepted, absl::Minutes(1)));
  shop_.Fold(shop_.log().end(), &small);
  EXPECT_EQ(small.counts().Of({kBread, kChampions, Channel::kPos}), (OutcomeCount{3, 1}));
}

// The posterior for the rats of Gelman et al., Bayesian Data Analysis, 3rd ed., section 5.1, told as outcomes: prior
// Beta(1.4, 8.6), 4 of 14; Beta(5.4, 18.6).
TEST_F(LearnerTest, WhatItCountsMakesThePublishedPosterior) {
  for (uint64_t i = 1; i <= 14; ++i) {
    const DecisionRecord decision = Decided(i, absl::StrCat("rat", i), {kCoffee});
    shop_.Decide(decision);
    shop_.Happen(OutcomeOf(decision, 1, i <= 4 ? OutcomeKind::kAccepted : OutcomeKind::kSeen, absl::Minutes(1)));
  }
  EXPECT_EQ(CountOf(kCoffeeAtTheTill, 8 * kDay), (OutcomeCount{14, 4}));
  const PropensityPrior prior[] = {{kCoffee, 0.14, 10}};
  const PropensityModel model(prior, {}, learner_.counts());
  const RateBelief belief = model.Get(0, Channel::kWeb, kNoRfmSegment).belief;
  EXPECT_DOUBLE_EQ(belief.mean * belief.evidence, 5.4);
  EXPECT_DOUBLE_EQ((1 - belief.mean) * belief.evidence, 18.6);
}

// Customers, decisions and their outcomes, repeated and out of order, with merges and erasures of customers.
class RandomShop : public Shop {
 public:
  explicit RandomShop(uint64_t seed) : random_(seed) {
    for (uint64_t i = 0; i < 120; ++i) Step(i);
  }

  // What became of each contact, from its outcomes alone; up to a time.
  OutcomeCounts Expected(absl::Time now) const {
    OutcomeCounts counts;
    for (const auto& [id, told] : contacts_) {
      const Contact& contact = told.contact;
      if (!contact.presented()) continue;
      const bool over =
          contact.present_us + contact.attribution_days * absl::ToInt64Microseconds(kDay) <= absl::ToUnixMicros(now);
      const bool answered = contact.answer != Answer::kNone || contact.redeemed();
      if (!over && !answered) continue;
      counts.Add({contact.offer, told.segment, contact.channel}, {1, contact.accept_us() != kNever ? 1 : 0});
    }
    return counts;
  }

 private:
  struct Told {
    Contact contact;
    uint64_t segment = 0;
  };

  uint64_t Below(uint64_t n) { return random_() % n; }

  void Step(uint64_t number) {
    DecisionRecord decision = DecisionOf(number, absl::StrCat("c", Below(6)), {});
    decision.channel = Below(2) == 0 ? Channel::kPos : Channel::kEmail;
    decision.rfm_segment = Below(3);
    decision.presumed = Below(3) == 0;
    if (Below(2) == 0) decision.terminal_id = "t";
    for (uint64_t i = Below(4); i > 0; --i) {
      RecordedOffer offer;
      offer.offer = 1 + Below(5);
      offer.attribution_days = static_cast<int16_t>(1 + Below(9));
      offer.personal = Below(5) != 0;
      decision.offers.push_back(offer);
    }
    Decide(decision);
    decisions_.push_back(decision);
    for (const Reservation::Item& item : ReservationOf(decision).items) {
      contacts_[{decision.id, item.rank}] = {ContactOf(ReservationOf(decision), item), decision.rfm_segment};
    }
    for (uint64_t i = Below(6); i > 0; --i) TellAny();
    if (Below(20) == 0) {
      EXPECT_TRUE(ledger().Merge("c9", absl::StrCat("c", Below(6)), /*done=*/true).ok());
    }
  }

  void TellAny() {
    const DecisionRecord& decision = decisions_[Below(decisions_.size())];
    const Reservation reservation = ReservationOf(decision);
    if (reservation.items.empty()) return;
    const Reservation::Item& item = reservation.items[Below(reservation.items.size())];
    OutcomeRecord record;
    record.token = {decision.id, item.rank};
    record.customer_id = decision.customer_id;
    record.contact = ContactOf(reservation, item);
    const absl::Time time = decision.time + absl::Minutes(Below(12 * 24 * 60));
    record.outcome = {static_cast<OutcomeKind>(1 + Below(kOutcomeKindCount - 1)), absl::ToUnixMicros(time)};
    record.receive_us = record.outcome.time_us;
    Join(record.outcome, &contacts_[{decision.id, item.rank}].contact);
    for (uint64_t times = 1 + Below(2); times > 0; --times) Happen(record);
  }

  std::mt19937_64 random_;
  std::vector<DecisionRecord> decisions_;
  std::map<TrialId, Told> contacts_;
};

TEST(PropensityLearner, CountsEveryContactOnceWheneverTimeIsTold) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    RandomShop shop(seed);
    std::mt19937_64 random(seed);
    PropensityLearner learner(seed % 2 == 0 ? kMaxOpenTrials : 40);
    const absl::Time end = kLedgerBegin + absl::Hours(random() % (20 * 24));
    for (int i = 0; i < 5; ++i) {
      shop.Fold(random() % shop.log().end(), &learner);
      learner.AdvanceTo(kLedgerBegin + (end - kLedgerBegin) * 0.2 * i);
    }
    shop.Fold(shop.log().end(), &learner);
    learner.AdvanceTo(end);
    if (seed % 2 == 0) {
      EXPECT_EQ(learner.counts().Rows(), shop.Expected(end).Rows()) << "seed " << seed;
    }
    learner.AdvanceTo(absl::InfiniteFuture());
    EXPECT_EQ(learner.counts().Rows(), shop.Expected(absl::InfiniteFuture()).Rows()) << "seed " << seed;
    EXPECT_EQ(learner.open_trials(), 0u);
  }
}

TEST(PropensityLearner, FromASnapshotAndTheRestOfTheLogIsAsFromTheWhole) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    RandomShop shop(seed);
    std::mt19937_64 random(seed);
    const size_t limit = seed % 2 == 0 ? kMaxOpenTrials : 40;
    PropensityLearner whole(limit);
    auto parts = std::make_unique<PropensityLearner>(limit);
    for (int i = 1; i <= 5; ++i) {
      const uint64_t until = i == 5 ? shop.log().end() : random() % shop.log().end();
      const absl::Time now = kLedgerBegin + absl::Hours(i * 48);
      for (PropensityLearner* const learner : {&whole, parts.get()}) {
        shop.Fold(until, learner);
        learner->AdvanceTo(now);
      }
      const LearnedState state = parts->State();
      parts = std::make_unique<PropensityLearner>(state, limit);
      EXPECT_EQ(parts->State(), state) << "seed " << seed;
      EXPECT_EQ(whole.State(), state) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace nbo
