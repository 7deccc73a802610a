// Takes in what became of offers.
#ifndef NBO_SERVER_HANDLERS_OUTCOME_HANDLER_H_
#define NBO_SERVER_HANDLERS_OUTCOME_HANDLER_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/ledger/ledger.h"
#include "core/profile/store.h"
#include "nbo/v1/event_service.pb.h"
#include "server/handlers/convert.h"
#include "server/handlers/recent_outcomes.h"
#include "server/ops/metrics.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it.
class OutcomeHandler {
 public:
  OutcomeHandler(const ProfileStore* store, ContactLedger* ledger, DecisionLog* log, const Clock* clock,
                 const TimeRules& rules, Metrics* metrics)
      : store_(store), ledger_(ledger), log_(log), clock_(clock), rules_(rules), metrics_(metrics) {}

  // `done` is called exactly once: at once for what is refused, else on a thread of the log when the outcome is
  // durable.
  using Done = std::function<void(const absl::Status&, const v1::RecordOutcomeResponse&)>;
  void RecordOutcome(const v1::RecordOutcomeRequest& request, Done done) const;

 private:
  struct Taken {
    v1::OutcomeResult result = v1::OUTCOME_RESULT_UNSPECIFIED;
    uint64_t position = 0;  // durable when the log is so far
  };
  absl::StatusOr<Taken> Take(const v1::RecordOutcomeRequest& request) const;
  // Who the customer of a decision is by now; "": was erased.
  absl::StatusOr<std::string> CurrentId(const std::string& customer_id) const;
  // Refuses somebody else's token.
  absl::Status CheckOwner(const v1::Outcome& outcome, const std::string& current_id) const;

  const ProfileStore* const store_;
  ContactLedger* const ledger_;
  DecisionLog* const log_;
  const Clock* const clock_;
  const TimeRules rules_;
  Metrics* const metrics_;
  mutable RecentOutcomes of_defaults_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_OUTCOME_HANDLER_H_
