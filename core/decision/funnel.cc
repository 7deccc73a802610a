#include "core/decision/funnel.h"

#include <cmath>
#include <numeric>

#include "core/decision/arbitration.h"

namespace nbo {

bool FitsAnyPlacement(const Catalog& catalog, int32_t offer, const OfferRequest& request) {
  for (size_t i = 0; i < PlacementCount(request); ++i) {
    if (FitsPlacement(catalog, offer, PlacementAt(request, i))) return true;
  }
  return false;
}

Funnel::Funnel(const Gatekeepers& ask)
    : ask_(ask),
      catalog_(ask.catalog),
      request_(ask.request),
      index_asked_(!ask.request.explain && ask.facts.customer_known() && !ask.contacts.request_stopped()) {
  if (request_.explain) left_at_.resize(catalog_.offers.size(), Gate::kShown);
}

void Funnel::Run() {
  Enter();
  Live();
  Eligible();
  Applicable();
  Sayable();
  Affordable();
  Experimental();
  Score();
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

// Who asks why must hear about every offer; the unknown, and those to whom nothing personal may be said now, get
// default offers only. For everybody else the index finds the offers that have the channel and whose rules hold,
// without a look at most of the others.
void Funnel::Enter() {
  if (index_asked_) {
    candidates_.reserve(catalog_.offers.size());
    const std::vector<matching::AccessKey> keys = matching::FindKeys(catalog_.conditions.terms(), ask_.facts);
    catalog_.conditions.In(request_.channel).ForEachMatch(keys, &ask_.truths, [this](int32_t offer) {
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
  Keep(Gate::kLive, [&](int32_t offer) { return windows[offer].Holds(ask_.moment.today); });
  if (ask_.pauses.any()) Keep(Gate::kLive, [&](int32_t offer) { return ask_.pauses.Of(OfferAt(offer)) == nullptr; });
}

void Funnel::Eligible() {
  if (index_asked_) return;
  Keep(Gate::kEligible, [&](int32_t offer) {
    if (!ask_.facts.customer_known() && !OfferAt(offer).is_default) return false;
    return ask_.truths.AllTrue(catalog_.conditions.EligibilityOf(offer));
  });
}

void Funnel::Applicable() {
  if (PlacementCount(request_) > 1 || !PlacementAt(request_, 0).empty()) {
    Keep(Gate::kApplicable, [&](int32_t offer) { return FitsAnyPlacement(catalog_, offer, request_); });
  }
  if (index_asked_) return;
  Keep(Gate::kApplicable, [&](int32_t offer) {
    return OfferAt(offer).HasChannel(request_.channel) &&
           ask_.truths.AllTrue(catalog_.conditions.ApplicabilityOf(offer));
  });
}

void Funnel::Sayable() {
  if (!ask_.contacts.any()) return;
  const bool stopped = ask_.contacts.request_stopped();
  Keep(Gate::kContactPolicy, [&](int32_t offer) {
    return (!stopped && !ask_.contacts.MayForbid(offer)) || ask_.contacts.Check(OfferAt(offer), offer).allowed();
  });
}

void Funnel::Affordable() {
  if (!ask_.budgets.any()) return;
  Keep(Gate::kBudget, [&](int32_t offer) { return ask_.budgets.Allows(offer); });
}

void Funnel::Experimental() {
  if (catalog_.experiments.empty()) return;
  const uint8_t* const in_experiments = catalog_.columns.in_experiments.data();
  Keep(Gate::kExperiment,
       [&](int32_t offer) { return !in_experiments[offer] || ask_.arms.Withholding(OfferAt(offer).experiments) < 0; });
}

void Funnel::Score() {
  scored_ = static_cast<int>(candidates_.size());
  scores_ = ask_.scorer.Score(candidates_);
  size_t kept = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const bool finite = std::isfinite(scores_[i]);
    if (finite && scores_[i] > catalog_.score_floor) {
      candidates_[kept] = candidates_[i];
      scores_[kept++] = scores_[i];
    } else {
      Leave(candidates_[i], Gate::kScore, finite ? scores_[i] : 0);
    }
  }
  candidates_.resize(kept);
  scores_.resize(kept);
}

}  // namespace nbo
