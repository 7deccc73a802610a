// What every unary method does around its handler: parse, call, serialize, count.
#ifndef NBO_SERVER_RPC_UNARY_H_
#define NBO_SERVER_RPC_UNARY_H_

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/time/clock.h"
#include "server/ops/metrics.h"
#include "server/rpc/wire.h"

namespace nbo::server {

// A call whose handler answers at once. `call` maps (request, response) to a status.
template <typename Request, typename Response, typename Call>
absl::Status Answer(const grpc::ByteBuffer& in, grpc::ByteBuffer* out, Call call) {
  google::protobuf::Arena arena;
  auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
  auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
  absl::Status status = ParseMessage(in, request);
  if (status.ok()) status = call(*request, response);
  if (status.ok()) SerializeMessage(*response, out);
  return status;
}

inline grpc::ServerUnaryReactor* FinishCall(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// As Answer, counted under a method that has no channel. For calls that never wait for a disk: see job_threads.h.
template <typename Request, typename Response, typename Call>
grpc::ServerUnaryReactor* CountedAnswer(Metrics* metrics, Method method, grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer& in, grpc::ByteBuffer* out, Call call) {
  const absl::Time start = absl::Now();
  const absl::Status status = Answer<Request, Response>(in, out, call);
  metrics->CountCall(method, Channel::kUnspecified, status.code(), absl::Now() - start);
  return FinishCall(context, status);
}

// What ends a call later, on another thread, after its event is durable.
template <typename Response>
auto FinishLater(Metrics* metrics, Method method, grpc::ByteBuffer* out, grpc::ServerUnaryReactor* reactor) {
  return [=, start = absl::Now()](const absl::Status& status, const Response& response) {
    if (status.ok()) SerializeMessage(response, out);
    metrics->CountCall(method, Channel::kUnspecified, status.code(), absl::Now() - start);
    reactor->Finish(ToGrpcStatus(status));
  };
}

// A call that is parsed, answered and serialized on a thread of `worker`, which has absl::Status Run(job). `call` as
// for Answer.
template <typename Request, typename Response, typename Worker, typename Call>
grpc::ServerUnaryReactor* WorkerAnswer(Worker* worker, Metrics* metrics, Method method,
                                       grpc::CallbackServerContext* context, const grpc::ByteBuffer& in,
                                       grpc::ByteBuffer* out, Call call, size_t max_bytes = kMaxMessageBytes) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto finish = [=, start = absl::Now()](const absl::Status& status) {
    metrics->CountCall(method, Channel::kUnspecified, status.code(), absl::Now() - start);
    reactor->Finish(ToGrpcStatus(status));
  };
  const absl::Status taken = worker->Run([=, bytes = in]() mutable {
    absl::Status status;
    {
      google::protobuf::Arena arena;
      auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
      auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
      status = ParseMessage(bytes, request, max_bytes);
      bytes.Clear();
      if (status.ok()) status = call(*request, response);
      if (status.ok()) SerializeMessage(*response, out);
    }
    finish(status);
  });
  if (!taken.ok()) finish(taken);
  return reactor;
}

// A call whose handler takes (request, done) and calls done(status, response) once, now or later.
template <typename Request, typename Response, typename Call>
grpc::ServerUnaryReactor* LaterAnswer(Metrics* metrics, Method method, grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer& in, grpc::ByteBuffer* out, Call call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto finish = FinishLater<Response>(metrics, method, out, reactor);
  Request request;
  if (absl::Status s = ParseMessage(in, &request); !s.ok()) {
    finish(s, {});
  } else {
    call(request, std::move(finish));
  }
  return reactor;
}

// The same, but parsed and handled on a thread of `worker`: the handler may wait for a disk before it answers.
template <typename Request, typename Response, typename Worker, typename Call>
grpc::ServerUnaryReactor* WorkerLaterAnswer(Worker* worker, Metrics* metrics, Method method,
                                            grpc::CallbackServerContext* context, const grpc::ByteBuffer& in,
                                            grpc::ByteBuffer* out, Call call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto finish = FinishLater<Response>(metrics, method, out, reactor);
  const absl::Status taken = worker->Run([finish, call, bytes = in] {
    Request request;
    if (absl::Status s = ParseMessage(bytes, &request); !s.ok()) {
      finish(s, {});
    } else {
      call(request, finish);
    }
  });
  if (!taken.ok()) finish(taken, {});
  return reactor;
}

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_UNARY_H_
