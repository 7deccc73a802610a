// The way of a request's offers through the gates up to the score. A part of Decide.
#ifndef NBO_CORE_DECISION_FUNNEL_H_
#define NBO_CORE_DECISION_FUNNEL_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/catalog/catalog.h"
#include "core/decision/budget_gate.h"
#include "core/decision/contact_limits.h"
#include "core/decision/engine.h"
#include "core/decision/facts.h"
#include "core/decision/pauses.h"
#include "core/decision/request.h"
#include "core/decision/scoring.h"
#include "core/matching/index.h"

namespace nbo {

// What the gates ask. Everything is the caller's and outlives the decision.
struct Gatekeepers {
  const Catalog& catalog;
  const OfferRequest& request;
  const Moment& moment;
  const Pauses& pauses;
  const ContactLimits& contacts;
  const BudgetGate& budgets;
  Facts& facts;
  matching::Truths& truths;
  Arms& arms;
  Scorer& scorer;
};

// One per decision, not thread-safe.
class Funnel {
 public:
  explicit Funnel(const Gatekeepers& ask);

  // From the first gate to the score. To be called once.
  void Run();

  // Those that passed all gates, by their positions in the catalog, ascending; and their scores.
  absl::Span<const int32_t> candidates() const { return candidates_; }
  absl::Span<const double> scores() const { return scores_; }
  // How many reached the score.
  int scored() const { return scored_; }
  // By position in the catalog, only if the request asks why: where the offer left; kShown: nowhere yet.
  absl::Span<const Gate> left_at() const { return left_at_; }
  // Only if the request asks for a trace: those that left, in no order.
  const std::vector<Candidate>& left() const { return left_; }

 private:
  // Fills in the candidates.
  void Enter();
  // The gates, in their order. Each filters the candidates, so that the next one sees only those that passed.
  void Live();
  void Eligible();
  void Applicable();
  void Sayable();
  void Affordable();
  void Experimental();
  void Score();

  // Keeps those candidates for which stays(position) is true; the others leave at `gate`.
  template <typename Stays>
  void Keep(Gate gate, Stays stays);
  void Leave(int32_t offer, Gate gate, double score = 0) {
    if (request_.explain) left_at_[static_cast<size_t>(offer)] = gate;
    if (request_.trace) left_.push_back({offer, gate, score});
  }
  const Offer& OfferAt(int32_t number) const { return catalog_.offers[static_cast<size_t>(number)]; }

  const Gatekeepers ask_;
  const Catalog& catalog_;
  const OfferRequest& request_;
  const bool index_asked_;           // for the channel and the rules
  std::vector<int32_t> candidates_;  // positions in the catalog, ascending
  std::vector<double> scores_;       // of candidates_, from the gate of that name on
  int scored_ = 0;
  std::vector<Gate> left_at_;
  std::vector<Candidate> left_;
};

// Whether an offer may stand in any of the placements of a request.
bool FitsAnyPlacement(const Catalog& catalog, int32_t offer, const OfferRequest& request);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_FUNNEL_H_
