// nbo_bench_rule: what single rules cost to evaluate, each with everything it needs in the processor's cache; prints a
// Markdown table.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <variant>
#include <vector>

#include "core/catalog/vocabulary.h"
#include "core/decision/facts.h"
#include "core/profile/fold.h"
#include "core/rules/expression.h"

namespace nbo::bench {
namespace {

constexpr Day kToday = 20'400;
constexpr int kRepeats = 100'000;
constexpr int kRounds = 9;

constexpr const char* kRules[] = {
    "customer.recency_days > 30",
    "customer.recency_days > 30 || customer.frequency_90d >= 2",
    "category(\"YOGURT\").visits >= 3",
    "category(\"YOGURT\").share > 0.1 && customer.average_ticket_90d > 12.5",
    "\"parents\" in customer.segments",
    "request.store in [\"s1\", \"s2\", \"s3\", \"s4\", \"s5\", \"s6\", \"s7\", \"s8\", \"s9\", \"store-3\"]",
    "request.attributes[\"weather\"] == \"rain\" && request.hour >= 17",
    "offer.weight * offer.propensity * (1.0 + 4.0 * offer.affinity) * (offer.value - offer.cost) > 0.1",
    "basket.lines.exists(l, l.category == \"COFFEE\" && l.amount > 10.0)",
    "request.operator.matches(\"^till-[0-9]+$\")",
    "now.getHours(\"Europe/Berlin\") >= 17",
};

double Nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

// 40 categories in 50 receipts.
CustomerState MakeCustomer() {
  CustomerState state;
  for (int i = 0; i < 50; ++i) {
    Receipt receipt;
    receipt.customer_id = "c";
    receipt.receipt_id = std::to_string(i);
    receipt.store_id = "store-3";
    receipt.day = kToday - 5 * i;
    receipt.time = absl::FromUnixSeconds(int64_t{receipt.day} * 86'400);
    receipt.channel = Channel::kPos;
    const std::string other = "category " + std::to_string(i % 39);
    receipt.lines = {{"p1", "YOGURT", 1000, 250, 0}, {"p2", other, 1000, 1100, 0}};
    Fold(receipt, &state);
  }
  return state;
}

int Main() {
  const CustomerState state = MakeCustomer();
  OfferRequest request;
  request.channel = Channel::kPos;
  request.store_id = "store-3";
  request.operator_id = "till-17";
  request.attributes = {{"loyalty", "gold"}, {"weather", "rain"}};
  request.basket = {{"p1", "YOGURT", 1000, 250}, {"p2", "BREAD", 1000, 300}, {"p3", "COFFEE", 1000, 1299}};
  Offer offer;
  offer.value = 2;
  offer.cost = 0.5;
  offer.propensity = 0.1;
  offer.category_keys = {CategoryKey("YOGURT")};
  const WordSet words = WordSet::All();
  const RfmSegmentation rfm;
  Facts facts(words, rfm, {&state}, Moment::At(absl::FromUnixSeconds(int64_t{kToday} * 86'400), absl::UTCTimeZone()),
              100);
  facts.SetRequest(request);
  facts.SetOffer(offer, kAllOfferFacts);
  std::printf("| rule | value | ns |\n|---|---|---:|\n");
  for (const char* text : kRules) {
    const auto compiled = rules::Expression::Compile(text, FullVocabulary(), rules::Type::kBool);
    const auto* rule = std::get_if<rules::Expression>(&compiled);
    if (rule == nullptr) {
      std::fprintf(stderr, "%s: %s\n", text, std::get<std::vector<rules::Mistake>>(compiled)[0].message.c_str());
      return 1;
    }
    std::vector<double> rounds;
    int64_t held = 0;
    for (int round = 0; round < kRounds; ++round) {
      const double start = Nanoseconds();
      for (int i = 0; i < kRepeats; ++i) held += rule->Evaluate(facts).is_true();
      rounds.push_back((Nanoseconds() - start) / kRepeats);
    }
    std::sort(rounds.begin(), rounds.end());
    std::printf("| `%s` | %s | %.1f |\n", text, held != 0 ? "true" : rule->Evaluate(facts).ToString().c_str(),
                rounds[kRounds / 2]);
  }
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main() { return nbo::bench::Main(); }
