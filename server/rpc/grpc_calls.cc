#include "server/rpc/grpc_calls.h"

#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/rpc/grpc_site.h"

namespace nbo::server {
namespace {

constexpr Field kContentType = {"content-type", "application/grpc"};
// A stream whose client does not read is not written on beyond this.
constexpr size_t kMaxUnsentBytes = 64 << 10;

// What a call ends with. The texts that the fields show live as long as it does.
class Ending {
 public:
  Ending(const absl::Status& status, absl::Duration retry_after)
      : code_(absl::StrCat(static_cast<int>(status.code()))) {
    fields_.push_back({"grpc-status", code_});
    if (!status.message().empty()) {
      message_ = EncodeGrpcMessage(status.message());
      fields_.push_back({"grpc-message", message_});
    }
    if (retry_after > absl::ZeroDuration()) {
      // gRFC A6: clients that retry wait so long.
      pushback_ = absl::StrCat(absl::ToInt64Milliseconds(retry_after));
      fields_.push_back({"grpc-retry-pushback-ms", pushback_});
    }
  }
  Ending(const Ending&) = delete;
  Fields fields() const { return fields_; }

 private:
  const std::string code_;
  std::string message_, pushback_;
  absl::InlinedVector<Field, 4> fields_;
};

}  // namespace

void RespondGrpc(Exchange* exchange, const absl::Status& status, std::string frames, absl::Duration retry_after) {
  const Ending ending(status, retry_after);
  if (status.ok()) return exchange->Respond(200, {&kContentType, 1}, std::move(frames), ending.fields());
  absl::InlinedVector<Field, 5> all = {kContentType};
  all.insert(all.end(), ending.fields().begin(), ending.fields().end());
  exchange->Respond(200, all, "", {});
}

GrpcUnary::GrpcUnary(Exchange* exchange, const RpcMethod* method)
    : loop_(exchange->loop()), method_(method), exchange_(exchange), frames_(method->max_bytes, exchange->held()) {
  const absl::string_view timeout = exchange->head().Find("grpc-timeout");
  if (timeout.empty()) return;
  if (const auto parsed = ParseGrpcTimeout(timeout); parsed.has_value()) {
    deadline_ = absl::Now() + *parsed;
  } else {
    begun_ = true;
    Answer(absl::InvalidArgumentError("grpc-timeout: is no time; up to 8 digits and one of H, M, S, m, u, n"), "", {});
  }
}

void GrpcUnary::OnBody(absl::string_view bytes) {
  exchange_->Consume(bytes.size());
  if (begun_) return;  // what follows the message is of no use
  frames_.Append(bytes);
  const absl::StatusOr<bool> whole = frames_.Next(&message_);
  if (whole.ok() && !*whole) return frames_.Keep();
  begun_ = true;
  if (!whole.ok()) return Answer(whole.status(), "", {});
  method_->run(shared_from_this());
  if (!is_kept_) message_ = {};
}

void GrpcUnary::OnEnd() {
  if (std::exchange(begun_, true)) return;
  Answer(absl::InvalidArgumentError("the call ended before its message was whole"), "", {});
}

void GrpcUnary::OnClosed() {
  exchange_ = nullptr;
  if (!answered_ && cancelled_ != nullptr) std::exchange(cancelled_, nullptr)();
}

void GrpcUnary::Keep() {
  is_kept_ = true;
  kept_ = std::string(message_);
  message_ = kept_;
}

absl::Status GrpcUnary::Parse(google::protobuf::Message* request) {
  return ParseMessage(message_, request, method_->max_bytes);
}

void GrpcUnary::Finish(const absl::Status& status, const google::protobuf::Message* response,
                       absl::Duration retry_after) {
  std::string frame = status.ok() ? MessageFrames::Frame(*response) : std::string();
  if (loop_->IsHere()) return Answer(status, std::move(frame), retry_after);
  loop_->Post([self = shared_from_this(), status, frame = std::move(frame), retry_after]() mutable {
    self->Answer(status, std::move(frame), retry_after);
  });
}

void GrpcUnary::Answer(const absl::Status& status, std::string frames, absl::Duration retry_after) {
  answered_ = true;
  cancelled_ = nullptr;
  if (exchange_ != nullptr) RespondGrpc(exchange_, status, std::move(frames), retry_after);
}

std::shared_ptr<GrpcStream> GrpcStream::Open(Exchange* exchange, const RpcMethod& method) {
  auto stream = std::make_shared<GrpcStream>(exchange);
  stream->self_ = stream;
  stream->handler_ = method.open(stream.get());
  stream->EndIfDone();  // what it asked for before it was known
  stream->Pump();
  return stream;
}

// A message of any size that the server takes at all is read, so that its handler may refuse it and go on.
GrpcStream::GrpcStream(Exchange* exchange)
    : loop_(exchange->loop()), exchange_(exchange), frames_(kMaxCatalogMessageBytes, exchange->held()) {}

void GrpcStream::There(Loop::Task task) {
  if (loop_->IsHere()) {
    task();
  } else {
    loop_->Post(std::move(task));
  }
}

void GrpcStream::OnBody(absl::string_view bytes) {
  unconsumed_ += bytes.size();
  frames_.Append(bytes);
  Pump();
  frames_.Keep();
}

void GrpcStream::OnEnd() {
  input_ended_ = true;
  Pump();
}

void GrpcStream::Read() {
  There([this, self = shared_from_this()] {
    reading_ = true;
    Pump();
  });
}

void GrpcStream::Pump() {
  if (pumping_ || handler_ == nullptr) return;  // the handler asks for more out of OnMessage
  pumping_ = true;
  while (reading_) {
    absl::string_view message;
    const absl::StatusOr<bool> whole = frames_.Next(&message);
    if (whole.ok() && *whole) {
      reading_ = false;
      handler_->OnMessage(message);
    } else if (!whole.ok() || input_ended_ || exchange_ == nullptr) {
      if (!whole.ok()) trouble_ = whole.status();
      reading_ = false;
      input_ended_ = true;
      handler_->OnInputEnd();
    } else {
      break;
    }
  }
  pumping_ = false;
  Consume();
  EndIfDone();
}

// While the handler does not read, the client may send no more than the window.
void GrpcStream::Consume() {
  const size_t owed = reading_ ? 0 : frames_.pending();
  if (exchange_ == nullptr || unconsumed_ <= owed) return;
  exchange_->Consume(unconsumed_ - owed);
  unconsumed_ = owed;
}

void GrpcStream::Write(const google::protobuf::Message& message) {
  There([this, self = shared_from_this(), frame = MessageFrames::Frame(message)]() mutable { Send(std::move(frame)); });
}

void GrpcStream::Send(std::string frame) {
  writing_ = true;
  if (exchange_ != nullptr) {
    if (!std::exchange(started_, true)) exchange_->Start(200, {&kContentType, 1});
    exchange_->Write(std::move(frame));
    if (exchange_->unsent_bytes() > kMaxUnsentBytes) return;  // OnSent, or OnClosed
  }
  // Not out of Write: the handler would be called while it calls.
  loop_->RunAfterTurn([this, self = shared_from_this()] { OnSent(); });
}

void GrpcStream::OnSent() {
  if (!std::exchange(writing_, false)) return;
  handler_->OnWritten(exchange_ != nullptr);
  EndIfDone();
}

void GrpcStream::Finish(const absl::Status& status) {
  There([this, self = shared_from_this(), status] { End(status); });
}

void GrpcStream::End(const absl::Status& handlers_status) {
  finished_ = true;
  const absl::Status& status = trouble_.ok() ? handlers_status : trouble_;
  if (exchange_ != nullptr) {
    if (started_) {
      exchange_->Finish(Ending(status, {}).fields());
    } else {
      RespondGrpc(exchange_, status, "");
    }
  }
  loop_->RunAfterTurn([this, self = shared_from_this()] { EndIfDone(); });
}

void GrpcStream::OnClosed() {
  exchange_ = nullptr;
  input_ended_ = true;
  const auto self = self_;
  if (writing_) OnSent();
  Pump();
}

void GrpcStream::EndIfDone() {
  if (handler_ == nullptr || pumping_ || !finished_ || reading_ || writing_ || exchange_ != nullptr) return;
  std::exchange(handler_, nullptr)->OnDone();
  self_.reset();
}

}  // namespace nbo::server
