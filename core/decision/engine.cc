#include "core/decision/engine.h"

#include <algorithm>
#include <cmath>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "core/decision/facts.h"
#include "core/decision/pauses.h"
#include "core/matching/index.h"
#include "core/rules/condition.h"

namespace nbo {
namespace {

// One way of an offer through the funnel.
struct Passage {
  Gate gate = Gate::kShown;
  double score = 0;
  rules::Value value;  // of the formula, if it got there
};

// Who asks why must hear about every offer, and the unknown get default offers only.
bool AsksIndex(const OfferRequest& request, const Facts& facts) { return !request.explain && facts.customer_known(); }

std::string Days(int count) { return absl::StrCat(count, count == 1 ? " day" : " days"); }

class Funnel {
 public:
  Funnel(const Catalog& catalog, const OfferRequest& request, const Moment& moment, const Pauses& pauses, Facts* facts,
         matching::Truths* truths)
      : catalog_(catalog),
        request_(request),
        now_(moment.now),
        today_(moment.today),
        pauses_(pauses),
        facts_(facts),
        truths_(*truths),
        index_asked_(AsksIndex(request, *facts)) {}

  // `offer`: its position in the catalog.
  Passage Pass(int32_t offer);
  // To be called right after Pass.
  std::string Detail(const Offer& offer, const Passage& passage) const;

 private:
  bool RightPlacement(const Offer& offer) const;
  // The first gate before the score at which it stops, else kScore.
  Gate GateOf(int32_t number);
  std::string RuleDetail(const Offer& offer, const std::string& rule) const;
  std::string ScoreDetail(const Passage& passage) const;

  const Catalog& catalog_;
  const OfferRequest& request_;
  const absl::Time now_;
  const Day today_;
  const Pauses& pauses_;
  Facts* facts_;
  matching::Truths& truths_;
  const bool index_asked_;  // for the channel and the rules
};

bool Funnel::RightPlacement(const Offer& offer) const {
  if (offer.everywhere || request_.placement.empty()) return true;
  for (const std::string& placement : offer.placements) {
    if (placement == request_.placement) return true;
  }
  return false;
}

Gate Funnel::GateOf(int32_t number) {
  const Offer& offer = catalog_.offers[number];
  if (today_ < offer.from_day || today_ > offer.to_day) return Gate::kLive;
  if (pauses_.Of(offer) != nullptr) return Gate::kLive;
  if (index_asked_) return RightPlacement(offer) ? Gate::kScore : Gate::kApplicable;
  if (!facts_->customer_known() && !offer.is_default) return Gate::kEligible;
  if (!truths_.AllTrue(catalog_.conditions.EligibilityOf(number))) return Gate::kEligible;
  if (!offer.HasChannel(request_.channel) || !RightPlacement(offer)) return Gate::kApplicable;
  if (!truths_.AllTrue(catalog_.conditions.ApplicabilityOf(number))) return Gate::kApplicable;
  return Gate::kScore;
}

Passage Funnel::Pass(int32_t number) {
  const Offer& offer = catalog_.offers[number];
  Passage passage;
  passage.gate = GateOf(number);
  if (passage.gate != Gate::kScore) return passage;
  facts_->SetOffer(offer, catalog_.score_facts);
  passage.value = catalog_.score->Evaluate(*facts_);
  // An int formula ("1") is as good as a double.
  if (passage.value.type() == rules::Type::kInt) {
    passage.value = rules::Value::Double(static_cast<double>(passage.value.int_value()));
  }
  if (passage.value.type() != rules::Type::kDouble) return passage;
  passage.score = passage.value.double_value();
  if (!std::isfinite(passage.score) || passage.score <= catalog_.score_floor) return passage;
  passage.gate = Gate::kShown;
  return passage;
}

// Taking the rule apart anew costs microseconds, and spares every catalog in force the memory for it.
std::string Funnel::RuleDetail(const Offer& offer, const std::string& rule) const {
  const auto condition = CompileCondition(offer, rule);
  return rules::ExplainFailure(std::get<rules::Condition>(condition), *facts_);
}

std::string Funnel::ScoreDetail(const Passage& passage) const {
  const rules::Expression& formula = *catalog_.score;
  const rules::Value& value = passage.value;
  std::string outcome = value.is_error() ? absl::StrCat("cannot be said: ", rules::EvalErrorText(value.error()))
                                         : absl::StrCat("is ", value.ToString());
  std::string inputs = formula.DescribeInputs(*facts_);
  return absl::StrCat("score: ", formula.text(), " ", outcome, inputs.empty() ? "" : absl::StrCat(" (", inputs, ")"));
}

std::string Funnel::Detail(const Offer& offer, const Passage& passage) const {
  switch (passage.gate) {
    case Gate::kLive:
      if (today_ < offer.from_day) return absl::StrCat("begins in ", Days(offer.from_day - today_));
      if (today_ > offer.to_day) return absl::StrCat("ended ", Days(today_ - offer.to_day), " ago");
      return pauses_.Detail(offer, now_);
    case Gate::kEligible:
      if (!facts_->customer_known() && !offer.is_default) return "the customer is unknown and it is no default offer";
      return RuleDetail(offer, offer.eligibility);
    case Gate::kApplicable:
      if (!offer.HasChannel(request_.channel)) {
        return absl::StrCat("has no treatment for ", ChannelName(request_.channel));
      }
      if (!RightPlacement(offer)) return absl::StrCat("is not meant for placement '", request_.placement, "'");
      return RuleDetail(offer, offer.applicability);
    case Gate::kScore: return absl::StrCat(ScoreDetail(passage), "; the floor is ", catalog_.score_floor);
    default: return ScoreDetail(passage);
  }
}

// Calls visit(position) for every offer that may pass, in catalog order.
template <typename Visit>
void ForEachCandidate(const Catalog& catalog, const OfferRequest& request, const Facts& facts, matching::Truths* truths,
                      Visit visit) {
  if (AsksIndex(request, facts)) {
    const std::vector<matching::AccessKey> keys = matching::FindKeys(catalog.conditions.terms(), facts);
    catalog.conditions.In(request.channel).ForEachMatch(keys, truths, visit);
  } else if (request.explain) {
    for (size_t i = 0; i < catalog.offers.size(); ++i) visit(static_cast<int32_t>(i));
  } else {
    for (const int32_t offer : catalog.conditions.defaults()) visit(offer);
  }
}

// Best first, one per group, at most `slots`. Candidates come in catalog order, by which ties are broken.
std::vector<RankedOffer> Arbitrate(std::vector<RankedOffer> candidates, size_t slots) {
  // Few of many are wanted: a heap is cheaper than to sort all.
  const auto worse = [](const RankedOffer& a, const RankedOffer& b) {
    return a.score != b.score ? a.score < b.score : a.offer > b.offer;
  };
  std::make_heap(candidates.begin(), candidates.end(), worse);
  std::vector<RankedOffer> chosen;
  chosen.reserve(std::min(slots, candidates.size()));
  for (auto end = candidates.end(); end != candidates.begin() && chosen.size() < slots;) {
    std::pop_heap(candidates.begin(), end, worse);
    const RankedOffer& candidate = *--end;
    const std::string& group = candidate.offer->group;
    const bool taken = !group.empty() && std::any_of(chosen.begin(), chosen.end(), [&](const RankedOffer& other) {
      return other.offer->group == group;
    });
    if (!taken) chosen.push_back(candidate);
  }
  return chosen;
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

}  // namespace

Decision Decide(const Catalog& catalog, const CustomerState* state, const OfferRequest& request, absl::Time now,
                const Deployment& deployment, const Population* population, IdentityTypes identity_types,
                const Switches* switches) {
  const Pauses pauses(switches, request);
  Decision decision;
  decision.paused = pauses.all();
  if (!catalog.score) return decision;  // the empty catalog
  if (decision.paused && !request.explain) return decision;
  const Moment moment = Moment::At(now, deployment.time_zone);
  Facts facts(catalog, {state, population, identity_types}, moment, deployment.minor_per_major);
  facts.SetRequest(request);
  // An explanation tells all of the customer's segments, not only those that a rule asks for.
  if (state != nullptr) facts.SetSegments(catalog.segments, request.explain ? nullptr : &catalog.conditions);

  const auto set_offer = [&](int32_t number) {
    facts.SetOffer(catalog.offers[number], catalog.offers[number].rule_facts);
  };
  matching::Truths truths(catalog.conditions.terms(), facts, set_offer);
  Funnel funnel(catalog, request, moment, pauses, &facts, &truths);
  std::vector<RankedOffer> candidates;
  ForEachCandidate(catalog, request, facts, &truths, [&](int32_t number) {
    const Offer& offer = catalog.offers[number];
    const Passage passage = funnel.Pass(number);
    if (passage.gate == Gate::kShown) candidates.push_back({&offer, nullptr, passage.score});
    if (!request.explain) return;
    facts.SetOffer(offer, kAllOfferFacts);
    Explanation explanation{&offer, passage.gate, std::nullopt, funnel.Detail(offer, passage)};
    const bool scored =
        passage.gate == Gate::kShown || (passage.gate == Gate::kScore && passage.value.type() == rules::Type::kDouble);
    if (scored) explanation.score = passage.score;
    decision.explanations.push_back(std::move(explanation));
  });
  const int slots = request.max_offers != 0 ? request.max_offers : DefaultMaxOffers(request.channel);
  decision.offers = Arbitrate(std::move(candidates), static_cast<size_t>(slots));
  for (RankedOffer& ranked : decision.offers) {
    ranked.treatment = ranked.offer->FindTreatment(request.channel, request.locale, catalog.default_locale);
  }
  if (request.explain) ExplainArbitration(decision.offers, &decision.explanations);
  return decision;
}

}  // namespace nbo
