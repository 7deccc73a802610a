// DecisionService.Checkout: a checkout followed over one stream.
#ifndef NBO_SERVER_RPC_CHECKOUT_STREAM_H_
#define NBO_SERVER_RPC_CHECKOUT_STREAM_H_

#include "server/checkout/checkout_desk.h"
#include "server/ops/metrics.h"
#include "server/rpc/call.h"

namespace nbo::server {

// The handler of a new call; owns itself. Desk and metrics must outlive it.
StreamHandler* OpenCheckoutStream(StreamCall* call, CheckoutDesk* desk, Metrics* metrics);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_CHECKOUT_STREAM_H_
