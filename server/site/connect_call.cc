#include "server/site/connect_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/http/api_model.h"
#include "server/http/gzip.h"
#include "server/site/answer_fields.h"

namespace nbo::server {
namespace {

constexpr size_t kUsualAnswerBytes = 2048;
// After its deadline a method that minds it (GetOffers) still has so long to answer by itself.
constexpr absl::Duration kGrace = absl::Milliseconds(50);

}  // namespace

std::shared_ptr<Receiver> ConnectCall::Begin(Exchange* exchange, const RpcMethod* method, const SiteContext* context) {
  auto call = std::make_shared<ConnectCall>(exchange, method, nullptr, context);
  call->begun_ = !call->ReadHead();
  return call;
}

std::shared_ptr<Receiver> ConnectCall::Begin(Exchange* exchange, std::unique_ptr<RpcMethod> method,
                                             const SiteContext* context) {
  const RpcMethod* const named = method.get();
  auto call = std::make_shared<ConnectCall>(exchange, named, std::move(method), context);
  call->begun_ = !call->ReadHead();
  return call;
}

ConnectCall::ConnectCall(Exchange* exchange, const RpcMethod* method, std::unique_ptr<RpcMethod> own,
                         const SiteContext* context)
    : loop_(exchange->loop()),
      held_(exchange->held()),
      own_method_(std::move(own)),
      method_(method),
      context_(context),
      exchange_(exchange) {}

bool ConnectCall::ReadHead() {
  const RequestHead& head = exchange_->head();
  is_get_ = head.method() == "GET";
  takes_gzip_ = AcceptsGzip(head.Find("accept-encoding"));
  if (!is_get_ && head.method() != "POST") {
    Refuse(405, absl::UnimplementedError("a method is called by POST, or by GET if it only asks"));
    return false;
  }
  const absl::StatusOr<absl::Duration> timeout = ParseConnectTimeout(head.Find("connect-timeout-ms"));
  if (!timeout.ok()) return Refuse(timeout.status()), false;
  if (*timeout != absl::InfiniteDuration()) deadline_ = absl::Now() + *timeout;
  return is_get_ ? ReadGet() : ReadPost();
}

bool ConnectCall::ReadPost() {
  const RequestHead& head = exchange_->head();
  const std::optional<ConnectCodec> codec = CodecOfContentType(head.Find("content-type"));
  if (!codec.has_value()) {
    Refuse(415, absl::InvalidArgumentError("Content-Type: must be application/json or application/proto"));
    return false;
  }
  codec_ = *codec;
  if (absl::Status s = CheckConnectVersion(head.Find("connect-protocol-version")); !s.ok()) return Refuse(s), false;
  const absl::StatusOr<ContentCoding> coding = ParseContentCoding(head.Find("content-encoding"));
  if (!coding.ok()) return Refuse(coding.status()), false;
  coding_ = *coding;
  // Who asks before sending is told at once.
  uint64_t length = 0;
  if (absl::SimpleAtoi(head.Find("content-length"), &length) && length > method_->max_bytes) {
    return Refuse(TooLarge(length, method_->max_bytes)), false;
  }
  return true;
}

bool ConnectCall::ReadGet() {
  if (method_->descriptor == nullptr || !HasNoSideEffects(*method_->descriptor)) {
    Refuse(405, absl::UnimplementedError("this method changes something: it is called by POST only"));
    return false;
  }
  absl::StatusOr<ConnectGet> get = ParseConnectGet(exchange_->head().query());
  if (!get.ok()) return Refuse(get.status()), false;
  if (!get->codec.has_value()) {
    Refuse(415, absl::InvalidArgumentError("encoding: must be json or proto"));
    return false;
  }
  codec_ = *get->codec;
  coding_ = get->coding;
  body_ = std::move(get->message);
  held_->Add(body_.size());
  return true;
}

void ConnectCall::OnBody(absl::string_view bytes) {
  exchange_->Consume(bytes.size());
  if (begun_ || is_get_) return;
  if (body_.size() + bytes.size() > method_->max_bytes) {
    begun_ = true;
    return Refuse(TooLarge(body_.size() + bytes.size(), method_->max_bytes));
  }
  if (!held_->Take(bytes.size())) {
    begun_ = true;
    return Refuse(absl::ResourceExhaustedError("the server holds too much for its clients; try again in a moment"));
  }
  body_.append(bytes.data(), bytes.size());
}

void ConnectCall::OnEnd() {
  if (std::exchange(begun_, true)) return;
  method_->run(shared_from_this());
  if (answered_ || exchange_ == nullptr || deadline_ == absl::InfiniteFuture()) return;
  timer_ = loop_->RunAt(deadline_ + kGrace, [this] {  // cancelled before the exchange goes
    timer_.reset();
    OnDeadline();
  });
}

void ConnectCall::OnDeadline() {
  if (answered_) return;
  timed_out_ = true;
  const auto cancelled = std::exchange(cancelled_, nullptr);
  Refuse(absl::DeadlineExceededError("Connect-Timeout-Ms is over, and it is not known yet whether it was done"));
  if (cancelled != nullptr) cancelled();
}

void ConnectCall::OnClosed() {
  exchange_ = nullptr;
  if (timer_.has_value()) loop_->Cancel(*std::exchange(timer_, std::nullopt));
  if (!answered_ && cancelled_ != nullptr) std::exchange(cancelled_, nullptr)();
  if (answered_ && !timed_out_) DropBody();
}

void ConnectCall::DropBody() {
  held_->Return(body_.size());
  body_ = {};
}

absl::Status ConnectCall::Parse(google::protobuf::Message* request) {
  absl::string_view bytes = body_;
  std::string inflated;
  if (coding_ == ContentCoding::kGzip && !body_.empty()) {
    absl::StatusOr<std::string> result = Gunzip(body_, method_->max_bytes);
    if (!result.ok()) return result.status();
    inflated = *std::move(result);
    bytes = inflated;
  }
  if (codec_ == ConnectCodec::kProto) return ParseMessage(bytes, request, method_->max_bytes);
  return context_->codec.Parse(bytes, request, &ignored_);
}

void ConnectCall::Finish(const absl::Status& status, const google::protobuf::Message* response,
                         absl::Duration retry_after) {
  Outcome outcome;
  outcome.retry_after = retry_after;
  if (!status.ok()) {
    outcome.http_status = HttpStatusOf(status.code());
    outcome.body = ConnectErrorBody(status);
  } else if (codec_ == ConnectCodec::kJson) {
    outcome.body.reserve(kUsualAnswerBytes);
    context_->codec.Print(*response, &outcome.body);
  } else {
    outcome.codec = ConnectCodec::kProto;
    outcome.body = response->SerializeAsString();
  }
  if (takes_gzip_ && outcome.body.size() >= kMinGzipBytes) {
    outcome.body = Gzip(outcome.body);
    outcome.gzipped = true;
  }
  if (loop_->IsHere()) return Answer(std::move(outcome));
  loop_->Post(
      [self = shared_from_this(), outcome = std::move(outcome)]() mutable { self->Answer(std::move(outcome)); });
}

void ConnectCall::Refuse(int http_status, const absl::Status& status) {
  Outcome outcome;
  outcome.http_status = http_status;
  outcome.body = ConnectErrorBody(status);
  Answer(std::move(outcome));
}

void ConnectCall::Answer(Outcome outcome) {
  if (std::exchange(answered_, true)) return;
  cancelled_ = nullptr;
  if (!timed_out_) DropBody();
  if (exchange_ == nullptr) return;
  AnswerFields fields;
  fields.Add("content-type", ContentTypeOf(outcome.codec)).Add("cache-control", "no-store");
  fields.AddCors(context_->cors, exchange_->head());
  if (outcome.gzipped) fields.Add("content-encoding", "gzip");
  if (!ignored_.empty()) fields.Add("nbo-ignored-field", ignored_);
  if (outcome.http_status == 405) fields.Add("allow", is_get_ ? "POST" : "GET, POST");
  if (outcome.http_status == 415) fields.Add("accept-post", "application/json, application/proto");
  std::string seconds;
  if (outcome.retry_after > absl::ZeroDuration()) {
    seconds =
        absl::StrCat(std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(outcome.retry_after, absl::Seconds(1)))));
    fields.Add("retry-after", seconds);
  }
  exchange_->Respond(outcome.http_status, fields, std::move(outcome.body));
}

}  // namespace nbo::server
