// Unary calls for what does not travel as a receipt.
#ifndef NBO_TESTS_CRASH_STATEMENTS_H_
#define NBO_TESTS_CRASH_STATEMENTS_H_

#include <grpcpp/grpcpp.h>

#include "nbo/v1/event_service.grpc.pb.h"
#include "tests/crash/events.h"

namespace nbo::crash {

struct StatementReply {
  grpc::Status status;
  // False: the server knew it already, or what holds against it.
  bool changed = false;
};

// States what the event says. For events other than receipts.
StatementReply State(v1::EventService::Stub* stub, const Event& event, grpc::ClientContext* context);

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_STATEMENTS_H_
