#include "core/decision/budget_gate.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "core/contact/gate_words.h"

namespace nbo {

BudgetGate::BudgetGate(const Catalog& catalog, const ExhaustedOffers* exhausted, const Person& person,
                       const OfferRequest& request, absl::Time now)
    : catalog_(catalog),
      exhausted_(exhausted != nullptr && !exhausted->empty() ? exhausted : nullptr),
      contacts_(person.contacts != nullptr ? person.contacts->contacts() : absl::Span<const Contact>()),
      request_(request),
      now_(now),
      now_us_(absl::ToUnixMicros(now)) {
  if (!contacts_.empty() && catalog.columns.any_per_customer) CountContacts();
}

int64_t BudgetGate::CountsUntil(const Contact& contact, const Offer& offer) const {
  if (contact.redeemed()) return kNever;
  if (contact.presented()) return contact.present_us + offer.terms.attribution_days * kMicrosPerDay;
  if (!contact.IsReserved(now_us_)) return now_us_;
  const bool replaced = TakesPlaceOf(request_.channel, TerminalKey(request_), RequestKey(request_), contact);
  return replaced ? now_us_ : contact.expire_us;
}

void BudgetGate::CountContacts() {
  absl::InlinedVector<std::pair<int32_t, int>, 16> counts;
  for (const Contact& contact : contacts_) {
    const auto found = catalog_.contacts.positions.find(contact.offer);
    if (found == catalog_.contacts.positions.end()) continue;
    const int32_t offer = found->second;
    const int limit = catalog_.columns.per_customer[static_cast<size_t>(offer)];
    if (limit == 0 || CountsUntil(contact, catalog_.offers[static_cast<size_t>(offer)]) <= now_us_) continue;
    auto mine = std::find_if(counts.begin(), counts.end(), [&](const auto& count) { return count.first == offer; });
    if (mine == counts.end()) mine = counts.insert(counts.end(), {offer, 0});
    if (++mine->second == limit) full_.push_back(offer);
  }
}

std::string BudgetGate::ExplainPerson(int32_t number) const {
  const Offer& offer = catalog_.offers[static_cast<size_t>(number)];
  int64_t redeemed = 0;
  absl::InlinedVector<int64_t, 8> until_us;  // of those that still may be
  for (const Contact& contact : contacts_) {
    if (contact.offer != offer.key) continue;
    const int64_t us = CountsUntil(contact, offer);
    if (us == kNever) {
      ++redeemed;
    } else if (us > now_us_) {
      until_us.push_back(us);
    }
  }
  std::sort(until_us.begin(), until_us.end());
  // All but one less than the limit have to cease.
  const auto limit = static_cast<size_t>(offer.terms.per_customer);
  const size_t cease = static_cast<size_t>(redeemed) + until_us.size() + 1 - limit;
  std::optional<absl::Time> again;
  if (cease <= until_us.size()) again = absl::FromUnixMicros(until_us[cease - 1]);
  return absl::StrCat("budget of ", limit, " per customer: ", redeemed, " redeemed and ", until_us.size(),
                      " that may still be", AgainText(again, now_));
}

std::string BudgetGate::Explain(int32_t number) const {
  if (!IsExhausted(number)) return ExplainPerson(number);
  const OfferTerms& terms = catalog_.offers[static_cast<size_t>(number)].terms;
  std::string budget = "nothing is left of its budget";
  if (terms.budget_count != kNoLimit) absl::StrAppend(&budget, " of ", terms.budget_count, " redemptions");
  if (terms.budget_amount) {
    absl::StrAppend(&budget, terms.budget_count != kNoLimit ? " and " : " of ", *terms.budget_amount, " in cost");
  }
  return absl::StrCat(budget, ": all is redeemed or held by people who may redeem it");
}

}  // namespace nbo
