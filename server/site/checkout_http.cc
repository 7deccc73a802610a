#include "server/site/checkout_http.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "server/http/connect.h"
#include "server/site/answer_fields.h"
#include "server/site/connect_call.h"

namespace nbo::server {
namespace {

// A line that says nothing, so that whatever lies between does not take the connection for dead.
constexpr absl::Duration kBeat = absl::Seconds(15);

void RespondError(Exchange* exchange, const SiteContext& context, int http_status, const absl::Status& status) {
  AnswerFields fields;
  fields.Add("content-type", "application/json").Add("cache-control", "no-store");
  fields.AddCors(context.cors, exchange->head());
  exchange->Respond(http_status, fields, ConnectErrorBody(status));
}

// The events of one checkout, to one browser. The desk calls from any thread, and holds it no longer than it listens;
// everything else is of the loop's thread.
class Events final : public Receiver, public CheckoutListener, public std::enable_shared_from_this<Events> {
 public:
  Events(Exchange* exchange, std::string checkout_id, CheckoutDesk* desk, const SiteContext* context)
      : loop_(exchange->loop()),
        exchange_(exchange),
        checkout_id_(std::move(checkout_id)),
        desk_(desk),
        context_(context) {}

  void Begin() {
    // What the desk says meanwhile is posted, and so comes after this turn.
    if (absl::Status s = desk_->Listen(checkout_id_, shared_from_this()); !s.ok()) {
      return RespondError(exchange_, *context_, HttpStatusOf(s.code()), s);
    }
    AnswerFields fields;
    fields.Add("content-type", "text/event-stream").Add("cache-control", "no-store").Add("x-accel-buffering", "no");
    fields.AddCors(context_->cors, exchange_->head());
    exchange_->Start(200, fields);
    exchange_->Write("retry: 1000\n\n");  // ms until a browser that lost us comes again
    Beat();
  }

  // Of the exchange.
  void OnBody(absl::string_view bytes) override { exchange_->Consume(bytes.size()); }
  void OnEnd() override {}
  void OnSent() override { Flush(); }
  void OnClosed() override {
    exchange_ = nullptr;
    if (beat_.has_value()) loop_->Cancel(*beat_);
    desk_->Leave(checkout_id_, this);
  }

  // Of the desk.
  void OnOffers(const v1::GetOffersResponse& offers) override {
    v1::CheckoutResponse response;
    *response.mutable_offers() = offers;
    Post(Event(response), /*is_last=*/false);
  }
  void OnClosed(const v1::CheckoutClosed& closed) override {
    v1::CheckoutResponse response;
    *response.mutable_closed() = closed;
    Post(Event(response), /*is_last=*/true);
  }
  // Browsers come again by themselves, and are told then why not.
  void OnEnd(const absl::Status&) override { Post("", /*is_last=*/true); }

 private:
  std::string Event(const v1::CheckoutResponse& response) const {
    std::string event = "data: ";
    context_->codec.Print(response, &event);  // one line: JSON has no other line ends than those it escapes
    return event + "\n\n";
  }

  void Post(std::string event, bool is_last) {
    loop_->Post([self = shared_from_this(), event = std::move(event), is_last]() mutable {
      // Of what a slow browser has not read only the latest is of use.
      if (!event.empty()) self->next_ = std::move(event);
      self->is_last_ |= is_last;
      self->Flush();
    });
  }

  void Flush() {
    if (exchange_ == nullptr || exchange_->unsent_bytes() > 0) return;
    if (!next_.empty()) exchange_->Write(std::exchange(next_, {}));
    if (is_last_) exchange_->Finish();
  }

  void Beat() {
    beat_ = loop_->RunAt(absl::Now() + kBeat, [this] {
      if (exchange_->unsent_bytes() == 0) exchange_->Write(":\n\n");
      Beat();
    });
  }

  Loop* const loop_;
  Exchange* exchange_;  // null: closed
  const std::string checkout_id_;
  CheckoutDesk* const desk_;
  const SiteContext* const context_;
  std::optional<Loop::Timer> beat_;
  std::string next_;
  bool is_last_ = false;
};

using Call = std::shared_ptr<UnaryCall>;

void Open(CheckoutDesk* desk, const v1::OpenCheckout& open, const Call& call) {
  desk->Open(open, nullptr, [call](const absl::Status& status, const v1::GetOffersResponse& offers) {
    v1::CheckoutResponse response;
    *response.mutable_offers() = offers;
    call->Finish(status, &response);
  });
}

void Close(CheckoutDesk* desk, const std::string& checkout_id, const v1::CloseCheckout& close, const Call& call) {
  desk->Close(checkout_id, close, [call](const absl::Status& status, const v1::CheckoutClosed& closed) {
    v1::CheckoutResponse response;
    *response.mutable_closed() = closed;
    call->Finish(status, &response);
  });
}

void TakeStep(CheckoutDesk* desk, const std::string& checkout_id, const Call& call) {
  v1::CheckoutRequest request;
  absl::Status status = call->Parse(&request);
  if (status.ok() && request.has_open()) {
    v1::OpenCheckout& open = *request.mutable_open();
    if (open.checkout_id().empty()) open.set_checkout_id(checkout_id);
    if (open.checkout_id() == checkout_id) return Open(desk, open, call);
    status = absl::InvalidArgumentError("open.checkout_id: is not the one in the path; leave it out");
  } else if (status.ok() && request.has_close()) {
    return Close(desk, checkout_id, request.close(), call);
  } else if (status.ok() && request.has_update()) {
    status = desk->Update(checkout_id, request.update());
  } else if (status.ok()) {
    status = absl::InvalidArgumentError("step: is required; set open, update or close");
  }
  const v1::CheckoutResponse nothing;
  call->Finish(status, &nothing);
}

}  // namespace

std::shared_ptr<Receiver> BeginCheckoutRequest(Exchange* exchange, CheckoutDesk* desk, const SiteContext* context) {
  const RequestHead& head = exchange->head();
  absl::string_view id = absl::StripPrefix(head.path(), kCheckoutPath);
  const bool is_events = absl::ConsumeSuffix(&id, "/events");
  if (id.empty() || absl::StrContains(id, '/') || (is_events && head.method() != "GET")) {
    RespondError(exchange, *context, 404,
                 absl::UnimplementedError("POST /checkout/{checkout_id}, or GET /checkout/{checkout_id}/events"));
    return std::make_shared<DeafReceiver>(exchange);
  }
  if (is_events) {
    auto events = std::make_shared<Events>(exchange, std::string(id), desk, context);
    events->Begin();
    return events;
  }
  auto step = std::make_unique<RpcMethod>();
  step->run = [desk, checkout_id = std::string(id)](const Call& call) { TakeStep(desk, checkout_id, call); };
  return ConnectCall::Begin(exchange, std::move(step), context);
}

}  // namespace nbo::server
