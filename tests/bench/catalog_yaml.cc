#include "tests/bench/catalog_yaml.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/workload.h"

namespace nbo::bench {
namespace {

constexpr char kHead[] = R"(catalog: bench
currency: USD
default_locale: en
score: offer.weight * offer.propensity * (1.0 + 4.0 * offer.affinity) * (offer.value - offer.cost)
score_floor: 0

contact_policy:
  caps:
    - {max: 60, days: 7}
    - {max: 40, hours: 4, channel: POS}
    - {max: 20, days: 7, group: "*"}
    - {max: 30, days: 30, offer: "*"}
  cooldowns: {accepted_days: 7, declined_days: 30, ignored_times: 3, ignored_days: 14}
  reservation_minutes: {default: 1}
  presumed: [POS]
control: {share: 0.05, salt: bench, rotate_days: 182, rotate_from: 2026-01-01}
experiments:
  - id: dairy-worth-it
    group: dairy
    namespace: {id: groups, from: 0.0, to: 0.5}
    variants: [{id: without, weight: 0.2, withheld: true}, {id: with, weight: 0.8}]
  - id: bakery-worth-it
    group: bakery
    namespace: {id: groups, from: 0.5, to: 1.0}
    variants: [{id: without, weight: 0.2, withheld: true}, {id: with, weight: 0.8}]

segments:
  - {id: best-customers, name: Best, rule: customer.revenue_365d >= 450.0}
  - {id: weekly-shopper, name: Weekly, rule: customer.frequency_90d >= 6}
  - {id: monthly-shopper, name: Monthly, rule: customer.frequency_90d >= 3 && customer.frequency_90d < 6}
  - id: slipping
    name: Slipping
    rule: customer.recency_days > 14 && customer.recency_days <= 45 && customer.frequency_365d >= 10
  - {id: lapsed, name: Lapsed, rule: customer.recency_days > 45}
  - {id: one-visit, name: One visit, rule: customer.frequency_lifetime <= 2}
  - id: deal-seeker
    name: Deals
    rule: has(customer.discount_share) && customer.discount_share >= 0.25
  - id: pet-owner
    name: Pets
    rule: category("CAT FOOD").visits >= 2
  - id: fresh-cook
    name: Fresh
    rule: >-
      category("SALAD MIX").share + category("VEGETABLES - ALL OTHERS").share + category("TOMATOES").share
      + category("TROPICAL FRUIT").share + category("APPLES").share >= 0.1
  - {id: soda-drinker, name: Soda, rule: 'category("SOFT DRINKS").share >= 0.125'}

offers:
)";

constexpr const char* kKinds[] = {"discount", "points", "cross_sell", "up_sell", "gift", "information"};
constexpr const char* kGroups[] = {"dairy", "bakery", "drinks", "snacks", "frozen", "meat", "fresh", "service"};
constexpr const char* kSegments[] = {"best-customers", "weekly-shopper", "slipping", "deal-seeker", "fresh-cook"};

// A YAML text in single quotes; rules hold none.
std::string Quoted(const std::string& rule) { return absl::StrCat("'", rule, "'"); }

std::string Eligibility(const char* category, Random* random) {
  switch ((*random)() % 6) {
    case 0: return absl::StrFormat("category(\"%s\").visits >= 2 && customer.frequency_365d >= 3", category);
    case 1: return absl::StrFormat("category(\"%s\").visits >= 1 && customer.discount_share >= 0.05", category);
    case 2:
      return absl::StrFormat("\"%s\" in customer.segments && customer.frequency_90d >= 2",
                             kSegments[(*random)() % std::size(kSegments)]);
    case 3:
      return absl::StrFormat("category(\"%s\").share >= 0.04 || category(\"%s\").visits >= 3", category,
                             CategoryName(static_cast<int>((*random)() % kCategoryCount)));
    case 4: return absl::StrCat("customer.recency_days > ", (*random)() % 20);
    default:
      return absl::StrFormat("customer.revenue_365d >= %d.0 && category(\"%s\").days_since < 200",
                             100 + static_cast<int>((*random)() % 200), category);
  }
}

std::string Applicability(const char* category, Random* random) {
  switch ((*random)() % 4) {
    case 0: return "request.channel != \"POS\" || !offer.in_basket";
    case 1: return "request.channel != \"POS\" || basket.total >= 10.0";
    case 2: return absl::StrFormat("!(\"%s\" in basket.categories) && !offer.in_basket", category);
    default: return "request.hour >= 0 && request.weekday in [0, 1, 2, 3, 4, 5, 6]";
  }
}

void AddTreatments(int offer, const char* category, Random* random, std::string* yaml) {
  const size_t first = yaml->size();
  absl::StrAppend(yaml, "    treatments:\n");
  for (const char* channel : {"POS", "KIOSK", "MOBILE_APP", "WEB"}) {
    if ((*random)() % 4 == 0 && yaml->size() > first + 100) continue;
    const bool pos = channel[0] == 'P';
    for (const bool english : {true, false}) {
      absl::StrAppend(yaml, "      - channel: ", channel, "\n        locale: ", english ? "en" : "ru", "\n");
      if (pos) {
        absl::StrAppend(yaml, "        script: |-\n          ",
                        english ? "Something for you today:\n          " : "Сегодня для вас:\n          ",
                        english ? "one off with your card" : "скидка по вашей карте", "\n");
      } else {
        absl::StrAppend(yaml, "        title: ", english ? "One off for you, number " : "Скидка для вас, номер ", offer,
                        "\n        body: ",
                        english ? "Fresh on the shelf this morning, two packs for breakfast of the whole week."
                                : "Свежее на полке с утра, две упаковки для завтрака на всю неделю.",
                        "\n        call_to_action: ", english ? "Add to basket" : "Добавить",
                        "\n        image: /img/offer-", offer, ".svg\n");
      }
      absl::StrAppend(
          yaml, "        reason: ", english ? "Because you buy it regularly" : "Потому что вы берёте это часто", "\n");
    }
  }
}

void AddOffer(int offer, Random* random, std::string* yaml) {
  const int category = static_cast<int>((*random)() % kCategoryCount);
  const char* name = CategoryName(category);
  const bool is_default = offer % 12 == 0;
  const double cost = 0.1 + static_cast<double>((*random)() % 100) / 100;
  absl::StrAppendFormat(yaml,
                        "  - id: offer-%05d\n    name: Offer %d on %s\n    kind: %s\n    value: %.2f\n    cost: %.2f\n"
                        "    propensity: %.2f\n    weight: %.1f\n",
                        offer, offer, name, kKinds[(*random)() % std::size(kKinds)],
                        cost + 0.2 + static_cast<double>((*random)() % 300) / 100, cost,
                        0.05 + static_cast<double>((*random)() % 30) / 100,
                        0.8 + static_cast<double>((*random)() % 8) / 10);
  if (offer % 5 != 4) absl::StrAppend(yaml, "    group: ", kGroups[(*random)() % std::size(kGroups)], "\n");
  if (offer % 3 == 1) absl::StrAppend(yaml, "    window: {from: 2020-01-01, to: 2099-12-31}\n");
  absl::StrAppend(yaml, "    categories: [\"", name, "\"]\n    products: [");
  for (int i = 0; i < 8; ++i) {
    const int product = category + kCategoryCount * static_cast<int>((*random)() % (kProductCount / kCategoryCount));
    absl::StrAppend(yaml, i == 0 ? "\"" : ", \"", ProductId(product), "\"");
  }
  absl::StrAppend(yaml, "]\n");
  if (offer % 5 == 2) absl::StrAppend(yaml, "    budget: {count: 10000000, amount: 9000000, per_customer: 100}\n");
  if (offer % 10 == 7) absl::StrAppend(yaml, "    supplier: {name: acme, share: 0.5}\n");
  if (is_default) absl::StrAppend(yaml, "    default: true\n");
  if (!is_default) absl::StrAppend(yaml, "    eligibility: ", Quoted(Eligibility(name, random)), "\n");
  if (offer % 5 < 2) absl::StrAppend(yaml, "    applicability: ", Quoted(Applicability(name, random)), "\n");
  if (offer % 2 == 0) {
    const uint64_t code = 57000000000 + (*random)() % 99999999;
    absl::StrAppendFormat(yaml, "    coupon: {code: \"%d\", barcode: \"%d\"}\n", code, code);
  }
  AddTreatments(offer, name, random, yaml);
}

}  // namespace

std::string MakeCatalogYaml(int offers, uint64_t seed) {
  Random random(seed);
  std::string yaml = kHead;
  for (int offer = 0; offer < offers; ++offer) AddOffer(offer, &random, &yaml);
  return yaml;
}

}  // namespace nbo::bench
