// The two kinds of gRPC calls over an exchange.
#ifndef NBO_SERVER_RPC_GRPC_CALLS_H_
#define NBO_SERVER_RPC_GRPC_CALLS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/net/exchange.h"
#include "server/rpc/call.h"
#include "server/rpc/message_frames.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

// Answers with a status and, if it is OK, the framed messages. On the loop's thread.
void RespondGrpc(Exchange* exchange, const absl::Status& status, std::string frames,
                 absl::Duration retry_after = absl::ZeroDuration());

// The method is run when the message is there, on the loop's thread.
class GrpcUnary final : public Receiver, public UnaryCall, public std::enable_shared_from_this<GrpcUnary> {
 public:
  GrpcUnary(Exchange* exchange, const RpcMethod* method);

  void OnBody(absl::string_view bytes) override;
  void OnEnd() override;
  bool awaits_body() const override { return !begun_; }
  void OnClosed() override;

  void Keep() override;
  void OnCancel(std::function<void()> cancelled) override { cancelled_ = std::move(cancelled); }
  absl::Time deadline() const override { return deadline_; }
  absl::Status Parse(google::protobuf::Message* request) override;
  void Finish(const absl::Status& status, const google::protobuf::Message* response,
              absl::Duration retry_after) override;

 private:
  void Answer(const absl::Status& status, std::string frames, absl::Duration retry_after);

  Loop* const loop_;
  const RpcMethod* const method_;
  Exchange* exchange_;  // null: closed
  MessageFrames frames_;
  absl::Time deadline_ = absl::InfiniteFuture();
  absl::string_view message_;  // within what is being received, or kept_
  std::string kept_;
  bool is_kept_ = false;
  std::function<void()> cancelled_;
  bool begun_ = false;  // the method was run, or the call refused
  bool answered_ = false;
};

class GrpcStream final : public Receiver, public StreamCall, public std::enable_shared_from_this<GrpcStream> {
 public:
  static std::shared_ptr<GrpcStream> Open(Exchange* exchange, const RpcMethod& method);

  explicit GrpcStream(Exchange* exchange);  // for Open

  void OnBody(absl::string_view bytes) override;
  void OnEnd() override;
  bool awaits_body() const override { return reading_ && frames_.pending() > 0; }
  void OnSent() override;
  void OnClosed() override;

  void Read() override;
  void Write(const google::protobuf::Message& message) override;
  void Finish(const absl::Status& status) override;

 private:
  // On the loop's thread, at once or soon.
  void There(Loop::Task task);
  // Gives the handler what it asked for, as far as it is there.
  void Pump();
  void Consume();
  void Send(std::string frame);
  void End(const absl::Status& status);
  // Calls OnDone when the end has come on both sides.
  void EndIfDone();

  Loop* const loop_;
  Exchange* exchange_;  // null: closed
  StreamHandler* handler_ = nullptr;
  MessageFrames frames_;
  std::shared_ptr<GrpcStream> self_;  // until OnDone
  absl::Status trouble_;              // with the messages: why the input ended before its end
  size_t unconsumed_ = 0;             // bytes of the body
  bool reading_ = false;              // Read is unanswered
  bool writing_ = false;              // Write is
  bool pumping_ = false;
  bool started_ = false;  // the answer was begun
  bool input_ended_ = false;
  bool finished_ = false;  // Finish was called
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_GRPC_CALLS_H_
