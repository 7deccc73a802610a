// Decisions for customers in control groups and experiments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/decision/engine.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/experiments_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 12, 0, 0), absl::UTCTimeZone());

std::vector<std::string> Ids(const std::vector<RankedOffer>& offers) {
  std::vector<std::string> ids;
  for (const RankedOffer& ranked : offers) ids.push_back(ranked.offer->id);
  return ids;
}

class ExperimentTest : public ::testing::Test {
 protected:
  ExperimentTest() {
    Fold(ReceiptOf("c", "1", 19'885, {Bought("MILK", 300)}), &state_);
    request_.channel = Channel::kPos;
    request_.max_offers = 9;
  }

  static CatalogDraft Drinks() {
    // Of the default offers milk is the better one for a customer who buys milk, and card for everybody else.
    return DraftOfCatalog({{.id = "tea", .weight = "9"},
                           {.id = "coffee", .weight = "5"},
                           {.id = "milk", .weight = "1.5", .is_default = true, .categories = {"MILK"}},
                           {.id = "card", .weight = "2", .is_default = true}},
                          "offer.weight * (1.0 + 4.0 * offer.affinity)");
  }
  Decision DecideFor(const Catalog& catalog, const std::string& customer_id, bool known = true) const {
    Person person;
    person.state = known ? &state_ : nullptr;
    person.customer_id = customer_id;
    return Decide(catalog, person, request_, kNow, {});
  }
  // The first of "c0", "c1", ... for whom `holds`.
  template <typename Holds>
  static std::string FirstCustomer(Holds holds) {
    for (int i = 0; i < 10'000; ++i) {
      const std::string id = absl::StrCat("c", i);
      if (holds(id)) return id;
    }
    ADD_FAILURE() << "nobody of 10,000";
    return "";
  }

  CustomerState state_;
  OfferRequest request_;
};

TEST_F(ExperimentTest, ControlCustomersGetExactlyWhatNobodyGetsAndTheOthersWhatTheyGotWithoutAControlGroup) {
  CatalogDraft draft = Drinks();
  const auto without = Compiled(draft);
  draft.control = DraftOfControl("0.05", "2026");
  const auto catalog = Compiled(draft);
  const std::vector<RankedOffer> personal = DecideFor(*without, "x").offers;
  EXPECT_THAT(Ids(personal), ElementsAre("tea", "milk", "coffee", "card"));
  int control = 0;
  constexpr int kCustomers = 20'000;
  for (int i = 0; i < kCustomers; ++i) {
    const std::string id = absl::StrCat("customer-", i);
    const Decision decision = DecideFor(*catalog, id);
    if (decision.global.arm == GlobalArm::kTarget) {
      ASSERT_EQ(Ids(decision.offers), Ids(personal)) << id;
      ASSERT_THAT(decision.ghosts, IsEmpty()) << id;
      continue;
    }
    ++control;
    ASSERT_EQ(decision.global.arm, GlobalArm::kControl);
    const Decision nobody = DecideFor(*catalog, "", /*known=*/false);
    ASSERT_THAT(Ids(decision.offers), ElementsAre("card", "milk")) << id;
    for (size_t k = 0; k < nobody.offers.size(); ++k) {
      ASSERT_EQ(decision.offers[k].offer, nobody.offers[k].offer);
      ASSERT_EQ(decision.offers[k].score, nobody.offers[k].score) << "a personal score tells who it is";
    }
    ASSERT_EQ(Ids(decision.ghosts), Ids(personal)) << "what would have been given is told";
  }
  // Binomial: 4.5 standard deviations.
  EXPECT_NEAR(control, kCustomers * 0.05, 4.5 * std::sqrt(kCustomers * 0.05 * 0.95));
}

TEST_F(ExperimentTest, ControlCustomersGetNothingWhereThereAreNoDefaultOffers) {
  CatalogDraft draft = DraftOfCatalog({{.id = "tea"}});
  draft.control = DraftOfControl("1", "2026");
  draft.experiments.push_back(DraftOfExperiment("e", {"tea"}));
  const auto catalog = Compiled(draft);
  const Decision decision = DecideFor(*catalog, "anna");
  EXPECT_THAT(decision.offers, IsEmpty());
  EXPECT_THAT(decision.arms, IsEmpty()) << "no variant has reached the customer";
  EXPECT_THAT(Ids(decision.ghosts), ElementsAre("tea"));
}

TEST_F(ExperimentTest, AnExplanationTellsThatTheControlGroupGetsNone) {
  CatalogDraft draft = Drinks();
  draft.control = DraftOfControl("1", "2026");
  request_.explain = true;
  request_.max_offers = 1;
  const auto catalog = Compiled(draft);
  const Decision decision = DecideFor(*catalog, "anna");
  ASSERT_THAT(decision.explanations, SizeIs(4));
  EXPECT_EQ(decision.explanations[0].gate, Gate::kExperiment);
  EXPECT_THAT(decision.explanations[0].detail, HasSubstr("global control group"));
  EXPECT_THAT(decision.explanations[0].detail, HasSubstr("else it would be shown; score"));
  EXPECT_EQ(decision.explanations[0].score, 9);
  EXPECT_EQ(decision.explanations[1].gate, Gate::kExperiment);
  EXPECT_THAT(decision.explanations[1].detail, HasSubstr("else it would be not shown: all slots were taken"));
  const Decision nobodys = DecideFor(*catalog, "", /*known=*/false);
  for (const size_t i : {2, 3}) {
    EXPECT_EQ(decision.explanations[i].gate, nobodys.explanations[i].gate) << "default offers are as for anybody";
    EXPECT_EQ(decision.explanations[i].detail, nobodys.explanations[i].detail);
    EXPECT_EQ(decision.explanations[i].score, nobodys.explanations[i].score);
  }
  EXPECT_EQ(decision.explanations[3].gate, Gate::kShown);
}

TEST_F(ExperimentTest, UnknownCustomersAreInNoArm) {
  CatalogDraft draft = Drinks();
  draft.control = DraftOfControl("1", "2026");
  draft.experiments.push_back(DraftOfExperiment("e", {"tea"}));
  const auto catalog = Compiled(draft);
  const Decision decision = DecideFor(*catalog, "stranger", /*known=*/false);
  EXPECT_EQ(decision.global.arm, GlobalArm::kUnspecified);
  EXPECT_THAT(decision.ghosts, IsEmpty());
  EXPECT_THAT(decision.arms, IsEmpty());
}

TEST_F(ExperimentTest, AWithheldVariantGetsTheNextBestOffer) {
  CatalogDraft draft = Drinks();
  draft.experiments.push_back(DraftOfExperiment("pays", {"tea"}, {{"without", "0.3", true}, {"with", "0.7"}}));
  const auto catalog = Compiled(draft);
  const std::string without = FirstCustomer([&](auto id) { return catalog->experiments[0].Assign(id) == 0; });
  const std::string with = FirstCustomer([&](auto id) { return catalog->experiments[0].Assign(id) == 1; });
  EXPECT_THAT(Ids(DecideFor(*catalog, without).offers), ElementsAre("milk", "coffee", "card"));
  EXPECT_THAT(Ids(DecideFor(*catalog, with).offers), ElementsAre("tea", "milk", "coffee", "card"));
  EXPECT_THAT(DecideFor(*catalog, without).arms, SizeIs(1)) << "both sides of a comparison are recorded";
  EXPECT_THAT(DecideFor(*catalog, with).arms, SizeIs(1));
  request_.explain = true;
  const Explanation explanation = DecideFor(*catalog, without).explanations[0];
  EXPECT_EQ(explanation.gate, Gate::kExperiment);
  EXPECT_THAT(explanation.detail, HasSubstr("experiment 'pays'"));
}

TEST_F(ExperimentTest, AnExperimentIsNotRecordedWhereItsOffersDidNotTakePart) {
  CatalogDraft draft = Drinks();
  draft.offers[0].eligibility = At("customer.recency_days > 1000");
  draft.experiments.push_back(DraftOfExperiment("e", {"tea"}));
  EXPECT_THAT(DecideFor(*Compiled(draft), "anna").arms, IsEmpty());
}

TEST_F(ExperimentTest, EachVariantHasItsOwnWords) {
  CatalogDraft draft = Drinks();
  draft.experiments.push_back(DraftOfExperiment("script", {"tea"}));
  draft.offers[0].treatments.push_back(DraftOfVariant("script/bold", "POS", "en", "TEA NOW"));
  const auto catalog = Compiled(draft);
  const std::string plain = FirstCustomer([&](auto id) { return catalog->experiments[0].Assign(id) == 0; });
  const std::string bold = FirstCustomer([&](auto id) { return catalog->experiments[0].Assign(id) == 1; });
  EXPECT_EQ(DecideFor(*catalog, plain).offers[0].treatment->script, "tea in en");
  EXPECT_EQ(DecideFor(*catalog, bold).offers[0].treatment->script, "TEA NOW");
  EXPECT_EQ(DecideFor(*catalog, "").offers[0].treatment->script, "tea in en");
}

TEST_F(ExperimentTest, EachVariantHasItsOwnFormulaAndTheOtherOffersTheCatalogs) {
  CatalogDraft draft = Drinks();
  draft.experiments.push_back(DraftOfExperiment("formula", {"tea"}));
  draft.score_variants.push_back({At("formula/bold"), At("offer.weight / 2.0")});
  const auto catalog = Compiled(draft);
  const std::string plain = FirstCustomer([&](auto id) { return catalog->experiments[0].Assign(id) == 0; });
  const std::string bold = FirstCustomer([&](auto id) { return catalog->experiments[0].Assign(id) == 1; });
  EXPECT_THAT(Ids(DecideFor(*catalog, plain).offers), ElementsAre("tea", "milk", "coffee", "card"));
  const std::vector<RankedOffer> offers = DecideFor(*catalog, bold).offers;
  EXPECT_THAT(Ids(offers), ElementsAre("milk", "coffee", "tea", "card"));
  EXPECT_EQ(offers[2].score, 4.5);
  request_.explain = true;
  EXPECT_THAT(DecideFor(*catalog, bold).explanations[0].detail, HasSubstr("score of 'formula': offer.weight / 2.0"));
  EXPECT_THAT(DecideFor(*catalog, plain).explanations[0].detail, HasSubstr("offer.affinity"));
}

}  // namespace
}  // namespace nbo
