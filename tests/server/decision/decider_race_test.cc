// Offers are asked for and outcomes told while customers are merged and erased and catalogs activated: the log then
// tells every acknowledged outcome once, and budgets come to what it tells. Worth most under the thread sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "core/base/hash.h"
#include "tests/server/decision/decision_fixture.h"

namespace nbo::server {
namespace {

constexpr int kAskers = 6, kAsks = 200, kCustomers = 30;
constexpr int64_t kScarce = 40;  // the larger of its budgets

class DeciderRaceTest : public DecisionTest {
 protected:
  static std::string Name(uint64_t number) { return absl::StrCat("c", number); }
  // "scarce" always has a budget, "sometimes" in every second catalog.
  static std::string YamlOf(bool first) {
    const std::string app = "      - {channel: MOBILE_APP, locale: en, title: t, body: b}\n";
    return Yaml("contact_policy: {caps: [{max: 40, days: 1}]}\n",
                OfferText("scarce", first ? "    budget: {count: 35}\n" : "    budget: {count: 40}\n") + app +
                    OfferText("sometimes", first ? "    budget: {count: 500}\n" : "") + app +
                    OfferText(first ? "one" : "other") + app);
  }

  void Run(uint32_t seed);
  void AskAndTell(uint32_t seed, int asker);
  void State(uint32_t seed);
  void CheckLog();
  void CheckBudgets();

  std::atomic<bool> done_ = false;
  absl::Mutex mutex_;
  std::set<std::pair<std::string, int>> acknowledged_ ABSL_GUARDED_BY(mutex_);
};

void DeciderRaceTest::AskAndTell(uint32_t seed, int asker) {
  std::mt19937 random(seed);
  for (int i = 0; i < kAsks; ++i) {
    // Of no terminal: whoever tells of an answer whose place was taken exceeds the budget rightly.
    const v1::GetOffersResponse response =
        Offers(Asking(Name(random() % kCustomers), random() % 2 == 0 ? v1::CHANNEL_POS : v1::CHANNEL_MOBILE_APP,
                      absl::StrCat("r-", asker, "-", i)));
    for (const v1::RankedOffer& offer : response.offers()) {
      const auto kind = random() % 3 == 0 ? v1::OUTCOME_KIND_REDEEMED : v1::OUTCOME_KIND_ACCEPTED;
      if (random() % 3 == 0) continue;
      const auto told = Tell(offer.attribution_token(), kind);
      ASSERT_TRUE(told.status.ok()) << told.status;
      if (told.response.result() == v1::OUTCOME_RESULT_ACCEPTED) {
        absl::MutexLock lock(&mutex_);
        acknowledged_.emplace(offer.attribution_token(), kind);
      }
      EXPECT_NE(told.response.result(), v1::OUTCOME_RESULT_DUPLICATE) << "each is told once";
    }
  }
}

// Each customer below the last third is absorbed by one of a higher number at most, and a few of the last are erased.
void DeciderRaceTest::State(uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; !done_ || i < 100; ++i) {
    Publish(YamlOf(i % 2 == 0));
    const uint64_t absorbed = random() % (kCustomers - 10);
    const v1::MergeCustomersRequest merge = [&] {
      v1::MergeCustomersRequest request;
      request.set_absorbed_customer_id(Name(absorbed));
      request.set_surviving_customer_id(Name(kCustomers - 10 + absorbed % 7));
      return request;
    }();
    if (i % 5 == 0) {
      const auto merged =
          Call<v1::MergeCustomersResponse>(statements_with_ledger_, &StatementHandler::MergeCustomers, merge);
      ASSERT_TRUE(merged.status.ok()) << merged.status;
    }
    if (i % 40 == 39) {
      v1::EraseCustomerRequest erase;
      *erase.mutable_customer() = CustomerOf(Name(kCustomers - 1 - random() % 3));
      const auto erased =
          Call<v1::EraseCustomerResponse>(statements_with_ledger_, &StatementHandler::EraseCustomer, erase);
      ASSERT_TRUE(erased.status.ok() || absl::IsNotFound(erased.status)) << erased.status;
    }
    const BudgetFigures scarce = deciding_.budgets()->Figures(Hash64("scarce"), clock_.Now());
    ASSERT_LE(scarce.spent_count + scarce.held_count, kScarce);
  }
}

void DeciderRaceTest::CheckLog() {
  std::set<std::string> decisions;
  std::set<std::pair<std::string, int>> outcomes;
  for (const v1::LogEntry& entry : Log()) {
    if (entry.has_decision()) {
      EXPECT_TRUE(decisions.insert(entry.decision().decision_id()).second) << "twice: " << entry.ShortDebugString();
    } else {
      EXPECT_TRUE(outcomes.emplace(entry.outcome().attribution_token(), entry.outcome().kind()).second)
          << "twice: " << entry.ShortDebugString();
    }
  }
  EXPECT_EQ(decisions.size(), size_t{kAskers} * kAsks + 1);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(outcomes, acknowledged_);
}

void DeciderRaceTest::CheckBudgets() {
  // What the log says was spent: the redemptions of offers that had a budget when they were given.
  std::map<uint64_t, std::pair<int64_t, int64_t>> spent;
  std::map<DecisionId, DecisionRecord> decisions;
  ASSERT_TRUE(deciding_.log()
                  ->Replay(0,
                           [&](const LedgerEvent& event, uint64_t) {
                             if (const auto* decision = std::get_if<DecisionRecord>(&event)) {
                               decisions[decision->id] = *decision;
                             }
                             const auto* outcome = std::get_if<OutcomeRecord>(&event);
                             if (outcome == nullptr || outcome->outcome.kind != OutcomeKind::kRedeemed) return true;
                             const auto& offers = decisions.at(outcome->token.decision).offers;
                             const RecordedOffer& offer = offers.at(static_cast<size_t>(outcome->token.rank) - 1);
                             if (!offer.has_budget) return true;
                             ++spent[offer.offer].first;
                             spent[offer.offer].second += outcome->amount_minor;
                             return true;
                           })
                  .ok());
  EXPECT_EQ(spent.size(), 2u) << "of both budgets something was redeemed";
  for (const auto& [offer, sum] : spent) {
    const BudgetFigures figures = deciding_.budgets()->Figures(offer, clock_.Now());
    EXPECT_EQ(figures.spent_count, sum.first);
    EXPECT_EQ(figures.spent_minor, sum.second);
    const BudgetFigures later = deciding_.budgets()->Figures(offer, clock_.Now() + absl::Hours(24 * 30));
    EXPECT_EQ(later.held_count, 0) << "nothing is held for ever";
    EXPECT_EQ(later.held_minor, 0);
  }
  // A start that knows the log only comes to the same, to the last hold and contact.
  MemoryLedgerStore store;
  BudgetBook budgets;
  ContactLedger ledger(deciding_.log(), &store, &budgets, LedgerOptions());
  ASSERT_TRUE(ledger.Recover().ok());
  EXPECT_EQ(budgets.States(clock_.Now()), deciding_.budgets()->States(clock_.Now()));
  for (uint64_t i = 0; i < kCustomers; ++i) {
    const auto live = deciding_.ledger()->Read(Name(i)), again = ledger.Read(Name(i));
    ASSERT_TRUE(live.ok() && again.ok());
    EXPECT_TRUE(**live == **again) << Name(i);
  }
}

void DeciderRaceTest::Run(uint32_t seed) {
  Publish(YamlOf(true));
  for (uint64_t i = 0; i < kCustomers; ++i) Know(Name(i));
  const v1::GetOffersResponse first = Offers(Name(0));
  ASSERT_EQ(first.offers_size(), 3);
  for (const v1::RankedOffer& offer : first.offers()) {
    ASSERT_TRUE(Tell(offer.attribution_token(), v1::OUTCOME_KIND_REDEEMED).status.ok());
    absl::MutexLock lock(&mutex_);
    acknowledged_.emplace(offer.attribution_token(), v1::OUTCOME_KIND_REDEEMED);
  }
  std::thread stating([&] { State(seed); });
  std::vector<std::thread> askers;
  for (int i = 0; i < kAskers; ++i) {
    askers.emplace_back([&, i] { AskAndTell(seed + 1 + static_cast<uint32_t>(i), i); });
  }
  for (std::thread& asker : askers) asker.join();
  done_ = true;
  stating.join();
  CheckLog();
  CheckBudgets();
}

TEST_F(DeciderRaceTest, BudgetsAreExactThroughMergesErasuresAndActivations) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  Run(seed);
}

}  // namespace
}  // namespace nbo::server
