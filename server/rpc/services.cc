#include "server/rpc/services.h"

#include "nbo/v1/budget_service.grpc.pb.h"
#include "nbo/v1/catalog_service.grpc.pb.h"
#include "nbo/v1/customer_service.grpc.pb.h"
#include "nbo/v1/decision_log_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "nbo/v1/maintenance_service.grpc.pb.h"
#include "nbo/v1/profile_service.grpc.pb.h"
#include "nbo/v1/rules_service.grpc.pb.h"
#include "nbo/v1/segment_service.grpc.pb.h"
#include "nbo/v1/switch_service.grpc.pb.h"
#include "server/rpc/decision_rpc.h"
#include "server/rpc/unary.h"

namespace nbo::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

using EventLinks = v1::EventService::WithRawCallbackMethod_LinkIdentity<
    v1::EventService::WithRawCallbackMethod_UnlinkIdentity<v1::EventService::WithRawCallbackMethod_MergeCustomers<
        v1::EventService::WithRawCallbackMethod_RecordConsent<v1::EventService::Service>>>>;
using EventServiceBase = v1::EventService::WithRawCallbackMethod_RecordPurchase<
    v1::EventService::WithRawCallbackMethod_RecordPurchases<v1::EventService::WithRawCallbackMethod_RecordOutcome<
        v1::EventService::WithRawCallbackMethod_RecordOutcomes<EventLinks>>>>;

class EventRpc final : public EventServiceBase {
 public:
  EventRpc(const EventHandler* handler, const OutcomeHandler* outcomes, const StatementHandler* statements,
           JobThreads* store_threads, Metrics* metrics, PurchaseStreams* streams, OutcomeStreams* outcome_streams)
      : handler_(handler),
        outcomes_(outcomes),
        statements_(statements),
        store_threads_(store_threads),
        metrics_(metrics),
        streams_(streams),
        outcome_streams_(outcome_streams) {}

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

  ServerUnaryReactor* RecordOutcome(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerLaterAnswer<v1::RecordOutcomeRequest, v1::RecordOutcomeResponse>(
        store_threads_, metrics_, Method::kRecordOutcome, context, *in, out,
        [this](const auto& request, auto done) { outcomes_->RecordOutcome(request, std::move(done)); });
  }

  grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* RecordOutcomes(CallbackServerContext*) override {
    if (outcome_streams_ != nullptr) return outcome_streams_->Open(outcomes_, metrics_);
    return RefuseStream({grpc::StatusCode::UNIMPLEMENTED, "this server takes no streams of outcomes"});
  }

  ServerUnaryReactor* LinkIdentity(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return LaterAnswer<v1::LinkIdentityRequest, v1::LinkIdentityResponse>(
        metrics_, Method::kLinkIdentity, context, *in, out,
        [this](const auto& request, auto done) { statements_->LinkIdentity(request, std::move(done)); });
  }

  ServerUnaryReactor* UnlinkIdentity(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return LaterAnswer<v1::UnlinkIdentityRequest, v1::UnlinkIdentityResponse>(
        metrics_, Method::kUnlinkIdentity, context, *in, out,
        [this](const auto& request, auto done) { statements_->UnlinkIdentity(request, std::move(done)); });
  }

  ServerUnaryReactor* MergeCustomers(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return LaterAnswer<v1::MergeCustomersRequest, v1::MergeCustomersResponse>(
        metrics_, Method::kMergeCustomers, context, *in, out,
        [this](const auto& request, auto done) { statements_->MergeCustomers(request, std::move(done)); });
  }

  ServerUnaryReactor* RecordConsent(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return LaterAnswer<v1::RecordConsentRequest, v1::RecordConsentResponse>(
        metrics_, Method::kRecordConsent, context, *in, out,
        [this](const auto& request, auto done) { statements_->RecordConsent(request, std::move(done)); });
  }

 private:
  const EventHandler* const handler_;
  const OutcomeHandler* const outcomes_;
  const StatementHandler* const statements_;
  JobThreads* const store_threads_;
  Metrics* const metrics_;
  PurchaseStreams* const streams_;
  OutcomeStreams* const outcome_streams_;
};

using DecisionLogServiceBase =
    v1::DecisionLogService::WithRawCallbackMethod_ListEntries<v1::DecisionLogService::WithRawCallbackMethod_GetDecision<
        v1::DecisionLogService::WithRawCallbackMethod_ReplayDecision<v1::DecisionLogService::Service>>>;

class DecisionLogRpc final : public DecisionLogServiceBase {
 public:
  DecisionLogRpc(const DecisionLogHandler* handler, JobThreads* threads, Metrics* metrics)
      : handler_(handler), threads_(threads), metrics_(metrics) {}

  ServerUnaryReactor* ListEntries(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ListEntriesRequest, v1::ListEntriesResponse>(
        threads_, metrics_, Method::kListEntries, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ListEntries(request, response); });
  }
  ServerUnaryReactor* GetDecision(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::GetDecisionRequest, v1::GetDecisionResponse>(
        threads_, metrics_, Method::kGetDecision, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetDecision(request, response); });
  }
  ServerUnaryReactor* ReplayDecision(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ReplayDecisionRequest, v1::ReplayDecisionResponse>(
        threads_, metrics_, Method::kReplayDecision, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ReplayDecision(request, response); });
  }

 private:
  const DecisionLogHandler* const handler_;
  JobThreads* const threads_;
  Metrics* const metrics_;
};

class BudgetRpc final : public v1::BudgetService::WithRawCallbackMethod_ListBudgets<v1::BudgetService::Service> {
 public:
  BudgetRpc(const BudgetHandler* handler, Metrics* metrics) : handler_(handler), metrics_(metrics) {}

  ServerUnaryReactor* ListBudgets(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::ListBudgetsRequest, v1::ListBudgetsResponse>(
        metrics_, Method::kListBudgets, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ListBudgets(request, response); });
  }

 private:
  const BudgetHandler* const handler_;
  Metrics* const metrics_;
};

using CustomerServiceBase = v1::CustomerService::WithRawCallbackMethod_ExportCustomer<
    v1::CustomerService::WithRawCallbackMethod_EraseCustomer<v1::CustomerService::Service>>;

class CustomerRpc final : public CustomerServiceBase {
 public:
  CustomerRpc(const ExportHandler* exports, const StatementHandler* statements, JobThreads* store_threads,
              Metrics* metrics)
      : exports_(exports), statements_(statements), store_threads_(store_threads), metrics_(metrics) {}

  ServerUnaryReactor* ExportCustomer(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ExportCustomerRequest, v1::ExportCustomerResponse>(
        store_threads_, metrics_, Method::kExportCustomer, context, *in, out,
        [this](const auto& request, auto* response) { return exports_->ExportCustomer(request, response); });
  }

  ServerUnaryReactor* EraseCustomer(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return LaterAnswer<v1::EraseCustomerRequest, v1::EraseCustomerResponse>(
        metrics_, Method::kEraseCustomer, context, *in, out,
        [this](const auto& request, auto done) { statements_->EraseCustomer(request, std::move(done)); });
  }

 private:
  const ExportHandler* const exports_;
  const StatementHandler* const statements_;
  JobThreads* const store_threads_;
  Metrics* const metrics_;
};

using MaintenanceServiceBase = v1::MaintenanceService::WithRawCallbackMethod_RebuildStates<
    v1::MaintenanceService::WithRawCallbackMethod_GetRebuild<
        v1::MaintenanceService::WithRawCallbackMethod_CompactStore<v1::MaintenanceService::Service>>>;

class MaintenanceRpc final : public MaintenanceServiceBase {
 public:
  MaintenanceRpc(const MaintenanceHandler* handler, Metrics* metrics) : handler_(handler), metrics_(metrics) {}

  ServerUnaryReactor* RebuildStates(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::RebuildStatesRequest, v1::RebuildStatesResponse>(
        metrics_, Method::kRebuildStates, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->RebuildStates(request, response); });
  }

  ServerUnaryReactor* GetRebuild(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return CountedAnswer<v1::GetRebuildRequest, v1::GetRebuildResponse>(
        metrics_, Method::kGetRebuild, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetRebuild(request, response); });
  }

  ServerUnaryReactor* CompactStore(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return LaterAnswer<v1::CompactStoreRequest, v1::CompactStoreResponse>(
        metrics_, Method::kCompactStore, context, *in, out,
        [this](const auto& request, auto done) { handler_->CompactStore(request, std::move(done)); });
  }

 private:
  const MaintenanceHandler* const handler_;
  Metrics* const metrics_;
};

class ProfileRpc final : public v1::ProfileService::WithRawCallbackMethod_GetProfile<v1::ProfileService::Service> {
 public:
  ProfileRpc(const ProfileHandler* handler, JobThreads* store_threads, Metrics* metrics)
      : handler_(handler), store_threads_(store_threads), metrics_(metrics) {}

  ServerUnaryReactor* GetProfile(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::GetProfileRequest, v1::GetProfileResponse>(
        store_threads_, metrics_, Method::kGetProfile, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetProfile(request, response); });
  }

 private:
  const ProfileHandler* const handler_;
  JobThreads* const store_threads_;
  Metrics* const metrics_;
};

template <typename Base>
using CatalogChanges =
    v1::CatalogService::WithRawCallbackMethod_PublishCatalog<v1::CatalogService::WithRawCallbackMethod_ActivateCatalog<
        v1::CatalogService::WithRawCallbackMethod_CancelActivation<Base>>>;
template <typename Base>
using CatalogReads = v1::CatalogService::WithRawCallbackMethod_ValidateCatalog<
    v1::CatalogService::WithRawCallbackMethod_GetCatalog<v1::CatalogService::WithRawCallbackMethod_ListCatalogs<
        v1::CatalogService::WithRawCallbackMethod_ListActivations<
            v1::CatalogService::WithRawCallbackMethod_DiffCatalogs<Base>>>>>;

class CatalogRpc final : public CatalogChanges<CatalogReads<v1::CatalogService::Service>> {
 public:
  CatalogRpc(const CatalogHandler* handler, CatalogWorker* worker, Metrics* metrics)
      : handler_(handler), worker_(worker), metrics_(metrics) {}

  ServerUnaryReactor* ValidateCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ValidateCatalogRequest, v1::ValidateCatalogResponse>(
        worker_, metrics_, Method::kValidateCatalog, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ValidateCatalog(request, response); },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* PublishCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::PublishCatalogRequest, v1::PublishCatalogResponse>(
        worker_, metrics_, Method::kPublishCatalog, context, *in, out,
        [this](const auto& request, auto* response) {
          absl::Status status = handler_->PublishCatalog(request, response);
          if (!request.validate_only()) metrics_->CountPublication(status.ok());
          return status;
        },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* GetCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::GetCatalogRequest, v1::GetCatalogResponse>(
        worker_, metrics_, Method::kGetCatalog, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->GetCatalog(request, response); },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* ListCatalogs(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ListCatalogsRequest, v1::ListCatalogsResponse>(
        worker_, metrics_, Method::kListCatalogs, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ListCatalogs(request, response); },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* ActivateCatalog(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ActivateCatalogRequest, v1::ActivateCatalogResponse>(
        worker_, metrics_, Method::kActivateCatalog, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ActivateCatalog(request, response); },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* CancelActivation(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::CancelActivationRequest, v1::CancelActivationResponse>(
        worker_, metrics_, Method::kCancelActivation, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->CancelActivation(request, response); },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* ListActivations(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ListActivationsRequest, v1::ListActivationsResponse>(
        worker_, metrics_, Method::kListActivations, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ListActivations(request, response); },
        kMaxCatalogMessageBytes);
  }

  ServerUnaryReactor* DiffCatalogs(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::DiffCatalogsRequest, v1::DiffCatalogsResponse>(
        worker_, metrics_, Method::kDiffCatalogs, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->DiffCatalogs(request, response); },
        kMaxCatalogMessageBytes);
  }

 private:
  const CatalogHandler* const handler_;
  CatalogWorker* const worker_;
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
    return LaterAnswer<v1::RefreshSegmentsRequest, v1::RefreshSegmentsResponse>(
        metrics_, Method::kRefreshSegments, context, *in, out,
        [this](const auto& request, auto done) { handler_->RefreshSegments(request, std::move(done)); });
  }

 private:
  const SegmentHandler* const handler_;
  Metrics* const metrics_;
};

class RulesRpc final : public v1::RulesService::WithRawCallbackMethod_EvaluateRule<v1::RulesService::Service> {
 public:
  RulesRpc(const RulesHandler* handler, JobThreads* store_threads, Metrics* metrics)
      : handler_(handler), store_threads_(store_threads), metrics_(metrics) {}

  ServerUnaryReactor* EvaluateRule(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::EvaluateRuleRequest, v1::EvaluateRuleResponse>(
        store_threads_, metrics_, Method::kEvaluateRule, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->EvaluateRule(request, response); });
  }

 private:
  const RulesHandler* const handler_;
  JobThreads* const store_threads_;
  Metrics* const metrics_;
};

using SwitchServiceBase = v1::SwitchService::WithRawCallbackMethod_SetSwitch<
    v1::SwitchService::WithRawCallbackMethod_ListSwitches<v1::SwitchService::Service>>;

// On a thread of its own: what must stop now does not wait until a catalog is compiled or a profile is read.
class SwitchRpc final : public SwitchServiceBase {
 public:
  SwitchRpc(const SwitchHandler* handler, JobThreads* switch_thread, Metrics* metrics)
      : handler_(handler), switch_thread_(switch_thread), metrics_(metrics) {}

  ServerUnaryReactor* SetSwitch(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::SetSwitchRequest, v1::SetSwitchResponse>(
        switch_thread_, metrics_, Method::kSetSwitch, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->SetSwitch(request, response); });
  }

  ServerUnaryReactor* ListSwitches(CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) override {
    return WorkerAnswer<v1::ListSwitchesRequest, v1::ListSwitchesResponse>(
        switch_thread_, metrics_, Method::kListSwitches, context, *in, out,
        [this](const auto& request, auto* response) { return handler_->ListSwitches(request, response); });
  }

 private:
  const SwitchHandler* const handler_;
  JobThreads* const switch_thread_;
  Metrics* const metrics_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeServices(const Handlers& handlers, Metrics* metrics,
                                                         PurchaseStreams* streams) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(MakeDecisionService(handlers.offers, metrics));
  services.push_back(std::make_unique<EventRpc>(handlers.event, handlers.outcomes, handlers.statements,
                                                handlers.store_threads, metrics, streams, handlers.outcome_streams));
  services.push_back(std::make_unique<DecisionLogRpc>(handlers.log, handlers.log_threads, metrics));
  services.push_back(std::make_unique<BudgetRpc>(handlers.budgets, metrics));
  services.push_back(std::make_unique<ProfileRpc>(handlers.profile, handlers.store_threads, metrics));
  services.push_back(
      std::make_unique<CustomerRpc>(handlers.exports, handlers.statements, handlers.store_threads, metrics));
  services.push_back(std::make_unique<MaintenanceRpc>(handlers.maintenance, metrics));
  services.push_back(std::make_unique<CatalogRpc>(handlers.catalog, handlers.catalog_worker, metrics));
  services.push_back(std::make_unique<SegmentRpc>(handlers.segment, metrics));
  services.push_back(std::make_unique<RulesRpc>(handlers.rules, handlers.store_threads, metrics));
  services.push_back(std::make_unique<SwitchRpc>(handlers.switches, handlers.switch_thread, metrics));
  return services;
}

}  // namespace nbo::server
