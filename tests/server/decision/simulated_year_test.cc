// A year of a shop in a few seconds: customers who buy, ask on every channel, answer or not, are merged; catalogs that
// change, a control group that rotates. Then an auditor reads the log, knowing nothing of the engine but the public
// hash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/server/decision/decision_fixture.h"

namespace nbo::server {
namespace {

constexpr double kShare = 0.2;
constexpr int kRotateDays = 91;
constexpr int kCustomers = 400;

uint32_t Fnv1a(const std::string& text) {
  uint32_t hash = 0x811c9dc5;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193;
  return hash;
}
// Version 2 of GrowthBook's public hash, written down anew from its specification.
double Bucket(const std::string& seed, const std::string& unit) {
  return Fnv1a(std::to_string(Fnv1a(seed + unit))) % 10000 / 10000.0;
}
// Number of the rotation that begins on 2024-06-14.
int64_t PeriodOf(const v1::Decision& decision) {
  return (decision.decide_time().seconds() / 86'400 - kNoon / 86'400) / kRotateDays;
}
bool InControl(const v1::Decision& decision) {
  return Bucket(absl::StrCat("year:", PeriodOf(decision)), decision.customer_id()) < kShare;
}

class SimulatedYear : public DecisionTest {
 protected:
  std::string Catalog(int month) {
    std::string offers;
    for (int i = 0; i < 6; ++i) {
      offers += OfferText(absl::StrCat("m", month, "-", i), i == 0 ? "    budget: {count: 40}\n" : "") +
                "      - {channel: MOBILE_APP, locale: en, title: t, body: b}\n"
                "      - {channel: WEB, locale: en, title: t, body: b}\n";
    }
    offers += OfferText("any", "    default: true\n") + "      - {channel: WEB, locale: en, title: t, body: b}\n";
    return Yaml(absl::StrCat("control: {share: ", kShare, ", salt: year, rotate_days: ", kRotateDays,
                             ", rotate_from: 2024-06-14}\ncontact_policy: {caps: [{max: 3, days: 7}], "
                             "cooldowns: {accepted_days: 14, declined_days: 30}, presumed: [POS]}\n"),
                offers);
  }
  void Run(uint32_t seed);
  std::string AnyCustomer(std::mt19937* random) { return absl::StrCat("c", (*random)() % kCustomers); }

  std::set<std::string> merged_;  // ids that are no more
};

void SimulatedYear::Run(uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < kCustomers; ++i) Know(absl::StrCat("c", i));
  const v1::Channel channels[] = {v1::CHANNEL_POS, v1::CHANNEL_MOBILE_APP, v1::CHANNEL_WEB};
  for (int day = 0; day < 364; ++day) {
    if (day % 30 == 0) Publish(Catalog(day / 30));
    for (int i = 0; i < 24; ++i) {
      Advance(absl::Hours(1));
      v1::GetOffersRequest request =
          Asking(AnyCustomer(&random), channels[random() % 3], random() % 2 == 0 ? absl::StrCat("r", day, "-", i) : "");
      request.set_max_offers(2);
      const v1::GetOffersResponse given = Offers(request);
      if (random() % 8 == 0) Offers(request);
      for (const auto& offer : given.offers()) {
        const uint32_t chance = random() % 10;
        const auto kind = chance < 3   ? v1::OUTCOME_KIND_SEEN
                          : chance < 5 ? v1::OUTCOME_KIND_ACCEPTED
                          : chance < 6 ? v1::OUTCOME_KIND_DECLINED
                          : chance < 7 ? v1::OUTCOME_KIND_REDEEMED
                                       : v1::OUTCOME_KIND_UNSPECIFIED;
        if (kind == v1::OUTCOME_KIND_UNSPECIFIED) continue;
        const auto told = Tell(offer.attribution_token(), kind);
        EXPECT_TRUE(told.status.ok()) << told.status;
      }
    }
    if (day % 5 == 0) {
      v1::MergeCustomersRequest merge;
      merge.set_absorbed_customer_id(AnyCustomer(&random));
      merge.set_surviving_customer_id(AnyCustomer(&random));
      if (merge.absorbed_customer_id() == merge.surviving_customer_id()) continue;
      if (Call<v1::MergeCustomersResponse>(statements_with_ledger_, &StatementHandler::MergeCustomers, merge)
              .status.ok()) {
        merged_.insert(merge.absorbed_customer_id());
      }
    }
    deciding_.budgets()->Expire(clock_.Now());
  }
}

TEST_F(SimulatedYear, ControlNeverSeesAPersonalOfferAndSharesAreAsTold) {
  const uint32_t seed = testing::UnitTest::GetInstance()->random_seed() != 0
                            ? static_cast<uint32_t>(testing::UnitTest::GetInstance()->random_seed())
                            : std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  Run(seed);
  std::map<int64_t, std::map<std::string, bool>> control_by_period;
  int64_t decisions = 0, ghosts = 0, personal = 0;
  for (const v1::LogEntry& entry : Log()) {
    if (!entry.has_decision()) continue;
    const v1::Decision& decision = entry.decision();
    ASSERT_FALSE(decision.customer_id().empty());
    const bool control = InControl(decision);
    ++decisions;
    EXPECT_EQ(decision.global_period(), PeriodOf(decision));
    EXPECT_EQ(decision.global_arm(), control ? v1::GLOBAL_ARM_CONTROL : v1::GLOBAL_ARM_TARGET);
    control_by_period[PeriodOf(decision)][decision.customer_id()] = control;
    for (const auto& offer : decision.offers()) {
      personal += offer.personal();
      EXPECT_FALSE(control && offer.personal()) << decision.ShortDebugString();
    }
    EXPECT_TRUE(control || decision.ghosts_size() == 0);
    ghosts += decision.ghosts_size();
  }
  EXPECT_GT(decisions, 7000);
  EXPECT_GT(ghosts, 100);
  EXPECT_GT(personal, 1000);
  EXPECT_GE(control_by_period.size(), 4u);
  EXPECT_GT(merged_.size(), 30u);
  for (const auto& [period, customers] : control_by_period) {
    double in_control = 0;
    for (const auto& [id, control] : customers) in_control += control;
    const auto n = static_cast<double>(customers.size());
    if (n < 100) continue;  // the year ends with the first hours of the next period
    // The binomial distribution within 4 standard deviations: 1 in 16,000 lies outside.
    EXPECT_NEAR(in_control, n * kShare, 4 * std::sqrt(n * kShare * (1 - kShare))) << "period " << period;
  }
}

}  // namespace
}  // namespace nbo::server
