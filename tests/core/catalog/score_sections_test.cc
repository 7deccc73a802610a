// The sections of a catalog about its score: the default formula, context weights, arbitration. Read, checked,
// reviewed, compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/catalog/diff.h"
#include "core/catalog/review.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/catalog/compile_mistakes.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

CatalogDraft Draft(const std::string& score = "offer.weight * context_weight") {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .categories = {"MILK"}}}, score);
  draft.context_weights.push_back({{3, 5}, At("request.hour >= 18"), At("1.5")});
  draft.context_weights.push_back({{4, 5}, At("customer.known"), At("2")});
  draft.arbitration = ArbitrationDraft{{5, 1}, At("2")};
  return draft;
}

std::vector<std::string> WarningsOf(const CatalogDraft& draft) {
  std::vector<std::string> messages;
  const CatalogReview review = ReviewCatalog(draft, {});
  for (const CatalogMistake& mistake : review.mistakes) messages.push_back(mistake.message);
  for (const CatalogMistake& warning : review.warnings) messages.push_back(warning.message);
  return messages;
}

TEST(ScoreSections, AreReadAsTheyAreWritten) {
  const auto catalog = Compiled(Draft());
  ASSERT_EQ(catalog->context_weights.size(), 2u);
  EXPECT_EQ(catalog->context_weights[0].when.text(), "request.hour >= 18");
  EXPECT_EQ(catalog->context_weights[0].weight, 1.5);
  EXPECT_EQ(catalog->per_category, 2);
  EXPECT_EQ(catalog->offers[0].category_key, catalog->offers[0].category_keys[0]);
  const auto plain = Compiled(DraftOfCatalog({{.id = "a"}}));
  EXPECT_EQ(plain->per_category, 0);
  EXPECT_EQ(plain->offers[0].category_key, 0u);
  CatalogDraft silent = Draft();
  silent.score.given = false;
  EXPECT_EQ(Compiled(silent)->score->text(), kDefaultScore);
}

TEST(ScoreSections, MistakesNameTheFieldAndTheRemedy) {
  CatalogDraft draft = Draft();
  draft.context_weights[0].when = At("offer.value > 1.0");
  draft.context_weights[1].when = At("context_weight > 1.0");
  draft.arbitration->per_category = At("0");
  EXPECT_THAT(MistakesOf(draft),
              ElementsAre("context_weights.when: offer.value cannot stand here: a context weight is the same for all "
                          "offers of a request; use words about the customer, the basket and the request",
                          "context_weights.when: context_weight cannot stand here: a context weight is made of these "
                          "rules; use words about the customer, the basket and the request",
                          "arbitration.per_category: '0' is no whole number of 1 to 100"));
  draft = Draft();
  draft.context_weights[0].when = At("request.hour");
  draft.context_weights[1].weight = At("-1");
  draft.arbitration->per_category = std::nullopt;
  EXPECT_THAT(MistakesOf(draft),
              ElementsAre(StartsWith("context_weights.when: "), "context_weights.weight: -1 is outside 0..1e+06",
                          "arbitration: bounds nothing; give it per_category, or remove it"));
}

TEST(ScoreSections, WarnsOfWhatDecidesNothing) {
  EXPECT_THAT(WarningsOf(Draft()), IsEmpty());
  CatalogDraft draft = Draft("offer.weight");
  draft.offers[0].categories.clear();
  EXPECT_THAT(WarningsOf(draft), ElementsAre(StartsWith("context_weights: the score does not name context_weight"),
                                             "arbitration.per_category: no offer has categories; it bounds nothing"));
  draft = Draft();
  draft.context_weights[0].when = At("'best' in customer.segments");
  draft.context_weights[1].when = At("customer.recency_days < 3 && customer.recency_days > 5");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("context_weights.when: no segment 'best' is in this catalog",
                                             StartsWith("context_weights.when: never true: ")));
}

TEST(ScoreSections, DifferencesAreTold) {
  CatalogDraft before = Draft(), after = Draft();
  after.score.given = false;
  after.context_weights[1].weight = At("3");
  after.arbitration->per_category = At("1");
  std::vector<std::string> lines;
  for (const CatalogChange& change : DiffCatalogs(before, after)) {
    for (const std::string& line : change.changes) lines.push_back(absl::StrCat(change.subject, ": ", line));
  }
  EXPECT_THAT(lines, ElementsAre("catalog: score removed, was 'offer.weight * context_weight'",
                                 "catalog: context_weights: 3 when customer.known added, 2 when customer.known removed",
                                 "catalog: arbitration per_category 2 -> 1"));
}

}  // namespace
}  // namespace nbo
