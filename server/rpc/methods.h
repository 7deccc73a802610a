// Entries of the method table out of handlers. Adapters only: parse, call, answer, count.
#ifndef NBO_SERVER_RPC_METHODS_H_
#define NBO_SERVER_RPC_METHODS_H_

#include <google/protobuf/arena.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/ops/metrics.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

// Adds the methods of one service. A handler's member function tells which messages they take and give.
class ServiceMethods {
 public:
  // `service`: its full name, "nbo.v1.EventService". Table and metrics must outlive the methods.
  ServiceMethods(std::string service, MethodTable* table, Metrics* metrics)
      : service_(std::move(service)), table_(table), metrics_(metrics) {}

  template <typename Handler, typename Request, typename Response>
  using Now = absl::Status (Handler::*)(const Request&, Response*) const;
  template <typename Handler, typename Request, typename Response>
  using Later = void (Handler::*)(const Request&, std::function<void(const absl::Status&, const Response&)>) const;

  // Answers at once: for handlers that never wait for a disk.
  template <typename Handler, typename Request, typename Response>
  void Add(const char* name, Method metric, const Handler* handler, Now<Handler, Request, Response> function) {
    Metrics* const metrics = metrics_;
    AddUnary(name, kMaxMessageBytes, [=](const std::shared_ptr<UnaryCall>& call) {
      Answer<Request, Response>(call.get(), metrics, metric, absl::Now(), handler, function);
    });
  }

  // Answers on a thread of `worker`, which has absl::Status Run(job).
  template <typename Worker, typename Handler, typename Request, typename Response>
  void AddOn(Worker* worker, const char* name, Method metric, const Handler* handler,
             Now<Handler, Request, Response> function, size_t max_bytes = kMaxMessageBytes) {
    Metrics* const metrics = metrics_;
    AddUnary(name, max_bytes, [=](const std::shared_ptr<UnaryCall>& call) {
      call->Keep();
      const absl::Time start = absl::Now();
      const absl::Status taken =
          worker->Run([=] { Answer<Request, Response>(call.get(), metrics, metric, start, handler, function); });
      if (!taken.ok()) End(call.get(), metrics, metric, start, taken, nullptr);
    });
  }

  // Answers later, from another thread, after its event is durable.
  template <typename Handler, typename Request, typename Response>
  void AddLater(const char* name, Method metric, const Handler* handler, Later<Handler, Request, Response> function,
                void (Metrics::*count_refused)(absl::StatusCode) = nullptr) {
    Metrics* const metrics = metrics_;
    AddUnary(name, kMaxMessageBytes, [=](const std::shared_ptr<UnaryCall>& call) {
      AnswerLater<Request, Response>(call, metrics, metric, absl::Now(), handler, function, count_refused);
    });
  }

  // The same, but parsed and handled on a thread of `worker`: the handler may wait for a disk before it answers.
  template <typename Worker, typename Handler, typename Request, typename Response>
  void AddLaterOn(Worker* worker, const char* name, Method metric, const Handler* handler,
                  Later<Handler, Request, Response> function) {
    Metrics* const metrics = metrics_;
    AddUnary(name, kMaxMessageBytes, [=](const std::shared_ptr<UnaryCall>& call) {
      call->Keep();
      const absl::Time start = absl::Now();
      const absl::Status taken = worker->Run(
          [=] { AnswerLater<Request, Response>(call, metrics, metric, start, handler, function, nullptr); });
      if (!taken.ok()) End(call.get(), metrics, metric, start, taken, nullptr);
    });
  }

  void AddUnary(const char* name, size_t max_bytes, std::function<void(const std::shared_ptr<UnaryCall>&)> run);
  void AddStream(const char* name, std::function<StreamHandler*(StreamCall*)> open);

 private:
  const google::protobuf::MethodDescriptor* Describe(const char* name) const;

  static void End(UnaryCall* call, Metrics* metrics, Method metric, absl::Time start, const absl::Status& status,
                  const google::protobuf::Message* response) {
    metrics->CountCall(metric, Channel::kUnspecified, status.code(), absl::Now() - start);
    call->Finish(status, response);
  }

  template <typename Request, typename Response, typename Handler>
  static void Answer(UnaryCall* call, Metrics* metrics, Method metric, absl::Time start, const Handler* handler,
                     Now<Handler, Request, Response> function) {
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
    auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
    absl::Status status = call->Parse(request);
    if (status.ok()) status = (handler->*function)(*request, response);
    End(call, metrics, metric, start, status, response);
  }

  template <typename Request, typename Response, typename Handler>
  static void AnswerLater(const std::shared_ptr<UnaryCall>& call, Metrics* metrics, Method metric, absl::Time start,
                          const Handler* handler, Later<Handler, Request, Response> function,
                          void (Metrics::*count_refused)(absl::StatusCode)) {
    Request request;
    if (absl::Status s = call->Parse(&request); !s.ok()) {
      if (count_refused != nullptr) (metrics->*count_refused)(s.code());
      return End(call.get(), metrics, metric, start, s, nullptr);
    }
    (handler->*function)(request, [=](const absl::Status& status, const Response& response) {
      End(call.get(), metrics, metric, start, status, &response);
    });
  }

  const std::string service_;
  MethodTable* const table_;
  Metrics* const metrics_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_METHODS_H_
