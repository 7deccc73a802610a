// Whole-catalog matching gives what asking every rule by itself gives, for random catalogs and customers.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/engine.h"
#include "core/decision/facts.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

constexpr Day kToday = RandomReceipts::kNewest;

// Rules that often name the same things, that fail, that hold for few and for many.
class RandomRules {
 public:
  explicit RandomRules(RandomReceipts* random) : random_(*random) {}

  std::string Rule(int depth) {
    if (depth == 0) return Atom();
    switch (random_.Below(7)) {
      case 0:
      case 1: return absl::StrCat("(", Rule(depth - 1), ") && (", Rule(depth - 1), ")");
      case 2: return absl::StrCat("(", Rule(depth - 1), ") || (", Rule(depth - 1), ")");
      case 3: return absl::StrCat("!(", Rule(depth - 1), ")");
      case 4: return absl::StrCat("(", Rule(depth - 1), ") ? (", Rule(depth - 1), ") : (", Rule(depth - 1), ")");
      default: return Rule(depth - 1);
    }
  }

 private:
  std::string Category() { return absl::StrCat("\"category ", random_.Below(12), "\""); }
  std::string Store() { return absl::StrCat("\"store-", random_.Below(9), "\""); }
  std::string Tier() { return absl::StrCat("\"t", random_.Below(3), "\""); }
  std::string AttributesAsAWhole() {
    switch (random_.Below(3)) {
      case 0: return "\"tier\" in customer.attributes";
      case 1: return absl::StrCat("size(customer.attributes) > ", random_.Below(3));
      default: return absl::StrCat("customer.attributes.exists(k, customer.attributes[k] == ", Tier(), ")");
    }
  }
  std::string Segment() { return absl::StrCat("\"s", random_.Below(5), "\""); }

  std::string Atom() {
    const int64_t n = random_.Below(30);
    switch (random_.Below(20)) {
      case 0: return absl::StrCat("customer.recency_days > ", n * 5);
      case 1: return absl::StrCat("customer.frequency_90d >= ", n / 5);
      case 2: return absl::StrCat("customer.revenue_365d < ", n * 10, ".0");
      case 3: return absl::StrCat("customer.average_ticket_30d > ", n, ".0");  // often without a value
      case 4: return absl::StrCat("category(", Category(), ").share > 0.", n % 10, "1");
      case 5: return absl::StrCat("category(", Category(), ").visits + category(", Category(), ").visits >= ", n % 4);
      case 6: return absl::StrCat("category(", Category(), ").days_since < ", n * 10);
      case 7: return absl::StrCat(Segment(), " in customer.segments");
      case 8: return absl::StrCat("request.store == ", Store());
      case 9: return absl::StrCat("request.store in [", Store(), ", ", Store(), "]");
      case 10: return absl::StrCat("customer.usual_store == ", Store());
      case 11: return absl::StrCat(Category(), " in basket.categories");
      case 12: return absl::StrCat("request.attributes.weather == \"", random_.Chance(50) ? "rain" : "sun", "\"");
      case 13: return absl::StrCat("offer.affinity > 0.", n % 10);
      case 14: return "offer.in_basket";
      case 15: return absl::StrCat("customer.frequency_lifetime / ", n % 3, " > 2");  // some divide by zero
      case 16: return absl::StrCat("customer.attributes.tier == ", Tier());
      case 17: return absl::StrCat("customer.attributes[\"app\"] in [", Tier(), ", ", Tier(), "]");
      case 18: return AttributesAsAWhole();
      default: return absl::StrCat("channel(\"POS\").visits > ", n / 3, " || offer.value > ", n % 5, ".0");
    }
  }

  RandomReceipts& random_;
};

CatalogDraft RandomCatalog(RandomReceipts* random) {
  RandomRules rules(random);
  std::vector<OfferSpec> offers;
  for (int i = 0; i < 60; ++i) {
    OfferSpec spec{.id = absl::StrCat("o", i)};
    spec.is_default = random->Chance(8);
    if (!spec.is_default && random->Chance(90)) spec.eligibility = rules.Rule(static_cast<int>(random->Below(4)));
    if (random->Chance(50)) spec.applicability = rules.Rule(static_cast<int>(random->Below(3)));
    if (random->Chance(20)) spec.to = random->Chance(50) ? "2000-01-01" : "2090-01-01";
    if (random->Chance(30)) spec.categories = {absl::StrCat("category ", random->Below(12))};
    if (random->Chance(15)) spec.placements = {"banner"};
    if (random->Chance(20)) spec.group = absl::StrCat("g", random->Below(3));
    spec.value = absl::StrCat(random->Below(6));
    if (random->Chance(30)) spec.treatments.push_back({"WEB", "en"});
    offers.push_back(spec);
  }
  CatalogDraft draft = DraftOfCatalog(offers, "offer.weight + offer.value + offer.affinity", "-1");
  for (int i = 0; i < 5; ++i)
    AddSegment(absl::StrCat("s", i), absl::StrCat("customer.frequency_lifetime > ", i * 3), &draft);
  return draft;
}

bool Holds(const std::string& rule, const rules::Activation& facts) {
  if (rule.empty()) return true;
  const auto compiled = rules::Expression::Compile(rule, FullVocabulary(), rules::Type::kBool);
  return std::get<rules::Expression>(compiled).Evaluate(facts).is_true();
}

// Offers that pass every gate before the score, one after the other, each rule by itself.
std::vector<std::string> Naively(const Catalog& catalog, const CustomerState* state, const OfferRequest& request,
                                 absl::Time now) {
  const Moment moment = Moment::At(now, absl::UTCTimeZone());
  const Day today = moment.today;
  std::vector<std::string> ids;
  const WordSet words = WordSet::All();
  Facts facts(words, catalog.rfm, {state}, moment, 100);
  facts.SetRequest(request);
  if (state != nullptr) facts.SetSegments(catalog.segments);
  for (const Offer& offer : catalog.offers) {
    if (today < offer.from_day || today > offer.to_day || !offer.HasChannel(request.channel)) continue;
    if (state == nullptr && !offer.is_default) continue;
    const std::vector<std::string>& places = offer.placements;
    if (!places.empty() && !request.placement.empty() &&
        std::find(places.begin(), places.end(), request.placement) == places.end())
      continue;
    facts.SetOffer(offer, kAllOfferFacts);
    if (Holds(offer.eligibility, facts) && Holds(offer.applicability, facts)) ids.push_back(offer.id);
  }
  return ids;
}

// All that pass, whatever their order.
std::vector<std::string> Indexed(const Catalog& catalog, const CustomerState* state, const OfferRequest& request,
                                 absl::Time now) {
  std::vector<std::string> ids;
  Catalog ungrouped = catalog;
  for (Offer& offer : ungrouped.offers) offer.group.clear();
  for (const RankedOffer& ranked : Decide(ungrouped, {state}, request, now, {}).offers) ids.push_back(ranked.offer->id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

class MatchingPropertyTest : public ::testing::TestWithParam<int> {};

TEST_P(MatchingPropertyTest, GivesWhatAskingEveryRuleGives) {
  RandomReceipts random(static_cast<uint64_t>(GetParam()));
  const auto catalog = Compiled(RandomCatalog(&random));
  size_t passed = 0, asked = 0;
  for (int customer = 0; customer < 40; ++customer) {
    CustomerState state;
    const int64_t receipts = random.Below(30);
    for (int64_t i = 0; i < receipts; ++i) Fold(random.Next("c"), &state);
    for (const char* key : {"app", "tier", "trial"}) {
      if (random.Chance(40)) continue;
      state.attributes.push_back({key, absl::StrCat("t", random.Below(3)), absl::UnixEpoch(), ""});
      if (random.Chance(20)) state.attributes.back().value.reset();
    }
    OfferRequest request;
    request.channel = random.Chance(70) ? Channel::kPos : Channel::kWeb;
    const std::string store = absl::StrCat("store-", random.Below(9));
    request.store_id = store;
    if (random.Chance(50)) request.placement = "banner";
    if (random.Chance(60)) request.attributes = {{"weather", random.Chance(50) ? "rain" : "snow"}};
    const std::string category = absl::StrCat("category ", random.Below(12));
    if (random.Chance(60)) request.basket = {{"p1", category, 1000, 500}, {"p2", category, 1000, 500}};
    request.max_offers = 100;
    const absl::Time now = absl::FromUnixSeconds(int64_t{kToday} * 86'400 + 3'600 * random.Below(24));
    const CustomerState* known = random.Chance(90) ? &state : nullptr;

    std::vector<std::string> expected = Naively(*catalog, known, request, now);
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(Indexed(*catalog, known, request, now), expected);

    // Who asks why goes through every offer and must be told the same.
    const std::vector<RankedOffer> plain = Decide(*catalog, {known}, request, now, {}).offers;
    request.explain = true;
    const std::vector<RankedOffer> explained = Decide(*catalog, {known}, request, now, {}).offers;
    ASSERT_EQ(plain.size(), explained.size());
    for (size_t i = 0; i < plain.size(); ++i) ASSERT_EQ(plain[i].offer, explained[i].offer);
    passed += expected.size();
    asked += catalog->offers.size();
  }
  EXPECT_GT(passed, asked / 50) << "rules that never hold prove nothing";
  EXPECT_LT(passed, asked / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MatchingPropertyTest, ::testing::Range(1, 26));

}  // namespace
}  // namespace nbo
