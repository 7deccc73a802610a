#include "core/decision/contact_limits.h"

namespace nbo {

ContactLimits::ContactLimits(const Catalog& catalog, const Person& person, const OfferRequest& request,
                             const Moment& moment) {
  if (!catalog.contacts.restricts()) return;
  const auto contacts = person.contacts != nullptr ? person.contacts->contacts() : absl::Span<const Contact>();
  const auto consents = person.state != nullptr ? absl::MakeSpan(person.state->consents) : absl::Span<const Consent>();
  gate_.emplace(
      catalog.contacts, contacts, consents,
      ContactCircumstances{request.channel, TerminalKey(request), RequestKey(request), moment.now, moment.zone});
  allowance_.emplace(*gate_);
  binds_defaults_ = IsOutbound(request.channel) || gate_->RequestVerdict().rule == ContactRule::kQuietHours;
}

}  // namespace nbo
