#include "server/rpc/services.h"

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "absl/time/clock.h"
#include "nbo/v1/catalog_service.grpc.pb.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "nbo/v1/profile_service.grpc.pb.h"
#include "nbo/v1/segment_service.grpc.pb.h"
#include "server/rpc/wire.h"

namespace nbo::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// A call whose handler answers at once. `call` maps (request, response) to a status.
template <typename Request, typename Response, typename Call>
absl::Status Answer(const ByteBuffer& in, ByteBuffer* out, Call call) {
  google::protobuf::Arena arena;
  auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
  auto* response = google::protobuf::Arena::CreateMessage<Response>(&arena);
  absl::Status status = ParseMessage(in, request);
  if (status.ok()) status = call(*request, response);
  if (status.ok()) SerializeMessage(*response, out);
  return status;
}

ServerUnaryReactor* Finish(CallbackServerContext* context, const absl::Status& status) {
  ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// As Answer, counted under a method that has no channel.
template <typename Request, typename Response, typename Call>
ServerUnaryReactor* CountedAnswer(Metrics* metrics, Method method, CallbackServerContext* context, const ByteBuffer& in,
                                  ByteBuffer* out, Call call) {
  const absl::Time start = absl::Now();
  const absl::Status status = Answer<Request, Response>(in, out, call);
  metrics->CountCall(method, Channel::kUnspecified, status.code(), absl::Now() - start);
  return Finish(context, status);
}

class DecisionRpc final : public v1::DecisionService::WithRawCallbackMethod_GetOffers<v1::DecisionService::Service> {
 public:
  DecisionRpc(const DecisionHandler* handler, Metrics* metrics) : handler_(handler), metrics_(metrics) {}

  ServerUnaryReactor* GetOffers(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    const absl::Time start = absl::Now();
    Channel channel = Channel::kUnspecified;
    const absl::Status status = Answer<v1::GetOffersRequest, v1::GetOffersResponse>(
        *in, out, [&](const v1::GetOffersRequest& request, v1::GetOffersResponse* response) {
          absl::Status answered = handler_->GetOffers(request, response);
          if (auto known = ToChannel("", request.channel()); known.ok()) channel = *known;
          if (answered.ok()) metrics_->CountAnswer(response->tier(), response->tier_reason(), response->offers_size());
          return answered;
        });
    metrics_->CountCall(Method::kGetOffers, channel, status.code(), absl::Now() - start);
    return Finish(context, status);
  }

 private:
  const DecisionHandler* const handler_;
  Metrics* const metrics_;
};

// A call that ends on another thread: a writer's, after its event is durable, or the refresher's.
template <typename Response>
auto FinishLater(Metrics* metrics, Method method, ByteBuffer* out, ServerUnaryReactor* reactor) {
  return [=, start = absl::Now()](const absl::Status& status, const Response& response) {
    if (status.ok()) SerializeMessage(response, out);
    metrics->CountCall(method, Channel::kUnspecified, status.code(), absl::Now() - start);
    reactor->Finish(ToGrpcStatus(status));
  };
}

using EventServiceBase =
    v1::EventService::WithRawCallbackMethod_RecordPurchase<v1::EventService::WithRawCallbackMethod_RecordPurchases<
        v1::EventService::WithRawCallbackMethod_LinkIdentity<v1::EventService::Service>>>;

class EventRpc final : public EventServiceBase {
 public:
  EventRpc(const EventHandler* handler, Metrics* metrics, PurchaseStreams* streams)
      : handler_(handler), metrics_(metrics), streams_(streams) {}

  ServerUnaryReactor* RecordPurchase(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    ServerUnaryReactor* reactor = context->DefaultReactor();
    auto finish = FinishLater<v1::RecordPurchaseResponse>(metrics_, Method::kRecordPurchase, out, reactor);
    v1::RecordPurchaseRequest request;
    if (absl::Status s = ParseMessage(*in, &request); !s.ok()) {
      metrics_->CountRefusedReceipt(s.code());
      finish(s, {});
    } else {
      handler_->RecordPurchase(request, std::move(finish));
    }
    return reactor;
  }

  grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* RecordPurchases(CallbackServerContext*) override {
    return streams_->Open(handler_, metrics_);
  }

  ServerUnaryReactor* LinkIdentity(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    ServerUnaryReactor* reactor = context->DefaultReactor();
    auto finish = FinishLater<v1::LinkIdentityResponse>(metrics_, Method::kLinkIdentity, out, reactor);
    v1::LinkIdentityRequest request;
    if (absl::Status s = ParseMessage(*in, &request); !s.ok()) {
      finish(s, {});
    } else {
      handler_->LinkIdentity(request, std::move(finish));
    }
    return reactor;
  }

 private:
  const EventHandler* const handler_;
  Metrics* const metrics_;
  PurchaseStreams* const streams_;
};

class ProfileRpc final : public v1::ProfileService::WithRawCallbackMethod_GetProfile<v1::ProfileService::Service> {
 public:
  ProfileRpc(const ProfileHandler* handler, Metrics* metrics) : handler_(handler), metrics_(metrics) {}

  ServerUnaryReactor* GetProfile(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::GetProfileRequest, v1::GetProfileResponse>(
        metrics_, Method::kGetProfile, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetProfile(request, response); });
  }

 private:
  const ProfileHandler* const handler_;
  Metrics* const metrics_;
};

using CatalogServiceBase =
    v1::CatalogService::WithRawCallbackMethod_ValidateCatalog<v1::CatalogService::WithRawCallbackMethod_PublishCatalog<
        v1::CatalogService::WithRawCallbackMethod_GetCatalog<v1::CatalogService::Service>>>;

class CatalogRpc final : public CatalogServiceBase {
 public:
  CatalogRpc(const CatalogHandler* handler, Metrics* metrics) : handler_(handler), metrics_(metrics) {}

  ServerUnaryReactor* ValidateCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::ValidateCatalogRequest, v1::ValidateCatalogResponse>(
        metrics_, Method::kValidateCatalog, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ValidateCatalog(request, response); });
  }

  ServerUnaryReactor* PublishCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::PublishCatalogRequest, v1::PublishCatalogResponse>(
        metrics_, Method::kPublishCatalog, context, *in, out, [this](const auto& request, auto* response) {
          absl::Status status = handler_->PublishCatalog(request, response);
          if (!request.validate_only()) metrics_->CountPublication(status.ok());
          return status;
        });
  }

  ServerUnaryReactor* GetCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::GetCatalogRequest, v1::GetCatalogResponse>(
        metrics_, Method::kGetCatalog, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetCatalog(request, response); });
  }

 private:
  const CatalogHandler* const handler_;
  Metrics* const metrics_;
};

using SegmentServiceBase = v1::SegmentService::WithRawCallbackMethod_GetSegmentSizes<
    v1::SegmentService::WithRawCallbackMethod_RefreshSegments<v1::SegmentService::Service>>;

class SegmentRpc final : public SegmentServiceBase {
 public:
  SegmentRpc(const SegmentHandler* handler, Metrics* metrics) : handler_(handler), metrics_(metrics) {}

  ServerUnaryReactor* GetSegmentSizes(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::GetSegmentSizesRequest, v1::GetSegmentSizesResponse>(
        metrics_, Method::kGetSegmentSizes, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetSegmentSizes(request, response); });
  }

  ServerUnaryReactor* RefreshSegments(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    ServerUnaryReactor* reactor = context->DefaultReactor();
    auto finish = FinishLater<v1::RefreshSegmentsResponse>(metrics_, Method::kRefreshSegments, out, reactor);
    v1::RefreshSegmentsRequest request;
    if (absl::Status s = ParseMessage(*in, &request); !s.ok()) {
      finish(s, {});
    } else {
      handler_->RefreshSegments(request, std::move(finish));
    }
    return reactor;
  }

 private:
  const SegmentHandler* const handler_;
  Metrics* const metrics_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeServices(const Handlers& handlers, Metrics* metrics,
                                                         PurchaseStreams* streams) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<DecisionRpc>(handlers.decision, metrics));
  services.push_back(std::make_unique<EventRpc>(handlers.event, metrics, streams));
  services.push_back(std::make_unique<ProfileRpc>(handlers.profile, metrics));
  services.push_back(std::make_unique<CatalogRpc>(handlers.catalog, metrics));
  services.push_back(std::make_unique<SegmentRpc>(handlers.segment, metrics));
  return services;
}

}  // namespace nbo::server
