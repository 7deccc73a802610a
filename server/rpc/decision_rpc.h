// The gRPC face of the offer desk.
#ifndef NBO_SERVER_RPC_DECISION_RPC_H_
#define NBO_SERVER_RPC_DECISION_RPC_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/decision/offer_desk.h"
#include "server/ops/metrics.h"

namespace nbo::server {

// nbo.v1.DecisionService. Desk and metrics must outlive it.
std::unique_ptr<grpc::Service> MakeDecisionService(OfferDesk* desk, Metrics* metrics);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_DECISION_RPC_H_
