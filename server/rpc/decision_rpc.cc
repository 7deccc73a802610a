#include "server/rpc/decision_rpc.h"

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "server/handlers/convert.h"
#include "server/rpc/unary.h"
#include "server/rpc/wire.h"

namespace nbo::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// What is known of a call whoever answers it.
struct Call {
  absl::Time start;
  Channel channel = Channel::kUnspecified;
  ByteBuffer* out;
};

class DecisionRpc final : public v1::DecisionService::WithRawCallbackMethod_GetOffers<v1::DecisionService::Service> {
 public:
  DecisionRpc(OfferDesk* desk, Metrics* metrics) : desk_(desk), metrics_(metrics) {}

  ServerUnaryReactor* GetOffers(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    Call call{absl::Now(), Channel::kUnspecified, out};
    if (!desk_->Enter()) return Refuse(context, call);
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<v1::GetOffersRequest>(&arena);
    auto* response = google::protobuf::Arena::CreateMessage<v1::GetOffersResponse>(&arena);
    std::optional<absl::Status> status = ParseMessage(*in, request);
    if (status->ok()) {
      if (auto known = ToChannel("", request->channel()); known.ok()) call.channel = *known;
      status = desk_->TryNow(*request, response);
    }
    if (!status.has_value()) return Wait(context, call, *request);
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(End(call, *status, *response));
    return reactor;
  }

 private:
  // Ends a call that waits for the disk, and lives as long as gRPC needs it.
  class Reactor final : public ServerUnaryReactor {
   public:
    explicit Reactor(OfferDesk* desk) : desk_(desk) {}
    // Called by the method before it returns; gRPC calls what follows only afterwards.
    void Keep(std::shared_ptr<OfferDesk::Waiting> waiting) { waiting_ = std::move(waiting); }
    void OnCancel() override { desk_->Cancel(waiting_); }
    void OnDone() override { delete this; }

   private:
    OfferDesk* const desk_;
    std::shared_ptr<OfferDesk::Waiting> waiting_;
  };

  // What every call ends with: the bytes, the counting, the status.
  grpc::Status End(const Call& call, const absl::Status& status, const v1::GetOffersResponse& response) {
    if (status.ok()) {
      SerializeMessage(response, call.out);
      metrics_->CountAnswer(response.tier(), response.tier_reason(), response.offers_size());
    }
    metrics_->CountCall(Method::kGetOffers, call.channel, status.code(), absl::Now() - call.start);
    desk_->Leave();
    return ToGrpcStatus(status);
  }

  ServerUnaryReactor* Wait(CallbackServerContext* context, const Call& call, const v1::GetOffersRequest& request) {
    auto* reactor = new Reactor(desk_);
    reactor->Keep(desk_->Wait(request, call.start, absl::FromChrono(context->deadline()),
                              [this, call, reactor](const absl::Status& status, const v1::GetOffersResponse& response) {
                                reactor->Finish(End(call, status, response));
                              }));
    return reactor;
  }

  // Not even parsed. Clients of gRPC that retry wait as long as the trailer says (gRFC A6).
  ServerUnaryReactor* Refuse(CallbackServerContext* context, const Call& call) {
    const absl::Status status =
        absl::ResourceExhaustedError("too many calls for offers are under way; try again later");
    context->AddTrailingMetadata("grpc-retry-pushback-ms",
                                 absl::StrCat(absl::ToInt64Milliseconds(desk_->retry_delay())));
    metrics_->CountCall(Method::kGetOffers, call.channel, status.code(), absl::Now() - call.start);
    return FinishCall(context, status);
  }

  OfferDesk* const desk_;
  Metrics* const metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDecisionService(OfferDesk* desk, Metrics* metrics) {
  return std::make_unique<DecisionRpc>(desk, metrics);
}

}  // namespace nbo::server
