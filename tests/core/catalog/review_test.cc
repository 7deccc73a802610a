#include "core/catalog/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/core/catalog/experiments_builder.h"

namespace nbo {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> Messages(const std::vector<CatalogMistake>& mistakes) {
  std::vector<std::string> messages;
  for (const CatalogMistake& mistake : mistakes) messages.push_back(mistake.message);
  return messages;
}

std::vector<std::string> WarningsOf(const CatalogDraft& draft, const ReviewOptions& options = {}) {
  const CatalogReview review = ReviewCatalog(draft, options);
  EXPECT_THAT(Messages(review.mistakes), IsEmpty());
  return Messages(review.warnings);
}

std::vector<std::string> MistakesOf(const CatalogDraft& draft) {
  const CatalogReview review = ReviewCatalog(draft, {});
  EXPECT_THAT(Messages(review.warnings), IsEmpty());
  return Messages(review.mistakes);
}

TEST(ReviewCatalog, RefusesSegmentsThatDoNotExist) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .eligibility = "\"bets\" in customer.segments"}});
  AddSegment("best", "customer.known", &draft);
  EXPECT_THAT(MistakesOf(draft), ElementsAre("offers.eligibility: no segment 'bets' is in this catalog; did you mean "
                                             "'best'?"));
  draft.offers[0].eligibility = At("\"best\" in customer.segments");
  EXPECT_THAT(MistakesOf(draft), IsEmpty());
  draft.offers[0].eligibility = At("customer.rfm_segment in [\"champions\", \"champignons\", \"others\"]");
  EXPECT_THAT(MistakesOf(draft), ElementsAre("offers.eligibility: no RFM segment is called 'champignons'; did you mean "
                                             "'champions'?"));
  draft.offers[0].eligibility = At("request.channel != \"POSS\"");
  EXPECT_THAT(MistakesOf(draft), ElementsAre("offers.eligibility: no channel is called 'POSS'; did you mean 'POS'?"));
}

TEST(ReviewCatalog, TellsRulesThatCanNeverHoldFromThoseThatDecideNothing) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .applicability = "customer.known && !customer.known"}});
  EXPECT_THAT(MistakesOf(draft), ElementsAre("offers.applicability: never true, the offer would never be shown: "
                                             "'!customer.known' contradicts 'customer.known'"));
  draft.offers[0].applicability = At("true");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("offers.applicability: always true: it names nothing that could make it "
                                             "false; leave the rule out"));
  draft.offers[0].applicability = std::nullopt;
  AddSegment("nobody", "customer.recency_days < 3 && customer.recency_days > 5", &draft);
  EXPECT_THAT(WarningsOf(draft), ElementsAre("segments.rule: nobody will ever be in it: 'customer.recency_days > 5' "
                                             "contradicts 'customer.recency_days < 3'"));
}

TEST(ReviewCatalog, FindsNamesOfNothingInFormulas) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a"}}, "'best' in customer.segments ? 2.0 : 1.0");
  AddSegment("bests", "customer.recency_days < 9", &draft);
  EXPECT_THAT(MistakesOf(draft), ElementsAre("score: no segment 'best' is in this catalog; did you mean 'bests'?"));
}

TEST(ReviewCatalog, WarnsOfGroupsOfOne) {
  EXPECT_THAT(WarningsOf(DraftOfCatalog(
                  {{.id = "a", .group = "dairy"}, {.id = "b", .group = "dairy"}, {.id = "c", .group = "diary"}})),
              ElementsAre("offers.group: no other offer is in 'diary'; a group of one decides nothing; did you mean "
                          "'dairy'?"));
}

TEST(ReviewCatalog, WarnsOfWindowsThatAreOver) {
  const CatalogDraft draft = DraftOfCatalog({{.id = "a", .from = "2024-01-01", .to = "2024-01-31"}});
  const Day over = DayOf(absl::CivilDay(2024, 2, 1));
  EXPECT_THAT(WarningsOf(draft, {over, 0}),
              ElementsAre("offers.window: over since 2024-02-01; the offer will not be shown"));
  EXPECT_THAT(WarningsOf(draft, {over - 1, 0}), IsEmpty()) << "the last day is today";
  EXPECT_THAT(WarningsOf(draft, {over, 1}), IsEmpty()) << "moved by a day";
  EXPECT_THAT(WarningsOf(draft), IsEmpty()) << "nobody knows what day it is";
}

TEST(ReviewCatalog, WarnsOfALanguageThatOnlySomeTextsHave) {
  EXPECT_THAT(WarningsOf(DraftOfCatalog({{.id = "a", .treatments = {{"POS", "en"}, {"POS", "ru"}, {"WEB", "en"}}}})),
              ElementsAre("offers.treatments: offer 'a' has no text for WEB in 'ru', which it has in another channel"));
  EXPECT_THAT(WarningsOf(DraftOfCatalog({{.id = "a", .treatments = {{"WEB", "en"}, {"WEB", "ru"}}},
                                         {.id = "b", .treatments = {{"WEB", "en"}, {"WEB", "ru"}}},
                                         {.id = "c", .treatments = {{"WEB", "en"}}}})),
              ElementsAre("offers.treatments: offer 'c' has no text for WEB in 'ru', as 2 others have"));
  EXPECT_THAT(WarningsOf(DraftOfCatalog({{.id = "a", .treatments = {{"WEB", "en"}, {"WEB", "ru"}}},
                                         {.id = "b", .treatments = {{"WEB", "en"}}},
                                         {.id = "c", .treatments = {{"WEB", "en"}}}})),
              IsEmpty())
      << "one offer in Russian is no rule";
}

TEST(ReviewCatalog, WarnsOfAChannelInWhichEveryOtherOfferIsShown) {
  std::vector<OfferSpec> offers;
  for (const char* id : {"a", "b", "c", "d"})
    offers.push_back({.id = id, .treatments = {{"POS", "en"}, {"WEB", "en"}}});
  offers[2].treatments.pop_back();
  EXPECT_THAT(WarningsOf(DraftOfCatalog(offers)),
              ElementsAre("offers.treatments: offer 'c' has no text for WEB, where every other offer can be shown"));
  offers[3].treatments.pop_back();
  EXPECT_THAT(WarningsOf(DraftOfCatalog(offers)), IsEmpty());
}

TEST(ReviewCatalog, MeasuresTextsAgainstThePlacementsThatTheOfferNames) {
  CatalogDraft draft =
      DraftOfCatalog({{.id = "long-one", .placements = {"banner", "bannr"}, .treatments = {{"WEB", "en"}}}});
  EXPECT_THAT(MistakesOf(draft), IsEmpty()) << "nothing is declared";
  draft.placements.push_back({At("banner"), At("14"), std::nullopt, std::nullopt});
  EXPECT_THAT(MistakesOf(draft),
              ElementsAre("offers.placements: 'bannr' is not declared under placements; did you mean 'banner'?"));
  draft.placements[0].title_chars = At("12");
  draft.offers[0].placements.pop_back();
  EXPECT_THAT(MistakesOf(draft), ElementsAre("offers.treatments.title: 14 characters; placement 'banner' takes 12"));
  draft.placements.push_back({At("banner"), At("wide"), std::nullopt, std::nullopt});
  EXPECT_THAT(MistakesOf(draft),
              ElementsAre("placements.title_chars: 'wide' is no number of characters; write 1 to 10000",
                          "placements.id: 'banner' is declared twice",
                          "offers.treatments.title: 14 characters; placement 'banner' takes 12"));
}

TEST(ReviewCatalog, WarnsOfOffersThatLoseMoneyAndOfTwins) {
  EXPECT_THAT(WarningsOf(DraftOfCatalog({{.id = "a", .value = "1", .cost = "1.5"}})),
              ElementsAre("offers.cost: 1.5 is more than the value 1; whoever accepts costs money"));
  CatalogDraft draft = DraftOfCatalog({{.id = "a"}, {.id = "b"}});
  EXPECT_THAT(WarningsOf(draft), IsEmpty()) << "their texts differ";
  draft.offers[1].treatments = draft.offers[0].treatments;
  EXPECT_THAT(WarningsOf(draft), ElementsAre("offers: 'b' is 'a' of line 1 again under another name; remove one"));
  draft.offers[1].contact = OfferContactDraft{{}, At("2"), At("3")};
  EXPECT_THAT(WarningsOf(draft), IsEmpty()) << "told more rarely";
}

// A cap of `max` in so many days, in line `line`.
ContactCapDraft CapIn(int line, const std::string& max, const std::string& days) {
  return {{line, 9}, At(max), At(days)};
}

TEST(ReviewCatalog, WarnsOfCapsThatCanNeverBind) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .group = "pantry"}, {.id = "b", .group = "pantry"}});
  auto& caps = draft.contact_policy.caps;
  caps = {CapIn(4, "3", "7"), CapIn(5, "3", "1"), CapIn(6, "2", "1"), CapIn(7, "4", "30")};
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("contact_policy.caps: can never bind: line 4 allows at most 3 in 7 days already"));
  caps = {CapIn(4, "3", "7"), CapIn(5, "3", "7")};
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("contact_policy.caps: can never bind: line 4 allows at most 3 in 7 days already"));
  caps = {CapIn(4, "600", "7")};
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("contact_policy.caps: can never bind: of a customer, the last 512 contacts are kept"));
  caps = {CapIn(4, "2", "500")};
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("contact_policy.caps: counts 400 days only, of 500 days: older contacts are "
                          "forgotten"));
}

TEST(ReviewCatalog, KnowsWhichCapsAreOfOneChannelGroupOrOffer) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .group = "pantry", .treatments = {{"POS", "en"}, {"WEB", "en"}}},
                                       {.id = "b", .group = "pantry", .treatments = {{"POS", "en"}, {"WEB", "en"}}}});
  auto& caps = draft.contact_policy.caps;
  caps = {CapIn(4, "3", "7"), CapIn(5, "3", "7"), CapIn(6, "3", "7"), CapIn(7, "3", "7")};
  caps[0].channel = At("POS");
  caps[1].channel = At("WEB");
  caps[2].group = At("pantry");
  caps[3].offer = At("*");
  EXPECT_THAT(WarningsOf(draft), IsEmpty());
  caps[0].channel = std::nullopt;
  EXPECT_THAT(WarningsOf(draft), ::testing::SizeIs(3)) << "over all channels it covers them all";
  caps[0].group = At("*");
  caps[1].group = At("*");
  EXPECT_THAT(WarningsOf(draft), ::testing::SizeIs(2)) << "of the web, of the group";
  caps = {CapIn(4, "3", "7")};
  caps[0].group = At("pantry");
  draft.offers[0].contact = OfferContactDraft{{20, 14}, At("3"), At("1")};
  draft.offers[1].contact = OfferContactDraft{{30, 14}, At("2"), At("1")};
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("offers.contact: can never bind: line 4 allows at most 3 in 7 days already"));
}

TEST(ReviewCatalog, WarnsOfCapsOfWhatIsNotThere) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a", .group = "pantry"}, {.id = "b", .group = "pantry"}});
  draft.contact_policy.caps = {CapIn(4, "3", "7"), CapIn(5, "3", "7")};
  draft.contact_policy.caps[0].group = At("pantri");
  draft.contact_policy.caps[1].channel = At("SMS");
  EXPECT_THAT(
      WarningsOf(draft),
      ElementsAre("contact_policy.caps.group: no offer is in group 'pantri'; the cap binds nothing; did you mean "
                  "'pantry'?",
                  "contact_policy.caps.channel: no offer has a text for SMS; the cap binds nothing"));
}

TEST(ReviewCatalog, WarnsOfContactRulesThatSayNothingOrTooMuch) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a"}});
  draft.offers[0].contact = OfferContactDraft{};
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("offers.contact: says nothing; give it a cap or a cooldown, or leave it out"));
  draft.offers[0].contact->cooldowns.accepted_days = At("401");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("offers.contact: rests 400 days at most, not 401: older contacts are "
                                             "forgotten"));
}

TEST(ReviewCatalog, WarnsOfControlGroupsThatMeasureNothing) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a"}});
  draft.control = DraftOfControl("0.05", "s");
  EXPECT_THAT(WarningsOf(draft), IsEmpty());
  draft.control->share = At("0");
  draft.control->rotate_days = At("7");
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("control.share: of 0 nobody is in control; nothing is measured",
                          "control.rotate_days: everybody is drawn anew every 7 days; what offers bring shows over "
                          "weeks"));
  draft.control = DraftOfControl("0.5", "s");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("control.share: 0.5 of all customers will get no personal offer"));
}

TEST(ReviewCatalog, WarnsOfVariantsThatDifferInNothing) {
  CatalogDraft draft = DraftOfCatalog({{.id = "a"}});
  draft.experiments.push_back(DraftOfExperiment("e", {"a"}, {{"plain", "0.5"}, {"bold", "0.5"}, {"thin", "0"}}));
  EXPECT_THAT(WarningsOf(draft),
              ElementsAre("experiments.variants: 'bold' differs in nothing from 'plain'; give it treatments with "
                          "'variant: e/bold', a formula under score_variants, or 'withheld: true'",
                          "experiments.variants.weight: nobody will be in 'thin'",
                          "experiments.variants: 'thin' differs in nothing from 'plain'; give it treatments with "
                          "'variant: e/thin', a formula under score_variants, or 'withheld: true'"));
  draft.experiments[0].variants.pop_back();
  draft.offers[0].treatments.push_back(DraftOfVariant("e/bold", "POS", "en", "A!"));
  EXPECT_THAT(WarningsOf(draft), IsEmpty());
  draft.offers[0].treatments.pop_back();
  draft.score_variants.push_back({At("e/plain"), At("1.0")});
  EXPECT_THAT(WarningsOf(draft), IsEmpty());
  draft.score_variants.clear();
  draft.experiments[0].variants[0].withheld = At("true");
  EXPECT_THAT(WarningsOf(draft), IsEmpty());
  draft.experiments[0].coverage = At("0");
  EXPECT_THAT(WarningsOf(draft), ElementsAre("experiments.coverage: nobody takes part in 'e'"));
}

}  // namespace
}  // namespace nbo
