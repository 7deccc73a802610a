#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/engine.h"
#include "core/decision/facts.h"
#include "core/profile/fold.h"
#include "server/catalog/source.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace nbo::fuzz {
namespace {

using server::Diagnostic;

constexpr Day kToday = RandomReceipts::kNewest;
const absl::Time kNow = absl::FromUnixSeconds(int64_t{kToday} * 86'400 + 3'600 * 15);

void CheckDiagnostics(absl::string_view yaml, const std::vector<Diagnostic>& diagnostics) {
  Require(diagnostics.size() <= kMaxDiagnostics, "diagnostics are bounded", [&] { return std::string(yaml); });
  for (const Diagnostic& d : diagnostics) {
    const auto context = [&] { return absl::StrCat(yaml, "\n", d.rendered); };
    Require(d.line >= 0 && d.column >= 0 && !d.message.empty() && !d.rendered.empty(), "a mistake is told", context);
    Require(IsUtf8(d.message) && IsUtf8(d.rendered), "messages are text", context);
  }
}

const CustomerState& Customer() {
  static const CustomerState* const customer = [] {
    auto* state = new CustomerState;
    RandomReceipts random(7);
    for (int i = 0; i < 20; ++i) Fold(random.Next("c"), state);
    state->attributes = {{"tier", "gold", kNow, ""}, {"trial", std::nullopt, kNow, ""}};
    return state;
  }();
  return *customer;
}

OfferRequest RequestAt(Channel channel) {
  OfferRequest request;
  request.channel = channel;
  request.store_id = "store-1";
  request.placement = "home_banner";
  request.attributes = {{"weather", "rain"}};
  request.basket = {{"p1", "category 1", 1000, 500}, {"p2", "category 2", 2000, 250}};
  request.max_offers = 100;
  return request;
}

bool Holds(const std::string& rule, const rules::Activation& facts) {
  if (rule.empty()) return true;
  const auto compiled = rules::Expression::Compile(rule, FullVocabulary(), rules::Type::kBool);
  const auto* expression = std::get_if<rules::Expression>(&compiled);
  return expression != nullptr && expression->Evaluate(facts).is_true();
}

// What is offered holds by its own rules; and who asks why is offered the same.
void CheckDecision(const Catalog& catalog, const CustomerState* state, Channel channel) {
  OfferRequest request = RequestAt(channel);
  const Decision plain = Decide(catalog, {state}, request, kNow, {});
  request.explain = true;
  const Decision explained = Decide(catalog, {state}, request, kNow, {});
  const auto context = [&] { return absl::StrCat("channel ", static_cast<int>(channel)); };
  Require(plain.offers.size() == explained.offers.size(), "explaining changes nothing", context);
  Require(explained.explanations.size() == catalog.offers.size(), "every offer is explained", context);
  for (size_t i = 0; i < plain.offers.size(); ++i) {
    Require(plain.offers[i].offer == explained.offers[i].offer, "explaining changes no offer", context);
  }
  const WordSet words = WordSet::All();
  Facts facts(words, catalog.rfm, {state}, Moment::At(kNow, absl::UTCTimeZone()), 100);
  facts.SetRequest(request);
  if (state != nullptr) facts.SetSegments(catalog.segments);
  for (const RankedOffer& ranked : plain.offers) {
    facts.SetOffer(*ranked.offer, kAllOfferFacts);
    const auto offer = [&] { return ranked.offer->id; };
    Require(ranked.treatment != nullptr && ranked.offer->HasChannel(channel), "an offer has a text", offer);
    Require(Holds(ranked.offer->eligibility, facts), "an offer is for somebody eligible", offer);
    Require(Holds(ranked.offer->applicability, facts), "an offer is applicable", offer);
  }
}

}  // namespace

void FuzzCatalog(absl::string_view bytes) {
  const std::string yaml(bytes);
  CompileOptions options;
  options.currency = "USD";
  options.today = kToday;
  std::vector<Diagnostic> warnings;
  const auto compiled = server::CompileYaml(yaml, "", options, &warnings);
  CheckDiagnostics(yaml, warnings);
  if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&compiled)) {
    Require(!mistakes->empty(), "a refusal has a reason", [&] { return yaml; });
    return CheckDiagnostics(yaml, *mistakes);
  }
  const Catalog& catalog = *std::get<std::shared_ptr<Catalog>>(compiled);
  for (const Channel channel : {Channel::kPos, Channel::kWeb, Channel::kKiosk}) {
    CheckDecision(catalog, &Customer(), channel);
    CheckDecision(catalog, nullptr, channel);
  }
}

}  // namespace nbo::fuzz
