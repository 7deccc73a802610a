#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <ostream>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "tests/core/catalog/compile_mistakes.h"
#include "tests/core/catalog/experiments_builder.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Two offers of a group and a default one; an experiment about the first with two texts, one about both that withholds.
CatalogDraft Good() {
  CatalogDraft draft = DraftOfCatalog({{.id = "milk", .group = "dairy", .treatments = {{"POS", "en"}, {"WEB", "en"}}},
                                       {.id = "curd", .group = "dairy"},
                                       {.id = "hello", .is_default = true}});
  draft.control = DraftOfControl("0.05", "2026");
  draft.control->rotate_days = At("182");
  draft.control->rotate_from = At("2026-01-01");
  draft.experiments.push_back(DraftOfExperiment("script-test", {"milk"}));
  draft.experiments.push_back(
      DraftOfExperiment("dairy-pays", {"milk", "curd"}, {{"without", "0.1", true}, {"with", "0.9"}}));
  draft.offers[0].treatments.push_back(DraftOfVariant("script-test/bold", "POS", "en", "MILK!"));
  draft.score_variants.push_back({At("script-test/bold"), At("offer.value")});
  return draft;
}

struct Case {
  std::string name;
  std::string message;  // its beginning
  std::function<void(CatalogDraft&)> make;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ExperimentMistake : public ::testing::TestWithParam<Case> {};

TEST_P(ExperimentMistake, GivesOneMessageThatNamesTheField) {
  CatalogDraft draft = Good();
  GetParam().make(draft);
  EXPECT_THAT(MistakesOf(draft), ElementsAre(StartsWith(GetParam().message)));
}

std::string NameOfCase(const ::testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    OfControl, ExperimentMistake,
    ::testing::Values(
        Case{"Share", "control.share: 5 is outside 0..1", [](CatalogDraft& d) { d.control->share = At("5"); }},
        Case{"FineShare", "control.share: 0.00005 is finer than the 10,000 buckets; use at most four decimals",
             [](CatalogDraft& d) { d.control->share = At("0.00005"); }},
        Case{"Salt", "control.salt: 'new salt' is no id", [](CatalogDraft& d) { d.control->salt = At("new salt"); }},
        Case{"NoDays", "control.rotate_days: is required with rotate_from",
             [](CatalogDraft& d) { d.control->rotate_days.reset(); }},
        Case{"NoFrom", "control.rotate_from: is required with rotate_days",
             [](CatalogDraft& d) { d.control->rotate_from.reset(); }},
        Case{"Days", "control.rotate_days: '0' is no whole number of 1 to 3650",
             [](CatalogDraft& d) { d.control->rotate_days = At("0"); }},
        Case{"From", "control.rotate_from: '01.01.2026' is no date; write YYYY-MM-DD",
             [](CatalogDraft& d) { d.control->rotate_from = At("01.01.2026"); }}),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    OfExperiments, ExperimentMistake,
    ::testing::Values(
        Case{"Id", "experiments.id: 'Dairy' is no id", [](CatalogDraft& d) { d.experiments[1].id = At("Dairy"); }},
        Case{"SameId", "experiments.id: 'script-test' is already used in line 1",
             [](CatalogDraft& d) { d.experiments[1].id = At("script-test"); }},
        Case{"Weights", "experiments.variants: the weights of 'dairy-pays' add up to 0.99, not to 1",
             [](CatalogDraft& d) { d.experiments[1].variants[1].weight = At("0.89"); }},
        Case{"NegativeWeight", "experiments.variants.weight: -0.1 is outside 0..1",
             [](CatalogDraft& d) {
               d.experiments[1].variants[0].weight = At("-0.1");
               d.experiments[1].variants[1].weight = At("1");
               d.experiments[1].variants.push_back(d.experiments[1].variants[0]);
               d.experiments[1].variants[2].id = At("more");
               d.experiments[1].variants[2].weight = At("0.1");
             }},
        Case{"SameVariant", "experiments.variants.id: 'with' is already used in line 1",
             [](CatalogDraft& d) { d.experiments[1].variants[0].id = At("with"); }},
        Case{"OneVariant", "experiments.variants: 'dairy-pays' has fewer than two",
             [](CatalogDraft& d) { d.experiments[1].variants.pop_back(); }},
        Case{"AllWithheld", "experiments.variants: all of 'dairy-pays' are withheld",
             [](CatalogDraft& d) { d.experiments[1].variants[1].withheld = At("true"); }},
        Case{"Withheld", "experiments.variants.withheld: write true or false",
             [](CatalogDraft& d) { d.experiments[1].variants[1].withheld = At("yes"); }},
        Case{"Coverage", "experiments.coverage: 50 is outside 0..1",
             [](CatalogDraft& d) { d.experiments[1].coverage = At("50"); }},
        Case{"EmptyRange", "experiments.namespace: from 0.5 to 0.5 holds nobody; write from < to",
             [](CatalogDraft& d) {
               d.experiments[1].space = NamespaceDraft{At("n"), At("0.5"), At("0.5")};
             }},
        Case{"UnknownOffer", "experiments.offers: no offer 'cord' is in this catalog; did you mean 'curd'?",
             [](CatalogDraft& d) { d.experiments[1].offers[1] = At("cord"); }},
        Case{"OfferTwice", "experiments.offers: 'milk' is already used in line 1",
             [](CatalogDraft& d) { d.experiments[1].offers[1] = At("milk"); }},
        Case{"DefaultOffer", "experiments: 'hello' is a default offer, which is the same for everybody; leave it out",
             [](CatalogDraft& d) { d.experiments[1].offers[1] = At("hello"); }},
        Case{"UnknownGroup", "experiments.group: no offer is in 'diary'; did you mean 'dairy'?",
             [](CatalogDraft& d) {
               d.experiments[1].offers.clear();
               d.experiments[1].group = At("diary");
             }},
        Case{"About", "experiments: what is it about? Give it offers: [ID, ...], group: ID or campaign: ID",
             [](CatalogDraft& d) { d.experiments[1].offers.clear(); }},
        Case{"OffersAndGroup", "experiments: give it one of offers, group and campaign",
             [](CatalogDraft& d) { d.experiments[1].group = At("dairy"); }},
        Case{"Overlap",
             "experiments.namespace: 'dairy-pays' and 'script-test' overlap in 'n', and both are about offer 'milk'; "
             "give them ranges that do not overlap",
             [](CatalogDraft& d) {
               d.experiments[0].space = NamespaceDraft{At("n"), At("0"), At("0.6")};
               d.experiments[1].space = NamespaceDraft{At("n"), At("0.5"), At("1")};
             }},
        Case{"TwoTexts",
             "experiments: 'more' and 'script-test' both vary the treatments of offer 'milk'; give them ranges of one "
             "namespace that do not overlap",
             [](CatalogDraft& d) {
               d.experiments.push_back(DraftOfExperiment("more", {"milk"}));
               d.offers[0].treatments.push_back(DraftOfVariant("more/bold", "WEB", "en", "Milk!"));
             }},
        Case{"TwoFormulas", "experiments: 'dairy-pays' and 'script-test' both vary the score of offer 'milk'; give",
             [](CatalogDraft& d) {
               d.score_variants.push_back({At("dairy-pays/with"), At("offer.weight")});
             }}),
    NameOfCase);

TreatmentDraft& VariantTreatment(CatalogDraft& d) { return d.offers[0].treatments[2]; }

INSTANTIATE_TEST_SUITE_P(
    OfVariants, ExperimentMistake,
    ::testing::Values(
        Case{"NoSlash", "offers.treatments.variant: 'bold' names no variant; write EXPERIMENT/VARIANT",
             [](CatalogDraft& d) { VariantTreatment(d).variant = At("bold"); }},
        Case{"UnknownExperiment",
             "offers.treatments.variant: no experiment 'scripttest' is in this catalog; did you mean 'script-test'?",
             [](CatalogDraft& d) { VariantTreatment(d).variant = At("scripttest/bold"); }},
        Case{"UnknownVariant",
             "offers.treatments.variant: experiment 'script-test' has no variant 'bald'; did you mean 'bold'?",
             [](CatalogDraft& d) { VariantTreatment(d).variant = At("script-test/bald"); }},
        Case{"WithheldVariant", "offers.treatments.variant: 'dairy-pays/without' is withheld: those in it are shown",
             [](CatalogDraft& d) { VariantTreatment(d).variant = At("dairy-pays/without"); }},
        Case{
            "OtherOffer",
            "offers.treatments.variant: experiment 'script-test' is not about offer 'curd'; add it to the experiment's",
            [](CatalogDraft& d) {
              d.offers[1].treatments.push_back(DraftOfVariant("script-test/bold", "POS", "en", "CURD!"));
            }},
        Case{"SecondOne", "offers.treatments: a second one for POS in 'en' of script-test/bold",
             [](CatalogDraft& d) { d.offers[0].treatments.push_back(VariantTreatment(d)); }},
        Case{"NobodyElse",
             "offers.treatments: offer 'curd' has no text for WEB in the default locale 'en' for those who are in no "
             "variant; give it one without 'variant'",
             [](CatalogDraft& d) {
               d.experiments[0].offers.push_back(At("curd"));
               d.offers[1].treatments.push_back(DraftOfVariant("script-test/bold", "WEB", "en", "Curd!"));
             }},
        Case{"MissingLanguage",
             "offers.treatments.variant: 'script-test/bold' has no text for POS in 'ru', as the treatment without a "
             "variant has; give it one",
             [](CatalogDraft& d) { d.offers[0].treatments.push_back(DraftOfTreatment("milk", "POS", "ru")); }},
        Case{"LanguageOfAVariantOnly",
             "offers.treatments: for POS in 'ru' there is a text of a variant only; give it one without 'variant', too",
             [](CatalogDraft& d) {
               d.offers[0].treatments.push_back(DraftOfVariant("script-test/bold", "POS", "ru", "MOLOKO!"));
             }},
        Case{"ScoreOfNoVariant", "score_variants: experiment 'script-test' has no variant 'thin'",
             [](CatalogDraft& d) { d.score_variants[0].variant = At("script-test/thin"); }},
        Case{"ScoreTwice", "score_variants: 'script-test/bold' is already used in line 1",
             [](CatalogDraft& d) { d.score_variants.push_back(d.score_variants[0]); }},
        Case{"Formula", "score_variants: unknown name 'offer.valu'; did you mean 'offer.value'?",
             [](CatalogDraft& d) { d.score_variants[0].score = At("offer.valu"); }}),
    NameOfCase);

TEST(CompileExperiments, GivesTheEngineWhatItNeeds) {
  const auto catalog = Compiled(Good(), /*window_shift_days=*/30);
  ASSERT_TRUE(catalog->control.has_value());
  EXPECT_EQ(catalog->control->rules().share, 0.05);
  EXPECT_EQ(catalog->control->rules().salt, "2026");
  EXPECT_EQ(catalog->control->rules().rotate_days, 182);
  EXPECT_EQ(catalog->control->rules().rotate_from, DayOf(absl::CivilDay(2026, 1, 1))) << "not moved with the windows";
  ASSERT_EQ(catalog->experiments.size(), 2u);
  EXPECT_THAT(catalog->experiments[0].offers(), ElementsAre(0));
  EXPECT_THAT(catalog->experiments[1].offers(), ElementsAre(0, 1));
  EXPECT_TRUE(catalog->experiments[1].variants()[0].withheld);
  EXPECT_THAT(catalog->offers[0].experiments, ElementsAre(0, 1));
  EXPECT_THAT(catalog->offers[1].experiments, ElementsAre(1));
  EXPECT_THAT(catalog->offers[2].experiments, IsEmpty());
  ASSERT_EQ(catalog->variant_scores.size(), 2u);
  ASSERT_EQ(catalog->variant_scores[0].size(), 2u);
  EXPECT_FALSE(catalog->variant_scores[0][0].has_value());
  EXPECT_EQ(catalog->variant_scores[0][1]->facts, kOfferWords);
  EXPECT_THAT(catalog->variant_scores[1], IsEmpty());
}

TEST(CompileExperiments, TakesAGroupOrACampaignForItsOffers) {
  CatalogDraft draft = Good();
  draft.experiments[1].offers.clear();
  draft.experiments[1].group = At("dairy");
  EXPECT_THAT(Compiled(draft)->experiments[1].offers(), ElementsAre(0, 1));
  draft.experiments[1].group.reset();
  draft.experiments[1].campaign = At("spring");
  EXPECT_THAT(MistakesOf(draft), ElementsAre("experiments.campaign: no offer is in 'spring'"));
  draft.offers[1].campaign = At("spring");
  EXPECT_THAT(Compiled(draft)->experiments[1].offers(), ElementsAre(1));
}

TEST(CompileExperiments, DefaultOffersOfAGroupTakeNoPart) {
  CatalogDraft draft = DraftOfCatalog({{.id = "milk", .group = "dairy"},
                                       {.id = "curd", .group = "dairy", .is_default = true},
                                       {.id = "card", .group = "cards", .is_default = true}});
  ExperimentDraft dairy = DraftOfExperiment("e", {});
  dairy.group = At("dairy");
  draft.experiments.push_back(dairy);
  const auto catalog = Compiled(draft);
  EXPECT_EQ(catalog->offers[0].experiments.size(), 1u);
  EXPECT_TRUE(catalog->offers[1].experiments.empty());
  draft.experiments[0].group = At("cards");
  EXPECT_THAT(MistakesOf(draft), ElementsAre("experiments.group: 'cards' has default offers only, which are the same "
                                             "for everybody"));
}

TEST(CompileExperiments, AllowsTwoThatVaryTheSameWhereTheyExcludeEachOther) {
  CatalogDraft draft = Good();
  draft.experiments.push_back(DraftOfExperiment("more", {"milk"}));
  draft.offers[0].treatments.push_back(DraftOfVariant("more/bold", "WEB", "en", "Milk!"));
  draft.score_variants.push_back({At("more/plain"), At("offer.value")});
  draft.experiments[0].space = NamespaceDraft{At("texts"), At("0"), At("0.5")};
  draft.experiments[2].space = NamespaceDraft{At("texts"), At("0.5"), At("1")};
  EXPECT_THAT(MistakesOf(draft), IsEmpty());
}

TEST(CompileExperiments, TellsAPairOnceHoweverManyOffersTheyShare) {
  CatalogDraft draft = Good();
  draft.experiments.push_back(draft.experiments[1]);
  draft.experiments[2].id = At("again");
  draft.experiments[1].space = draft.experiments[2].space = NamespaceDraft{At("n"), At("0"), At("1")};
  EXPECT_EQ(MistakesOf(draft).size(), 1u);
}

TEST(CompileExperiments, LimitsHowManyAreAboutOneOffer) {
  CatalogDraft draft = Good();
  while (draft.experiments.size() <= kMaxExperimentsPerOffer) {
    draft.experiments.push_back(draft.experiments[1]);
    draft.experiments.back().id = At(absl::StrCat("e", draft.experiments.size()));
  }
  EXPECT_THAT(MistakesOf(draft), ElementsAre("experiments: more than 16 are about offer 'milk'; end some of them"));
}

// An id that is in this variant of the experiment.
std::string IdIn(const Experiment& experiment, int variant) {
  for (int i = 0;; ++i) {
    if (const std::string id = absl::StrCat("id", i); experiment.Assign(id) == variant) return id;
  }
}

class Variants : public ::testing::Test {
 protected:
  Variants() {
    CatalogDraft draft = Good();
    for (const char* locale : {"en", "pt-BR", "ru"}) {
      draft.offers[0].treatments.push_back(DraftOfTreatment("milk", "PUSH", locale));
      draft.offers[0].treatments.push_back(DraftOfVariant("script-test/bold", "PUSH", locale, "MILK!"));
    }
    catalog_ = Compiled(draft);
  }
  Arms ArmsOf(int variant) {
    ids_.push_back(IdIn(catalog_->experiments[0], variant));
    return Arms(nullptr, catalog_->experiments, ids_.back(), absl::UnixEpoch());
  }
  const Treatment* Find(Channel channel, const std::string& locale, Arms* arms) {
    return catalog_->offers[0].FindTreatment(channel, locale, "en", arms);
  }
  std::shared_ptr<Catalog> catalog_;
  std::list<std::string> ids_;  // arms point to theirs
};

TEST_F(Variants, SpeakWithTheirOwnTreatmentsAndElseWithTheCommonOnes) {
  Arms plain = ArmsOf(0);
  EXPECT_EQ(Find(Channel::kPos, "en", &plain)->script, "milk in en");
  Arms bold = ArmsOf(1);
  EXPECT_EQ(Find(Channel::kPos, "en", &bold)->script, "MILK!");
  EXPECT_EQ(Find(Channel::kPos, "de", &bold)->script, "MILK!");
  EXPECT_EQ(Find(Channel::kWeb, "en", &bold)->title, "milk in en") << "it has none of its own there";
  EXPECT_EQ(Find(Channel::kSms, "en", &bold), nullptr);
  Arms nobody;
  EXPECT_EQ(Find(Channel::kPos, "en", &nobody)->script, "milk in en");
  EXPECT_EQ(Find(Channel::kPos, "en", nullptr)->script, "milk in en");
}

TEST_F(Variants, ChooseTheLanguageAsTheOthersDo) {
  Arms plain = ArmsOf(0);
  Arms bold = ArmsOf(1);
  for (const char* locale : {"en", "pt-BR", "pt-PT", "ru", "ru-RU", "de", ""}) {
    const Treatment *common = Find(Channel::kPush, locale, &plain), *own = Find(Channel::kPush, locale, &bold);
    EXPECT_EQ(common->experiment, -1) << locale;
    EXPECT_EQ(own->experiment, 0) << locale;
    EXPECT_EQ(own->locale, common->locale) << locale;
  }
}

TEST_F(Variants, AreScoredByTheirOwnFormula) {
  Arms plain = ArmsOf(0);
  EXPECT_EQ(catalog_->VariantScore(catalog_->offers[0], &plain), nullptr);
  Arms bold = ArmsOf(1);
  ASSERT_NE(catalog_->VariantScore(catalog_->offers[0], &bold), nullptr);
  EXPECT_EQ(catalog_->VariantScore(catalog_->offers[0], &bold)->expression.text(), "offer.value");
  EXPECT_EQ(catalog_->VariantScore(catalog_->offers[1], &bold), nullptr) << "the experiment is not about it";
  Arms nobody;
  EXPECT_EQ(catalog_->VariantScore(catalog_->offers[0], &nobody), nullptr);
}

}  // namespace
}  // namespace nbo
