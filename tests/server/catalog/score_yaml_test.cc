// The score, its context weights and the bounds of arbitration in YAML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/catalog/source.h"
#include "tests/server/catalog/catalog_text.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;

// The first line of `more` is line 14.
std::vector<std::string> MistakesOf(const std::string& more) {
  const auto result = CompileYaml(CatalogYaml(OfferText("a")) + more, "c.yaml", {"USD", 0});
  std::vector<std::string> told;
  if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&result)) {
    for (const Diagnostic& d : *mistakes) told.push_back(absl::StrCat(d.line, ":", d.column, ": ", d.message));
  }
  return told;
}

TEST(ScoreYaml, ReadsEveryKeyAndNeedsNoFormula) {
  const std::string yaml =
      "catalog: test\ncurrency: USD\ndefault_locale: en\n"
      "context_weights:\n"
      "  - {when: request.hour >= 18, weight: 1.5}\n"
      "  - {when: customer.known, weight: 2}\n"
      "arbitration: {per_category: 2}\n"
      "offers:\n" +
      OfferText("a");
  const auto result = CompileYaml(yaml, "c.yaml", {"USD", 0});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result))
      << std::get<std::vector<Diagnostic>>(result)[0].rendered;
  const Catalog& catalog = *std::get<std::shared_ptr<Catalog>>(result);
  EXPECT_EQ(catalog.score->text(), kDefaultScore);
  ASSERT_EQ(catalog.context_weights.size(), 2u);
  EXPECT_EQ(catalog.context_weights[0].weight, 1.5);
  EXPECT_EQ(catalog.context_weights[1].when.text(), "customer.known");
  EXPECT_EQ(catalog.per_category, 2);
}

TEST(ScoreYaml, TellsMistakesAtTheirPlaces) {
  EXPECT_THAT(MistakesOf("arbitration: {}\n"),
              ElementsAre("14:14: arbitration: bounds nothing; give it per_category, or remove it"));
  EXPECT_THAT(MistakesOf("arbitration: {per_category: none}\n"),
              ElementsAre("14:29: arbitration.per_category: 'none' is no whole number of 1 to 100"));
  EXPECT_THAT(MistakesOf("arbitration: 3\n"),
              ElementsAre("14:14: arbitration: a mapping (key: value) is expected here"));
  EXPECT_EQ(MistakesOf("context_weights: [{when: customer.known, wight: 2}]\n").size(), 1u);
  EXPECT_EQ(MistakesOf("context_weights: [{when: offer.in_basket, weight: 2}]\n").size(), 1u);
}

}  // namespace
}  // namespace nbo::server
