#include "core/decision/engine.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/decision/best_first.h"
#include "core/decision/facts.h"
#include "core/decision/pauses.h"
#include "core/decision/scoring.h"
#include "core/matching/index.h"
#include "core/rules/condition.h"

namespace nbo {
namespace {

using rules::Value;

std::string Days(int count) { return absl::StrCat(count, count == 1 ? " day" : " days"); }

// The way of a request's candidates through the gates, each of which lets some of them pass.
class Funnel {
 public:
  Funnel(const Catalog& catalog, const OfferRequest& request, const Moment& moment, const Pauses& pauses, Facts* facts,
         matching::Truths* truths, Arms* arms)
      : catalog_(catalog),
        request_(request),
        now_(moment.now),
        today_(moment.today),
        pauses_(pauses),
        facts_(*facts),
        truths_(*truths),
        arms_(*arms),
        scorer_(catalog, facts, arms),
        index_asked_(!request.explain && facts->customer_known()) {
    if (request.explain) left_at_.resize(catalog.offers.size(), Gate::kShown);
  }

  // From the first gate to the last; fills in offers and explanations.
  void Run(Decision* decision);

 private:
  // Fills in the candidates.
  void Enter();
  // The gates, in their order. Each filters the candidates, so that the next one sees only those that passed.
  void Live();
  void Eligible();
  void Applicable();
  void Experimental();
  void Score();
  std::vector<RankedOffer> Arbitrate();

  // Keeps those candidates for which stays(position) is true; the others leave at `gate`.
  template <typename Stays>
  void Keep(Gate gate, Stays stays);
  void Leave(int32_t offer, Gate gate) {
    if (request_.explain) left_at_[static_cast<size_t>(offer)] = gate;
  }

  const Offer& OfferAt(int32_t number) const { return catalog_.offers[static_cast<size_t>(number)]; }
  bool IsRightPlacement(int32_t number) const;

  // Of every offer, in catalog order.
  std::vector<Explanation> Explain(const std::vector<RankedOffer>& chosen);
  // Requires the offer's words among the facts. `value` is the formula's, if the offer got there.
  std::string Detail(int32_t number, Gate gate, const Value& value);
  std::string RuleDetail(const Offer& offer, const std::string& rule) const;
  std::string ScoreDetail(int32_t number, const Value& value);

  const Catalog& catalog_;
  const OfferRequest& request_;
  const absl::Time now_;
  const Day today_;
  const Pauses& pauses_;
  Facts& facts_;
  matching::Truths& truths_;
  Arms& arms_;
  Scorer scorer_;
  const bool index_asked_;           // for the channel and the rules
  std::vector<int32_t> candidates_;  // positions in the catalog, ascending
  std::vector<double> scores_;       // of candidates_, from the gate of that name on
  std::vector<Gate> left_at_;        // by position in the catalog; only if somebody asks why
};

void Funnel::Run(Decision* decision) {
  Enter();
  Live();
  Eligible();
  Applicable();
  Experimental();
  Score();
  decision->offers = Arbitrate();
  if (request_.explain) decision->explanations = Explain(decision->offers);
}

template <typename Stays>
void Funnel::Keep(Gate gate, Stays stays) {
  size_t kept = 0;
  for (const int32_t offer : candidates_) {
    candidates_[kept] = offer;
    if (stays(offer)) {
      ++kept;
    } else {
      Leave(offer, gate);
    }
  }
  candidates_.resize(kept);
}

// Who asks why must hear about every offer, and the unknown get default offers only. For everybody else the index finds
// the offers that have the channel and whose rules hold, without a look at most of the others.
void Funnel::Enter() {
  if (index_asked_) {
    candidates_.reserve(catalog_.offers.size());
    const std::vector<matching::AccessKey> keys = matching::FindKeys(catalog_.conditions.terms(), facts_);
    catalog_.conditions.In(request_.channel).ForEachMatch(keys, &truths_, [this](int32_t offer) {
      candidates_.push_back(offer);
    });
  } else if (request_.explain) {
    candidates_.resize(catalog_.offers.size());
    std::iota(candidates_.begin(), candidates_.end(), 0);
  } else {
    candidates_.assign(catalog_.conditions.defaults().begin(), catalog_.conditions.defaults().end());
  }
}

void Funnel::Live() {
  const OfferColumns::Window* const windows = catalog_.columns.windows.data();
  Keep(Gate::kLive, [&](int32_t offer) { return windows[offer].Holds(today_); });
  if (pauses_.any()) Keep(Gate::kLive, [&](int32_t offer) { return pauses_.Of(OfferAt(offer)) == nullptr; });
}

void Funnel::Eligible() {
  if (index_asked_) return;
  Keep(Gate::kEligible, [&](int32_t offer) {
    if (!facts_.customer_known() && !OfferAt(offer).is_default) return false;
    return truths_.AllTrue(catalog_.conditions.EligibilityOf(offer));
  });
}

void Funnel::Applicable() {
  if (!request_.placement.empty()) Keep(Gate::kApplicable, [&](int32_t offer) { return IsRightPlacement(offer); });
  if (index_asked_) return;
  Keep(Gate::kApplicable, [&](int32_t offer) {
    return OfferAt(offer).HasChannel(request_.channel) && truths_.AllTrue(catalog_.conditions.ApplicabilityOf(offer));
  });
}

bool Funnel::IsRightPlacement(int32_t number) const {
  if (catalog_.columns.everywhere[static_cast<size_t>(number)]) return true;
  const std::vector<std::string>& placements = OfferAt(number).placements;
  return std::find(placements.begin(), placements.end(), request_.placement) != placements.end();
}

void Funnel::Experimental() {
  if (catalog_.experiments.empty()) return;
  Keep(Gate::kExperiment, [&](int32_t offer) { return arms_.Withholding(OfferAt(offer).experiments) < 0; });
}

void Funnel::Score() {
  scores_ = scorer_.Score(candidates_);
  size_t kept = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if (std::isfinite(scores_[i]) && scores_[i] > catalog_.score_floor) {
      candidates_[kept] = candidates_[i];
      scores_[kept++] = scores_[i];
    } else {
      Leave(candidates_[i], Gate::kScore);
    }
  }
  candidates_.resize(kept);
  scores_.resize(kept);
}

// Best first, one per group, at most as many as there are slots. Ties are broken by catalog order.
std::vector<RankedOffer> Funnel::Arbitrate() {
  const int wanted = request_.max_offers != 0 ? request_.max_offers : DefaultMaxOffers(request_.channel);
  const size_t slots = std::min(static_cast<size_t>(wanted), candidates_.size());
  std::vector<RankedOffer> chosen;
  chosen.reserve(slots);
  BestFirst best(scores_);
  for (size_t i = best.Next(); i != BestFirst::kNone && chosen.size() < slots; i = best.Next()) {
    const Offer& offer = OfferAt(candidates_[i]);
    const bool taken = !offer.group.empty() && std::any_of(chosen.begin(), chosen.end(), [&](const RankedOffer& other) {
      return other.offer->group == offer.group;
    });
    if (taken) continue;
    chosen.push_back(
        {&offer, offer.FindTreatment(request_.channel, request_.locale, catalog_.default_locale, &arms_), scores_[i]});
  }
  return chosen;
}

// Taking the rule apart anew costs microseconds, and spares every catalog in force the memory for it.
std::string Funnel::RuleDetail(const Offer& offer, const std::string& rule) const {
  const auto condition = CompileCondition(offer, rule);
  return rules::ExplainFailure(std::get<rules::Condition>(condition), facts_);
}

std::string Funnel::ScoreDetail(int32_t number, const Value& value) {
  const rules::Expression& formula = scorer_.FormulaOf(number);
  const Experiment* const experiment = scorer_.ExperimentScoring(number);
  const std::string whose = experiment == nullptr ? "score: " : absl::StrCat("score of '", experiment->id(), "': ");
  std::string outcome = value.is_error() ? absl::StrCat("cannot be said: ", rules::EvalErrorText(value.error()))
                                         : absl::StrCat("is ", value.ToString());
  std::string inputs = formula.DescribeInputs(facts_);
  return absl::StrCat(whose, formula.text(), " ", outcome, inputs.empty() ? "" : absl::StrCat(" (", inputs, ")"));
}

std::string Funnel::Detail(int32_t number, Gate gate, const Value& value) {
  const Offer& offer = OfferAt(number);
  switch (gate) {
    case Gate::kLive:
      if (today_ < offer.from_day) return absl::StrCat("begins in ", Days(offer.from_day - today_));
      if (today_ > offer.to_day) return absl::StrCat("ended ", Days(today_ - offer.to_day), " ago");
      return pauses_.Detail(offer, now_);
    case Gate::kEligible:
      if (!facts_.customer_known() && !offer.is_default) return "the customer is unknown and it is no default offer";
      return RuleDetail(offer, offer.eligibility);
    case Gate::kApplicable:
      if (!offer.HasChannel(request_.channel)) {
        return absl::StrCat("has no treatment for ", ChannelName(request_.channel));
      }
      if (!IsRightPlacement(number)) return absl::StrCat("is not meant for placement '", request_.placement, "'");
      return RuleDetail(offer, offer.applicability);
    case Gate::kExperiment: {
      const Experiment& experiment = catalog_.experiments[static_cast<size_t>(arms_.Withholding(offer.experiments))];
      return absl::StrCat("the customer is in a control group of experiment '", experiment.id(), "'");
    }
    case Gate::kScore: return absl::StrCat(ScoreDetail(number, value), "; the floor is ", catalog_.score_floor);
    default: return ScoreDetail(number, value);
  }
}

// Tells of each candidate whether it was chosen or what beat it.
void ExplainArbitration(const std::vector<RankedOffer>& chosen, std::vector<Explanation>* explanations) {
  for (Explanation& explanation : *explanations) {
    if (explanation.gate != Gate::kShown) continue;
    const RankedOffer* same_group = nullptr;
    bool shown = false;
    for (const RankedOffer& winner : chosen) {
      shown |= winner.offer == explanation.offer;
      if (!explanation.offer->group.empty() && winner.offer->group == explanation.offer->group) same_group = &winner;
    }
    if (shown) continue;
    explanation.gate = Gate::kArbitration;
    explanation.detail =
        absl::StrCat(same_group != nullptr ? absl::StrCat("'", same_group->offer->id, "' of the same group is better; ")
                                           : "all slots were taken by better ones; ",
                     explanation.detail);
  }
}

std::vector<Explanation> Funnel::Explain(const std::vector<RankedOffer>& chosen) {
  std::vector<Explanation> explanations;
  explanations.reserve(left_at_.size());
  for (size_t i = 0; i < left_at_.size(); ++i) {
    const auto number = static_cast<int32_t>(i);
    const Gate gate = left_at_[i];
    const bool scored = gate == Gate::kScore || gate == Gate::kShown;
    const Value value = scored ? scorer_.ScoreOne(number) : Value::Null();
    facts_.SetOfferAt(number, kAllOfferFacts);
    Explanation explanation{&OfferAt(number), gate, std::nullopt, Detail(number, gate, value)};
    if (value.type() == rules::Type::kDouble) explanation.score = value.double_value();
    explanations.push_back(std::move(explanation));
  }
  ExplainArbitration(chosen, &explanations);
  return explanations;
}

// As if nobody were in the global control group.
void DecideFor(const Catalog& catalog, const Person& person, const OfferRequest& request, const Moment& moment,
               const Deployment& deployment, const Pauses& pauses, Arms* arms, Decision* decision) {
  Facts facts(catalog, person, moment, deployment.minor_per_major);
  facts.SetRequest(request);
  // An explanation tells all of the customer's segments, not only those that a rule asks for.
  if (person.state != nullptr) facts.SetSegments(catalog.segments, request.explain ? nullptr : &catalog.conditions);
  const auto set_offer = [&](int32_t number) {
    facts.SetOfferAt(number, catalog.columns.rule_facts[static_cast<size_t>(number)]);
  };
  matching::Truths truths(catalog.conditions.terms(), facts, set_offer);
  Funnel(catalog, request, moment, pauses, &facts, &truths, arms).Run(decision);
}

// A customer of the control group gets what nobody in particular gets, to the last bit: even the order of the default
// offers would be personal. So are their explanations; those of the other offers tell where they would have ended.
void AnswerAsNobody(const Catalog& catalog, const OfferRequest& request, const Moment& moment,
                    const Deployment& deployment, const Pauses& pauses, Decision* decision) {
  Decision nobodys;
  Arms none;
  DecideFor(catalog, Person(), request, moment, deployment, pauses, &none, &nobodys);
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
                const Deployment& deployment, const Switches* switches) {
  const Pauses pauses(switches, request);
  Decision decision;
  decision.paused = pauses.all();
  if (!catalog.score) return decision;  // the empty catalog
  if (decision.paused && !request.explain) return decision;
  const Moment moment = Moment::At(now, deployment.time_zone);
  const bool in_experiments = person.state != nullptr && !person.customer_id.empty();
  Arms arms = in_experiments
                  ? Arms(catalog.control ? &*catalog.control : nullptr, catalog.experiments, person.customer_id, now)
                  : Arms();
  DecideFor(catalog, person, request, moment, deployment, pauses, &arms, &decision);
  decision.global = arms.global();
  decision.arms = arms.Records();
  if (arms.in_control()) AnswerAsNobody(catalog, request, moment, deployment, pauses, &decision);
  return decision;
}

}  // namespace nbo
