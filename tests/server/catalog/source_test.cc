#include "server/catalog/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "tests/server/catalog/catalog_text.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<Diagnostic> DiagnosticsOf(const std::string& yaml) {
  auto result = CompileYaml(yaml, "c.yaml", {"USD", 0});
  auto* diagnostics = std::get_if<std::vector<Diagnostic>>(&result);
  return diagnostics == nullptr ? std::vector<Diagnostic>() : *diagnostics;
}

// The only diagnostic, as a compiler prints it.
std::string Rendered(const std::string& yaml) {
  const std::vector<Diagnostic> diagnostics = DiagnosticsOf(yaml);
  EXPECT_EQ(diagnostics.size(), 1u) << (diagnostics.empty() ? "accepted" : diagnostics[1].rendered);
  return diagnostics.empty() ? "" : diagnostics[0].rendered;
}

// A catalog whose score stands in line 4, written as given.
std::string WithScore(const std::string& score) {
  return absl::StrCat("catalog: test\ncurrency: USD\ndefault_locale: en\nscore: ", score, "\noffers:\n",
                      OfferText("a"));
}

TEST(CompileYaml, ReadsTheSampleCatalog) {
  std::ifstream file(NBO_SOURCE_DIR "/deploy/sample/catalog.yaml", std::ios::binary);
  const std::string yaml((std::istreambuf_iterator<char>(file)), {});
  auto result = CompileYaml(yaml, "catalog.yaml", {"USD", 0});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result)) << DiagnosticsOf(yaml)[0].rendered;
  EXPECT_GT(std::get<std::shared_ptr<Catalog>>(result)->offers.size(), 10u);
}

TEST(CompileYaml, ReadsEveryKeyOfAnOffer) {
  auto result = CompileYaml(
      "catalog: full\ncurrency: USD\ndefault_locale: en\nscore: 1.0\nscore_floor: 0.5\nattribution_days: 10\n"
      "segments:\n  - {id: s, name: S, rule: customer.known}\n"
      "offers:\n  - id: o\n    name: O\n    kind: gift\n    group: g\n    window: {from: 2024-01-01, to: 2024-01-31}\n"
      "    value: 1\n    cost: 2\n    propensity: 0.5\n    evidence: 40\n"
      "    budget: {count: 100, amount: 50.25, per_customer: 2}\n    supplier: {name: ACME, share: 0.6}\n"
      "    campaign: spring\n    attribution_days: 3\n    weight: 3\n    default: false\n    products: [p2, p1]\n"
      "    categories: [A]\n    eligibility: 'true'\n    applicability: 'true'\n    placements: [home]\n"
      "    coupon: {code: C, barcode: B}\n    treatments:\n"
      "      - {channel: WEB, locale: en, title: T, body: B, image: /i.png, price: 2 for $3,\n"
      "         call_to_action: Go, reason: R}\n",
      "c.yaml", {"USD", 1});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result));
  const Catalog& catalog = *std::get<std::shared_ptr<Catalog>>(result);
  const Offer& o = catalog.offers.at(0);
  EXPECT_EQ(catalog.score_floor, 0.5);
  EXPECT_EQ(catalog.segments.at(0).id, "s");
  EXPECT_EQ(o.kind, OfferKind::kGift);
  EXPECT_EQ(o.group, "g");
  EXPECT_EQ(o.from_day, DayOf(absl::CivilDay(2024, 1, 2)));
  EXPECT_EQ(o.to_day, DayOf(absl::CivilDay(2024, 2, 1)));
  EXPECT_EQ(o.value, 1);
  EXPECT_EQ(o.cost, 2);
  EXPECT_EQ(o.propensity, 0.5);
  EXPECT_EQ(catalog.attribution_days, 10);
  EXPECT_EQ(o.terms.evidence, 40);
  EXPECT_EQ(o.terms.budget_count, 100);
  EXPECT_EQ(o.terms.budget_amount, 50.25);
  EXPECT_EQ(o.terms.per_customer, 2);
  EXPECT_EQ(o.terms.supplier, "ACME");
  EXPECT_EQ(o.terms.supplier_share, 0.6);
  EXPECT_EQ(o.terms.campaign, "spring");
  EXPECT_EQ(o.terms.attribution_days, 3);
  EXPECT_EQ(o.weight, 3);
  EXPECT_EQ(o.products, (std::vector<std::string>{"p1", "p2"}));
  EXPECT_EQ(o.placements, std::vector<std::string>{"home"});
  EXPECT_EQ(o.coupon_code + o.coupon_barcode, "CB");
  EXPECT_EQ(o.treatments.at(0).image_url, "/i.png");
  EXPECT_EQ(o.treatments.at(0).price, "2 for $3");
  EXPECT_EQ(o.treatments.at(0).call_to_action, "Go");
  EXPECT_EQ(o.treatments.at(0).reason, "R");
}

std::string WithBudget(const std::string& keys) {
  return absl::StrCat("catalog: test\ncurrency: USD\ndefault_locale: en\nscore: 1.0\noffers:\n", OfferText("a"), "    ",
                      keys, "\n");
}

TEST(CompileYaml, PointsAtMistakesOfBudgetsAndSuppliersOnce) {
  const auto messages = [](const std::string& keys) {
    std::vector<std::string> rendered;
    for (const auto& diagnostic : DiagnosticsOf(WithBudget(keys))) {
      rendered.push_back(diagnostic.rendered.substr(0, diagnostic.rendered.find('\n')));
    }
    return rendered;
  };
  EXPECT_THAT(messages("budget: {count: many}"),
              ElementsAre(HasSubstr(":21: offers.budget.count: 'many' is no whole number of 1 to 1000000000")));
  EXPECT_THAT(messages("budget: {}"), ElementsAre(HasSubstr("offers.budget: limits nothing; give it count, amount")));
  EXPECT_THAT(messages("budget: {cuont: 5}"), ElementsAre(HasSubstr("offers.budget.cuont: unknown key; known are ")));
  EXPECT_THAT(messages("budget: 1000"), ElementsAre(HasSubstr("offers.budget: a mapping (key: value) is expected")));
  EXPECT_THAT(messages("budget: {amount: }"), ElementsAre(HasSubstr("offers.budget.amount: is empty")));
  EXPECT_THAT(messages("supplier: {name: ACME}"), ElementsAre(HasSubstr("offers.supplier.share: is required")));
  EXPECT_THAT(messages("supplier: ACME"), ElementsAre(HasSubstr("offers.supplier: a mapping")));
}

TEST(CompileYaml, PointsIntoAPlainRule) {
  EXPECT_THAT(Rendered(WithScore("1.0 + nope")), HasSubstr("\n  score: 1.0 + nope\n               ^"));
  EXPECT_THAT(Rendered(WithScore("1.0 + nope")), StartsWith("c.yaml:4:14: score: "));
}

TEST(CompileYaml, PointsIntoAQuotedRule) {
  EXPECT_THAT(Rendered(WithScore("\"1.0 + nope\"")), StartsWith("c.yaml:4:15: score: "));
  EXPECT_THAT(Rendered(WithScore("'1.0 + nope'")), StartsWith("c.yaml:4:15: score: "));
}

TEST(CompileYaml, PointsIntoABlockRule) {
  for (const char* style : {"|", ">", "|-", ">-"}) {
    const std::string rendered = Rendered(WithScore(absl::StrCat(style, "\n  1.0\n  + 2.0 + nope")));
    EXPECT_THAT(rendered, StartsWith("c.yaml:6:11: score: ")) << style;
    EXPECT_THAT(rendered, HasSubstr("\n    + 2.0 + nope\n            ^")) << style;
  }
}

TEST(CompileYaml, PointsIntoAPlainRuleOverTwoLines) {
  EXPECT_THAT(Rendered(WithScore("1.0\n   + nope")), StartsWith("c.yaml:5:6: score: "));
}

TEST(CompileYaml, PointsAtTheNodeWhereARuleIsWrittenWithEscapes) {
  EXPECT_THAT(Rendered(WithScore("\"1.\\x30 + nope\"")), StartsWith("c.yaml:4:8: score: "));
}

TEST(CompileYaml, PointsBehindQuotesWithinQuotes) {
  EXPECT_THAT(Rendered(WithScore(R"("\"a\" == nope ? 1.0 : 2.0")")), StartsWith("c.yaml:4:18: score: "));
  EXPECT_THAT(Rendered(WithScore("'''a'' == nope ? 1.0 : 2.0'")), StartsWith("c.yaml:4:18: score: "));
}

TEST(CompileYaml, ReadsAFileThatBeginsWithAByteOrderMark) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_TRUE(DiagnosticsOf(mark + CatalogOf("a")).empty());
  EXPECT_THAT(Rendered(mark + WithScore("nope")), StartsWith("c.yaml:4:8: score: "));
  EXPECT_THAT(Rendered(mark + WithScore("\x01")), StartsWith("c.yaml:4:8: not YAML: "));
}

TEST(CompileYaml, TellsHowToWriteRulesThatYamlReadsOtherwise) {
  for (const char* rule : {"\"vip\" == request.store", "customer.known ? true: false", "[1, 2].exists(x, x > 1)",
                           "!customer.known", "! customer.known", "!(customer.known) == true", "- 3 < basket.size"}) {
    const std::string written = CatalogYaml(OfferText("a", absl::StrCat("    applicability: ", rule, "\n")));
    EXPECT_THAT(Rendered(written), HasSubstr("write the value in the line below")) << rule;
    const std::string below = CatalogYaml(OfferText("a", absl::StrCat("    applicability: |\n      ", rule, "\n")));
    EXPECT_TRUE(DiagnosticsOf(below).empty()) << Rendered(below);
  }
}

TEST(CompileYaml, CountsColumnsInBytesAndPutsTheCaretUnderTheCharacter) {
  const std::string rendered = Rendered(CatalogYaml(OfferText("a", "    eligibility: \"'ж' == 'ж' && nope\"\n")));
  EXPECT_THAT(rendered, StartsWith("c.yaml:12:35: offers.eligibility: "));
  EXPECT_THAT(rendered, HasSubstr("\n  " + std::string(32, ' ') + "^"));
}

TEST(CompileYaml, RefusesAnUnknownKeyAndNamesTheKnownOnes) {
  const std::string rendered = Rendered(CatalogYaml(OfferText("a", "    wieght: 2\n")));
  EXPECT_THAT(rendered, StartsWith("c.yaml:12:5: offers.wieght: unknown key; known are "));
  EXPECT_THAT(rendered, HasSubstr("weight"));
  EXPECT_THAT(rendered, HasSubstr("\n      wieght: 2\n      ^"));
}

TEST(CompileYaml, RefusesAKeyGivenTwice) {
  EXPECT_THAT(Rendered(CatalogYaml(OfferText("a", "    value: 3\n"))),
              StartsWith("c.yaml:12:5: offers.value: given twice"));
}

TEST(CompileYaml, TellsMistakesOfStructureAndOfContentInOneRun) {
  const std::vector<Diagnostic> diagnostics =
      DiagnosticsOf("catalog: test\ncurrency: USD\ndefault_locale: en\nscore: offer.valeu\noffers:\n  - just words\n" +
                    OfferText("a", "    weight: heavy\n    wieght: 2\n    products: p1\n"));
  std::vector<std::string> places;
  for (const Diagnostic& d : diagnostics) places.push_back(d.rendered.substr(0, d.rendered.find(": ", 7)));
  EXPECT_THAT(places, ::testing::ElementsAre("c.yaml:4:8", "c.yaml:6:5", "c.yaml:13:13", "c.yaml:14:5", "c.yaml:15:15"))
      << diagnostics.front().rendered;
}

TEST(CompileYaml, ASlipInARequiredKeyIsToldOnce) {
  EXPECT_THAT(Rendered("catalog: x\ncurency: USD\ndefault_locale: en\nscore: 1.0\n"),
              HasSubstr("c.yaml:2:1: curency: unknown key; known are "));
  EXPECT_THAT(Rendered("catalog: x\ncurency: USD\ndefault_locale: en\nscore: 1.0\n"),
              HasSubstr("; did you mean 'currency'?"));
}

TEST(CompileYaml, RefusesNestingThatNoCatalogNeeds) {
  EXPECT_THAT(Rendered("catalog: " + std::string(1000, '[') + "\n"), HasSubstr("c.yaml:1:41: nested deeper than 32"));
  EXPECT_FALSE(DiagnosticsOf("a: &x [*x]\n").empty()) << "a list cannot hold itself";
}

TEST(CompileYaml, FindsThePlaceBehindAnAnchor) {
  EXPECT_THAT(Rendered(WithScore("&formula 1.0 + nope")), StartsWith("c.yaml:4:23: score: "));
}

TEST(CompileYaml, NamesAKeyThatIsMissing) {
  EXPECT_THAT(Rendered("catalog: x\ncurrency: USD\nscore: 1.0\n"),
              StartsWith("c.yaml:1:1: default_locale: is required"));
  EXPECT_THAT(
      Rendered("catalog: x\ncurrency: USD\ndefault_locale: en\nscore: 1.0\nsegments:\n  - id: s\n    rule: 'true'\n"),
      StartsWith("c.yaml:6:5: segments.name: is required"));
  EXPECT_THAT(Rendered(CatalogYaml(OfferText("a", "    coupon: {barcode: B}\n"))),
              HasSubstr("offers.coupon.code: is required"));
}

TEST(CompileYaml, ReadsRfmSegments) {
  auto result = CompileYaml(CatalogYaml(OfferText("a")) +
                                "rfm_segments:\n  - {id: best, name: Best, recency: 5, frequency: 4-5, monetary: 3-5}\n"
                                "  - {id: gone, name: Gone, recency: 1}\n",
                            "c.yaml", {"USD", 0});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result));
  const std::vector<RfmSegment>& segments = std::get<std::shared_ptr<Catalog>>(result)->rfm.segments();
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_EQ(segments[0].id, "best");
  EXPECT_EQ(segments[0].name, "Best");
  EXPECT_EQ(segments[0].recency.low, 5);
  EXPECT_EQ(segments[0].frequency.low, 4);
  EXPECT_EQ(segments[0].monetary.low, 3);
  EXPECT_EQ(segments[1].recency.high, 1);
  EXPECT_EQ(segments[1].monetary.high, 5) << "a range that is left out is all scores";
}

TEST(CompileYaml, TheRfmSegmentsOfTheManualAreTheDefault) {
  std::ifstream file(NBO_SOURCE_DIR "/deploy/sample/README.md", std::ios::binary);
  const std::string manual((std::istreambuf_iterator<char>(file)), {});
  const size_t begin = manual.find("rfm_segments:\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string written = manual.substr(begin, manual.find("```", begin) - begin);
  auto result = CompileYaml(CatalogYaml(OfferText("a")) + written, "c.yaml", {"USD", 0});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result)) << written;
  const RfmSegmentation& read = std::get<std::shared_ptr<Catalog>>(result)->rfm;
  const RfmSegmentation published;
  ASSERT_EQ(read.segments().size(), published.segments().size());
  for (size_t i = 0; i < published.segments().size(); ++i) {
    EXPECT_EQ(read.segments()[i].id, published.segments()[i].id);
    EXPECT_EQ(read.segments()[i].name, published.segments()[i].name);
  }
  for (int cell = 0; cell < kRfmCells; ++cell) {
    EXPECT_EQ(read.PositionOf(RfmScores::OfCell(cell)), published.PositionOf(RfmScores::OfCell(cell))) << cell;
  }
}

TEST(CompileYaml, PointsAtTheMistakesOfRfmSegments) {
  const std::string before = CatalogYaml(OfferText("a"));  // 13 lines; the key is in line 14
  const auto rendered = [&before](const std::string& more) { return Rendered(before + "rfm_segments:\n" + more); };
  EXPECT_THAT(rendered("  - {id: a, name: A, recency: 0-3}\n"),
              StartsWith("c.yaml:15:31: rfm_segments.recency: '0-3' is no range of scores"));
  EXPECT_THAT(rendered("  - {id: a, name: A, recency: 5}\n  - {id: a, name: A, recency: 4}\n"),
              StartsWith("c.yaml:16:10: rfm_segments.id: 'a' is already used in line 15"));
  EXPECT_THAT(rendered("  - {id: a, name: A, loyalty: 5}\n"),
              StartsWith("c.yaml:15:22: rfm_segments.loyalty: unknown key; known are frequency, id, monetary, name"));
  EXPECT_THAT(rendered("  - {id: a}\n"), StartsWith("c.yaml:15:5: rfm_segments.name: is required"));
  std::string many;
  for (int i = 0; i < 51; ++i) many += absl::StrCat("  - {id: s", i, ", name: S}\n");
  EXPECT_THAT(rendered(many), HasSubstr("rfm_segments: 51 entries; at most 50 are allowed"));
}

TEST(CompileYaml, RefusesNodesOfTheWrongShape) {
  const std::pair<std::string, const char*> cases[] = {
      {"- a\n- b\n", "c.yaml:1:1: a mapping"},
      {WithScore("[1, 2]"), "c.yaml:4:8: score: a single value is expected"},
      {WithScore(""), "c.yaml:4:1: score: is empty"},
      {WithScore("\"\""), "c.yaml:4:8: score: is empty"},
      {CatalogYaml(OfferText("a", "    products: p1\n")), "c.yaml:12:15: offers.products: a list is expected"},
      {CatalogYaml(OfferText("a", "    products: [[p1]]\n")),
       "c.yaml:12:16: offers.products: a single value is expected"},
      {CatalogYaml(OfferText("a", "    window: 2024\n")), "c.yaml:12:13: offers.window: a mapping"},
      {CatalogYaml("  - just words\n"), "c.yaml:6:5: offers: a mapping"},
      {CatalogYaml(OfferText("a", "    [1]: 2\n")), "c.yaml:12:5: offers: a key must be a word"},
  };
  for (const auto& [yaml, message] : cases) {
    const std::vector<Diagnostic> diagnostics = DiagnosticsOf(yaml);
    ASSERT_FALSE(diagnostics.empty()) << message;
    EXPECT_THAT(diagnostics[0].rendered, StartsWith(message));
  }
}

TEST(CompileYaml, SaysWhereTheTextIsNoYaml) {
  const std::string rendered = Rendered("catalog: x\ncurrency: [USD\nscore: 1\n");
  EXPECT_THAT(rendered, StartsWith("c.yaml:"));
  EXPECT_THAT(rendered, HasSubstr(": not YAML: "));
  EXPECT_FALSE(DiagnosticsOf("").empty());
  EXPECT_FALSE(DiagnosticsOf("a: *nowhere\n").empty());
  EXPECT_FALSE(DiagnosticsOf("\t- {").empty());
}

TEST(CompileYaml, RefusesTextThatIsNotUtf8WithoutAPlace) {
  const std::vector<Diagnostic> diagnostics = DiagnosticsOf("catalog: caf\xE9\n");
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].line, 0);
  EXPECT_EQ(diagnostics[0].rendered, "c.yaml: not valid UTF-8; save the file as UTF-8");
}

TEST(CompileYaml, TellsMistakesInTheOrderOfTheFileAndAtMostAHundred) {
  std::string offers;
  for (int i = 0; i < 150; ++i) absl::StrAppend(&offers, OfferText(absl::StrCat("o", i), "    weight: heavy\n"));
  const std::vector<Diagnostic> diagnostics = DiagnosticsOf(CatalogYaml(offers));
  ASSERT_EQ(diagnostics.size(), kMaxDiagnostics);
  for (size_t i = 1; i < diagnostics.size(); ++i) EXPECT_LT(diagnostics[i - 1].line, diagnostics[i].line);
}

TEST(CompileYaml, RefusesASecondDocumentInsteadOfDroppingIt) {
  EXPECT_THAT(Rendered(CatalogOf("a") + "---\n" + OfferText("b")), HasSubstr("a second document begins here"));
}

TEST(CompileYaml, RefusesAliasesThatMakeASmallFileLarge) {
  std::string products;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&products, i == 0 ? "" : ", ", i);
  std::string yaml = CatalogYaml(absl::StrCat("  - &o\n    products: [", products, "]\n    id: a\n"));
  for (int i = 0; i < 9000; ++i) yaml += "  - *o\n";
  const std::vector<Diagnostic> diagnostics = DiagnosticsOf(yaml);
  ASSERT_FALSE(diagnostics.empty());
  EXPECT_THAT(diagnostics[0].message, HasSubstr("aliases"));
}

TEST(CompileYaml, TakesAliasesThatSaveTyping) {
  const std::string yaml = CatalogYaml(OfferText("a", "    eligibility: &rule customer.recency_days > 3\n") +
                                       OfferText("b", "    eligibility: *rule\n"));
  EXPECT_THAT(DiagnosticsOf(yaml), ::testing::IsEmpty());
}

TEST(CompileYaml, ShowsOnlyTheSurroundingsInAVeryLongLine) {
  const std::string padding(100'000, 'x');
  const std::vector<Diagnostic> diagnostics = DiagnosticsOf(
      "{catalog: test, currency: USD, default_locale: en, offers: [], score: '1.0 + wieght', name: " + padding + "}\n");
  ASSERT_EQ(diagnostics.size(), 2u) << "of the rule and of the key";
  for (const Diagnostic& d : diagnostics) EXPECT_LT(d.rendered.size(), 1000u) << d.rendered;
}

TEST(CompileYaml, SurvivesACutAnywhere) {
  const std::string yaml = CatalogYaml(OfferText("a", "    eligibility: \"'ж' == 'ж'\"\n    products: [p1, 'p2']\n"));
  for (size_t length = 0; length < yaml.size(); ++length) CompileYaml(yaml.substr(0, length), "c.yaml", {"USD", 0});
}

}  // namespace
}  // namespace nbo::server
