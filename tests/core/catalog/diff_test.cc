#include "core/catalog/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/catalog/experiments_builder.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Lines(const CatalogDraft& before, const CatalogDraft& after) {
  std::vector<std::string> lines;
  for (const CatalogChange& change : DiffCatalogs(before, after)) {
    for (const std::string& text : change.changes) lines.push_back(absl::StrCat(change.subject, ": ", text));
  }
  return lines;
}

TEST(DiffCatalogs, OfTheSameCatalogIsEmpty) {
  const CatalogDraft draft = DraftOfCatalog({{.id = "a", .eligibility = "customer.known"}, {.id = "b"}});
  EXPECT_THAT(Lines(draft, draft), IsEmpty());
  CatalogDraft other = DraftOfCatalog({{.id = "b"}, {.id = "a", .eligibility = " customer.known\n", .value = "2.00"}});
  EXPECT_THAT(Lines(draft, other), IsEmpty()) << "numbers by value, rules by words, offers in any order";
}

TEST(DiffCatalogs, TellsWhatChangedOfAnOffer) {
  const CatalogDraft before = DraftOfCatalog({{.id = "coffee",
                                               .eligibility = "customer.recency_days > 45",
                                               .to = "2024-03-31",
                                               .value = "2.10",
                                               .products = {"p1", "p2"},
                                               .treatments = {{"POS", "en"}, {"WEB", "en"}}}});
  CatalogDraft after = DraftOfCatalog({{.id = "coffee",
                                        .group = "drinks",
                                        .eligibility = "customer.recency_days > 30",
                                        .value = "2.50",
                                        .products = {"p2", "p3"},
                                        .treatments = {{"POS", "en"}, {"POS", "ru"}}}});
  after.offers[0].treatments[0].title = At("Coffee");
  after.offers[0].treatments[0].price = At("$2.49");
  EXPECT_THAT(
      Lines(before, after),
      ElementsAre("offer 'coffee': group added: 'drinks'", "offer 'coffee': window to removed, was '2024-03-31'",
                  "offer 'coffee': value 2.10 -> 2.50", "offer 'coffee': products: p3 added, p1 removed",
                  "offer 'coffee': eligibility: now 'customer.recency_days > 30', was "
                  "'customer.recency_days > 45'",
                  "offer 'coffee': treatment POS en: title added: 'Coffee'",
                  "offer 'coffee': treatment POS en: price added: '$2.49'", "offer 'coffee': treatment POS ru added",
                  "offer 'coffee': treatment WEB en removed"));
}

TEST(DiffCatalogs, TellsWhatChangedOfMoneyAndChances) {
  CatalogDraft before = DraftOfCatalog({{.id = "coffee"}}), after = before;
  OfferDraft& was = before.offers[0];
  OfferDraft& now = after.offers[0];
  was.budget = BudgetDraft{{}, At("1000"), At("500.0"), std::nullopt};
  now.budget = BudgetDraft{{}, At("2000"), At("500"), At("2")};
  was.evidence = At("20");
  now.propensity = At("0.2");
  was.supplier = SupplierDraft{At("ACME"), At("0.5")};
  now.supplier = SupplierDraft{At("ACME"), At("0.6")};
  now.campaign = At("spring");
  was.attribution_days = At("7");
  now.attribution_days = At("14");
  after.attribution_days = At("10");
  EXPECT_THAT(Lines(before, after),
              ElementsAre("catalog: attribution_days added: '10'", "offer 'coffee': propensity 0.1 -> 0.2",
                          "offer 'coffee': evidence removed, was '20'", "offer 'coffee': budget count 1000 -> 2000",
                          "offer 'coffee': budget per_customer added: '2'", "offer 'coffee': supplier share 0.5 -> 0.6",
                          "offer 'coffee': campaign added: 'spring'", "offer 'coffee': attribution_days 7 -> 14"));
}

TEST(DiffCatalogs, TellsWhatCameAndWent) {
  CatalogDraft before = DraftOfCatalog({{.id = "a"}, {.id = "b"}}, "offer.weight");
  CatalogDraft after = DraftOfCatalog({{.id = "c"}, {.id = "b"}}, "offer.value");
  AddSegment("s", "customer.known", &before);
  AddSegment("s", "!customer.known", &after);
  AddSegment("t", "customer.known", &after);
  after.placements.push_back({At("banner"), At("30")});
  EXPECT_THAT(Lines(before, after),
              ElementsAre("catalog: score: now 'offer.value', was 'offer.weight'", "placement 'banner': added",
                          "segment 's': rule: now '!customer.known', was 'customer.known'", "segment 't': added",
                          "offer 'c': added", "offer 'a': removed"));
}

TEST(DiffCatalogs, TheOrderOfRfmSegmentsCounts) {
  auto with = [](const std::vector<std::string>& ids) {
    CatalogDraft draft = DraftOfCatalog({});
    for (const std::string& id : ids) draft.rfm_segments.push_back({{1, 1}, At(id), At(id), At("5")});
    return draft;
  };
  EXPECT_THAT(Lines(with({"a", "b"}), with({"b", "a"})), ElementsAre("RFM segments: order: now b, a, was a, b"));
}

TEST(DiffCatalogs, TellsWhatChangedOfTheContactPolicy) {
  CatalogDraft before = DraftOfCatalog({{.id = "a"}}), after = before;
  before.contact_policy.caps = {{{}, At("3"), At("1")}, {{}, At("1"), {}, At("4"), At("POS")}};
  before.contact_policy.consent = {At("SMS")};
  before.contact_policy.cooldowns.declined_days = At("30");
  before.contact_policy.quiet_hours = {{{}, At("21:00"), At("09:00"), {At("SMS"), At("PUSH")}}};
  before.offers[0].contact = OfferContactDraft{{}, At("2"), At("30")};
  EXPECT_THAT(Lines(before, before), IsEmpty());
  after.contact_policy.caps = {before.contact_policy.caps[1],
                               {{}, At("2"), At("7"), {}, {}, At("pantry")},
                               {{}, At("2"), At("7"), {}, {}, At("*")},
                               {{}, At("3"), At("30"), {}, {}, {}, At("*")}};
  after.contact_policy.consent = {At("SMS"), At("EMAIL")};
  after.contact_policy.cooldowns.declined_days = At("60");
  after.contact_policy.reservation_minutes = {{"POS", At("15")}, {"default", At("60")}};
  after.contact_policy.presumed = {At("POS")};
  after.offers[0].contact = OfferContactDraft{{}, At("1"), At("30"), {}, {.accepted_days = At("90")}};
  EXPECT_THAT(
      Lines(before, after),
      ElementsAre("contact_policy: caps: 2 per 7 days for group 'pantry', 2 per 7 days for each group, 3 per 30 "
                  "days for each offer added, 3 per 1 day removed",
                  "contact_policy: declined_days 30 -> 60",
                  "contact_policy: quiet_hours: 21:00 to 09:00 for SMS and PUSH removed",
                  "contact_policy: consent: EMAIL added",
                  "contact_policy: reservation_minutes: POS 15, default 60 added",
                  "contact_policy: presumed: POS added", "offer 'a': contact max 2 -> 1",
                  "offer 'a': contact accepted_days added: '90'"));
}

TEST(DiffCatalogs, TellsWhatChangedOfControlAndExperiments) {
  CatalogDraft before = DraftOfCatalog({{.id = "milk"}, {.id = "curd"}});
  before.control = DraftOfControl("0.05", "2026");
  before.experiments.push_back(DraftOfExperiment("e", {"milk"}));
  before.experiments.push_back(DraftOfExperiment("over", {"milk"}));
  before.score_variants.push_back({At("e/bold"), At("offer.value")});
  before.offers[0].treatments.push_back(DraftOfVariant("e/bold", "POS", "en", "MILK!"));
  EXPECT_THAT(Lines(before, before), IsEmpty());
  CatalogDraft after = before;
  after.control->share = At("0.1");
  after.control->salt = At("02026");
  after.control->rotate_days = At("182");
  after.experiments.pop_back();
  after.experiments[0].coverage = At("0.5");
  after.experiments[0].space = NamespaceDraft{At("n"), At("0"), At("0.5")};
  after.experiments[0].offers.push_back(At("curd"));
  after.experiments[0].variants[0].withheld = At("true");
  after.score_variants[0].score = At("offer.weight");
  after.score_variants.push_back({At("e/plain"), At("offer.cost")});
  after.offers[0].treatments[1].script = At("Milk!");
  after.offers[1].treatments.push_back(DraftOfVariant("e/bold", "POS", "en", "CURD!"));
  EXPECT_THAT(Lines(before, after),
              ElementsAre("catalog: score of e/bold: now 'offer.weight', was 'offer.value'",
                          "catalog: score of e/plain added: 'offer.cost'", "control group: share 0.05 -> 0.1",
                          "control group: salt 2026 -> 02026", "control group: rotate_days added: '182'",
                          "experiment 'e': namespace added: 'n 0..0.5'", "experiment 'e': coverage 1 -> 0.5",
                          "experiment 'e': offers: curd added",
                          "experiment 'e': variants: now 'plain 0.5 withheld, bold 0.5', was 'plain 0.5, bold 0.5'",
                          "experiment 'over': removed",
                          "offer 'milk': treatment POS en of e/bold: script: now 'Milk!', was 'MILK!'",
                          "offer 'curd': treatment POS en of e/bold added"));
  after = before;
  after.control.reset();
  after.score_variants.clear();
  EXPECT_THAT(Lines(before, after),
              ElementsAre("catalog: score of e/bold removed, was 'offer.value'", "control group: removed"));
  EXPECT_THAT(Lines(after, before),
              ElementsAre("catalog: score of e/bold added: 'offer.value'", "control group: added"));
}

}  // namespace
}  // namespace nbo
