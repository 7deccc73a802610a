// What the crash harness sends. Every event is a function of (seed, number): nothing has to be remembered of it but
// what the server said.
#ifndef NBO_TESTS_CRASH_EVENTS_H_
#define NBO_TESTS_CRASH_EVENTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "nbo/v1/event_service.pb.h"

namespace nbo::crash {

struct EventShape {
  uint64_t seed = 1;
  int customers = 2000;
};

// What the server must make of an event that nobody has sent yet.
enum class Expected {
  kAccepted,
  kRefused,  // INVALID_ARGUMENT
};

// One thing that happens. To add a kind: a member here, a branch in MakeEvent, in ExpectedTotals::Add, and in
// Client::Send (client.h) if it does not travel as a purchase. Kinds that cannot be streamed go with unary calls.
struct Event {
  v1::Purchase purchase;
  Expected expected = Expected::kAccepted;
};

Event MakeEvent(const EventShape& shape, uint64_t number);

// The same receipt id with other content: ALREADY_EXISTS once event `number` is recorded. Call it for accepted ones.
Event MakeConflict(const EventShape& shape, uint64_t number);

std::string CustomerId(int customer);

// What GetProfile must say of the lifetime, computed here and not by the server's code.
struct Totals {
  int64_t visits = 0;
  int64_t revenue_minor = 0;
  bool operator==(const Totals& o) const { return visits == o.visits && revenue_minor == o.revenue_minor; }
};
class ExpectedTotals {
 public:
  // Each recorded event once, in any order.
  void Add(const Event& event);
  const std::map<std::string, Totals>& by_customer() const { return totals_; }

 private:
  std::map<std::string, Totals> totals_;
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_EVENTS_H_
