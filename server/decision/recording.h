// What a decision is asked, and its record.
#ifndef NBO_SERVER_DECISION_RECORDING_H_
#define NBO_SERVER_DECISION_RECORDING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/decision/engine.h"
#include "core/decision/record.h"
#include "core/ledger/person_ledger.h"
#include "core/population/population.h"
#include "core/profile/state.h"

namespace nbo::server {

// Everything pointed to is the caller's.
struct Ask {
  const OfferRequest* request = nullptr;
  std::shared_ptr<const Catalog> catalog;  // never null
  bool identified = false;                 // the request names somebody
  std::string customer_id;                 // after resolution of identities and merges; empty: nobody, or not known who
  const CustomerState* state = nullptr;    // null: nothing is known of the customer
  const Population* population = nullptr;
  IdentityTypes identity_types = 0;
  LedgerSnapshot ledger;                   // of the customer; null: not known, so that nothing personal may be given
  uint64_t statements = 0;                 // ContactLedger::statements() before the customer was resolved
  TierReason trouble = TierReason::kNone;  // why what is known may not be all
  absl::Time now;
  absl::TimeZone zone;                // of the place of the request
  bool is_recorded = true;            // false: for people, or another moment: nothing is reserved nor written down
  bool in_full = false;               // is to be recorded in full
  std::function<std::string()> sent;  // the request without whom it is about; called only for a record in full
};

// Without inputs, budget moves and duration. The decision must be of the question.
DecisionRecord ToRecord(const Ask& ask, const Decision& decision, const DecisionId& id);

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_RECORDING_H_
