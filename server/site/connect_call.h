// Unary calls by the Connect protocol, over either version of HTTP: JSON or binary, by POST or GET.
#ifndef NBO_SERVER_SITE_CONNECT_CALL_H_
#define NBO_SERVER_SITE_CONNECT_CALL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/http/connect.h"
#include "server/net/exchange.h"
#include "server/rpc/call.h"
#include "server/rpc/method_table.h"
#include "server/site/site_context.h"

namespace nbo::server {

// The method is run when the request is whole, on the loop's thread.
class ConnectCall final : public Receiver, public UnaryCall, public std::enable_shared_from_this<ConnectCall> {
 public:
  // Takes a request for a unary method, or refuses it. Both must outlive it.
  static std::shared_ptr<Receiver> Begin(Exchange* exchange, const RpcMethod* method, const SiteContext* context);
  // The same for a method that is made for this request.
  static std::shared_ptr<Receiver> Begin(Exchange* exchange, std::unique_ptr<RpcMethod> method,
                                         const SiteContext* context);

  // For Begin. `own`: null, or the method.
  ConnectCall(Exchange* exchange, const RpcMethod* method, std::unique_ptr<RpcMethod> own, const SiteContext* context);
  ~ConnectCall() override { DropBody(); }

  void OnBody(absl::string_view bytes) override;
  void OnEnd() override;
  bool awaits_body() const override { return !begun_; }
  void OnClosed() override;

  void Keep() override {}  // the body is its own
  void OnCancel(std::function<void()> cancelled) override { cancelled_ = std::move(cancelled); }
  absl::Time deadline() const override { return deadline_; }
  absl::Status Parse(google::protobuf::Message* request) override;
  void Finish(const absl::Status& status, const google::protobuf::Message* response,
              absl::Duration retry_after) override;

 private:
  // What is to be said, made by whoever finishes.
  struct Outcome {
    int http_status = 200;
    ConnectCodec codec = ConnectCodec::kJson;
    bool gzipped = false;
    absl::Duration retry_after;
    std::string body;
  };

  // Reads the head. False: refused.
  bool ReadHead();
  bool ReadPost();
  bool ReadGet();
  bool ReadCoding(absl::string_view name);
  // With another HTTP status than the code's.
  void Refuse(int http_status, const absl::Status& status);
  void Refuse(const absl::Status& status) { Refuse(HttpStatusOf(status.code()), status); }
  void Answer(Outcome outcome);
  // The client's deadline is over, and nothing was answered.
  void OnDeadline();
  void DropBody();

  Loop* const loop_;
  HeldBytes* const held_;
  const std::unique_ptr<RpcMethod> own_method_;
  const RpcMethod* const method_;
  const SiteContext* const context_;
  Exchange* exchange_;  // null: closed
  ConnectCodec codec_ = ConnectCodec::kJson;
  ContentCoding coding_ = ContentCoding::kIdentity;
  bool takes_gzip_ = false;
  absl::Time deadline_ = absl::InfiniteFuture();
  std::string body_;
  std::string ignored_;  // of the JSON: the first field that is not known
  std::function<void()> cancelled_;
  std::optional<Loop::Timer> timer_;  // of the deadline
  bool is_get_ = false;
  bool begun_ = false;  // the method was run, or the call refused
  bool answered_ = false;
  bool timed_out_ = false;  // answered while the method still runs, and may read the body
};

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_CONNECT_CALL_H_
