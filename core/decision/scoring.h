// Scores the candidates of a request by the catalog's formula, all at once where the formula allows it.
#ifndef NBO_CORE_DECISION_SCORING_H_
#define NBO_CORE_DECISION_SCORING_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/catalog/catalog.h"
#include "core/decision/facts.h"
#include "core/rules/value.h"

namespace nbo {

// One per request, not thread-safe; both must outlive it. The catalog must have a formula.
class Scorer {
 public:
  Scorer(const Catalog& catalog, Facts* facts) : catalog_(catalog), facts_(*facts) {}

  // The score of each offer, named by its position in the catalog; not a number where the formula fails. The same to
  // the bit as ScoreOne.
  std::vector<double> Score(absl::Span<const int32_t> offers);

  // What the formula gives for one offer: a double or an error.
  rules::Value ScoreOne(int32_t offer);

 private:
  // The values of an offer's word for `offers`, put into `out`, as long.
  rules::Column ColumnOf(int slot, absl::Span<const int32_t> offers, double* out);
  template <typename T, typename OfCategories>
  rules::Column ByCategories(absl::Span<const int32_t> offers, double* out, OfCategories of_categories);
  rules::Column InBasket(absl::Span<const int32_t> offers, double* out);

  const Catalog& catalog_;
  Facts& facts_;
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_SCORING_H_
