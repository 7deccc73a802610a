// nbo_bench_match: what it costs to find the offers whose rules hold, by catalog size; prints a Markdown table.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/hash.h"
#include "core/catalog/compile.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/engine.h"
#include "core/decision/facts.h"
#include "core/profile/fold.h"

namespace nbo::bench {
namespace {

constexpr Day kToday = 20'400;
constexpr int kCategories = 300;  // of a catalog of up to 1,000 offers
constexpr int kStores = 400;
constexpr int kSegments = 30;
constexpr size_t kGroups = 50;  // of offers, where there is a contact policy

using Random = std::mt19937_64;

int Below(Random* random, int count) { return static_cast<int>((*random)() % static_cast<uint64_t>(count)); }

// Numbers, and how many categories there are.
struct World {
  Random* random;
  int categories;
};
std::string Category(const World& world) { return absl::StrCat("CATEGORY ", Below(world.random, world.categories)); }
Text Words(std::string value) { return {std::move(value), {1, 1}}; }

// The mix of a large grocer: most offers are for buyers of a category, some for a segment, a few stores, the weather.
std::string Eligibility(const World& world) {
  Random* const random = world.random;
  const int kind = Below(random, 100);
  if (kind < 45) {
    return absl::StrFormat("category(\"%s\").visits >= %d && customer.frequency_365d >= %d", Category(world),
                           1 + Below(random, 5), 2 + Below(random, 8));
  }
  if (kind < 60) {
    return absl::StrFormat(
        "category(\"%s\").share > 0.0%d && category(\"%s\").visits == 0 && customer.recency_days < %d", Category(world),
        1 + Below(random, 8), Category(world), 30 + 10 * Below(random, 6));
  }
  if (kind < 75) {
    return absl::StrFormat("\"segment-%d\" in customer.segments && customer.average_ticket_90d > %d.0",
                           Below(random, kSegments), 5 * (1 + Below(random, 8)));
  }
  if (kind < 85) {
    const int first = Below(random, kStores / 8) * 8;
    std::string stores;
    for (int i = 0; i < 8; ++i) absl::StrAppend(&stores, i == 0 ? "" : ", ", "\"store-", first + i, "\"");
    return absl::StrFormat("request.store in [%s] && customer.recency_days < %d", stores, 10 * (1 + Below(random, 6)));
  }
  if (kind < 90) {
    constexpr const char* kNames[] = {"champions", "loyal-customers", "at-risk", "hibernating", "lost"};
    return absl::StrFormat("customer.rfm_segment == \"%s\" && category(\"%s\").days_since > %d",
                           kNames[Below(random, 5)], Category(world), 30 * (1 + Below(random, 5)));
  }
  if (kind < 95) {
    return absl::StrFormat("request.attributes[\"weather\"] == \"%s\" && customer.frequency_90d > %d",
                           Below(random, 2) == 0 ? "rain" : "sun", Below(random, 10));
  }
  return absl::StrFormat("customer.recency_days > %d && customer.revenue_365d > %d.0", 15 * (1 + Below(random, 6)),
                         100 * (1 + Below(random, 9)));
}

std::string Applicability(const World& world) {
  Random* const random = world.random;
  switch (Below(random, 4)) {
    case 0:
      return absl::StrFormat("\"%s\" in basket.categories && basket.total > %d.0", Category(world),
                             5 * Below(random, 6));
    case 1: return "request.channel != \"POS\" || !offer.in_basket";
    case 2: return absl::StrFormat("request.hour >= %d && request.weekday in [0, 5, 6]", 8 + Below(random, 10));
    default: return "!offer.in_basket";
  }
}

// Half of them by how often and how lately somebody came, half by what they buy; a customer is in five or so.
std::string SegmentRule(int i) {
  if (i % 2 == 0) return absl::StrFormat("category(\"CATEGORY %d\").share > 0.02", i * 10);
  return absl::StrFormat("customer.frequency_365d >= %d && customer.frequency_365d < %d && customer.recency_days < %d",
                         i * 4, i * 4 + 12, 30 + i * 4);
}

// Caps that a person of 50 contacts in a month comes near to, none of which stops everything.
void AddPolicy(CatalogDraft* draft) {
  ContactPolicyDraft& policy = draft->contact_policy;
  policy.caps.push_back({{1, 1}, Words("70"), Words("30")});
  policy.caps.push_back({{1, 1}, Words("40"), Words("7"), {}, Words("POS")});
  policy.caps.push_back({{1, 1}, Words("2"), Words("7"), {}, {}, Words("*")});
  policy.caps.push_back({{1, 1}, Words("3"), Words("30"), {}, {}, {}, Words("*")});
  policy.cooldowns = {Words("7"), Words("30"), Words("3"), Words("14")};
  for (size_t i = 0; i < draft->offers.size(); ++i) {
    draft->offers[i].group = Words(absl::StrCat("group-", i % kGroups));
    if (i % 10 == 0) draft->offers[i].budget = BudgetDraft{{1, 1}, {}, {}, Words("1")};
  }
}

std::shared_ptr<Catalog> MakeCatalog(int offers, const World& world, bool with_policy, double* seconds) {
  Random* const random = world.random;
  CatalogDraft draft;
  draft.name = Words("bench");
  draft.currency = Words("USD");
  draft.default_locale = Words("en");
  draft.score = Words("offer.weight * offer.propensity * (1.0 + 4.0 * offer.affinity) * (offer.value - offer.cost)");
  for (int i = 0; i < kSegments; ++i) {
    draft.segments.push_back({{1, 1}, Words(absl::StrCat("segment-", i)), Words("A segment"), Words(SegmentRule(i))});
  }
  for (int i = 0; i < offers; ++i) {
    OfferDraft offer;
    offer.id = Words(absl::StrCat("offer-", i));
    offer.name = Words(absl::StrCat("Offer ", i));
    offer.kind = Words("discount");
    offer.value = Words("2.5");
    offer.cost = Words("0.5");
    offer.propensity = Words("0.1");
    offer.categories = {Words(Category(world))};
    if (i < 20) {
      offer.is_default = Words("true");
    } else {
      offer.eligibility = Words(Eligibility(world));
    }
    if (Below(random, 5) < 2) offer.applicability = Words(Applicability(world));
    for (const char* channel : {"POS", "KIOSK", "MOBILE_APP"}) {
      if (Below(random, 4) == 0 && channel[0] != 'P') continue;
      TreatmentDraft treatment;
      treatment.channel = Words(channel);
      treatment.locale = Words("en");
      (channel[0] == 'P' ? treatment.script : treatment.title) = Words("One off for you");
      offer.treatments.push_back(treatment);
    }
    draft.offers.push_back(std::move(offer));
  }
  if (with_policy) AddPolicy(&draft);
  timespec before, after;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  auto compiled = CompileCatalog(draft, {"USD", 0});
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  *seconds =
      static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
  if (auto* mistakes = std::get_if<std::vector<CatalogMistake>>(&compiled)) {
    std::fprintf(stderr, "%s: %s\n", (*mistakes)[0].text.c_str(), (*mistakes)[0].message.c_str());
    std::exit(1);
  }
  return std::get<std::shared_ptr<Catalog>>(compiled);
}

// 50 receipts of three lines, 48 of the 300 categories.
CustomerState MakeCustomer(const World& world) {
  Random* const random = world.random;
  CustomerState state;
  std::vector<std::string> own;
  for (int i = 0; i < 48; ++i) own.push_back(Category(world));
  for (int i = 0; i < 50; ++i) {
    Receipt receipt;
    receipt.customer_id = "c";
    receipt.receipt_id = absl::StrCat(i);
    receipt.store_id = absl::StrCat("store-", Below(random, 4));
    receipt.day = kToday - Below(random, 365);
    receipt.time = absl::FromUnixSeconds(int64_t{receipt.day} * 86'400);
    receipt.channel = Channel::kPos;
    for (int line = 0; line < 3; ++line) {
      const std::string& category = own[static_cast<size_t>(Below(random, line == 0 ? 8 : 48))];
      receipt.lines.push_back({"p", category, 1000, 100 + Below(random, 900), 0});
    }
    Fold(receipt, &state);
  }
  return state;
}

// Of the last month, of any offers.
PersonContacts MakeContacts(int count, int offers, absl::Time now, Random* random) {
  std::vector<Contact> contacts;
  for (int i = 0; i < count; ++i) {
    const int offer = Below(random, offers);
    Contact contact;
    contact.reserve_us = absl::ToUnixMicros(now) - int64_t{Below(random, 30 * 86'400)} * 1'000'000;
    contact.present_us = contact.reserve_us;
    contact.expire_us = contact.reserve_us + kMicrosPerDay;
    contact.decision = {contact.reserve_us / 1000, static_cast<uint64_t>(i)};
    contact.offer = Hash64(absl::StrCat("offer-", offer));
    contact.group = Hash64(absl::StrCat("group-", static_cast<size_t>(offer) % kGroups));
    contact.rank = 1;
    contact.channel = Below(random, 2) == 0 ? Channel::kPos : Channel::kMobileApp;
    contacts.push_back(contact);
  }
  std::sort(contacts.begin(), contacts.end(), IsBefore);
  PersonContacts person;
  person.Assign(std::move(contacts));
  return person;
}

struct Case {
  CustomerState state;
  PersonContacts contacts;
  std::string store, first, second;
  OfferRequest request;
  absl::Time now;
};

std::vector<std::unique_ptr<Case>> MakeCases(int count, const World& world) {
  Random* const random = world.random;
  std::vector<std::unique_ptr<Case>> cases;
  for (int i = 0; i < count; ++i) {
    auto one = std::make_unique<Case>();
    one->state = MakeCustomer(world);
    one->store = absl::StrCat("store-", Below(random, kStores));
    one->first = Category(world);
    one->second = Category(world);
    one->request.channel = Channel::kPos;
    one->request.store_id = one->store;
    one->request.basket = {{"p1", one->first, 1000, 500}, {"p2", one->second, 1000, 900}};
    one->request.attributes = {{"weather", Below(random, 2) == 0 ? "rain" : "cloud"}};
    one->now = absl::FromUnixSeconds(int64_t{kToday} * 86'400 + Below(random, 86'400));
    cases.push_back(std::move(one));
  }
  return cases;
}

double Microseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

class Bench {
 public:
  Bench(const Catalog& catalog, const std::vector<std::unique_ptr<Case>>& cases) : catalog_(catalog), cases_(cases) {
    for (const Offer& offer : catalog.offers)
      rules_.push_back({Compile(offer.eligibility), Compile(offer.applicability)});
  }

  // Microseconds of processor time for one case; the median of `rounds`.
  template <typename Work>
  double Time(int rounds, Work work) const {
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
      const double start = Microseconds();
      for (const auto& one : cases_) work(*one);
      times.push_back((Microseconds() - start) / static_cast<double>(cases_.size()));
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

  Facts FactsOf(const Case& one) const {
    return Facts(catalog_, {&one.state}, Moment::At(one.now, absl::UTCTimeZone()), 100);
  }
  void Prepare(const Case& one, Facts* facts) const {
    facts->SetRequest(one.request);
    facts->SetSegments(catalog_.segments, &catalog_.conditions);
  }

  // Calls visit(position) for every offer whose rules hold; the number of documents under the keys found.
  template <typename Visit>
  size_t Indexed(const Case& one, Facts* facts, Visit visit) const {
    const auto set_offer = [&](int32_t number) {
      facts->SetOfferAt(number, catalog_.columns.rule_facts[static_cast<size_t>(number)]);
    };
    matching::Truths truths(catalog_.conditions.terms(), *facts, set_offer);
    const auto keys = matching::FindKeys(catalog_.conditions.terms(), *facts);
    const matching::Index& index = catalog_.conditions.In(one.request.channel);
    index.ForEachMatch(keys, &truths, visit);
    return index.CountUnder(keys);
  }

  // The same by asking every rule by itself.
  template <typename Visit>
  void Naively(const Case& one, Facts* facts, Visit visit) const {
    for (size_t i = 0; i < rules_.size(); ++i) {
      const Offer& offer = catalog_.offers[i];
      if (!offer.HasChannel(one.request.channel)) continue;
      facts->SetOffer(offer, kAllOfferFacts);
      if (Holds(rules_[i].first, *facts) && Holds(rules_[i].second, *facts)) visit(static_cast<int32_t>(i));
    }
  }

  // How many customers get other offers by the index than by asking every rule.
  int CountDifferences() const {
    int differences = 0;
    for (const auto& one : cases_) {
      Facts facts = FactsOf(*one);
      Prepare(*one, &facts);
      std::vector<int32_t> indexed, naive;
      Indexed(*one, &facts, [&](int32_t offer) { indexed.push_back(offer); });
      Naively(*one, &facts, [&](int32_t offer) { naive.push_back(offer); });
      differences += indexed != naive;
    }
    return differences;
  }

  const std::vector<std::unique_ptr<Case>>& cases() const { return cases_; }

 private:
  using Rule = std::optional<rules::Expression>;
  static Rule Compile(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return std::get<rules::Expression>(rules::Expression::Compile(text, FullVocabulary(), rules::Type::kBool));
  }
  static bool Holds(const Rule& rule, const Facts& facts) { return !rule || rule->Evaluate(facts).is_true(); }

  const Catalog& catalog_;
  const std::vector<std::unique_ptr<Case>>& cases_;
  std::vector<std::pair<Rule, Rule>> rules_;
};

int Main(int argc, char** argv) {
  CLI::App app("Times whole-catalog matching against asking every rule, for growing catalogs.");
  std::vector<int> sizes = {10, 100, 1000, 10000};
  int customers = 200, rounds = 9;
  uint64_t seed = 1;
  app.add_option("--offers", sizes, "sizes of catalogs")->capture_default_str();
  app.add_option("--customers", customers)->capture_default_str();
  app.add_option("--rounds", rounds)->capture_default_str();
  app.add_option("--seed", seed)->capture_default_str();
  bool alone = false;
  app.add_flag("--alone", alone, "only the matching, for a profiler");
  int contacts = -1;
  app.add_option("--contacts", contacts, "contact policy with caps and cooldowns, and so many contacts of a person");
  bool narrow = false;
  app.add_flag("--narrow", narrow, "catalogs beyond 1,000 offers name finer categories: 300 for each 1,000 offers");
  CLI11_PARSE(app, argc, argv);
  Random random(seed);
  std::printf(
      "| offers | compiled, ms | terms | without a key | under a key found | matching | facts, us | matching, us | "
      "every rule, us | ratio | ns a rule | whole decision, us |\n|%s\n",
      "---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
  for (const int size : sizes) {
    double seconds = 0;
    const World world{&random, narrow ? std::max(kCategories, kCategories * size / 1'000) : kCategories};
    const auto cases = MakeCases(customers, world);
    const std::shared_ptr<Catalog> catalog = MakeCatalog(size, world, contacts >= 0, &seconds);
    for (const auto& one : cases) one->contacts = MakeContacts(std::max(contacts, 0), size, one->now, &random);
    const Bench bench(*catalog, cases);
    if (const int differences = alone ? 0 : bench.CountDifferences(); differences != 0) {
      std::fprintf(stderr, "%d offers: %d of %d customers get others than by asking every rule\n", size, differences,
                   customers);
      return 1;
    }
    size_t under = 0, matched = 0, naive = 0, rounds_done = 0;
    const double facts_us = bench.Time(rounds, [&](const Case& one) {
      Facts facts = bench.FactsOf(one);
      bench.Prepare(one, &facts);
    });
    const double indexed_us = bench.Time(rounds, [&](const Case& one) {
      Facts facts = bench.FactsOf(one);
      bench.Prepare(one, &facts);
      under += bench.Indexed(one, &facts, [&](int32_t) { ++matched; });
      ++rounds_done;
    });
    if (alone) {
      std::printf("%d offers: %.2f us\n", size, indexed_us - facts_us);
      continue;
    }
    const double naive_us = bench.Time(rounds, [&](const Case& one) {
      Facts facts = bench.FactsOf(one);
      bench.Prepare(one, &facts);
      bench.Naively(one, &facts, [&](int32_t) { ++naive; });
    });
    const double decide_us = bench.Time(rounds, [&](const Case& one) {
      (void)Decide(*catalog, {&one.state, nullptr, 0, {}, &one.contacts}, one.request, one.now, {});
    });
    const auto each = [&](size_t count) { return static_cast<double>(count) / static_cast<double>(rounds_done); };
    std::printf("| %d | %.0f | %zu | %zu | %.0f | %.1f | %.2f | %.2f | %.2f | %.1f | %.1f | %.2f |\n", size,
                1e3 * seconds, catalog->conditions.terms().size(), catalog->conditions.In(Channel::kPos).keyless(),
                each(under), each(matched), facts_us, indexed_us - facts_us, naive_us - facts_us,
                (naive_us - facts_us) / (indexed_us - facts_us), 1e3 * (naive_us - facts_us) / (1.4 * size), decide_us);
  }
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
