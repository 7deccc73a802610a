#include "core/catalog/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/catalog/vocabulary.h"
#include "tests/core/catalog/catalog_builder.h"

namespace nbo {
namespace {

using ::testing::StartsWith;

CatalogDraft Good() {
  CatalogDraft draft = DraftOfCatalog({{.id = "milk",
                                        .group = "dairy",
                                        .eligibility = "customer.known",
                                        .from = "2024-01-01",
                                        .to = "2024-12-31",
                                        .categories = {"MILK"},
                                        .treatments = {{"POS", "en"}, {"WEB", "en"}, {"WEB", "ru"}}},
                                       {.id = "hello", .is_default = true}});
  AddSegment("regulars", "customer.frequency_90d >= 3", &draft);
  return draft;
}

std::vector<CatalogMistake> MistakesOf(const CatalogDraft& draft) {
  auto result = CompileCatalog(draft, {"USD", 0});
  auto* mistakes = std::get_if<std::vector<CatalogMistake>>(&result);
  return mistakes == nullptr ? std::vector<CatalogMistake>() : *mistakes;
}

// One mistake, and how it is made in an otherwise good draft.
struct Case {
  std::string name;
  std::string message;  // its beginning
  std::function<void(CatalogDraft&)> make;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class CompileMistake : public ::testing::TestWithParam<Case> {};

TEST_P(CompileMistake, GivesOneMessageThatNamesTheField) {
  CatalogDraft draft = Good();
  GetParam().make(draft);
  const std::vector<CatalogMistake> mistakes = MistakesOf(draft);
  ASSERT_EQ(mistakes.size(), 1u) << (mistakes.empty() ? "accepted" : mistakes[1].message);
  EXPECT_THAT(mistakes[0].message, StartsWith(GetParam().message));
}

std::string Chars(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += "ж";
  return text;
}

Case Top(std::string name, std::string message, Text CatalogDraft::*field, std::string value) {
  return {name, message, [=](CatalogDraft& d) { d.*field = At(value); }};
}
Case InOffer(std::string name, std::string message, std::function<void(OfferDraft&)> make) {
  return {name, message, [=](CatalogDraft& d) { make(d.offers[0]); }};
}
Case InTreatment(std::string name, std::string message, int index, std::function<void(TreatmentDraft&)> make) {
  return {name, message, [=](CatalogDraft& d) { make(d.offers[0].treatments[index]); }};
}

INSTANTIATE_TEST_SUITE_P(
    OfTheCatalog, CompileMistake,
    ::testing::Values(
        Top("LongName", "catalog: 65 characters; at most 64", &CatalogDraft::name, Chars(65)),
        Top("OtherCurrency", "currency: 'EUR' is not the deployment's 'USD'", &CatalogDraft::currency, "EUR"),
        Case{"BadDefaultLocale", "default_locale: 'en_US' is no language tag",
             [](CatalogDraft& d) {
               d.offers.clear();
               d.default_locale = At("en_US");
             }},
        Top("ScoreWithUnknownName", "score: ", &CatalogDraft::score, "offer.wieght"),
        Top("ScoreOfTheWrongType", "score: ", &CatalogDraft::score, "\"much\""),
        Case{"FloorNoNumber", "score_floor: 'low' is not a number", [](CatalogDraft& d) { d.score_floor = At("low"); }},
        Case{"FloorNotANumber", "score_floor: 'nan' is not a number",
             [](CatalogDraft& d) { d.score_floor = At("nan"); }},
        Case{"FloorInfinite", "score_floor: '1e999' is not a number",
             [](CatalogDraft& d) { d.score_floor = At("1e999"); }},
        Case{"TooManySegments", "segments: 201; at most 200",
             [](CatalogDraft& d) {
               d.segments.clear();
               for (int i = 0; i <= 200; ++i) AddSegment(absl::StrCat("s", i), "true", &d);
             }},
        Case{"SegmentTwice", "segments.id: 'regulars' is already used in line 1",
             [](CatalogDraft& d) { AddSegment("regulars", "true", &d); }},
        Case{"SegmentIdNoSlug", "segments.id: 'Regular Ones' is no id",
             [](CatalogDraft& d) { d.segments[0].id = At("Regular Ones"); }},
        Case{"SegmentNameLong", "segments.name: 101 characters; at most 100",
             [](CatalogDraft& d) { d.segments[0].name = At(Chars(101)); }},
        Case{"SegmentRuleOfTheRequest",
             "segments.rule: ", [](CatalogDraft& d) { d.segments[0].rule = At("request.hour > 3"); }},
        Case{"SegmentRuleNoBool", "segments.rule: ", [](CatalogDraft& d) { d.segments[0].rule = At("1"); }},
        Case{"OfferTwice", "offers.id: 'milk' is already used in line 1",
             [](CatalogDraft& d) { d.offers[1].id = At("milk"); }}),
    [](const auto& info) { return info.param.name; });

void AddRfmSegment(CatalogDraft& draft, const std::string& id, std::optional<Text> recency = std::nullopt) {
  draft.rfm_segments.push_back({{3, 1}, At(id), At("Segment"), std::move(recency), std::nullopt, std::nullopt});
}

INSTANTIATE_TEST_SUITE_P(OfRfmSegments, CompileMistake,
                         ::testing::Values(Case{"TooMany", "rfm_segments: 51; at most 50",
                                                [](CatalogDraft& d) {
                                                  for (int i = 0; i <= 50; ++i) AddRfmSegment(d, absl::StrCat("s", i));
                                                }},
                                           Case{"Twice", "rfm_segments.id: 'a' is already used in line 1",
                                                [](CatalogDraft& d) {
                                                  AddRfmSegment(d, "a", At("5"));
                                                  AddRfmSegment(d, "a", At("4"));
                                                }},
                                           Case{"IdNoSlug", "rfm_segments.id: 'A b' is no id",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "A b"); }},
                                           Case{"IdTaken", "rfm_segments.id: 'others' is the name",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "others"); }},
                                           Case{"NameLong", "rfm_segments.name: 101 characters",
                                                [](CatalogDraft& d) {
                                                  AddRfmSegment(d, "a");
                                                  d.rfm_segments[0].name = At(Chars(101));
                                                }},
                                           Case{"ScoreZero", "rfm_segments.recency: '0' is no range",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "a", At("0")); }},
                                           Case{"ScoreSix", "rfm_segments.recency: '2-6' is no range",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "a", At("2-6")); }},
                                           Case{"Backwards", "rfm_segments.recency: '4-2' is no range",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "a", At("4-2")); }},
                                           Case{"HalfARange", "rfm_segments.recency: '4-' is no range",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "a", At("4-")); }},
                                           Case{"ARangeOfThree", "rfm_segments.recency: '1-2-3' is no range",
                                                [](CatalogDraft& d) { AddRfmSegment(d, "a", At("1-2-3")); }},
                                           Case{"Frequency", "rfm_segments.frequency: 'x' is no range",
                                                [](CatalogDraft& d) {
                                                  AddRfmSegment(d, "a");
                                                  d.rfm_segments[0].frequency = At("x");
                                                }},
                                           Case{"Monetary", "rfm_segments.monetary: '1 2' is no range",
                                                [](CatalogDraft& d) {
                                                  AddRfmSegment(d, "a");
                                                  d.rfm_segments[0].monetary = At("1 2");
                                                }},
                                           Case{"NeverReached", "rfm_segments: 'b' would have no customers",
                                                [](CatalogDraft& d) {
                                                  AddRfmSegment(d, "a", At("2-5"));
                                                  AddRfmSegment(d, "b", At("3-4"));
                                                }}),
                         [](const auto& info) { return info.param.name; });

TEST(Compile, TakesRfmSegmentsInTheirOrder) {
  CatalogDraft draft = Good();
  AddRfmSegment(draft, "best", At("5"));
  AddRfmSegment(draft, "good", At("4-5"));
  const auto catalog = Compiled(draft);
  ASSERT_EQ(catalog->rfm.segments().size(), 3u);
  EXPECT_EQ(catalog->rfm.PositionOf({5, 1, 5}), 0);
  EXPECT_EQ(catalog->rfm.PositionOf({4, 1, 5}), 1);
  EXPECT_EQ(catalog->rfm.PositionOf({3, 1, 5}), 2);
  EXPECT_EQ(Compiled(Good())->rfm.segments().size(), 11u) << "without any: the published ones";
}

INSTANTIATE_TEST_SUITE_P(
    OfAnOffer, CompileMistake,
    ::testing::Values(
        InOffer("IdNoSlug", "offers.id: 'Milk!' is no id", [](auto& o) { o.id = At("Milk!"); }),
        InOffer("IdTooLong", "offers.id: ", [](auto& o) { o.id = At(std::string(65, 'a')); }),
        InOffer("LongName", "offers.name: 101 characters", [](auto& o) { o.name = At(Chars(101)); }),
        InOffer("NoUtf8", "offers.name: not valid UTF-8", [](auto& o) { o.name = At("\xFF"); }),
        InOffer("UnknownKind", "offers.kind: 'rebate' is no kind", [](auto& o) { o.kind = At("rebate"); }),
        InOffer("GroupNoSlug", "offers.group: 'a b' is no id", [](auto& o) { o.group = At("a b"); }),
        InOffer("NoDate", "offers.window.from: '2024-02-30' is no date",
                [](auto& o) { o.window->from = At("2024-02-30"); }),
        InOffer("ShortDate", "offers.window.to: '2024-9-1' is no date", [](auto& o) { o.window->to = At("2024-9-1"); }),
        InOffer("WindowNeverOpens", "offers.window: ends 2023-12-31", [](auto& o) { o.window->to = At("2023-12-31"); }),
        InOffer("NegativeValue", "offers.value: -1 is outside 0..1e+09", [](auto& o) { o.value = At("-1"); }),
        InOffer("CostNoNumber", "offers.cost: '1,50' is not a number", [](auto& o) { o.cost = At("1,50"); }),
        InOffer("PropensityAboveOne", "offers.propensity: 1.01 is outside 0..1",
                [](auto& o) { o.propensity = At("1.01"); }),
        InOffer("WeightTooLarge", "offers.weight: 1000001 is outside", [](auto& o) { o.weight = At("1000001"); }),
        InOffer("DefaultNeither", "offers.default: write true or false", [](auto& o) { o.is_default = At("yes"); }),
        InOffer("DefaultWithRule", "offers.eligibility: a default offer is for anybody",
                [](auto& o) { o.is_default = At("true"); }),
        InOffer("ProductNoId", "offers.products: contains a control", [](auto& o) { o.products = {At("a\tb")}; }),
        InOffer("TooManyProducts", "offers.products: 1001 entries", [](auto& o) { o.products.assign(1001, At("p")); }),
        InOffer("CategoryEmpty", "offers.categories: is required", [](auto& o) { o.categories = {At("")}; }),
        InOffer("TooManyCategories", "offers.categories: 101 entries",
                [](auto& o) { o.categories.assign(101, At("c")); }),
        InOffer("TooManyPlacements", "offers.placements: 33 entries",
                [](auto& o) { o.placements.assign(33, At("p")); }),
        InOffer("EligibilityUnknownName",
                "offers.eligibility: ", [](auto& o) { o.eligibility = At("customer.age > 3"); }),
        InOffer("ApplicabilityNoBool", "offers.applicability: ", [](auto& o) { o.applicability = At("request.hour"); }),
        InOffer("CouponCodeLong", "offers.coupon.code: 65 characters",
                [](auto& o) {
                  o.coupon = CouponDraft{At(Chars(65)), {}};
                }),
        InOffer("BarcodeLong", "offers.coupon.barcode: 65 characters",
                [](auto& o) {
                  o.coupon = CouponDraft{At("1"), At(Chars(65))};
                }),
        InOffer("NoTreatment", "offers.treatments: offer 'milk' has none", [](auto& o) { o.treatments.clear(); }),
        InOffer("SecondTreatment", "offers.treatments: a second one for POS in 'en'",
                [](auto& o) { o.treatments.push_back(o.treatments[0]); }),
        InOffer("NoDefaultLocale", "offers.treatments: offer 'milk' has no text for WEB in the default locale 'en'",
                [](auto& o) { o.treatments.erase(o.treatments.begin() + 1); })),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfATreatment, CompileMistake,
    ::testing::Values(
        InTreatment("UnknownChannel", "offers.treatments.channel: 'TILL' is no channel", 2,
                    [](auto& t) { t.channel = At("TILL"); }),
        InTreatment("BadLocale", "offers.treatments.locale: 'r u' is no language tag", 2,
                    [](auto& t) { t.locale = At("r u"); }),
        InTreatment("LongTitle", "offers.treatments.title: 61 characters", 1, [](auto& t) { t.title = At(Chars(61)); }),
        InTreatment("LongBody", "offers.treatments.body: 301 characters", 1, [](auto& t) { t.body = At(Chars(301)); }),
        InTreatment("LongImage", "offers.treatments.image: 257 characters", 1,
                    [](auto& t) { t.image = At(Chars(257)); }),
        InTreatment("LongPrice", "offers.treatments.price: 21 characters", 1, [](auto& t) { t.price = At(Chars(21)); }),
        InTreatment("LongButton", "offers.treatments.call_to_action: 31 characters", 1,
                    [](auto& t) { t.call_to_action = At(Chars(31)); }),
        InTreatment("LongReason", "offers.treatments.reason: 81 characters", 1,
                    [](auto& t) { t.reason = At(Chars(81)); }),
        InTreatment("ScriptOnTheWeb", "offers.treatments.script: only POS and CALL_CENTER", 1,
                    [](auto& t) { t.script = At("hello"); }),
        InTreatment("ScriptOfThreeLines", "offers.treatments.script: 3 lines", 0,
                    [](auto& t) { t.script = At("a\nb\nc"); }),
        InTreatment("ScriptLineTooLong", "offers.treatments.script: line ", 0,
                    [](auto& t) { t.script = At("short\n" + Chars(31)); }),
        InTreatment("SaysNothing", "offers.treatments: says nothing", 1, [](auto& t) { t.title.reset(); })),
    [](const auto& info) { return info.param.name; });

TEST(Compile, AcceptsTheDraftThatTheMistakesStartFrom) {
  const auto catalog = Compiled(Good());
  ASSERT_EQ(catalog->offers.size(), 2u);
  EXPECT_EQ(catalog->version, 0);
  const Offer& milk = catalog->offers[0];
  EXPECT_EQ(milk.kind, OfferKind::kDiscount);
  EXPECT_EQ(milk.from_day, DayOf(absl::CivilDay(2024, 1, 1)));
  EXPECT_EQ(milk.to_day, DayOf(absl::CivilDay(2024, 12, 31)));
  EXPECT_EQ(milk.category_keys, std::vector<uint64_t>{CategoryKey("MILK")});
  EXPECT_EQ(milk.key, Hash64(milk.id));
  EXPECT_EQ(milk.campaign_key, milk.terms.campaign.empty() ? 0 : Hash64(milk.terms.campaign));
  EXPECT_EQ(milk.group_key, milk.group.empty() ? 0 : Hash64(milk.group));
  EXPECT_TRUE(catalog->offers[1].is_default);
  EXPECT_EQ(catalog->offers[1].from_day, INT32_MIN);
  EXPECT_EQ(catalog->offers[1].to_day, INT32_MAX);
  EXPECT_EQ(catalog->segments[0].id, "regulars");
}

TEST(Compile, AcceptsTextsOfExactlyTheirLengthInCharacters) {
  CatalogDraft draft = Good();
  TreatmentDraft& web = draft.offers[0].treatments[1];
  web.title = At(Chars(kMaxTitleChars));
  web.body = At(Chars(kMaxBodyChars));
  web.price = At(Chars(kMaxPriceChars));
  web.call_to_action = At(Chars(kMaxCallToActionChars));
  web.reason = At(Chars(kMaxReasonChars));
  draft.offers[0].treatments[0].script = At(Chars(30) + "\n" + Chars(30) + "\n");
  EXPECT_EQ(Compiled(draft)->offers[0].treatments[0].script, Chars(30) + "\n" + Chars(30))
      << "the last break is dropped";
}

TEST(Compile, MovesEveryWindowByTheShift) {
  const auto catalog = Compiled(Good(), -366);
  EXPECT_EQ(catalog->offers[0].from_day, DayOf(absl::CivilDay(2022, 12, 31)));
  EXPECT_EQ(catalog->offers[0].to_day, DayOf(absl::CivilDay(2023, 12, 31)));
  EXPECT_EQ(catalog->offers[1].from_day, INT32_MIN) << "what has no window gets none";
}

TEST(Compile, TellsEveryMistakeAtOnceWithItsPlace) {
  CatalogDraft draft = Good();
  draft.score = At("1.0 + wieght", {3, 8});
  draft.offers[0].kind = At("rebate", {9, 11});
  draft.offers[1].value = At("much", {20, 12});
  const std::vector<CatalogMistake> mistakes = MistakesOf(draft);
  ASSERT_EQ(mistakes.size(), 3u);
  EXPECT_EQ(mistakes[0].place.line, 3);
  EXPECT_EQ(mistakes[0].text_offset, 6) << "the unknown name within the formula";
  EXPECT_EQ(mistakes[0].text, "1.0 + wieght");
  EXPECT_EQ(mistakes[1].place.line, 9);
  EXPECT_EQ(mistakes[2].place.line, 20);
}

TEST(Compile, KnowsEveryKindByItsName) {
  for (int k = 1; k <= static_cast<int>(OfferKind::kInformation); ++k) {
    const OfferKind kind = static_cast<OfferKind>(k);
    EXPECT_EQ(OfferKindByName(OfferKindName(kind)), kind);
  }
  EXPECT_FALSE(OfferKindByName("").has_value());
}

TEST(Vocabulary, PutsEveryVariableInTheSlotOfItsName) {
  const auto& full = FullVocabulary();
  ASSERT_EQ(full.variables().size(), static_cast<size_t>(Slot::kCount));
  ASSERT_EQ(CustomerVocabulary().variables().size(), static_cast<size_t>(Slot::kCustomerCount));
  const std::pair<const char*, int> names[] = {{"customer.known", Slot::kKnown},
                                               {"customer.frequency_7d", Slot::kFrequency},
                                               {"customer.frequency_lifetime", Slot::kFrequency + kLifetimeWindow},
                                               {"customer.revenue_365d", Slot::kRevenue + 4},
                                               {"customer.average_ticket_7d", Slot::kAverageTicket},
                                               {"customer.usual_store", Slot::kUsualStore},
                                               {"customer.recency_score", Slot::kRecencyScore},
                                               {"customer.rfm_segment", Slot::kRfmSegment},
                                               {"customer.segments", Slot::kSegments},
                                               {"basket.total", Slot::kBasketTotal},
                                               {"request.weekday", Slot::kWeekday},
                                               {"request.attributes", Slot::kRequestAttributes},
                                               {"offer.id", Slot::kOfferId},
                                               {"offer.affinity", Slot::kOfferAffinity},
                                               {"offer.in_basket", Slot::kOfferInBasket}};
  for (const auto& [name, slot] : names) EXPECT_EQ(full.FindVariable(name), slot) << name;
  for (int slot = 0; slot < Slot::kCustomerCount; ++slot) {
    EXPECT_EQ(CustomerVocabulary().variables()[slot].name, full.variables()[slot].name);
  }
}

}  // namespace
}  // namespace nbo
