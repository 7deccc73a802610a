// Scores the candidates of a request by the catalog's formula, all at once where the formula allows it; and those of
// experiments by the formula of the customer's variant, if it has one.
#ifndef NBO_CORE_DECISION_SCORING_H_
#define NBO_CORE_DECISION_SCORING_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "core/catalog/catalog.h"
#include "core/decision/factors.h"
#include "core/decision/facts.h"
#include "core/rules/value.h"

namespace nbo {

// One per request, not thread-safe; all must outlive it. The catalog must have a formula.
class Scorer {
 public:
  // `propensities`: of all offers, by position. `neutral`: factors of offers that have no say.
  Scorer(const Catalog& catalog, Facts* facts, Arms* arms, absl::Span<const double> propensities, FactorSet neutral = 0)
      : catalog_(catalog),
        facts_(*facts),
        arms_(*arms),
        propensities_(propensities),
        neutral_(neutral),
        variants_differ_(catalog.ScoresByVariant()) {}

  // The score of each offer, named by its position in the catalog; not a number where the formula fails. The same to
  // the bit as ScoreOne.
  std::vector<double> Score(absl::Span<const int32_t> offers);

  // Sets those words of an offer that `facts`, a set of OfferFacts, names, as the formula sees them.
  void SetOffer(int32_t offer, uint8_t facts);
  // What the formula gives for one offer: a double or an error.
  rules::Value ScoreOne(int32_t offer);
  // The formula by which an offer is scored.
  const rules::Expression& FormulaOf(int32_t offer);
  // The experiment whose variant has that formula; nullptr: it is the catalog's own.
  const Experiment* ExperimentScoring(int32_t offer);

 private:
  // The neutral value of a word, if it is to have that.
  std::optional<double> NeutralOf(int slot) const;
  // The values of an offer's word for `offers`, put into `out`, as long.
  rules::Column ColumnOf(int slot, absl::Span<const int32_t> offers, double* out);
  template <typename T, typename OfCategories>
  rules::Column ByCategories(absl::Span<const int32_t> offers, double* out, OfCategories of_categories);
  // Of the customer's variant; nullptr: the catalog's.
  const ScoreFormula* VariantFormula(int32_t offer);
  // Scores anew those offers whose formula is not the catalog's.
  void ScoreVariants(absl::Span<const int32_t> offers, std::vector<double>* scores);
  rules::Value ScoreBy(const rules::Expression& formula, uint8_t facts, int32_t offer);
  rules::Column InBasket(absl::Span<const int32_t> offers, double* out);

  const Catalog& catalog_;
  Facts& facts_;
  Arms& arms_;
  const absl::Span<const double> propensities_;
  const FactorSet neutral_;
  const bool variants_differ_;  // some variant of some experiment has a formula of its own
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_SCORING_H_
