// Compares what a server holds with what the ledger says it must hold.
#ifndef NBO_TESTS_CRASH_AUDIT_H_
#define NBO_TESTS_CRASH_AUDIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/events.h"
#include "tests/crash/ledger.h"
#include "tests/crash/load.h"
#include "tests/crash/model.h"

namespace nbo::crash {

struct Profile {
  std::string customer_id;  // as answered: another one after a merge or a link
  Totals totals;
  std::string digest;
};
// By how the customer was asked for: "c000123", or "~c:00000123" for a card.
using Profiles = std::map<std::string, Profile>;

// The profiles of all customers that the server knows, by id and by card. (A card's own customer, who holds the
// receipts of a time when it was nobody's, can be asked for only while the card belongs to nobody.)
absl::StatusOr<Profiles> ReadProfiles(int port, const EventShape& shape);

// Sends the events, in another order, to a server that knows nothing.
absl::Status Replay(int port, const EventShape& shape, std::vector<uint64_t> numbers);

struct AuditResult {
  int64_t customers = 0;
  int64_t missing = 0;                   // visits less than there must be, over all customers
  int64_t double_counted = 0;            // visits more than there must be
  std::vector<std::string> differences;  // the first few in words
  bool ok() const { return differences.empty(); }
};

// Owners and totals against the model, digests against the clean replay.
AuditResult Compare(const Profiles& found, const Profiles& replayed, const EventShape& shape, const Model& model);

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_AUDIT_H_
