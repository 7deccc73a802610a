// What a score is made of: chances learned, context weights, the default formula, factors shown and taken out.
#include "core/decision/factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "core/catalog/terms.h"
#include "core/decision/engine.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/catalog/experiments_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 12, 0, 0), absl::UTCTimeZone());

class FactorsTest : public ::testing::Test {
 protected:
  FactorsTest() {
    Fold(ReceiptOf("c", "1", 19'885, {Bought("MILK", 300), Bought("TEA", 100)}), &state_);
    request_.channel = Channel::kPos;
    request_.max_offers = 9;
    request_.explain = true;
  }

  // Half of what coffee costs is the supplier's.
  static CatalogDraft Shelf(const std::string& score) {
    CatalogDraft draft = DraftOfCatalog(
        {{.id = "coffee", .value = "4", .cost = "2", .propensity = "0.25", .weight = "3", .categories = {"MILK"}},
         {.id = "bread", .value = "1", .cost = "0", .propensity = "0.5", .is_default = true}},
        score);
    draft.offers[0].supplier = SupplierDraft{At("ACME"), At("0.5")};
    draft.offers[0].evidence = At("40");
    return draft;
  }
  static CatalogDraft ShelfWithDefaultScore() {
    CatalogDraft draft = Shelf("");
    draft.score.given = false;
    return draft;
  }
  static void AddContext(const std::string& when, const std::string& weight, CatalogDraft* draft) {
    draft->context_weights.push_back({{1, 1}, At(when), At(weight)});
  }

  Explanation Explained(const CatalogDraft& draft, size_t offer = 0) {
    catalog_ = Compiled(draft);
    decision_ =
        Decide(*catalog_, {known_ ? &state_ : nullptr, nullptr, 0, customer_id_}, request_, kNow, {}, circumstances_);
    return decision_.explanations.at(offer);
  }
  static std::map<std::string, double> ValuesOf(const Explanation& explanation) {
    std::map<std::string, double> values;
    for (const ScoreFactor& factor : explanation.factors) values[std::string(factor.name)] = factor.value;
    return values;
  }

  CustomerState state_;
  std::string customer_id_;
  bool known_ = true;
  OfferRequest request_;
  Circumstances circumstances_;
  std::shared_ptr<Catalog> catalog_;
  Decision decision_;
};

TEST_F(FactorsTest, TheDefaultFormulaIsWhatAnOfferIsExpectedToEarn) {
  CatalogDraft draft = ShelfWithDefaultScore();
  EXPECT_DOUBLE_EQ(*Explained(draft).score, 0.25 * (4 - 2 + 1) * 3);
  AddContext("request.channel == \"POS\"", "2", &draft);
  AddContext("customer.frequency_lifetime == 1", "0.5", &draft);
  AddContext("customer.frequency_lifetime > 1", "100", &draft);
  AddContext("basket.total > 0.0", "10", &draft);
  EXPECT_DOUBLE_EQ(*Explained(draft).score, 0.25 * (4 - 2 + 1) * 3 * 2 * 0.5);
  request_.basket = {{"p", "MILK", 1000, 100}};
  EXPECT_DOUBLE_EQ(*Explained(draft).score, 0.25 * (4 - 2 + 1) * 3 * 2 * 0.5 * 10);
  EXPECT_DOUBLE_EQ(ValuesOf(Explained(draft)).at("context_weight"), 10);
}

TEST_F(FactorsTest, AreThoseThatTheFormulaNames) {
  const Explanation all = Explained(ShelfWithDefaultScore());
  EXPECT_EQ(ValuesOf(all), (std::map<std::string, double>{{"offer.propensity", 0.25},
                                                          {"offer.value", 4},
                                                          {"offer.cost", 2},
                                                          {"offer.supplier_share", 0.5},
                                                          {"offer.weight", 3},
                                                          {"context_weight", 1}}));
  EXPECT_EQ(all.factors.at(0).evidence, 40);
  EXPECT_EQ(all.factors.at(1).evidence, std::nullopt);
  EXPECT_EQ(ValuesOf(Explained(Shelf("offer.weight * offer.affinity + double(offer.visits)"))),
            (std::map<std::string, double>{{"offer.weight", 3}, {"offer.affinity", 0.75}, {"offer.visits", 1}}));
}

TEST_F(FactorsTest, NeutralOnesHaveNoSayInColumnsNorOfferByOffer) {
  const struct {
    const char* name;
    double score;  // of propensity 0.25, value 4, cost 2, share 0.5, weight 3, context 7
  } cases[] = {{"offer.propensity", 63},       {"offer.value", 0.25 * -1 * 21},
               {"offer.cost", 0.25 * 4 * 21},  {"offer.supplier_share", 0.25 * 2 * 21},
               {"offer.weight", 0.25 * 3 * 7}, {"context_weight", 2.25}};
  for (const bool by_column : {true, false}) {
    CatalogDraft draft = ShelfWithDefaultScore();
    AddContext("true", "7", &draft);
    draft.score_floor = At("-100");
    // Naming the kind of an offer makes a formula go offer by offer.
    if (!by_column) draft.score = At(std::string(kDefaultScore) + " + (offer.kind == \"x\" ? 1.0 : 0.0)");
    ASSERT_EQ(Compiled(draft)->score_columns.has_value(), by_column);
    for (const auto& c : cases) {
      request_.neutral_factors = *FactorsNamed({c.name});
      EXPECT_DOUBLE_EQ(*Explained(draft).score, c.score) << c.name << by_column;
      const auto coffee = std::find_if(decision_.offers.begin(), decision_.offers.end(),
                                       [](const RankedOffer& ranked) { return ranked.offer->id == "coffee"; });
      ASSERT_NE(coffee, decision_.offers.end());
      EXPECT_DOUBLE_EQ(coffee->score, c.score) << c.name << by_column;
    }
  }
  request_.neutral_factors = *FactorsNamed({"offer.visits", "offer.affinity"});
  EXPECT_EQ(*Explained(Shelf("1.0 + offer.affinity + double(offer.visits)")).score, 1);
}

TEST_F(FactorsTest, UnknownOnesAreRefusedWithThoseThatAreKnown) {
  EXPECT_EQ(FactorsNamed({"offer.cost", "propensity"}).status().message(),
            "neutral_factors: 'propensity' is no factor; use offer.propensity, offer.value, offer.cost, "
            "offer.supplier_share, offer.weight, context_weight, offer.affinity, offer.visits");
  EXPECT_EQ(*FactorsNamed({}), 0);
  request_.neutral_factors = 1;
  EXPECT_TRUE(ValidateOfferRequest(request_).ok());
  request_.explain = false;
  EXPECT_THAT(std::string(ValidateOfferRequest(request_).message()), HasSubstr("neutral_factors: "));
}

TEST_F(FactorsTest, ChancesAreTheModelsInTheScoreAndTheAuthorsInRules) {
  CatalogDraft draft = ShelfWithDefaultScore();
  draft.offers[0].eligibility = At("offer.propensity == 0.25");
  const auto catalog = Compiled(draft);
  OutcomeCounts counts;
  counts.Add({Hash64("coffee"), 0, Channel::kPos}, {40, 30});
  const PropensityModel model(PriorsOf(*catalog), RfmSegmentKeys(*catalog), counts);
  circumstances_.propensity = &model;
  const Propensity learned = model.Get(0, Channel::kPos, kNoRfmSegment);
  ASSERT_GT(learned.belief.mean, 0.4);
  const Explanation coffee = Explained(draft);
  EXPECT_EQ(coffee.gate, Gate::kShown);
  EXPECT_DOUBLE_EQ(*coffee.score, learned.belief.mean * 3 * 3);
  EXPECT_EQ(ValuesOf(coffee).at("offer.propensity"), learned.belief.mean);
  EXPECT_EQ(coffee.factors.at(0).evidence, learned.belief.evidence);
  EXPECT_EQ(decision_.offers.at(0).propensity, learned.belief.mean);

  // Computed again from what was used, without the model.
  const absl::Span<const double> used = model.Means(Channel::kPos, kNoRfmSegment);
  const std::vector<double> kept(used.begin(), used.end());
  circumstances_ = {};
  circumstances_.propensities = kept;
  const Explanation again = Explained(draft);
  EXPECT_EQ(again.score, coffee.score);
  EXPECT_EQ(again.factors.at(0).evidence, std::nullopt);
}

TEST_F(FactorsTest, NobodysChancesAnswerCustomersOfTheControlGroup) {
  CatalogDraft draft = ShelfWithDefaultScore();
  draft.control = DraftOfControl("1", "2026");
  customer_id_ = "anna";
  const std::vector<double> persons = {0.9, 0.9}, nobodys = {0.1, 0.1};
  circumstances_.propensities = persons;
  circumstances_.nobodys_propensities = nobodys;
  Explained(draft);
  EXPECT_EQ(decision_.offers.at(0).propensity, 0.1);
  EXPECT_EQ(decision_.ghosts.at(0).propensity, 0.9);
}

}  // namespace
}  // namespace nbo
