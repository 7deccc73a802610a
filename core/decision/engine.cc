#include "core/decision/engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/catalog/terms.h"
#include "core/decision/arbitration.h"
#include "core/decision/explain.h"
#include "core/decision/facts.h"
#include "core/decision/funnel.h"
#include "core/decision/pauses.h"
#include "core/decision/scoring.h"
#include "core/matching/index.h"

namespace nbo {
namespace {

// What stays the same whether it is decided for the customer or for nobody.
struct Case {
  const Catalog& catalog;
  const OfferRequest& request;
  const Moment& moment;
  const Deployment& deployment;
  const Circumstances& circumstances;
  const Pauses& pauses;
};

// By position: what chances are reckoned with.
absl::Span<const double> PropensitiesFor(const Case& given, bool nobody, int rfm_segment) {
  const Circumstances& c = given.circumstances;
  const absl::Span<const double> set = nobody ? c.nobodys_propensities : c.propensities;
  if (!set.empty()) return set;
  if (c.propensity != nullptr) return c.propensity->Means(given.request.channel, rfm_segment);
  return given.catalog.columns.propensity;
}

std::vector<RankedOffer> OffersOf(const Case& given, const Funnel& funnel, const Arbitration& arbitration,
                                  absl::Span<const double> propensities, Arms* arms) {
  std::vector<RankedOffer> offers;
  offers.reserve(arbitration.choices().size());
  for (const Arbitration::Choice& choice : arbitration.choices()) {
    const auto position = static_cast<size_t>(funnel.candidates()[choice.candidate]);
    const Offer& offer = given.catalog.offers[position];
    RankedOffer ranked;
    ranked.offer = &offer;
    ranked.treatment =
        offer.FindTreatment(given.request.channel, given.request.locale, given.catalog.default_locale, arms);
    ranked.score = funnel.scores()[choice.candidate];
    ranked.placement = choice.placement;
    ranked.propensity = propensities[position];
    ranked.cost_minor = MinorOf(offer.cost, given.deployment.minor_per_major);
    ranked.has_budget = offer.terms.budget_count != kNoLimit || offer.terms.budget_amount.has_value();
    ranked.attribution_days = offer.terms.attribution_days;
    offers.push_back(ranked);
  }
  return offers;
}

std::vector<Candidate> TraceOf(const Funnel& funnel, const Arbitration& arbitration) {
  std::vector<Candidate> candidates = funnel.left();
  const size_t left = candidates.size();
  for (size_t i = 0; i < funnel.candidates().size(); ++i) {
    candidates.push_back({funnel.candidates()[i], Gate::kArbitration, funnel.scores()[i]});
  }
  for (const auto& choice : arbitration.choices()) candidates[left + choice.candidate].gate = Gate::kShown;
  for (const auto& refusal : arbitration.refusals()) candidates[left + refusal.candidate].gate = Gate::kContactPolicy;
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.position < b.position; });
  return candidates;
}

// Says of the propensities among the factors how many trials they are worth; nothing of those of another time.
void StateEvidence(const Case& given, bool nobody, int rfm_segment, std::vector<Explanation>* explanations) {
  const Circumstances& c = given.circumstances;
  if (!(nobody ? c.nobodys_propensities : c.propensities).empty()) return;
  for (size_t i = 0; i < explanations->size(); ++i) {
    for (ScoreFactor& factor : (*explanations)[i].factors) {
      if (factor.name != Words()[Slot::kOfferPropensity].name) continue;
      factor.evidence = c.propensity != nullptr
                            ? c.propensity->Get(i, given.request.channel, rfm_segment).belief.evidence
                            : given.catalog.offers[i].terms.evidence;
    }
  }
}

// As if nobody were in the global control group.
void DecideFor(const Case& given, const Person& person, Arms* arms, Decision* decision) {
  const auto& [catalog, request, moment, deployment, circumstances, pauses] = given;
  Facts facts(catalog, person, moment, deployment.minor_per_major);
  facts.SetRequest(request);
  // An explanation tells all of the customer's segments, not only those that a rule asks for.
  if (person.state != nullptr) facts.SetSegments(catalog.segments, request.explain ? nullptr : &catalog.conditions);
  if (catalog.words.Has(Slot::kContextWeight)) facts.SetContextWeight(catalog.context_weights);
  const auto set_offer = [&](int32_t number) {
    facts.SetOfferAt(number, given.catalog.columns.rule_facts[static_cast<size_t>(number)]);
  };
  matching::Truths truths(catalog.conditions.terms(), facts, set_offer);
  ContactLimits contacts(catalog, person, request, moment);
  const BudgetGate budgets(catalog, circumstances.exhausted, person, request, moment.now);
  decision->rfm_segment = facts.rfm_segment();
  decision->rfm = facts.rfm();
  const absl::Span<const double> propensities = PropensitiesFor(given, person.state == nullptr, decision->rfm_segment);
  Scorer scorer(catalog, &facts, arms, propensities, request.neutral_factors);

  const Gatekeepers ask{catalog, request, moment, pauses, contacts, budgets, facts, truths, *arms, scorer};
  Funnel funnel(ask);
  funnel.Run();
  Arbitration arbitration(catalog, request, funnel.candidates(), funnel.scores(), &contacts);
  arbitration.Run();
  decision->offers = OffersOf(given, funnel, arbitration, propensities, arms);
  decision->scored = funnel.scored();
  if (request.explain) {
    decision->explanations = ExplainOffers(ask, funnel, arbitration);
    StateEvidence(given, person.state == nullptr, decision->rfm_segment, &decision->explanations);
  }
  if (request.trace) decision->candidates = TraceOf(funnel, arbitration);
}

// A customer of the control group gets what nobody in particular gets, to the last bit: even the order of the default
// offers would be personal. So are their explanations; those of the other offers tell where they would have ended.
void AnswerAsNobody(const Case& given, Decision* decision) {
  Decision nobodys;
  Arms none;
  DecideFor(given, Person(), &none, &nobodys);
  decision->ghosts = std::exchange(decision->offers, std::move(nobodys.offers));
  decision->arms.clear();  // no variant has reached the customer
  for (size_t i = 0; i < decision->explanations.size(); ++i) {
    Explanation& explanation = decision->explanations[i];
    if (explanation.offer->is_default) {
      explanation = std::move(nobodys.explanations[i]);
    } else if (explanation.gate == Gate::kShown || explanation.gate == Gate::kArbitration) {
      const absl::string_view would = explanation.gate == Gate::kShown ? "shown; " : "not shown: ";
      explanation.gate = Gate::kExperiment;
      explanation.detail =
          absl::StrCat("the customer is in the global control group; else it would be ", would, explanation.detail);
    }
  }
}

}  // namespace

Decision Decide(const Catalog& catalog, const Person& person, const OfferRequest& request, absl::Time now,
                const Deployment& deployment, const Circumstances& circumstances) {
  const Pauses pauses(circumstances.switches, request);
  Decision decision;
  decision.paused = pauses.all();
  if (!catalog.score) return decision;  // the empty catalog
  if (decision.paused && !request.explain) return decision;
  const Moment moment = Moment::At(now, deployment.time_zone);
  const bool in_experiments = person.state != nullptr && !person.customer_id.empty();
  Arms arms = in_experiments
                  ? Arms(catalog.control ? &*catalog.control : nullptr, catalog.experiments, person.customer_id, now)
                  : Arms();
  const Case given{catalog, request, moment, deployment, circumstances, pauses};
  DecideFor(given, person, &arms, &decision);
  decision.global = arms.global();
  decision.arms = arms.Records();
  if (arms.in_control()) AnswerAsNobody(given, &decision);
  return decision;
}

}  // namespace nbo
