// Decisions as text: tests/core/decision/golden/NAME.txt holds the world, the request and what came out, for review.
//
// After a change that is meant, run NBO_UPDATE_GOLDEN=1 build/bin/nbo_core_test --gtest_filter='*Golden*' and read the
// difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/decision/engine.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

constexpr Day kToday = 19'888;  // 2024-06-14, a Friday

struct World {
  std::string name;
  std::string about;  // one sentence
  CatalogDraft draft;
  std::vector<Receipt> receipts;  // none: the customer is unknown
  OfferRequest request;
  absl::Time now = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 18, 30, 0), absl::UTCTimeZone());
  std::vector<Consent> consents = {};
  std::vector<Attribute> attributes = {};
  IdentityTypes identity_types = 0;
  std::string zone = "UTC";
};
void PrintTo(const World& world, std::ostream* out) { *out << world.name; }

std::string Line(absl::string_view name, absl::string_view value) {
  return value.empty() ? "" : absl::StrCat("  ", name, ": ", absl::StrReplaceAll(value, {{"\n", " / "}}), "\n");
}
std::string Line(absl::string_view name, const std::optional<Text>& text) {
  return Line(name, text ? text->value : "");
}

std::string TextOf(const OfferDraft& offer) {
  std::string text = absl::StrCat("offer ", offer.id.value, "\n", Line("group", offer.group));
  if (offer.window) {
    absl::StrAppend(&text, "  window: ", offer.window->from ? offer.window->from->value : "any day", " .. ",
                    offer.window->to ? offer.window->to->value : "any day", "\n");
  }
  if (offer.is_default) absl::StrAppend(&text, "  default: true\n");
  absl::StrAppend(&text, "  value ", offer.value.value, ", cost ", offer.cost.value, ", propensity ",
                  offer.propensity.value, ", weight ", offer.weight->value, "\n");
  auto names = [](const std::vector<Text>& texts) {
    return absl::StrJoin(texts, ", ", [](std::string* out, const Text& t) { absl::StrAppend(out, t.value); });
  };
  absl::StrAppend(&text, Line("categories", names(offer.categories)), Line("products", names(offer.products)),
                  Line("placements", names(offer.placements)), Line("eligibility", offer.eligibility),
                  Line("applicability", offer.applicability));
  for (const TreatmentDraft& t : offer.treatments) {
    absl::StrAppend(&text, "  ", t.channel.value, " ", t.locale.value, "\n");
  }
  return text;
}

std::string TextOf(const Receipt& receipt) {
  std::string text = absl::StrCat("receipt ", kToday - receipt.day, " days ago, ", ChannelName(receipt.channel),
                                  ", store ", receipt.store_id, ":");
  for (const ReceiptLine& line : receipt.lines) {
    absl::StrAppend(&text, " ", line.category, " ", line.amount_minor,
                    line.discount_minor != 0 ? absl::StrCat(" (-", line.discount_minor, ")") : "");
  }
  return absl::StrCat(text, "\n");
}

std::string TextOf(const OfferRequest& request) {
  std::string text = absl::StrCat("request ", ChannelName(request.channel), "\n", Line("placement", request.placement),
                                  Line("locale", request.locale));
  if (request.max_offers != 0) absl::StrAppend(&text, "  max_offers: ", request.max_offers, "\n");
  for (const BasketLine& line : request.basket) {
    absl::StrAppend(&text, "  basket: ", line.product_id, " ", line.category, " ", line.amount_minor, "\n");
  }
  for (const auto& [key, value] : request.attributes) absl::StrAppend(&text, "  attribute: ", key, " = ", value, "\n");
  return text;
}

std::string TextOf(const Decision& decision) {
  constexpr const char* kGates[] = {"?", "LIVE", "ELIGIBLE", "APPLICABLE", "SCORE", "ARBITRATION", "SHOWN"};
  std::string text = "==== answer\n";
  int rank = 0;
  for (const RankedOffer& ranked : decision.offers) {
    absl::StrAppend(&text, ++rank, ". ", ranked.offer->id, "  score ", ranked.score, "  ",
                    ranked.treatment->script.empty() ? ranked.treatment->title : ranked.treatment->script, "\n");
  }
  if (decision.offers.empty()) absl::StrAppend(&text, "(no offers)\n");
  absl::StrAppend(&text, "==== trace\n");
  for (const Explanation& e : decision.explanations) {
    absl::StrAppend(&text, e.offer->id, "  ", kGates[static_cast<int>(e.gate)],
                    e.score ? absl::StrCat("  ", *e.score) : "", "\n  ", e.detail, "\n");
  }
  return text;
}

std::string Play(const World& world) {
  std::string text = absl::StrCat("# ", world.about, "\n==== catalog\nscore: ", world.draft.score.value,
                                  "\nfloor: ", world.draft.score_floor->value, "\n");
  for (const SegmentDraft& s : world.draft.segments)
    absl::StrAppend(&text, "segment ", s.id.value, ": ", s.rule.value, "\n");
  for (const OfferDraft& offer : world.draft.offers) absl::StrAppend(&text, TextOf(offer));
  absl::StrAppend(&text, "==== customer\n");
  CustomerState state;
  for (const Receipt& receipt : world.receipts) {
    Fold(receipt, &state);
    absl::StrAppend(&text, TextOf(receipt));
  }
  for (const Consent& consent : world.consents) {
    AddConsent(consent, &state);
    absl::StrAppend(&text, "consent ", ChannelName(consent.channel), consent.granted ? " granted\n" : " withdrawn\n");
  }
  for (const Attribute& attribute : world.attributes) {
    AddAttribute(attribute, &state.attributes);
    absl::StrAppend(&text, "attribute ", attribute.key, attribute.value ? " = " : " removed",
                    attribute.value.value_or(""), "\n");
  }
  for (int type = 1; type < kIdentityTypeCount; ++type) {
    if ((world.identity_types >> type & 1) == 0) continue;
    absl::StrAppend(&text, "identity ", IdentityTypeName(static_cast<IdentityType>(type)), "\n");
  }
  if (world.receipts.empty()) absl::StrAppend(&text, "(unknown)\n");
  Deployment deployment;
  EXPECT_TRUE(absl::LoadTimeZone(world.zone, &deployment.time_zone));
  absl::StrAppend(&text, "==== asked at ", absl::FormatTime("%a %Y-%m-%d %H:%M", world.now, deployment.time_zone),
                  world.zone == "UTC" ? "" : absl::StrCat(" ", world.zone), "\n", TextOf(world.request));
  OfferRequest request = world.request;
  request.explain = true;
  const auto catalog = Compiled(world.draft);
  return absl::StrCat(
      text, TextOf(Decide(*catalog, {world.receipts.empty() ? nullptr : &state, nullptr, world.identity_types}, request,
                          world.now, deployment)));
}

std::vector<OfferSpec> Shelf() {
  const std::vector<std::pair<std::string, std::string>> everywhere = {{"POS", "en"}, {"KIOSK", "en"}, {"KIOSK", "ru"}};
  return {{.id = "milk-050",
           .group = "dairy",
           .eligibility = "category(\"MILK\").visits >= 1",
           .value = "1.80",
           .propensity = "0.2",
           .categories = {"MILK"},
           .treatments = everywhere},
          {.id = "yogurt-try",
           .group = "dairy",
           .eligibility = "category(\"MILK\").visits >= 1 && category(\"YOGURT\").visits == 0",
           .value = "2.50",
           .propensity = "0.1",
           .categories = {"MILK", "YOGURT"},
           .treatments = everywhere},
          {.id = "come-back", .eligibility = "customer.recency_days > 30", .value = "5", .treatments = everywhere},
          {.id = "evening-bread",
           .applicability = "request.hour >= 18 && !offer.in_basket",
           .value = "1.20",
           .propensity = "0.3",
           .categories = {"BREAD"},
           .treatments = everywhere},
          {.id = "last-year", .from = "2023-01-01", .to = "2023-12-31", .treatments = everywhere},
          {.id = "next-week", .from = "2024-06-21", .treatments = everywhere},
          {.id = "web-only", .treatments = {{"WEB", "en"}}},
          {.id = "cart-only", .placements = {"cart"}, .treatments = everywhere},
          {.id = "costs-more", .value = "0.2", .cost = "0.5", .treatments = everywhere},
          {.id = "club", .value = "0.9", .is_default = true, .treatments = everywhere}};
}

constexpr char kScore[] = "offer.weight * offer.propensity * (1.0 + 4.0 * offer.affinity) * (offer.value - offer.cost)";

std::vector<Receipt> MilkBuyer() {
  return {ReceiptOf("c", "1", kToday - 2, {Bought("MILK", 300, 20), Bought("BREAD", 200)}, "center"),
          ReceiptOf("c", "2", kToday - 40, {Bought("MILK", 450)}, "center"),
          ReceiptOf("c", "3", kToday - 41, {Bought("OIL", 900)}, "airport", Channel::kMobileApp),
          ReceiptOf("c", "4", kToday - 1, {Returned("OIL", 900)}, "center")};
}

World KioskAtEvening() {
  World world{"kiosk_at_evening",
              "Every gate turns something away; the group dairy shows its best only.",
              DraftOfCatalog(Shelf(), kScore),
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kKiosk;
  world.request.placement = "home";
  world.request.locale = "ru-RU";
  return world;
}

World TillWithOneSlot() {
  World world{"till_with_one_slot",
              "A till shows one offer; bread in the basket takes the bread offer away.",
              DraftOfCatalog(Shelf(), kScore),
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.basket = {{"p-BREAD", "BREAD", 1000, 200}};
  return world;
}

World UnknownCustomer() {
  World world{
      "unknown_customer", "Somebody unknown gets default offers only.", DraftOfCatalog(Shelf(), kScore), {}, {}};
  world.request.channel = Channel::kKiosk;
  return world;
}

World Segments() {
  CatalogDraft draft = DraftOfCatalog(
      {{.id = "vip-lounge", .eligibility = "\"vip\" in customer.segments"},
       {.id = "win-back", .eligibility = "\"lapsed\" in customer.segments || request.attributes.campaign == \"win\""},
       {.id = "umbrella", .applicability = "request.attributes[\"weather\"] == \"rain\"", .weight = "2"},
       {.id = "sunglasses", .applicability = "request.attributes.forecast == \"sun\""}},
      "offer.weight", "1");
  AddSegment("vip", "customer.revenue_365d >= 9.5", &draft);
  AddSegment("lapsed", "customer.recency_days > 90", &draft);
  World world{"segments_and_attributes",
              "Segments, attributes that are there and one that is missing; a floor that is not exceeded.",
              draft,
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 3;
  world.request.attributes = {{"weather", "rain"}};
  return world;
}

World StoreInTheEast() {
  World world{"store_in_the_east",
              "It is Friday evening in UTC and Saturday morning at the store: its clock and its days count.",
              DraftOfCatalog({{.id = "breakfast", .applicability = "request.hour >= 6 && request.hour < 11"},
                              {.id = "weekend", .applicability = "request.weekday == 0 || request.weekday == 6"},
                              {.id = "friday", .applicability = "request.weekday == 5"},
                              {.id = "three-days", .eligibility = "customer.recency_days == 3"},
                              {.id = "two-days", .eligibility = "customer.recency_days == 2"},
                              {.id = "far-east", .applicability = "request.time_zone == \"Asia/Vladivostok\""},
                              {.id = "ended-friday", .to = "2024-06-14"}}),
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  world.now = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 21, 45, 0), absl::UTCTimeZone());
  world.zone = "Asia/Vladivostok";
  return world;
}

World FullBasket() {
  World world{"full_basket",
              "Offers for what is in the basket, for how much it is, and against offering what is bought anyway.",
              DraftOfCatalog({{.id = "from-ten", .applicability = "basket.total >= 10.0"},
                              {.id = "from-twenty", .applicability = "basket.total >= 20.0"},
                              {.id = "few-lines", .applicability = "basket.size <= 2"},
                              {.id = "butter-to-bread",
                               .applicability = "\"BREAD\" in basket.categories && !offer.in_basket",
                               .categories = {"BUTTER"}},
                              {.id = "more-milk", .applicability = "offer.in_basket", .categories = {"MILK"}},
                              {.id = "this-bottle", .applicability = "\"p-OIL\" in basket.products"}}),
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  world.request.basket = {{"p-MILK", "MILK", 2000, 598}, {"p-BREAD", "BREAD", 1000, 250}, {"p-77", "", 1000, 199}};
  return world;
}

World ContactAndIdentities() {
  World world{"contact_and_identities",
              "Only who may be contacted and can be reached; what was never stated is neither yes nor no.",
              DraftOfCatalog({{.id = "newsletter", .eligibility = "customer.consent[\"EMAIL\"]"},
                              {.id = "text-message", .eligibility = "customer.consent[\"SMS\"]"},
                              {.id = "push", .eligibility = "customer.consent[\"PUSH\"]"},
                              {.id = "get-the-app", .eligibility = "!(\"app_user\" in customer.identities)"},
                              {.id = "card-bonus", .eligibility = "\"card\" in customer.identities"},
                              {.id = "two-kinds", .eligibility = "size(customer.identities) >= 2"}}),
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  world.consents = {{Channel::kEmail, true, world.now, "form"}, {Channel::kSms, false, world.now, "phone call"}};
  world.identity_types = SetOf(IdentityType::kLoyaltyCard) | SetOf(IdentityType::kEmail);
  return world;
}

World WhatTheHostKnows() {
  CatalogDraft draft =
      DraftOfCatalog({{.id = "gold-only", .eligibility = "customer.attributes[\"tier\"] == \"gold\""},
                      {.id = "not-for-gold", .eligibility = "customer.attributes.tier != \"gold\""},
                      {.id = "new-app", .eligibility = "int(customer.attributes.app_version) >= 8"},
                      {.id = "on-trial", .eligibility = "\"trial\" in customer.attributes"},
                      {.id = "trial-over", .eligibility = "!has(customer.attributes.trial)"},
                      {.id = "never-told", .eligibility = "customer.attributes.pet == \"cat\""},
                      {.id = "by-segment", .eligibility = "\"golden\" in customer.segments"},
                      {.id = "well-known", .eligibility = "size(customer.attributes) == 2"},
                      {.id = "of-the-request", .applicability = "request.attributes.tier == \"gold\""}});
  AddSegment("golden", "customer.attributes.exists(k, customer.attributes[k] == \"gold\")", &draft);
  World world{"what_the_host_knows",
              "Facts that the host has stated: those that hold, one that was removed, one that was never told.",
              draft,
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  world.attributes = {{"tier", "silver", world.now - absl::Hours(2), "crm"},
                      {"trial", "yes", world.now - absl::Hours(2), "app"},
                      {"tier", "gold", world.now - absl::Hours(1), "crm"},
                      {"app_version", "7", world.now, "app"},
                      {"trial", std::nullopt, world.now, "app"}};
  return world;
}

World HabitsOfBuying() {
  World world{"habits_of_buying",
              "Categories and channels by their share, visits and age; of what was never bought there is no age.",
              DraftOfCatalog({{.id = "milk-lover", .eligibility = "category(\"MILK\").share > 0.5"},
                              {.id = "milk-again", .eligibility = "category(\"MILK\").days_since > 1"},
                              {.id = "tea-again", .eligibility = "category(\"TEA\").days_since > 1"},
                              {.id = "try-tea", .eligibility = "!has(category(\"TEA\").days_since)"},
                              {.id = "oil-returned", .eligibility = "category(\"OIL\").revenue == 0.0"},
                              {.id = "till-shopper", .eligibility = "channel(\"POS\").share >= 0.5"},
                              {.id = "app-shopper", .eligibility = "channel(\"MOBILE_APP\").visits >= 2"}}),
              MilkBuyer(),
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  return world;
}

World BargainHunter() {
  World world{"bargain_hunter",
              "What discounts a customer took decides how dear an offer may be.",
              DraftOfCatalog({{.id = "half-price", .eligibility = "customer.discount_share >= 0.3", .cost = "1.9"},
                              {.id = "small-thanks", .eligibility = "customer.discount_share < 0.3"},
                              {.id = "spent-on-us", .eligibility = "customer.discount_30d >= 3.0"},
                              {.id = "big-ticket", .eligibility = "customer.average_ticket_90d > 5.0"},
                              {.id = "never-this-week", .eligibility = "customer.average_ticket_7d > 0.0"}},
                             "offer.value - offer.cost"),
              {ReceiptOf("c", "1", kToday - 12, {Bought("MILK", 300, 200)}),
               ReceiptOf("c", "2", kToday - 20, {Bought("MEAT", 600, 200)})},
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  return world;
}

World EverythingReturned() {
  World world{"everything_returned",
              "Who took everything back is known but was never here: no recency, no ticket, nothing to divide by.",
              DraftOfCatalog(
                  {{.id = "known", .eligibility = "customer.known"},
                   {.id = "lapsed", .eligibility = "customer.recency_days > 30"},
                   {.id = "lapsed-or-new", .eligibility = "!has(customer.recency_days) || customer.recency_days > 30"},
                   {.id = "per-visit", .eligibility = "60 / customer.frequency_90d >= 1"},
                   {.id = "per-visit-guarded",
                    .eligibility = "customer.frequency_90d == 0 || 60 / customer.frequency_90d >= 1"},
                   {.id = "in-debt", .eligibility = "customer.revenue_lifetime < 0.0"}}),
              {ReceiptOf("c", "1", kToday - 5, {Returned("OIL", 900)})},
              {}};
  world.request.channel = Channel::kPos;
  world.request.max_offers = 10;
  return world;
}

class Golden : public ::testing::TestWithParam<World> {};

TEST_P(Golden, DecisionReadsAsBefore) {
  const std::string path = absl::StrCat(NBO_SOURCE_DIR, "/tests/core/decision/golden/", GetParam().name, ".txt");
  const std::string text = Play(GetParam());
  EXPECT_EQ(text, Play(GetParam())) << "played twice";
  if (std::getenv("NBO_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing; run once with NBO_UPDATE_GOLDEN=1";
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << path;
}

INSTANTIATE_TEST_SUITE_P(Worlds, Golden,
                         ::testing::Values(KioskAtEvening(), TillWithOneSlot(), UnknownCustomer(), Segments(),
                                           StoreInTheEast(), FullBasket(), ContactAndIdentities(), WhatTheHostKnows(),
                                           HabitsOfBuying(), BargainHunter(), EverythingReturned()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace nbo
