// Budgets, suppliers, evidence, campaigns and attribution of a catalog: read, checked and reviewed.
#include "core/catalog/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "core/base/hash.h"
#include "core/catalog/review.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/catalog/compile_mistakes.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two offers, the first with all there is.
CatalogDraft Draft() {
  CatalogDraft draft = DraftOfCatalog({{.id = "coffee", .cost = "0.75"}, {.id = "bread"}});
  OfferDraft& coffee = draft.offers[0];
  coffee.budget = BudgetDraft{{7, 5}, At("1000"), At("500.10"), At("2")};
  coffee.supplier = SupplierDraft{At("ACME"), At("0.5")};
  coffee.evidence = At("50");
  coffee.campaign = At("spring");
  coffee.attribution_days = At("14");
  return draft;
}

std::vector<std::string> WarningsOf(const CatalogDraft& draft) {
  std::vector<std::string> messages;
  const CatalogReview review = ReviewCatalog(draft, {});
  EXPECT_THAT(review.mistakes, IsEmpty());
  for (const CatalogMistake& warning : review.warnings) {
    messages.push_back(warning.message);
  }
  return messages;
}

TEST(OfferTerms, AreReadAsTheyAreWritten) {
  const auto catalog = Compiled(Draft());
  const OfferTerms& coffee = catalog->offers[0].terms;
  EXPECT_EQ(coffee.budget_count, 1000);
  EXPECT_EQ(coffee.budget_amount, 500.10);
  EXPECT_EQ(coffee.per_customer, 2);
  EXPECT_EQ(coffee.supplier, "ACME");
  EXPECT_EQ(coffee.supplier_share, 0.5);
  EXPECT_EQ(coffee.evidence, 50);
  EXPECT_EQ(coffee.campaign, "spring");
  EXPECT_EQ(coffee.attribution_days, 14);
}

TEST(OfferTerms, AreUnboundedIfNothingIsWritten) {
  const auto catalog = Compiled(Draft());
  const OfferTerms& bread = catalog->offers[1].terms;
  EXPECT_EQ(bread.budget_count, kNoLimit);
  EXPECT_FALSE(bread.budget_amount.has_value());
  EXPECT_EQ(bread.per_customer, kNoLimit);
  EXPECT_EQ(bread.supplier + bread.campaign, "");
  EXPECT_EQ(bread.supplier_share, 0);
  EXPECT_EQ(bread.evidence, 20);
  EXPECT_EQ(bread.attribution_days, 7);
}

TEST(OfferTerms, TheCatalogSaysHowLongOffersAreWaitedForThatDoNot) {
  CatalogDraft draft = Draft();
  draft.attribution_days = At("30");
  const auto catalog = Compiled(draft);
  EXPECT_EQ(catalog->offers[0].terms.attribution_days, 14);
  EXPECT_EQ(catalog->offers[1].terms.attribution_days, 30);
}

TEST(OfferTerms, TellMistakesByTheirFields) {
  const auto mistakes = [](const auto& change) {
    CatalogDraft draft = Draft();
    change(&draft.offers[0]);
    return MistakesOf(draft);
  };
  using Offer = OfferDraft;
  EXPECT_THAT(mistakes([](Offer*) {}), IsEmpty());
  EXPECT_THAT(mistakes([](Offer* o) { o->budget = BudgetDraft(); }),
              ElementsAre("offers.budget: limits nothing; give it count, amount or per_customer, or remove it"));
  EXPECT_THAT(mistakes([](Offer* o) { o->budget->count = At("0"); }),
              ElementsAre("offers.budget.count: '0' is no whole number of 1 to 1000000000"));
  EXPECT_THAT(mistakes([](Offer* o) { o->budget->count = At("1.5"); }),
              ElementsAre("offers.budget.count: '1.5' is no whole number of 1 to 1000000000"));
  EXPECT_THAT(mistakes([](Offer* o) { o->budget->amount = At("-1"); }),
              ElementsAre("offers.budget.amount: -1 is outside 0..1e+09"));
  EXPECT_THAT(mistakes([](Offer* o) { o->budget->per_customer = At("513"); }),
              ElementsAre("offers.budget.per_customer: '513' is no whole number of 1 to 512"));
  EXPECT_THAT(mistakes([](Offer* o) { o->supplier->share = At("50"); }),
              ElementsAre("offers.supplier.share: 50 is outside 0..1"));
  EXPECT_THAT(mistakes([](Offer* o) { o->supplier->name = At(std::string(101, 'a')); }),
              ElementsAre("offers.supplier.name: 101 characters; at most 100 fit"));
  EXPECT_THAT(mistakes([](Offer* o) { o->evidence = At("0.5"); }),
              ElementsAre("offers.evidence: 0.5 is outside 1..1e+06"));
  EXPECT_THAT(mistakes([](Offer* o) { o->campaign = At("Spring!"); }),
              ElementsAre("offers.campaign: 'Spring!' is no id; use 1 to 64 of a-z, 0-9, '-', '_' and '.'"));
  EXPECT_THAT(mistakes([](Offer* o) { o->attribution_days = At("366"); }),
              ElementsAre("offers.attribution_days: '366' is no whole number of 1 to 365"));
  CatalogDraft draft = Draft();
  draft.attribution_days = At("a week");
  EXPECT_THAT(MistakesOf(draft), ElementsAre("attribution_days: 'a week' is no whole number of 1 to 365"));
}

TEST(OfferTerms, ABudgetThatPaysForNoRedemptionIsAMistake) {
  CatalogDraft draft = Draft();
  draft.offers[0].budget->amount = At("0.74", {8, 20});
  const CatalogReview review = ReviewCatalog(draft, {});
  ASSERT_EQ(review.mistakes.size(), 1u);
  EXPECT_EQ(review.mistakes[0].message,
            "offers.budget.amount: 0.74 does not pay for one redemption, which costs 0.75; the offer would never be "
            "shown");
  EXPECT_EQ(review.mistakes[0].place.line, 8);
}

TEST(OfferTerms, AreReviewed) {
  EXPECT_THAT(WarningsOf(Draft()), IsEmpty());
  CatalogDraft draft = Draft();
  OfferDraft& coffee = draft.offers[0];
  coffee.budget->per_customer = At("1000");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("offers.budget.per_customer: 1000 of 1000 in all; it decides nothing"));
  coffee.budget->per_customer = At("2");
  coffee.is_default = At("true");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("offers.budget.per_customer: a default offer goes to people nobody knows, "
                                             "too; theirs cannot be counted"));
  coffee.is_default = std::nullopt;
  coffee.supplier->share = At("0");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("offers.supplier: 'ACME' pays nothing: the share is 0"));
  coffee.supplier->share = At("0.5");
  coffee.cost = At("0");
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("offers.budget.amount: the offer's cost is 0, so nothing is held back while people have it; "
                          "say what a redemption costs, or limit the count",
                          "offers.supplier: 'ACME' pays nothing: the offer's cost is 0"));
}

TEST(OfferTerms, WhatTheSupplierPaysIsNoLoss) {
  CatalogDraft draft = Draft();
  draft.offers[0].value = At("1");
  draft.offers[0].cost = At("1.9");
  EXPECT_THAT(WarningsOf(draft), IsEmpty()) << "1.9, of which half is paid";
  draft.offers[0].cost = At("2.1");
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("offers.cost: 2.1 is more than the value 1, even with the share of 'ACME'; "
                          "whoever accepts costs money"));
}

TEST(OfferTerms, OffersThatDifferInTheirBudgetOnlyAreNotTheSame) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .treatments = {}}, {.id = "b", .treatments = {}}});
  EXPECT_EQ(WarningsOf(draft).size(), 1u) << "one of them is the other again";
  draft.offers[1].budget = BudgetDraft{{}, At("10"), std::nullopt, std::nullopt};
  EXPECT_THAT(WarningsOf(draft), IsEmpty());
}

TEST(CatalogTerms, AreHandedToTheBookOfBudgetsInMinorUnits) {
  CatalogDraft draft = Draft();
  draft.offers.push_back(DraftOfOffer({.id = "tea", .cost = "1.999"}));
  draft.offers[2].budget = BudgetDraft{{}, At("10"), std::nullopt, std::nullopt};
  const auto catalog = Compiled(draft);
  const std::vector<OfferBudget> budgets = BudgetsOf(*catalog, 100);
  ASSERT_EQ(budgets.size(), 2u);
  EXPECT_EQ(budgets[0].position, 0u);
  EXPECT_EQ(budgets[0].offer, Hash64("coffee"));
  EXPECT_EQ(budgets[0].limits, (BudgetLimits{1000, 50'010, 2}));
  EXPECT_EQ(budgets[0].cost_minor, 75);
  EXPECT_EQ(budgets[1].position, 2u);
  EXPECT_EQ(budgets[1].limits, (BudgetLimits{10, kNoLimit, kNoLimit}));
  EXPECT_EQ(budgets[1].cost_minor, 200);
  EXPECT_EQ(BudgetsOf(*catalog, 1)[0].limits.minor, 500) << "a currency without cents";
}

TEST(CatalogTerms, OffersThatLimitSinglePersonsOnlyHaveNoBudgetOverAll) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a"}});
  draft.offers[0].budget = BudgetDraft{{}, std::nullopt, std::nullopt, At("1")};
  EXPECT_THAT(BudgetsOf(*Compiled(draft), 100), IsEmpty());
}

TEST(CatalogTerms, AreHandedToTheModelOfPropensities) {
  const auto catalog = Compiled(Draft());
  const std::vector<PropensityPrior> priors = PriorsOf(*catalog);
  ASSERT_EQ(priors.size(), 2u);
  EXPECT_EQ(priors[0].offer, Hash64("coffee"));
  EXPECT_EQ(priors[0].mean, 0.1);
  EXPECT_EQ(priors[0].evidence, 50);
  EXPECT_EQ(priors[1].evidence, 20);
  const std::vector<uint64_t> segments = RfmSegmentKeys(*catalog);
  ASSERT_EQ(segments.size(), catalog->rfm.segments().size());
  EXPECT_EQ(segments.back(), Hash64("others"));
}

}  // namespace
}  // namespace nbo
