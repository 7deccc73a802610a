#include "core/contact/person_contacts.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "core/base/digest.h"
#include "core/base/hash.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

bool IsReleasedUnseen(const Contact& contact) { return !contact.presented() && contact.release_us != kNever; }

// Sets the earliest release; tells of a reservation that ends by it.
void ReleaseAt(int64_t time_us, Contact* contact, std::vector<Contact>* released) {
  const bool held = !contact->presented() && contact->release_us == kNever;
  contact->release_us = std::min(contact->release_us, time_us);
  if (held && released != nullptr) released->push_back(*contact);
}

bool DecidedBefore(const Contact& a, const Contact& b) {
  return std::tie(a.reserve_us, a.decision) < std::tie(b.reserve_us, b.decision);
}

}  // namespace

Contact ContactOf(const Reservation& reservation, const Reservation::Item& item) {
  Contact contact;
  contact.decision = reservation.decision;
  contact.offer = item.offer;
  contact.group = item.group;
  contact.terminal = reservation.terminal;
  contact.request = reservation.request;
  contact.rank = item.rank;
  contact.has_budget = item.has_budget;
  contact.attribution_days = item.attribution_days;
  contact.cost_minor = item.cost_minor;
  contact.channel = reservation.channel;
  contact.reserve_us = reservation.reserve_us;
  contact.expire_us = reservation.expire_us;
  if (reservation.presumed) contact.present_us = reservation.reserve_us;
  return contact;
}

PersonContacts::Iterator PersonContacts::LowerBound(const Contact& contact) {
  // Nearly always it is newer than all others.
  if (contacts_.empty() || IsBefore(contacts_.back(), contact)) return contacts_.end();
  return std::lower_bound(contacts_.begin(), contacts_.end(), contact, IsBefore);
}

const Contact* PersonContacts::Find(const DecisionId& decision, int rank) const {
  Contact wanted;
  wanted.decision = decision;
  wanted.rank = static_cast<uint16_t>(rank);
  const auto it = std::lower_bound(contacts_.begin(), contacts_.end(), wanted, IsBefore);
  return it != contacts_.end() && !IsBefore(wanted, *it) ? &*it : nullptr;
}

void PersonContacts::TakePlaces(Contact* newcomer, std::vector<Contact>* released) {
  if (newcomer->terminal == 0) return;
  for (Contact& other : contacts_) {
    if (other.decision == newcomer->decision) continue;
    if (!TakesPlaceOf(newcomer->channel, newcomer->terminal, newcomer->request, other)) continue;
    if (DecidedBefore(other, *newcomer)) {
      ReleaseAt(newcomer->reserve_us, &other, released);
    } else {
      ReleaseAt(other.reserve_us, newcomer, released);
    }
  }
}

void PersonContacts::Add(const Contact& contact, std::vector<Contact>* released) {
  auto it = LowerBound(contact);
  if (it != contacts_.end() && !IsBefore(contact, *it)) {
    Join(contact, &*it);
  } else {
    it = contacts_.insert(it, contact);
  }
  TakePlaces(&*it, released);
}

void PersonContacts::Reserve(const Reservation& reservation, std::vector<Contact>* released) {
  for (const Reservation::Item& item : reservation.items) Add(ContactOf(reservation, item), released);
  if (reservation.items.empty()) {
    Contact nothing = ContactOf(reservation, {});
    TakePlaces(&nothing, released);
  }
  Bound();
}

OutcomeEffect PersonContacts::Record(const Contact& contact, const Outcome& outcome, absl::Time now) {
  OutcomeEffect effect;
  auto it = LowerBound(contact);
  const bool known = it != contacts_.end() && !IsBefore(contact, *it);
  const Contact before = known ? *it : Contact();
  effect.was_reserved = known && before.IsReserved(absl::ToUnixMicros(now));
  Contact after = known ? before : contact;
  if (!Join(outcome, &after)) return effect;
  if (known) {
    *it = after;
  } else if (!BringBack(after)) {
    return effect;
  }
  effect.changed = true;
  effect.first_presented = after.presented() && !before.presented();
  effect.first_redeemed = after.redeemed() && !before.redeemed();
  effect.was_taken = before.accept_us() != kNever;
  effect.is_taken = after.accept_us() != kNever;
  return effect;
}

bool PersonContacts::BringBack(const Contact& contact) {
  if (contacts_.size() < kMaxContactsPerCustomer) {
    Add(contact, nullptr);
    return true;
  }
  PersonContacts with = *this;
  with.Add(contact, nullptr);
  with.Bound();
  if (with.Find(contact.decision, contact.rank) == nullptr) return false;
  *this = std::move(with);
  return true;
}

void PersonContacts::Release(const DecisionId& decision, int rank, absl::Time time, std::vector<Contact>* released) {
  for (Contact& contact : contacts_) {
    if (contact.decision != decision || (rank != 0 && contact.rank != rank)) continue;
    ReleaseAt(std::max(contact.reserve_us, absl::ToUnixMicros(time)), &contact, released);
  }
}

void PersonContacts::Merge(const PersonContacts& other, std::vector<Contact>* released) {
  for (const Contact& contact : other.contacts_) Add(contact, released);
  Bound();
}

void PersonContacts::Prune(absl::Time now) {
  const int64_t now_us = absl::ToUnixMicros(now);
  const int64_t oldest_us = absl::ToUnixMicros(now - absl::Hours(24) * kMaxContactAgeDays);
  contacts_.erase(std::remove_if(contacts_.begin(), contacts_.end(),
                                 [&](const Contact& contact) {
                                   if (contact.reserve_us <= oldest_us) return true;
                                   return contact.expire_us <= now_us && !contact.presented() && contact.told == 0;
                                 }),
                  contacts_.end());
  for (Contact& contact : contacts_) {
    if (contact.expire_us > now_us) continue;
    contact.terminal = contact.request = 0;
    contact.release_us = kNever;
  }
}

void PersonContacts::Bound() {
  if (contacts_.size() <= kMaxContactsPerCustomer) return;
  size_t surplus = contacts_.size() - kMaxContactsPerCustomer;
  const auto drop = [&](auto leaves) {
    contacts_.erase(std::remove_if(contacts_.begin(), contacts_.end(),
                                   [&](const Contact& contact) {
                                     if (surplus == 0 || !leaves(contact)) return false;
                                     --surplus;
                                     return true;
                                   }),
                    contacts_.end());
  };
  drop(IsReleasedUnseen);
  drop([](const Contact& contact) { return !contact.presented() && contact.told != 0; });
  drop([](const Contact&) { return true; });
}

uint64_t ContactsDigest(const PersonContacts& contacts) {
  std::string bytes;
  for (const Contact& c : contacts.contacts()) {
    AppendNumber(c.decision.unix_ms, &bytes);
    for (const uint64_t n : {c.decision.random, c.offer, c.group, c.terminal, c.request}) {
      AppendNumber(static_cast<int64_t>(n), &bytes);
    }
    AppendNumber(c.rank, &bytes);
    AppendNumber(static_cast<int64_t>(c.channel), &bytes);
    AppendNumber(static_cast<int64_t>(c.answer), &bytes);
    AppendNumber(c.told, &bytes);
    for (const int64_t n : {int64_t{c.has_budget}, int64_t{c.attribution_days}, c.cost_minor}) AppendNumber(n, &bytes);
    for (const int64_t us : {c.reserve_us, c.expire_us, c.release_us, c.present_us, c.answer_us, c.redeem_us}) {
      AppendNumber(us, &bytes);
    }
  }
  return Hash64(bytes);
}

}  // namespace nbo
