#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/catalog/source.h"
#include "tests/server/catalog/catalog_text.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// Line 5 is the first of `sections`.
std::string Yaml(const std::string& sections) {
  return absl::StrCat(
      "catalog: test\ncurrency: USD\ndefault_locale: en\nscore: offer.value\n", sections,
      "offers:\n  - id: milk\n    name: Milk\n    kind: discount\n    value: 2\n    cost: 0.5\n    propensity: 0.1\n"
      "    treatments:\n      - {channel: POS, locale: en, script: Milk}\n"
      "      - {channel: POS, locale: en, script: MILK!, variant: script-test/bold}\n");
}

constexpr char kSections[] =
    "control: {share: 0.05, salt: \"2026\", rotate_days: 182, rotate_from: 2026-01-01}\n"
    "experiments:\n"
    "  - id: script-test\n"
    "    namespace: {id: scripts, from: 0.0, to: 0.5}\n"
    "    coverage: 0.8\n"
    "    offers: [milk]\n"
    "    variants: [{id: control, weight: 0.2, withheld: true}, {id: plain, weight: 0.4}, {id: bold, weight: 0.4}]\n"
    "score_variants: {script-test/bold: offer.value - offer.cost}\n";

std::vector<std::string> DiagnosticsOf(const std::string& yaml) {
  auto result = CompileYaml(yaml, "c.yaml", {"USD", 0});
  std::vector<std::string> told;
  if (auto* diagnostics = std::get_if<std::vector<Diagnostic>>(&result)) {
    for (const Diagnostic& d : *diagnostics) told.push_back(absl::StrCat(d.line, ":", d.column, ": ", d.message));
  }
  return told;
}

TEST(YamlExperiments, ReadsEveryKey) {
  auto result = CompileYaml(Yaml(kSections), "c.yaml", {"USD", 0});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result)) << DiagnosticsOf(Yaml(kSections))[0];
  const Catalog& catalog = *std::get<std::shared_ptr<Catalog>>(result);
  const GlobalControl::Rules& control = catalog.control->rules();
  EXPECT_EQ(control.share, 0.05);
  EXPECT_EQ(control.salt, "2026");
  EXPECT_EQ(control.rotate_days, 182);
  EXPECT_EQ(control.rotate_from, DayOf(absl::CivilDay(2026, 1, 1)));
  const Experiment& experiment = catalog.experiments.at(0);
  EXPECT_EQ(experiment.id(), "script-test");
  EXPECT_EQ(experiment.coverage(), 0.8);
  EXPECT_EQ(experiment.space()->id, "scripts");
  EXPECT_EQ(experiment.space()->range.begin, 0);
  EXPECT_EQ(experiment.space()->range.end, 0.5);
  EXPECT_THAT(experiment.offers(), ElementsAre(0));
  ASSERT_EQ(experiment.variants().size(), 3u);
  EXPECT_TRUE(experiment.variants()[0].withheld);
  EXPECT_FALSE(experiment.variants()[1].withheld);
  EXPECT_EQ(experiment.variants()[2].id, "bold");
  EXPECT_EQ(experiment.variants()[2].weight, 0.4);
  EXPECT_EQ(catalog.variant_scores.at(0).at(2)->expression.text(), "offer.value - offer.cost");
  EXPECT_EQ(catalog.offers.at(0).treatments.at(1).experiment, 0);
  EXPECT_EQ(catalog.offers.at(0).treatments.at(1).variant, 2);
}

TEST(YamlExperiments, PlacesMistakes) {
  EXPECT_THAT(
      DiagnosticsOf(Yaml("control: {share: 0.05, sult: x}\n"
                         "experiments:\n"
                         "  - id: script-test\n"
                         "    offers: [milk, mild]\n"
                         "    namespace: scripts\n"
                         "    variants:\n"
                         "      - {id: plain, weight: 0.4}\n"
                         "      - {id: bold, weight: 0.4}\n"
                         "score_variants:\n"
                         "  script-test/bold: offer.value +\n"
                         "  script-test/bald: offer.cost\n"
                         "  script-test/plain:\n")),
      ElementsAre(
          "5:24: control.sult: unknown key; known are rotate_days, rotate_from, salt, share; did you mean 'salt'?",
          "7:5: experiments.variants: the weights of 'script-test' add up to 0.8, not to 1",
          "8:20: experiments.offers: no offer 'mild' is in this catalog; did you mean 'milk'?",
          "9:16: experiments.namespace: a mapping (key: value) is expected here", StartsWith("14:"),
          "15:3: score_variants: experiment 'script-test' has no variant 'bald'; did you mean "
          "'bold'?",
          "16:3: score_variants.script-test/plain: is empty; give it a value or remove the key"));
}

TEST(YamlExperiments, TellsWhatHasTheWrongShape) {
  EXPECT_THAT(DiagnosticsOf(CatalogYaml(OfferText("a")) + "control: 0.05\nscore_variants: [x]\n"),
              ElementsAre("14:10: control: a mapping (key: value) is expected here",
                          "15:17: score_variants: a mapping (key: value) is expected here"));
  EXPECT_THAT(DiagnosticsOf(CatalogYaml(OfferText("a")) + "score_variants: {e/a: 1.0, e/a: 2.0}\n"),
              ElementsAre("14:18: score_variants: no experiment 'e' is in this catalog",
                          "14:28: score_variants.e/a: given twice"));
}

}  // namespace
}  // namespace nbo::server
