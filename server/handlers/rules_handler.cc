#include "server/handlers/rules_handler.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/facts.h"
#include "core/profile/lookup.h"
#include "server/handlers/convert.h"
#include "server/values/rule_value.h"

namespace nbo::server {
namespace {

// The offer that the request names, or nullptr if it names none.
absl::StatusOr<const Offer*> FindOffer(const Catalog& catalog, const std::string& id) {
  if (id.empty()) return nullptr;
  const auto it =
      std::find_if(catalog.offers.begin(), catalog.offers.end(), [&id](const Offer& offer) { return offer.id == id; });
  if (it != catalog.offers.end()) return &*it;
  return absl::NotFoundError(absl::StrCat("offer_id: catalog version ", catalog.version, " has no offer '", id, "'"));
}

// What the expression names and what the segments need.
WordSet WordsFor(const rules::Expression& expression, const Catalog& catalog) {
  WordSet words;
  words.AddNamed(expression);
  for (const Segment& segment : catalog.segments) words.AddNamed(segment.rule);
  return words;
}

bool NamesOffer(const WordSet& words) {
  bool names = false;
  words.ForEach(Slot::kOfferId, Slot::kCount, [&names](int) { names = true; });
  return names;
}

}  // namespace

absl::StatusOr<RulesHandler::Subject> RulesHandler::Find(const v1::GetOffersRequest& request, absl::Time now,
                                                         CustomerState* state) const {
  Subject subject;
  if (!request.has_customer()) return subject;
  absl::StatusOr<std::string> customer_id = ResolveCustomer("request.customer", request.customer(), *store_, now);
  if (!customer_id.ok()) return customer_id.status();
  absl::StatusOr<bool> found = ReadCurrentState(*store_, &*customer_id, state);
  if (!found.ok()) return found.status();
  subject.customer_id = *std::move(customer_id);
  subject.known = *found;
  if (!subject.known) return subject;
  absl::StatusOr<IdentityTypes> types = LinkedIdentityTypes(*store_, subject.customer_id, now);
  if (!types.ok()) return types.status();
  subject.identity_types = *types;
  return subject;
}

absl::Status RulesHandler::EvaluateRule(const v1::EvaluateRuleRequest& request,
                                        v1::EvaluateRuleResponse* response) const {
  if (request.expression().empty()) return absl::InvalidArgumentError("expression: is required");
  absl::StatusOr<OfferRequest> touch = ToOfferRequest(request.request());
  if (!touch.ok()) return touch.status();
  const absl::StatusOr<absl::Time> now = DecideTime(request.request(), *clock_, replay_enabled_);
  if (!now.ok()) return now.status();
  const auto catalog = catalog_->Pin();
  const absl::StatusOr<const Offer*> offer = FindOffer(*catalog, request.offer_id());
  if (!offer.ok()) return offer.status();
  FromTime(*now, response->mutable_evaluate_time());
  response->set_catalog_version(catalog->version);

  const std::optional<rules::Expression> expression = CompileInto(request.expression(), FullVocabulary(), response);
  if (!expression) return absl::OkStatus();
  const WordSet words = WordsFor(*expression, *catalog);
  if (*offer == nullptr && NamesOffer(words)) {
    return absl::InvalidArgumentError("offer_id: is required, since the expression names offer.*");
  }
  CustomerState state;
  const absl::StatusOr<Subject> subject = Find(request.request(), *now, &state);
  if (!subject.ok()) return subject.status();
  response->set_customer_id(subject->customer_id);

  const auto population = population_->Pin();
  const absl::TimeZone zone = store_zones_->Pin()->ZoneOf(touch->store_id, deployment_.time_zone);
  Facts facts(words, catalog->rfm, {subject->known ? &state : nullptr, population.get(), subject->identity_types},
              Moment::At(*now, zone), deployment_.minor_per_major);
  facts.SetRequest(*touch);
  if (subject->known) facts.SetSegments(catalog->segments);
  if (*offer != nullptr) facts.SetOffer(**offer, kAllOfferFacts);
  EvaluateInto(*expression, FullVocabulary(), facts, response);
  return absl::OkStatus();
}

}  // namespace nbo::server
