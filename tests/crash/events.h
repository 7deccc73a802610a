// What the crash harness sends. Every event is a function of (seed, number): nothing has to be remembered of it but
// what the server said.
//
// Receipts, corrections and cancellations of them, returns that name them (before or after the sale was sent), links of
// cards, merges of customers, consents and attributes. What the server holds in the end must not depend on their order;
// so the events keep to what the API promises: a correction is addressed as its receipt and bears the same time, no two
// statements about a card or a consent bear the same time, and each customer is absorbed by one other at most.
#ifndef NBO_TESTS_CRASH_EVENTS_H_
#define NBO_TESTS_CRASH_EVENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "nbo/v1/event_service.pb.h"

namespace nbo::crash {

struct EventShape {
  uint64_t seed = 1;
  int customers = 2000;
  int cards = 1500;
};

// What the server must make of an event that nobody has sent yet.
enum class Expected {
  kAccepted,
  kRefused,  // INVALID_ARGUMENT
};

// One thing that happens. To add a kind: an alternative here, a branch in MakeEvent, in Model::Add (model.h), and an
// overload in statements.cc if it does not travel as a purchase. Those go with unary calls.
struct Event {
  std::variant<v1::Purchase, v1::LinkIdentityRequest, v1::UnlinkIdentityRequest, v1::MergeCustomersRequest,
               v1::RecordConsentRequest, v1::RecordAttributesRequest>
      what;
  Expected expected = Expected::kAccepted;

  // Null for a statement.
  const v1::Purchase* purchase() const { return std::get_if<v1::Purchase>(&what); }
};

Event MakeEvent(const EventShape& shape, uint64_t number);

// The same receipt id and revision with other content: ALREADY_EXISTS once event `number` is recorded. For accepted
// receipts only.
Event MakeConflict(const EventShape& shape, uint64_t number);

// Which revision of which receipt an event is, without making it.
struct Revision {
  uint64_t receipt = 0;  // number of the event that the receipt id comes from
  int32_t revision = 0;
};
// Nullopt for a statement and for a receipt that is refused.
std::optional<Revision> RevisionOf(const EventShape& shape, uint64_t number);

std::string CustomerId(int customer);
v1::Identity Card(int card);

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_EVENTS_H_
