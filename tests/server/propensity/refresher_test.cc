// The refresher over a log in memory: what it learns, for which catalog, and what it keeps.
#include "server/propensity/refresher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/hash.h"
#include "tests/core/ledger/ledger_fixture.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

// Loses old events, fails, is slow to be durable, and can be held up, as told.
class TroubledLog : public MemoryDecisionLog {
 public:
  void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) override {
    done(durable ? absl::OkStatus() : absl::UnavailableError("the disk is full"));
  }
  absl::Status Replay(uint64_t from,
                      absl::FunctionRef<bool(const LedgerEvent& event, uint64_t end)> each) const override {
    if (fails) return absl::UnavailableError("the disk does not answer");
    if (from > 0 && from < dropped) return absl::DataLossError("dropped");
    absl::Status damage;
    const absl::Status read =
        MemoryDecisionLog::Replay(std::max<uint64_t>(from, dropped), [&](const auto& event, auto end) {
          if (end == damaged) damage = absl::DataLossError("damaged");
          read_to = end;
          return damage.ok() && each(event, end);
        });
    return damage.ok() ? read : damage;
  }
  std::atomic<bool> fails = false, durable = true;
  std::atomic<uint64_t> dropped = 0, damaged = 0;
  mutable std::atomic<uint64_t> read_to = 0;
};

std::shared_ptr<const Catalog> CatalogOf(int64_t version, const std::vector<std::string>& offers) {
  auto catalog = std::make_shared<Catalog>();
  catalog->version = version;
  for (const std::string& id : offers) {
    Offer& offer = catalog->offers.emplace_back();
    offer.id = id;
    offer.propensity = 0.5;
    offer.terms.evidence = 10;
  }
  return catalog;
}

class PropensityRefresherTest : public ::testing::Test {
 protected:
  PropensityRefresherTest() {
    clock_.Set(kLedgerBegin + kDay);
    catalogs_.Swap(CatalogOf(1, {"bread", "coffee"}));
    options_.interval = absl::Hours(1);  // of a clock that stands still: only on demand
  }

  void Start() {
    refresher_ =
        std::make_unique<PropensityRefresher>(options_, &log_, &archive_, &catalogs_, &active_, &clock_, &metrics_);
  }
  // The coffee is presented to a new customer; and taken, or not.
  void Tell(bool accepted) {
    const uint64_t number = ++told_;
    DecisionRecord decision = DecisionOf(number, absl::StrCat("c", number), {Hash64("coffee")});
    decision.offers[0].attribution_days = 7;
    decision.presumed = true;
    ASSERT_TRUE(log_.Append(decision).ok());
    OutcomeRecord outcome =
        OutcomeOf(decision, 1, accepted ? OutcomeKind::kAccepted : OutcomeKind::kDeclined, absl::Minutes(1));
    outcome.effect.changed = true;
    outcome.effect.is_taken = accepted;
    ASSERT_TRUE(log_.Append(outcome).ok());
  }
  RateBelief Coffee() {
    const auto model = active_.Pin(1);
    return model == nullptr ? RateBelief() : model->Get(1, Channel::kPos, kNoRfmSegment).belief;
  }
  // Of the offer over all channels: the author's 5 of 10, and the trials.
  double CoffeeMean() {
    const auto model = active_.Pin(1);
    return model == nullptr ? -1 : model->Means(Channel::kWeb, kNoRfmSegment)[1];
  }
  double Gauge(const std::string& name) {
    for (const auto& family : metrics_.registry()->Collect()) {
      if (family.name == name) return family.metric.at(0).gauge.value;
    }
    return -1;
  }

  PropensityOptions options_;
  TroubledLog log_;
  MemoryPropensityArchive archive_;
  ActiveCatalog catalogs_;
  ActivePropensities active_;
  FakeClock clock_;
  Metrics metrics_;
  uint64_t told_ = 0;
  std::unique_ptr<PropensityRefresher> refresher_;
};

TEST_F(PropensityRefresherTest, WithoutOutcomesTheAuthorsPropensitiesAreInForceAtOnce) {
  Start();
  ASSERT_NE(active_.Pin(1), nullptr);
  EXPECT_EQ(Coffee(), (RateBelief{0.5, 10}));
  EXPECT_EQ(active_.Pin(2), nullptr) << "of another catalog there is none";
}

TEST_F(PropensityRefresherTest, LearnsWhatTheLogHas) {
  Start();
  for (int i = 0; i < 10; ++i) Tell(i == 0);
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 1) / 20.0);
  EXPECT_EQ(Coffee().evidence, kPropensityStrength + 10) << "at the till";
  Tell(true);
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 1) / 20.0) << "not before the next refresh";
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 2) / 21.0);
}

TEST_F(PropensityRefresherTest, TrialsAreCountedWhenTheirWindowsAreOver) {
  Start();
  DecisionRecord decision = DecisionOf(1, "anna", {Hash64("coffee")});
  decision.offers[0].attribution_days = 7;
  decision.presumed = true;
  ASSERT_TRUE(log_.Append(decision).ok());
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), 0.5);
  EXPECT_EQ(Gauge("nbo_propensity_open_trials"), 1);
  clock_.Set(decision.time + 7 * kDay);
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), 5 / 11.0);
  EXPECT_EQ(Gauge("nbo_propensity_open_trials"), 0);
  EXPECT_EQ(Gauge("nbo_propensity_trials"), 1);
  EXPECT_EQ(Gauge("nbo_propensity_successes"), 0);
  EXPECT_EQ(Gauge("nbo_propensity_last_success_timestamp_seconds"),
            absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
}

TEST_F(PropensityRefresherTest, RefreshesByItselfWhenItsTimeHasCome) {
  Start();
  ASSERT_TRUE(refresher_->Refresh().ok());
  Tell(true);
  clock_.Set(clock_.Now() + options_.interval);
  while (CoffeeMean() != 6 / 11.0) absl::SleepFor(absl::Milliseconds(1));  // would hang if it never did
}

TEST_F(PropensityRefresherTest, AnotherCatalogGetsAModelByItsOwnPositions) {
  Start();
  Tell(true);
  ASSERT_TRUE(refresher_->Refresh().ok());
  const auto old = active_.Pin(1);
  catalogs_.Swap(CatalogOf(2, {"coffee"}));
  while (active_.Pin(2) == nullptr) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_DOUBLE_EQ(active_.Pin(2)->Means(Channel::kWeb, kNoRfmSegment)[0], 6 / 11.0);
  EXPECT_EQ(active_.Pin(1), nullptr);
  EXPECT_EQ(old->offer_count(), 2u) << "who has pinned it keeps it";
}

TEST_F(PropensityRefresherTest, WhatWasKeptIsInForceAfterAStartAndNothingIsCountedTwice) {
  Start();
  for (int i = 0; i < 10; ++i) Tell(i == 0);
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_FALSE((*archive_.Read()).has_value()) << "not due yet";
  refresher_.reset();
  ASSERT_TRUE((*archive_.Read()).has_value());
  EXPECT_EQ((*archive_.Read())->position, 20u);
  log_.fails = true;
  Start();
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 1) / 20.0);
  EXPECT_TRUE(absl::IsUnavailable(refresher_->Refresh()));
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 1) / 20.0) << "what cannot be read changes nothing";
  log_.fails = false;
  Tell(true);
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 2) / 21.0);
}

TEST_F(PropensityRefresherTest, KeepsWhatWasLearnedFromTimeToTimeOnceTheLogIsDurable) {
  Start();
  Tell(true);
  log_.durable = false;
  clock_.Set(clock_.Now() + options_.keep_interval);
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_FALSE((*archive_.Read()).has_value());
  log_.durable = true;
  clock_.Set(clock_.Now() + options_.keep_interval);
  ASSERT_TRUE(refresher_->Refresh().ok());
  ASSERT_TRUE((*archive_.Read()).has_value());
  EXPECT_EQ((*archive_.Read())->position, 2u);
}

TEST_F(PropensityRefresherTest, GoesOnWithTheOldestEventsOfALogThatWasDropped) {
  Start();
  Tell(true);
  ASSERT_TRUE(refresher_->Refresh().ok());
  for (int i = 0; i < 3; ++i) Tell(true);
  log_.dropped = 4;
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 3) / 13.0) << "one of four is lost";
}

TEST_F(PropensityRefresherTest, LearnsUpToDamageAndCountsNothingTwice) {
  Start();
  for (int i = 0; i < 3; ++i) Tell(true);
  log_.damaged = 5;
  for (int times = 0; times < 2; ++times) {
    EXPECT_TRUE(absl::IsDataLoss(refresher_->Refresh()));
    EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 2) / 12.0);
  }
}

TEST_F(PropensityRefresherTest, AStateBeyondTheEndOfTheLogLearnsFromWhatIsNew) {
  Tell(true);
  LearnedState state;
  state.position = 1'000;
  state.counts = {{{Hash64("coffee"), 0, Channel::kPos}, {10, 10}}};
  ASSERT_TRUE(archive_.Keep(state).ok());
  Start();
  Tell(false);
  ASSERT_TRUE(refresher_->Refresh().ok());
  EXPECT_DOUBLE_EQ(CoffeeMean(), (5 + 10) / 21.0);
}

TEST_F(PropensityRefresherTest, CallersAtOnceAreAllServedAndNoneAfterTheEnd) {
  Start();
  Tell(true);
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      EXPECT_TRUE(refresher_->Refresh().ok());
      EXPECT_DOUBLE_EQ(CoffeeMean(), 6 / 11.0);
    });
  }
  for (std::thread& caller : callers) caller.join();
  refresher_->Stop();
  refresher_->Stop();
  EXPECT_TRUE(absl::IsUnavailable(refresher_->Refresh()));
}

}  // namespace
}  // namespace nbo::server
