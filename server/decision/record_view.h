// Recorded decisions as messages: the answer that was given, and what the decision log tells of it.
#ifndef NBO_SERVER_DECISION_RECORD_VIEW_H_
#define NBO_SERVER_DECISION_RECORD_VIEW_H_

#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/decision/record.h"
#include "core/ledger/ports.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "nbo/v1/decision_service.pb.h"

namespace nbo::server {

// The answer, but for explanations. It depends on nothing but the record, its catalog and the zone of its store, so
// that a request that is repeated gets the same. `catalog`: of the record's version.
void FillAnswer(const DecisionRecord& record, const Catalog& catalog, const absl::TimeZone& zone,
                v1::GetOffersResponse* response);

// What the log tells. `catalog`: of the record's version, or null if there is none any more: then offers and variants
// have no ids. `in_full`: also its candidates, if they were recorded.
void FillDecision(const DecisionRecord& record, const Catalog* catalog, bool in_full, v1::Decision* out);
void FillOutcome(const OutcomeRecord& record, v1::DecidedOutcome* out);

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_RECORD_VIEW_H_
