// What budgets forbid in a decision: offers that nobody can have any more, and offers that this person has had often
// enough.
//
// Of `budget.per_customer`, these contacts of the person count: those that were redeemed; those presented, until the
// offer's attribution window ends, whatever the answer was, for it may still be redeemed; and living reservations,
// except those that this very answer takes the place of. So a person never holds more than may be redeemed.
#ifndef NBO_CORE_DECISION_BUDGET_GATE_H_
#define NBO_CORE_DECISION_BUDGET_GATE_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/budget/gauge.h"
#include "core/catalog/catalog.h"
#include "core/decision/person.h"
#include "core/decision/request.h"

namespace nbo {

// One per decision. Points into what it was built from.
class BudgetGate {
 public:
  // `exhausted` as in Circumstances.
  BudgetGate(const Catalog& catalog, const ExhaustedOffers* exhausted, const Person& person,
             const OfferRequest& request, absl::Time now);

  // Some offer is forbidden.
  bool any() const { return exhausted_ != nullptr || !full_.empty(); }
  // Whether the offer at a position may be given.
  bool Allows(int32_t offer) const { return !IsExhausted(offer) && !IsFull(offer); }
  // One sentence about one that may not, with the numbers met.
  std::string Explain(int32_t offer) const;

 private:
  bool IsExhausted(int32_t offer) const { return exhausted_ != nullptr && exhausted_->Has(static_cast<size_t>(offer)); }
  bool IsFull(int32_t offer) const { return std::find(full_.begin(), full_.end(), offer) != full_.end(); }
  // When a contact with an offer ceases to count; kNever: not as long as it is known; now or earlier: it does not.
  int64_t CountsUntil(const Contact& contact, const Offer& offer) const;
  void CountContacts();
  std::string ExplainPerson(int32_t offer) const;

  const Catalog& catalog_;
  const ExhaustedOffers* const exhausted_;  // null if there is none
  const absl::Span<const Contact> contacts_;
  const OfferRequest& request_;
  const absl::Time now_;
  const int64_t now_us_;
  absl::InlinedVector<int32_t, 8> full_;  // offers that the person has had often enough
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_BUDGET_GATE_H_
