// Chooses the offers of an answer among those that have a score.
//
// Placement by placement in the order of the request, each filled with the best that may stand there. Over the whole
// answer no offer comes twice, at most one of a group, at most `per_category` of a category (Offer::category_key), and
// no more than the contact policy allows. Ties are broken by catalog order.
#ifndef NBO_CORE_DECISION_ARBITRATION_H_
#define NBO_CORE_DECISION_ARBITRATION_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/catalog/catalog.h"
#include "core/decision/contact_limits.h"
#include "core/decision/request.h"

namespace nbo {

// Whether an offer of the catalog may stand in a placement; in the empty one everything may.
bool FitsPlacement(const Catalog& catalog, int32_t offer, absl::string_view placement);

// One per decision, not thread-safe. Points into what it was built from.
class Arbitration {
 public:
  struct Choice {
    size_t candidate = 0;   // its place among the candidates
    int16_t placement = 0;  // of the request
  };
  struct Refusal {
    size_t candidate = 0;
    ContactVerdict verdict;
  };

  // `candidates` are positions in the catalog, ascending, each allowed by `contacts`, with finite scores.
  Arbitration(const Catalog& catalog, const OfferRequest& request, absl::Span<const int32_t> candidates,
              absl::Span<const double> scores, ContactLimits* contacts)
      : catalog_(catalog), request_(request), candidates_(candidates), scores_(scores), contacts_(*contacts) {}

  // To be called once.
  void Run();

  // In the order of the answer.
  const std::vector<Choice>& choices() const { return choices_; }
  // What the contact policy refused because of what is in the answer already. All that came up if the request asks why;
  // else those may be missing that are refused because nothing personal can follow.
  const std::vector<Refusal>& refusals() const { return refusals_; }

 private:
  void Fill(int16_t placement, size_t slots);
  // Whether what was chosen leaves no room for a candidate: its group, its category, or nothing personal can follow.
  bool IsOut(size_t candidate) const;
  // Whether a candidate may be chosen, which it then is.
  bool Take(size_t candidate, int16_t placement);
  // The scores of those that can still come to a placement; the others' are minus infinity.
  std::vector<double> ScoresFor(int16_t placement) const;
  const Offer& OfferOf(size_t candidate) const { return catalog_.offers[static_cast<size_t>(candidates_[candidate])]; }

  const Catalog& catalog_;
  const OfferRequest& request_;
  const absl::Span<const int32_t> candidates_;
  const absl::Span<const double> scores_;
  ContactLimits& contacts_;
  std::vector<Choice> choices_;
  std::vector<Refusal> refusals_;
  bool personal_is_over_ = false;  // no cap leaves room for another personal offer
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_ARBITRATION_H_
