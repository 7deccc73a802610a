// The face of the offer desk.
#ifndef NBO_SERVER_RPC_DECISION_RPC_H_
#define NBO_SERVER_RPC_DECISION_RPC_H_

#include <memory>

#include "server/decision/offer_desk.h"
#include "server/ops/metrics.h"
#include "server/rpc/call.h"

namespace nbo::server {

// Answers a call of DecisionService.GetOffers. Desk and metrics must outlive it.
void GetOffers(OfferDesk* desk, Metrics* metrics, const std::shared_ptr<UnaryCall>& call);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_DECISION_RPC_H_
