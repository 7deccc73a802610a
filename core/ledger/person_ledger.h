// What the ledger holds of one person: contacts, and the answers that can be given again. A fold of the person's
// events: pure, and whole up to a position of the log.
#ifndef NBO_CORE_LEDGER_PERSON_LEDGER_H_
#define NBO_CORE_LEDGER_PERSON_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/budget/budget.h"
#include "core/budget/move.h"
#include "core/contact/person_contacts.h"
#include "core/decision/record.h"

namespace nbo {

// The answer to a request id: given again while it lives.
struct LiveAnswer {
  uint64_t request = 0;  // Hash64 of the request id
  DecisionId decision;
  int64_t expire_us = 0;

  friend bool operator==(const LiveAnswer&, const LiveAnswer&) = default;
};

struct PersonLedger {
  PersonContacts contacts;
  std::vector<LiveAnswer> answers;  // ascending by decision; one for each request, the latest
  std::string merged_into;          // the survivor of a merge under way, whose ledger is this person's meanwhile
  // Behind the last event that is in it: events up to there are not taken in again. Meaningless if it is empty.
  uint64_t position = 0;

  bool empty() const { return contacts.empty() && answers.empty() && merged_into.empty(); }
  // Of memory, beside its own size.
  size_t bytes() const { return contacts.bytes() + answers.capacity() * sizeof(LiveAnswer) + merged_into.size(); }
  // The answer to a request (Hash64 of its id, not 0) that lives at `now`; nullptr: none.
  const LiveAnswer* FindAnswer(uint64_t request, absl::Time now) const;

  friend bool operator==(const PersonLedger&, const PersonLedger&) = default;
};

// Immutable. Never null.
using LedgerSnapshot = std::shared_ptr<const PersonLedger>;

// Forgets what is over at that time, so that a ledger stays as small as it can be.
void Prune(absl::Time now, PersonLedger* ledger);
// Takes in what a decision reserves, and forgets what is over at its time.
void AddDecision(const DecisionRecord& record, PersonLedger* ledger);
// Takes in what another ledger of the same person holds.
void AddPerson(const PersonLedger& other, PersonLedger* ledger);
// Joins an answer: of one request the latest decision's holds.
void AddAnswer(const LiveAnswer& answer, PersonLedger* ledger);

// The part of its offer's budget that a contact holds: until it expires; once presented, until its attribution window
// ends, rounded up to whole hours. nullopt: it holds none, because it was released or redeemed, or has no budget.
std::optional<BudgetHold> HoldOf(const Contact& contact);
// What budgets are told when contacts change from `before` to `after`. Contacts that are gone tell nothing: what they
// held runs out by itself. `actual_minor`, `supplier_minor`: of what was redeemed by it.
std::vector<BudgetMove> MovesBetween(const PersonContacts& before, const PersonContacts& after, int64_t actual_minor,
                                     int64_t supplier_minor);

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_PERSON_LEDGER_H_
