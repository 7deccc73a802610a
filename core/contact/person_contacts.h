// What one person was told, over all channels: the fold of decisions and outcomes.
//
// It is a set of contacts, one for each decision and rank; an event adds one or joins what it says to the one that is
// there (contact.h). So it does not matter in which order outcomes come, nor whether an event comes twice, nor whether
// two persons are merged before or after. This is exact until the bounds bite: of more than kMaxContactsPerCustomer
// contacts those leave first that were released, then those of which no more than a delivery was told, then the oldest.
//
// Not thread-safe. Whoever shares it shares it immutable (std::shared_ptr<const PersonContacts>) and folds into a copy.
#ifndef NBO_CORE_CONTACT_PERSON_CONTACTS_H_
#define NBO_CORE_CONTACT_PERSON_CONTACTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/contact/contact.h"

namespace nbo {

// What a decision reserves for one person: all offers of its answer.
struct Reservation {
  DecisionId decision;
  Channel channel = Channel::kUnspecified;
  uint64_t terminal = 0;  // Hash64 of its id; 0: unknown
  uint64_t request = 0;   // Hash64 of its id; 0: it had none
  int64_t reserve_us = 0;
  int64_t expire_us = 0;
  bool presumed = false;  // counts as presented at once: the channel's devices tell nothing
  struct Item {
    uint64_t offer = 0;
    uint64_t group = 0;
    uint16_t rank = 0;  // from 1, distinct
    int16_t attribution_days = 0;
    bool has_budget = false;
    int64_t cost_minor = 0;  // expected; 0 without a budget
  };
  std::vector<Item> items;  // none: nothing was said, which takes the place of an older answer all the same
};

// The contact that a reservation makes of one of its items. An outcome brings it along, made from the decision's
// record, in case the person's contacts have forgotten it.
Contact ContactOf(const Reservation& reservation, const Reservation::Item& item);

// What an outcome changed; budgets follow it.
struct OutcomeEffect {
  bool changed = false;          // false: it says nothing new (Join), or there is no room for a contact so old
  bool first_presented = false;  // by this outcome
  bool first_redeemed = false;
  bool was_reserved = false;  // the reservation lived when it came; false: released, expired, forgotten or presented
  // The person took it (Contact::accept_us): before it, and with it. The latest answer holds, so this goes both ways.
  bool was_taken = false;
  bool is_taken = false;

  friend bool operator==(const OutcomeEffect&, const OutcomeEffect&) = default;
};

class PersonContacts {
 public:
  PersonContacts() = default;

  // Ascending by IsBefore.
  absl::Span<const Contact> contacts() const { return contacts_; }
  bool empty() const { return contacts_.empty(); }
  // nullptr if there is none.
  const Contact* Find(const DecisionId& decision, int rank) const;

  // Reserves, and releases what the answer takes the place of (TakesPlaceOf) if that was decided earlier; if later
  // decisions are known that take its own place, it is released itself. Appends to *released (may be null) what has
  // lost its reservation by this.
  void Reserve(const Reservation& reservation, std::vector<Contact>* released);

  // Takes in what became of a contact. `contact` is as it was reserved (ContactOf). `now` is when the outcome is taken
  // in, only for OutcomeEffect::was_reserved.
  OutcomeEffect Record(const Contact& contact, const Outcome& outcome, absl::Time now);

  // Gives up the reservations of a decision as of a time: of one rank, or of all if `rank` is 0. What was presented
  // stays. Appends to *released (may be null) what has lost its reservation by this.
  void Release(const DecisionId& decision, int rank, absl::Time time, std::vector<Contact>* released);

  // Takes in the contacts of another person who is the same. As if all events had been this one's.
  void Merge(const PersonContacts& other, std::vector<Contact>* released);

  // Forgets what no longer decides anything: reservations that are over and of which nothing was told, contacts older
  // than kMaxContactAgeDays, and of contacts whose time is over which terminal and request they were made for.
  void Prune(absl::Time now);

  // Of memory, beside its own size.
  size_t bytes() const { return contacts_.capacity() * sizeof(Contact); }

  // Replaces everything. The contacts must be ascending by IsBefore, at most kMaxContactsPerCustomer.
  void Assign(std::vector<Contact> contacts) { contacts_ = std::move(contacts); }

  friend bool operator==(const PersonContacts&, const PersonContacts&) = default;

 private:
  using Iterator = std::vector<Contact>::iterator;

  Iterator LowerBound(const Contact& contact);
  // Joins it to its like, or inserts it; then applies TakesPlaceOf between it and all others.
  void Add(const Contact& contact, std::vector<Contact>* released);
  void TakePlaces(Contact* newcomer, std::vector<Contact>* released);
  // Adds a contact that was forgotten, unless it were the first to be forgotten again.
  bool BringBack(const Contact& contact);
  void Bound();

  std::vector<Contact> contacts_;
};

// Equal contacts, equal digests.
uint64_t ContactsDigest(const PersonContacts& contacts);

}  // namespace nbo

#endif  // NBO_CORE_CONTACT_PERSON_CONTACTS_H_
