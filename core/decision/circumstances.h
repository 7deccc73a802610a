// What a decision takes from the world besides the person and the request: what is paused, what is left of budgets, and
// what was learned of chances.
#ifndef NBO_CORE_DECISION_CIRCUMSTANCES_H_
#define NBO_CORE_DECISION_CIRCUMSTANCES_H_

#include "absl/types/span.h"
#include "core/budget/gauge.h"
#include "core/propensity/model.h"
#include "core/switches/switches.h"

namespace nbo {

// Everything pointed to is the caller's and stays as it is while the decision lasts. Positions are those of the offers
// in the very catalog that decides.
struct Circumstances {
  const Switches* switches = nullptr;           // null: nothing is paused
  const ExhaustedOffers* exhausted = nullptr;   // offers without budget; null: all have some
  const PropensityModel* propensity = nullptr;  // null: the author's estimates hold
  // By position, instead of what the model says: for computing a decision again without the model of its time. First
  // those of the person, then of nobody in particular, whose answer customers of the global control group are given.
  // Empty: the model decides.
  absl::Span<const double> propensities = {};
  absl::Span<const double> nobodys_propensities = {};
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_CIRCUMSTANCES_H_
