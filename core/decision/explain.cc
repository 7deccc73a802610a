#include "core/decision/explain.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/condition.h"

namespace nbo {
namespace {

using rules::Value;

std::string Days(int count) { return absl::StrCat(count, count == 1 ? " day" : " days"); }

class Explainer {
 public:
  Explainer(const Gatekeepers& ask, const Funnel& funnel, const Arbitration& arbitration)
      : ask_(ask), catalog_(ask.catalog), funnel_(funnel), arbitration_(arbitration) {}

  std::vector<Explanation> Run();

 private:
  const Offer& OfferAt(int32_t number) const { return catalog_.offers[static_cast<size_t>(number)]; }
  Explanation Of(int32_t number, Gate gate);
  std::vector<ScoreFactor> FactorsOf(int32_t number);
  // Requires the offer's words among the facts. `value` is the formula's, if the offer got there.
  std::string Detail(int32_t number, Gate gate, const Value& value);
  std::string LiveDetail(const Offer& offer) const;
  std::string PlacementDetail() const;
  std::string RuleDetail(const Offer& offer, const std::string& rule) const;
  std::string ScoreDetail(int32_t number, const Value& value);
  // Why an offer was not chosen that might have been.
  std::string LossDetail(const Offer& offer) const;

  const Gatekeepers& ask_;
  const Catalog& catalog_;
  const Funnel& funnel_;
  const Arbitration& arbitration_;
};

std::string Explainer::LiveDetail(const Offer& offer) const {
  const Day today = ask_.moment.today;
  if (today < offer.from_day) return absl::StrCat("begins in ", Days(offer.from_day - today));
  if (today > offer.to_day) return absl::StrCat("ended ", Days(today - offer.to_day), " ago");
  return ask_.pauses.Detail(offer, ask_.moment.now);
}

// Taking the rule apart anew costs microseconds, and spares every catalog in force the memory for it.
std::string Explainer::RuleDetail(const Offer& offer, const std::string& rule) const {
  const auto condition = CompileCondition(offer, rule);
  return rules::ExplainFailure(std::get<rules::Condition>(condition), ask_.facts);
}

std::string Explainer::PlacementDetail() const {
  if (ask_.request.placements.size() <= 1) {
    return absl::StrCat("is not meant for placement '", SolePlacement(ask_.request), "'");
  }
  return absl::StrCat("is not meant for any of the placements ", absl::StrJoin(ask_.request.placements, ", "));
}

std::string Explainer::ScoreDetail(int32_t number, const Value& value) {
  const rules::Expression& formula = ask_.scorer.FormulaOf(number);
  const Experiment* const experiment = ask_.scorer.ExperimentScoring(number);
  const std::string whose = experiment == nullptr ? "score: " : absl::StrCat("score of '", experiment->id(), "': ");
  std::string outcome = value.is_error() ? absl::StrCat("cannot be said: ", rules::EvalErrorText(value.error()))
                                         : absl::StrCat("is ", value.ToString());
  std::string inputs = formula.DescribeInputs(ask_.facts);
  return absl::StrCat(whose, formula.text(), " ", outcome, inputs.empty() ? "" : absl::StrCat(" (", inputs, ")"));
}

std::string Explainer::Detail(int32_t number, Gate gate, const Value& value) {
  const Offer& offer = OfferAt(number);
  switch (gate) {
    case Gate::kLive: return LiveDetail(offer);
    case Gate::kEligible:
      if (!ask_.facts.customer_known() && !offer.is_default)
        return "the customer is unknown and it is no default offer";
      return RuleDetail(offer, offer.eligibility);
    case Gate::kApplicable:
      if (!offer.HasChannel(ask_.request.channel)) {
        return absl::StrCat("has no treatment for ", ChannelName(ask_.request.channel));
      }
      if (!FitsAnyPlacement(catalog_, number, ask_.request)) return PlacementDetail();
      return RuleDetail(offer, offer.applicability);
    case Gate::kContactPolicy: return ask_.contacts.Explain(ask_.contacts.Check(offer, number));
    case Gate::kBudget: return ask_.budgets.Explain(number);
    case Gate::kExperiment: {
      const auto experiment = static_cast<size_t>(ask_.arms.Withholding(offer.experiments));
      return absl::StrCat("the customer is in a control group of experiment '", catalog_.experiments[experiment].id(),
                          "'");
    }
    case Gate::kScore: return absl::StrCat(ScoreDetail(number, value), "; the floor is ", catalog_.score_floor);
    default: return ScoreDetail(number, value);
  }
}

std::string Explainer::LossDetail(const Offer& offer) const {
  int of_category = 0;
  for (const Arbitration::Choice& choice : arbitration_.choices()) {
    const Offer& winner = OfferAt(funnel_.candidates()[choice.candidate]);
    if (!offer.group.empty() && winner.group == offer.group) {
      return absl::StrCat("'", winner.id, "' of the same group is better; ");
    }
    of_category += offer.category_key != 0 && winner.category_key == offer.category_key;
  }
  if (catalog_.per_category != 0 && of_category >= catalog_.per_category) {
    return absl::StrCat(of_category, " of category '", offer.categories.front(),
                        of_category == 1 ? "' is better" : "' are better", ", and no more than ", catalog_.per_category,
                        " may be in an answer; ");
  }
  return "all slots were taken by better ones; ";
}

// Requires the offer's words among the facts, as the formula sees them.
std::vector<ScoreFactor> Explainer::FactorsOf(int32_t number) {
  const rules::Expression& formula = ask_.scorer.FormulaOf(number);
  std::vector<ScoreFactor> factors;
  for (const Factor& factor : kFactors) {
    if (!formula.Names(factor.slot)) continue;
    const Value& value = ask_.facts.slots[static_cast<size_t>(factor.slot)];
    const bool whole = value.type() == rules::Type::kInt;
    factors.push_back(
        {NameOf(factor), whole ? static_cast<double>(value.int_value()) : value.double_value(), std::nullopt});
  }
  return factors;
}

Explanation Explainer::Of(int32_t number, Gate gate) {
  const bool scored = gate == Gate::kScore || gate == Gate::kShown;
  const Value value = scored ? ask_.scorer.ScoreOne(number) : Value::Null();
  if (scored) {
    ask_.scorer.SetOffer(number, kAllOfferFacts);
  } else {
    ask_.facts.SetOfferAt(number, kAllOfferFacts);
  }
  Explanation explanation{&OfferAt(number), gate, std::nullopt, Detail(number, gate, value), {}};
  if (value.type() == rules::Type::kDouble) explanation.score = value.double_value();
  if (scored) explanation.factors = FactorsOf(number);
  return explanation;
}

std::vector<Explanation> Explainer::Run() {
  std::vector<Explanation> explanations;
  explanations.reserve(catalog_.offers.size());
  for (size_t i = 0; i < catalog_.offers.size(); ++i) {
    explanations.push_back(Of(static_cast<int32_t>(i), funnel_.left_at()[i]));
  }
  std::vector<uint8_t> chosen(funnel_.candidates().size());
  for (const Arbitration::Choice& choice : arbitration_.choices()) chosen[choice.candidate] = 1;
  std::vector<const Arbitration::Refusal*> refused(chosen.size());
  for (const Arbitration::Refusal& refusal : arbitration_.refusals()) refused[refusal.candidate] = &refusal;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i]) continue;
    Explanation& explanation = explanations[static_cast<size_t>(funnel_.candidates()[i])];
    explanation.gate = refused[i] != nullptr ? Gate::kContactPolicy : Gate::kArbitration;
    const std::string why = refused[i] != nullptr ? absl::StrCat(ask_.contacts.Explain(refused[i]->verdict), "; ")
                                                  : LossDetail(*explanation.offer);
    explanation.detail = absl::StrCat(why, explanation.detail);
  }
  return explanations;
}

}  // namespace

std::vector<Explanation> ExplainOffers(const Gatekeepers& ask, const Funnel& funnel, const Arbitration& arbitration) {
  return Explainer(ask, funnel, arbitration).Run();
}

}  // namespace nbo
