// What is paused, as one request sees it.
#ifndef NBO_CORE_DECISION_PAUSES_H_
#define NBO_CORE_DECISION_PAUSES_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/decision/request.h"
#include "core/switches/switches.h"

namespace nbo {

// What stops the offers of a request; nothing if there are no switches. These must outlive it, the request need not.
class Pauses {
 public:
  Pauses(const Switches* switches, const OfferRequest& request)
      : request_(switches == nullptr ? nullptr : switches->RequestStopped(request.channel, request.store_id)),
        offers_(switches != nullptr && switches->stops_offers() ? switches : nullptr) {}

  // The whole request is stopped.
  bool all() const { return request_ != nullptr; }
  // Some offer may be paused.
  bool any() const { return request_ != nullptr || offers_ != nullptr; }
  // nullptr: the offer is not paused. What stops all goes first.
  const Switch* Of(const Offer& offer) const {
    return request_ != nullptr ? request_ : offers_ != nullptr ? offers_->OfferStopped(offer) : nullptr;
  }
  // Of an offer that is paused.
  std::string Detail(const Offer& offer, absl::Time now) const {
    const Switch& paused = *Of(offer);
    const bool itself = paused.target.scope == SwitchScope::kOffer;
    return absl::StrCat(itself ? "" : absl::StrCat(TargetName(paused.target), " is "), DescribePause(paused, now));
  }

 private:
  const Switch* const request_;
  const Switches* const offers_;  // null: no offer is paused
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_PAUSES_H_
