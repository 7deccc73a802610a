#include "core/decision/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/decision/facts.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 12, 0, 0), absl::UTCTimeZone());  // a Friday
constexpr Day kToday = 19'888;                                                                           // the same day

CustomerState Regular() {
  CustomerState state;
  Fold(ReceiptOf("c", "1", kToday - 3, {Bought("MILK", 300), Bought("BREAD", 100)}), &state);
  Fold(ReceiptOf("c", "2", kToday - 10, {Bought("MILK", 400)}), &state);
  return state;
}

OfferRequest At(Channel channel, int max_offers = 0) {
  OfferRequest request;
  request.channel = channel;
  request.max_offers = max_offers;
  return request;
}

std::vector<std::string> Ids(const Decision& decision) {
  std::vector<std::string> ids;
  for (const RankedOffer& ranked : decision.offers) ids.push_back(ranked.offer->id);
  return ids;
}

// Ids of the segments that hold for a customer.
std::vector<std::string> SegmentsOf(const Catalog& catalog, const CustomerState& state, absl::Time now,
                                    const Population* population = nullptr) {
  Facts facts(catalog, {&state, population}, Moment::At(now, absl::UTCTimeZone()), 100);
  std::vector<std::string> ids;
  for (const int segment : facts.SetSegments(catalog.segments)) ids.push_back(catalog.segments[segment].id);
  return ids;
}

std::vector<std::string> Decided(const CatalogDraft& draft, const OfferRequest& request, const CustomerState* state,
                                 absl::Time now = kNow, const Deployment& deployment = {}) {
  const auto catalog = Compiled(draft);
  return Ids(Decide(*catalog, {state}, request, now, deployment));
}

// The gate at which the first offer ends.
Gate GateOf(const OfferSpec& offer, const std::string& score = "offer.weight",
            const OfferRequest& asked = At(Channel::kPos), bool known = true) {
  const auto catalog = Compiled(DraftOfCatalog({offer}, score));
  const CustomerState state = Regular();
  OfferRequest request = asked;
  request.explain = true;
  const Decision decision = Decide(*catalog, {known ? &state : nullptr}, request, kNow, {});
  return decision.explanations.at(0).gate;
}

TEST(Decide, AnswersNothingFromTheEmptyCatalog) {
  const Decision decision = Decide(Catalog(), {}, At(Channel::kPos), kNow, {});
  EXPECT_THAT(decision.offers, IsEmpty());
}

TEST(Decide, TurnsOffersAwayAtTheFirstGateInOrderThatTheyFail) {
  // Each fails every gate from its own on.
  EXPECT_EQ(GateOf({.id = "a",
                    .eligibility = "false",
                    .applicability = "false",
                    .from = "2024-06-15",
                    .treatments = {{"WEB", "en"}}},
                   "-1.0"),
            Gate::kLive);
  EXPECT_EQ(
      GateOf({.id = "a", .eligibility = "false", .applicability = "false", .treatments = {{"WEB", "en"}}}, "-1.0"),
      Gate::kEligible);
  EXPECT_EQ(GateOf({.id = "a", .treatments = {{"WEB", "en"}}}, "-1.0"), Gate::kApplicable);
  EXPECT_EQ(GateOf({.id = "a", .applicability = "false"}, "-1.0"), Gate::kApplicable);
  EXPECT_EQ(GateOf({.id = "a"}, "-1.0"), Gate::kScore);
  EXPECT_EQ(GateOf({.id = "a"}), Gate::kShown);
}

TEST(Decide, KeepsTheFirstAndTheLastDayOfAWindow) {
  EXPECT_EQ(GateOf({.id = "a", .from = "2024-06-14", .to = "2024-06-14"}), Gate::kShown);
  EXPECT_EQ(GateOf({.id = "a", .from = "2024-06-15"}), Gate::kLive);
  EXPECT_EQ(GateOf({.id = "a", .to = "2024-06-13"}), Gate::kLive);
}

TEST(Decide, SaysHowFarAwayAWindowIs) {
  OfferRequest request = At(Channel::kPos);
  request.explain = true;
  const CustomerState state = Regular();
  const auto catalog = Compiled(DraftOfCatalog({{.id = "a", .from = "2024-06-15"},
                                                {.id = "b", .from = "2024-06-16"},
                                                {.id = "c", .to = "2024-06-13"},
                                                {.id = "d", .to = "2024-06-12"}}));
  std::vector<std::string> details;
  for (const Explanation& e : Decide(*catalog, {&state}, request, kNow, {}).explanations) details.push_back(e.detail);
  EXPECT_THAT(details, ElementsAre("begins in 1 day", "begins in 2 days", "ended 1 day ago", "ended 2 days ago"));
}

TEST(Decide, ExplainsWithAllSegmentsOfTheCustomer) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .eligibility = "\"vip\" in customer.segments"}});
  AddSegment("vip", "customer.frequency_lifetime > 100", &draft);
  AddSegment("regular", "customer.frequency_lifetime > 1", &draft);  // no rule asks for it
  OfferRequest request = At(Channel::kPos);
  request.explain = true;
  const CustomerState state = Regular();
  const Decision decision = Decide(*Compiled(draft), {&state}, request, kNow, {});
  EXPECT_THAT(decision.explanations.at(0).detail, HasSubstr("customer.segments = [\"regular\"]"));
}

TEST(Decide, JudgesWindowsByTheDayInTheDeploymentsZone) {
  const CatalogDraft draft = DraftOfCatalog({{.id = "tomorrow", .from = "2024-06-15"}});
  const CustomerState state = Regular();
  EXPECT_THAT(Decided(draft, At(Channel::kPos), &state), IsEmpty());
  const Deployment east{absl::FixedTimeZone(12 * 3600), 100};
  EXPECT_THAT(Decided(draft, At(Channel::kPos), &state, kNow, east), ElementsAre("tomorrow"));
}

TEST(Decide, TakesARuleThatCannotBeSaidAsNotTrue) {
  EXPECT_EQ(GateOf({.id = "a", .eligibility = "request.attributes.weather == \"rain\""}), Gate::kEligible);
  EXPECT_EQ(GateOf({.id = "a", .applicability = "1 / basket.size > 0"}), Gate::kApplicable);
}

TEST(Decide, GivesUnknownCustomersOnlyDefaultOffers) {
  const CatalogDraft draft = DraftOfCatalog({{.id = "personal", .weight = "9"},
                                             {.id = "ruled", .eligibility = "true", .weight = "9"},
                                             {.id = "everybody", .is_default = true}});
  EXPECT_THAT(Decided(draft, At(Channel::kPos, 9), nullptr), ElementsAre("everybody"));
  const CustomerState state = Regular();
  EXPECT_THAT(Decided(draft, At(Channel::kPos, 9), &state), ElementsAre("personal", "ruled", "everybody"))
      << "a known customer may get all";
  EXPECT_EQ(GateOf({.id = "a"}, "offer.weight", At(Channel::kPos), /*known=*/false), Gate::kEligible);
}

TEST(Decide, FactsOfAnUnknownCustomerAreNeutral) {
  EXPECT_EQ(GateOf({.id = "a",
                    .applicability = "!customer.known && !has(customer.recency_days) && "
                                     "customer.frequency_lifetime == 0 && category(\"MILK\").visits == 0 && "
                                     "!(\"any\" in customer.segments) && channel(\"POS\").share == 0.0",
                    .is_default = true},
                   "offer.weight + offer.affinity", At(Channel::kPos), /*known=*/false),
            Gate::kShown);
}

TEST(Decide, FillsTheSlotsOfTheChannelUnlessAskedForANumber) {
  std::vector<OfferSpec> offers;
  for (int i = 0; i < 6; ++i) {
    offers.push_back({.id = absl::StrCat("o", i), .treatments = {{"POS", "en"}, {"KIOSK", "en"}, {"WEB", "en"}}});
  }
  const CatalogDraft draft = DraftOfCatalog(offers);
  const CustomerState state = Regular();
  EXPECT_EQ(Decided(draft, At(Channel::kPos), &state).size(), 1u);
  EXPECT_EQ(Decided(draft, At(Channel::kKiosk), &state).size(), 4u);
  EXPECT_EQ(Decided(draft, At(Channel::kWeb), &state).size(), 3u);
  EXPECT_EQ(Decided(draft, At(Channel::kPos, 5), &state).size(), 5u);
  EXPECT_EQ(Decided(draft, At(Channel::kPos, 100), &state).size(), 6u);
}

TEST(Decide, PutsTheBestFirstAndBreaksTiesByCatalogOrder) {
  const CatalogDraft draft = DraftOfCatalog({{.id = "b", .weight = "2"},
                                             {.id = "a", .weight = "2"},
                                             {.id = "best", .weight = "3"},
                                             {.id = "c", .weight = "2"}});
  const CustomerState state = Regular();
  EXPECT_THAT(Decided(draft, At(Channel::kPos, 3), &state), ElementsAre("best", "b", "a"));
}

TEST(Decide, ShowsOnlyTheBestOfAGroup) {
  const CatalogDraft draft = DraftOfCatalog({{.id = "d1", .group = "dairy", .weight = "3"},
                                             {.id = "d2", .group = "dairy", .weight = "4"},
                                             {.id = "free1", .weight = "2"},
                                             {.id = "free2", .weight = "1"}});
  const CustomerState state = Regular();
  EXPECT_THAT(Decided(draft, At(Channel::kPos, 9), &state), ElementsAre("d2", "free1", "free2"))
      << "and offers of no group do not exclude each other";
}

TEST(Decide, ShowsAnOfferOnlyAboveTheFloor) {
  const CustomerState state = Regular();
  const std::vector<OfferSpec> offers = {{.id = "at", .weight = "2"}, {.id = "above", .weight = "2.000001"}};
  EXPECT_THAT(Decided(DraftOfCatalog(offers, "offer.weight", "2"), At(Channel::kPos, 9), &state), ElementsAre("above"));
  EXPECT_THAT(Decided(DraftOfCatalog({{.id = "a"}}, "-1.0", "-2"), At(Channel::kPos), &state), ElementsAre("a"))
      << "a floor below zero lets negative scores pass";
}

TEST(Decide, NeverShowsAScoreThatIsNoFiniteNumber) {
  EXPECT_EQ(GateOf({.id = "a"}, "1.0 / 0.0"), Gate::kScore);
  EXPECT_EQ(GateOf({.id = "a"}, "0.0 / 0.0"), Gate::kScore);
  EXPECT_EQ(GateOf({.id = "a"}, "double(1 / basket.size)"), Gate::kScore) << "nor one that fails";
}

TEST(Decide, TakesAWholeNumberAsAScore) { EXPECT_EQ(GateOf({.id = "a"}, "offer.visits + 1"), Gate::kShown); }

TEST(Decide, AnExplanationNamesNoScoreWhereTheFormulaFailed) {
  const auto catalog = Compiled(DraftOfCatalog({{.id = "a"}}, "double(1 / basket.size)"));
  const CustomerState state = Regular();
  OfferRequest request = At(Channel::kPos);
  request.explain = true;
  EXPECT_FALSE(Decide(*catalog, {&state}, request, kNow, {}).explanations[0].score.has_value());
}

TEST(Decide, ComparesPlacementsOnlyWhereBothNameOne) {
  OfferRequest request = At(Channel::kPos);
  EXPECT_EQ(GateOf({.id = "a", .placements = {"cart"}}, "1.0", request), Gate::kShown);
  request.placement = "cart";
  EXPECT_EQ(GateOf({.id = "a", .placements = {"home", "cart"}}, "1.0", request), Gate::kShown);
  EXPECT_EQ(GateOf({.id = "a"}, "1.0", request), Gate::kShown);
  request.placement = "receipt";
  EXPECT_EQ(GateOf({.id = "a", .placements = {"home", "cart"}}, "1.0", request), Gate::kApplicable);
}

TEST(Decide, FallsBackFromLocaleToLanguageToDefault) {
  const auto catalog = Compiled(DraftOfCatalog(
      {{.id = "a",
        .treatments = {{"WEB", "en"}, {"WEB", "pt"}, {"WEB", "pt-BR"}, {"WEB", "zh-Hant"}, {"POS", "en"}}}}));
  const CustomerState state = Regular();
  const std::pair<const char*, const char*> cases[] = {
      {"", "en"},      {"en", "en"},           {"en-GB", "en"}, {"pt-BR", "pt-BR"}, {"pt-PT", "pt"},
      {"pt_PT", "pt"}, {"zh-Hant", "zh-Hant"}, {"zh", "en"},    {"fr-CA", "en"},    {"-", "en"}};
  for (const auto& [wanted, given] : cases) {
    OfferRequest request = At(Channel::kWeb);
    request.locale = wanted;
    const Decision decision = Decide(*catalog, {&state}, request, kNow, {});
    ASSERT_EQ(decision.offers.size(), 1u) << wanted;
    EXPECT_EQ(decision.offers[0].treatment->locale, given) << "wanted " << wanted;
    EXPECT_EQ(decision.offers[0].treatment->channel, Channel::kWeb);
  }
}

TEST(Decide, TellsRulesTheLocalHourAndWeekday) {
  const Deployment kathmandu{absl::FixedTimeZone(5 * 3600 + 45 * 60), 100};
  const CustomerState state = Regular();
  auto holds = [&](const std::string& rule, absl::Time now) {
    return !Decided(DraftOfCatalog({{.id = "a", .applicability = rule}}), At(Channel::kPos), &state, now, kathmandu)
                .empty();
  };
  const absl::Time friday_evening_utc = kNow + absl::Hours(6) + absl::Minutes(15);  // 18:15, there Saturday 00:00
  EXPECT_TRUE(holds("request.hour == 0 && request.weekday == 6", friday_evening_utc));
  EXPECT_TRUE(holds("request.hour == 23 && request.weekday == 5", friday_evening_utc - absl::Seconds(1)));
  EXPECT_TRUE(holds("request.weekday == 0", friday_evening_utc + absl::Hours(24))) << "Sunday is 0";
  EXPECT_TRUE(holds("request.weekday == 1", friday_evening_utc + absl::Hours(48)));
}

TEST(Decide, SpeaksOfMoneyInMajorUnits) {
  const CustomerState state = Regular();
  OfferRequest request = At(Channel::kPos);
  request.basket = {{"p", "MILK", 1000, 250}};
  const CatalogDraft draft =
      DraftOfCatalog({{.id = "cents",
                       .applicability = "customer.revenue_lifetime == 8.0 && basket.total == 2.5 && "
                                        "category(\"MILK\").revenue == 7.0 && customer.average_ticket_30d == 4.0"},
                      {.id = "yen", .applicability = "customer.revenue_lifetime == 800.0 && basket.total == 250.0"}});
  EXPECT_THAT(Decided(draft, request, &state), ElementsAre("cents"));
  EXPECT_THAT(Decided(draft, request, &state, kNow, {absl::UTCTimeZone(), 1}), ElementsAre("yen"));
}

TEST(Decide, KnowsWhatOfTheOfferIsInTheBasket) {
  const CustomerState state = Regular();
  OfferRequest request = At(Channel::kPos, 9);
  request.basket = {{"p-7", "", 1000, 1}, {"p-8", "BREAD", 1000, 1}};
  const std::string rule = "offer.in_basket";
  EXPECT_THAT(
      Decided(DraftOfCatalog({{.id = "product", .applicability = rule, .products = {"p-9", "p-7"}},
                              {.id = "category", .applicability = rule, .categories = {"MILK", "BREAD"}},
                              {.id = "neither", .applicability = rule, .categories = {"MILK"}, .products = {"p-1"}},
                              {.id = "nothing", .applicability = rule}}),
              request, &state),
      ElementsAre("product", "category"));
}

TEST(Decide, RulesSeeTheirOwnOfferHoweverTheySpellIt) {
  const CustomerState state = Regular();
  EXPECT_THAT(Decided(DraftOfCatalog({{.id = "first", .weight = "1"},
                                      {.id = "second", .applicability = "offer . id == \"second\"", .weight = "2"},
                                      {.id = "third", .applicability = "offer\n.id == \"third\"", .weight = "3"}}),
                      At(Channel::kPos, 9), &state),
              ElementsAre("third", "second", "first"));
}

TEST(Decide, ScoresWithTheCustomersAffinity) {
  const auto catalog = Compiled(DraftOfCatalog({{.id = "milk", .categories = {"MILK", "BREAD"}}}, "offer.affinity"));
  const CustomerState state = Regular();
  EXPECT_DOUBLE_EQ(Decide(*catalog, {&state}, At(Channel::kPos), kNow, {}).offers.at(0).score, 1.0);
  CustomerState returned = Regular();
  Fold(ReceiptOf("c", "3", kToday, {Returned("OIL", 600)}), &returned);
  EXPECT_DOUBLE_EQ(Decide(*catalog, {&returned}, At(Channel::kPos), kNow, {}).offers.at(0).score, 1.0)
      << "returns elsewhere push the share above 1; the affinity stays";
}

TEST(Decide, OffersMayAskForSegments) {
  CatalogDraft draft = DraftOfCatalog({{.id = "vip", .eligibility = "\"vip\" in customer.segments"},
                                       {.id = "new", .eligibility = "\"new\" in customer.segments"}});
  AddSegment("vip", "customer.revenue_lifetime > 5.0", &draft);
  AddSegment("new", "customer.frequency_lifetime == 1", &draft);
  AddSegment("errs", "1 / customer.frequency_7d > 5", &draft);
  const CustomerState state = Regular();
  EXPECT_THAT(Decided(draft, At(Channel::kPos, 9), &state), ElementsAre("vip"));
  const auto catalog = Compiled(draft);
  EXPECT_THAT(SegmentsOf(*catalog, state, kNow), ElementsAre("vip"));
  EXPECT_THAT(SegmentsOf(*catalog, state, kNow + absl::Hours(24 * 30)), ElementsAre("vip"))
      << "a segment whose rule fails does not hold";
}

TEST(Decide, RulesSeeTheRfmScoresAndTheSegment) {
  CatalogDraft draft = DraftOfCatalog(
      {{.id = "champion", .eligibility = "customer.rfm_segment == \"champions\""},
       {.id = "not-scored", .eligibility = "customer.rfm_segment == \"\""},
       {.id = "scores",
        .eligibility = "customer.recency_score == 5 && customer.frequency_score == 5 && "
                       "customer.monetary_score == 5 && \"recent\" in customer.segments"},
       {.id = "no-scores",
        .eligibility = "customer.recency_score + customer.frequency_score + customer.monetary_score == 0"}});
  AddSegment("recent", "customer.recency_score >= 4", &draft);
  const auto catalog = Compiled(draft);
  const CustomerState state = Regular();
  PopulationBuilder builder;
  for (int i = 0; i < 10; ++i) builder.Add({30, 0, 0});
  const Population population = builder.Build(kToday, 100);
  const OfferRequest request = At(Channel::kPos, 9);
  EXPECT_THAT(Ids(Decide(*catalog, {&state, &population}, request, kNow, {})), ElementsAre("champion", "scores"));
  EXPECT_THAT(SegmentsOf(*catalog, state, kNow, &population), ElementsAre("recent"));
  EXPECT_THAT(Ids(Decide(*catalog, {&state}, request, kNow, {})), ElementsAre("not-scored", "no-scores"));
  CustomerState returns_only;
  Fold(ReceiptOf("c", "1", kToday - 3, {Returned("MILK", 300)}), &returns_only);
  EXPECT_THAT(Ids(Decide(*catalog, {&returns_only, &population}, request, kNow, {})),
              ElementsAre("not-scored", "no-scores"));
}

TEST(Decide, ExplainsWithoutChangingTheAnswerAndAnswersTheSameAgain) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    RandomReceipts random(seed);
    CustomerState state;
    for (const Receipt& receipt : random.Many(30, "c")) Fold(receipt, &state);
    std::vector<OfferSpec> offers;
    for (int i = 0; i < 40; ++i) {
      offers.push_back({.id = absl::StrCat("o", i),
                        .group = random.Chance(50) ? absl::StrCat("g", random.Below(5)) : "",
                        .eligibility = random.Chance(50) ? absl::StrCat("category(\"category ", random.Below(30),
                                                                        "\").visits >= ", random.Below(4))
                                                         : "",
                        .applicability = random.Chance(30) ? "offer.affinity > 0.02" : "",
                        .weight = absl::StrCat(random.Below(4)),
                        .categories = {absl::StrCat("category ", random.Below(30))}});
    }
    const auto catalog = Compiled(DraftOfCatalog(offers, "offer.weight * (0.1 + offer.affinity)"));
    OfferRequest request = At(Channel::kPos, 5);
    const Decision plain = Decide(*catalog, {&state}, request, kNow, {});
    const Decision again = Decide(*catalog, {&state}, request, kNow, {});
    request.explain = true;
    const Decision explained = Decide(*catalog, {&state}, request, kNow, {});
    ASSERT_THAT(plain.explanations, IsEmpty());
    ASSERT_EQ(explained.explanations.size(), offers.size());
    ASSERT_EQ(plain.offers.size(), explained.offers.size()) << "seed " << seed;
    ASSERT_EQ(plain.offers.size(), again.offers.size());
    size_t shown = 0;
    for (const Explanation& explanation : explained.explanations) shown += explanation.gate == Gate::kShown;
    ASSERT_EQ(shown, plain.offers.size()) << "seed " << seed;
    for (size_t i = 0; i < plain.offers.size(); ++i) {
      EXPECT_EQ(plain.offers[i].offer, explained.offers[i].offer) << "seed " << seed;
      EXPECT_EQ(plain.offers[i].treatment, explained.offers[i].treatment);
      EXPECT_EQ(plain.offers[i].score, explained.offers[i].score) << "to the last bit";
      EXPECT_EQ(plain.offers[i].score, again.offers[i].score);
    }
  }
}

}  // namespace
}  // namespace nbo
