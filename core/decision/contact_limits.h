// The contact policy as a decision asks it: ContactGate for the offers that it binds.
//
// Default offers are no contacts: they are not made for this person, are counted for no cap, and pass where a person
// comes to the channel by herself. But nothing at all is brought to a person (IsOutbound) that the policy forbids, and
// in quiet hours a channel is silent for everybody.
#ifndef NBO_CORE_DECISION_CONTACT_LIMITS_H_
#define NBO_CORE_DECISION_CONTACT_LIMITS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/catalog/catalog.h"
#include "core/catalog/known.h"
#include "core/contact/gate.h"
#include "core/decision/person.h"
#include "core/decision/request.h"

namespace nbo {

// One per decision, not thread-safe. Points into what it was built from.
class ContactLimits {
 public:
  // Free if the catalog forbids nothing.
  ContactLimits(const Catalog& catalog, const Person& person, const OfferRequest& request, const Moment& moment);
  ContactLimits(const ContactLimits&) = delete;
  ContactLimits& operator=(const ContactLimits&) = delete;

  // Something may be forbidden.
  bool any() const { return gate_.has_value(); }
  // No personal offer passes, and no default offer that is bound.
  bool request_stopped() const { return any() && !gate_->RequestVerdict().allowed(); }
  bool binds_defaults() const { return binds_defaults_; }

  // False: Check allows the offer at this position. Requires any() and not request_stopped().
  bool MayForbid(int32_t position) const { return gate_->MayForbid(position); }
  // For an offer of the catalog by its position.
  ContactVerdict Check(const Offer& offer, int32_t position) const {
    if (!any()) return {};
    const ContactVerdict& request = gate_->RequestVerdict();
    const ContactVerdict verdict = request.allowed() ? gate_->Check(position) : request;
    return verdict.allowed() || Binds(offer) ? verdict : ContactVerdict();
  }
  // For one that Check allows and that is to be part of the answer, each at most once. If it is not allowed, the answer
  // has room for others, maybe.
  ContactVerdict Take(const Offer& offer, int32_t position) {
    return any() && !offer.is_default ? allowance_->Take(position) : ContactVerdict();
  }
  // Of a verdict that does not allow.
  std::string Explain(const ContactVerdict& verdict) const { return gate_->Explain(verdict); }

 private:
  bool Binds(const Offer& offer) const { return !offer.is_default || binds_defaults_; }

  std::optional<ContactGate> gate_;
  std::optional<ContactAllowance> allowance_;
  bool binds_defaults_ = false;
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_CONTACT_LIMITS_H_
