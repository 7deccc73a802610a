#include "server/ctl/api_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nbo/v1/budget_service.grpc.pb.h"
#include "nbo/v1/catalog_service.grpc.pb.h"
#include "nbo/v1/customer_service.grpc.pb.h"
#include "nbo/v1/decision_log_service.grpc.pb.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "nbo/v1/maintenance_service.grpc.pb.h"
#include "nbo/v1/profile_service.grpc.pb.h"
#include "nbo/v1/rules_service.grpc.pb.h"
#include "nbo/v1/segment_service.grpc.pb.h"
#include "nbo/v1/switch_service.grpc.pb.h"

namespace nbo::ctl {
namespace {

constexpr int kMaxResponseBytes = 64 * 1024 * 1024;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // nbod is inside; a proxy for the web does not know it
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  // Despite its name also the time that one attempt to connect may take: a busy machine needs more than the backoff.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

// A refused connection is tried again for this long: a server that is just starting, a port that is just being freed.
constexpr absl::Duration kConnectGrace = absl::Seconds(1);

// Waits until the channel is connected; gives up kConnectGrace after the start on a refusal, at `timeout` otherwise.
void AwaitConnection(grpc::Channel* channel, absl::Duration timeout) {
  const absl::Time start = absl::Now();
  while (true) {
    const grpc_connectivity_state state = channel->GetState(true);
    if (state == GRPC_CHANNEL_READY || state == GRPC_CHANNEL_SHUTDOWN) return;
    const bool refused = state == GRPC_CHANNEL_TRANSIENT_FAILURE;
    const absl::Time until = start + (refused ? std::min(kConnectGrace, timeout) : timeout);
    if (!channel->WaitForStateChange(state, absl::ToChronoTime(until))) return;
  }
}

// Calls `method` of a new stub of `Service` with a deadline.
template <typename Service, typename Method, typename Request, typename Response>
grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout, Method method,
                  const Request& request, Response* response) {
  AwaitConnection(channel.get(), timeout);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  const auto stub = Service::NewStub(channel);
  return (stub.get()->*method)(&context, request, response);
}

}  // namespace

ApiClient::ApiClient(std::string server, absl::Duration timeout)
    : server_(std::move(server)), timeout_(timeout), channel_(MakeChannel(server_)) {}

ApiClient::~ApiClient() = default;

absl::Status ApiClient::Explain(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && channel_->GetState(false) != GRPC_CHANNEL_READY) {
    return absl::UnavailableError(absl::StrCat("cannot reach nbod at ", server_,
                                               "; is it running? set --server or NBO_SERVER (", status.error_message(),
                                               ")"));
  }
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(absl::StrCat("nbod at ", server_, " did not answer within ",
                                                      absl::FormatDuration(timeout_),
                                                      "; try again or set --timeout SECONDS"));
    case grpc::StatusCode::CANCELLED:  // nboctl itself cancels no unary call
      return absl::UnavailableError(
          absl::StrCat("nbod at ", server_, " broke the call off; is it shutting down? try again later"));
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(absl::StrCat("the server at ", server_,
                                                   " does not know this call; is it nbod, and as new as nboctl? (",
                                                   status.error_message(), ")"));
    case grpc::StatusCode::UNAVAILABLE:
      return absl::UnavailableError(
          absl::StrCat("nbod at ", server_, " cannot answer now: ", status.error_message(), "; try again later"));
    default:
      return absl::Status(code,
                          status.error_message().empty() ? absl::StatusCodeToString(code) : status.error_message());
  }
}

absl::Status ApiClient::Connect() {
  AwaitConnection(channel_.get(), timeout_);
  if (channel_->GetState(false) == GRPC_CHANNEL_READY) return absl::OkStatus();
  return Explain(grpc::Status(grpc::StatusCode::UNAVAILABLE, "not connected"));
}

absl::Status ApiClient::GetOffers(const nbo::v1::GetOffersRequest& request, nbo::v1::GetOffersResponse* response) {
  using Service = nbo::v1::DecisionService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::GetOffers, request, response));
}

absl::Status ApiClient::GetProfile(const nbo::v1::GetProfileRequest& request, nbo::v1::GetProfileResponse* response) {
  using Service = nbo::v1::ProfileService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::GetProfile, request, response));
}

absl::Status ApiClient::LinkIdentity(const nbo::v1::LinkIdentityRequest& request,
                                     nbo::v1::LinkIdentityResponse* response) {
  using Service = nbo::v1::EventService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::LinkIdentity, request, response));
}

absl::Status ApiClient::UnlinkIdentity(const nbo::v1::UnlinkIdentityRequest& request,
                                       nbo::v1::UnlinkIdentityResponse* response) {
  using Service = nbo::v1::EventService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::UnlinkIdentity, request, response));
}

absl::Status ApiClient::MergeCustomers(const nbo::v1::MergeCustomersRequest& request,
                                       nbo::v1::MergeCustomersResponse* response) {
  using Service = nbo::v1::EventService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::MergeCustomers, request, response));
}

absl::Status ApiClient::RecordConsent(const nbo::v1::RecordConsentRequest& request,
                                      nbo::v1::RecordConsentResponse* response) {
  using Service = nbo::v1::EventService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::RecordConsent, request, response));
}

absl::Status ApiClient::RecordAttributes(const nbo::v1::RecordAttributesRequest& request,
                                         nbo::v1::RecordAttributesResponse* response) {
  using Service = nbo::v1::EventService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::RecordAttributes, request, response));
}

absl::Status ApiClient::ExportCustomer(const nbo::v1::ExportCustomerRequest& request,
                                       nbo::v1::ExportCustomerResponse* response) {
  using Service = nbo::v1::CustomerService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ExportCustomer, request, response));
}

absl::Status ApiClient::EraseCustomer(const nbo::v1::EraseCustomerRequest& request,
                                      nbo::v1::EraseCustomerResponse* response) {
  using Service = nbo::v1::CustomerService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::EraseCustomer, request, response));
}

absl::Status ApiClient::RebuildStates(const nbo::v1::RebuildStatesRequest& request,
                                      nbo::v1::RebuildStatesResponse* response) {
  using Service = nbo::v1::MaintenanceService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::RebuildStates, request, response));
}

absl::Status ApiClient::GetRebuild(const nbo::v1::GetRebuildRequest& request, nbo::v1::GetRebuildResponse* response) {
  using Service = nbo::v1::MaintenanceService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::GetRebuild, request, response));
}

absl::Status ApiClient::CompactStore(const nbo::v1::CompactStoreRequest& request,
                                     nbo::v1::CompactStoreResponse* response) {
  using Service = nbo::v1::MaintenanceService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::CompactStore, request, response));
}

absl::Status ApiClient::ValidateCatalog(const nbo::v1::ValidateCatalogRequest& request,
                                        nbo::v1::ValidateCatalogResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ValidateCatalog, request, response));
}

absl::Status ApiClient::PublishCatalog(const nbo::v1::PublishCatalogRequest& request,
                                       nbo::v1::PublishCatalogResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::PublishCatalog, request, response));
}

absl::Status ApiClient::GetCatalog(const nbo::v1::GetCatalogRequest& request, nbo::v1::GetCatalogResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::GetCatalog, request, response));
}

absl::Status ApiClient::ListCatalogs(const nbo::v1::ListCatalogsRequest& request,
                                     nbo::v1::ListCatalogsResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ListCatalogs, request, response));
}

absl::Status ApiClient::ActivateCatalog(const nbo::v1::ActivateCatalogRequest& request,
                                        nbo::v1::ActivateCatalogResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ActivateCatalog, request, response));
}

absl::Status ApiClient::CancelActivation(const nbo::v1::CancelActivationRequest& request,
                                         nbo::v1::CancelActivationResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::CancelActivation, request, response));
}

absl::Status ApiClient::ListActivations(const nbo::v1::ListActivationsRequest& request,
                                        nbo::v1::ListActivationsResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ListActivations, request, response));
}

absl::Status ApiClient::DiffCatalogs(const nbo::v1::DiffCatalogsRequest& request,
                                     nbo::v1::DiffCatalogsResponse* response) {
  using Service = nbo::v1::CatalogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::DiffCatalogs, request, response));
}

absl::Status ApiClient::GetSegmentSizes(const nbo::v1::GetSegmentSizesRequest& request,
                                        nbo::v1::GetSegmentSizesResponse* response) {
  using Service = nbo::v1::SegmentService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::GetSegmentSizes, request, response));
}

absl::Status ApiClient::RefreshSegments(const nbo::v1::RefreshSegmentsRequest& request,
                                        nbo::v1::RefreshSegmentsResponse* response) {
  using Service = nbo::v1::SegmentService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::RefreshSegments, request, response));
}

absl::Status ApiClient::SetSwitch(const nbo::v1::SetSwitchRequest& request, nbo::v1::SetSwitchResponse* response) {
  using Service = nbo::v1::SwitchService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::SetSwitch, request, response));
}

absl::Status ApiClient::ListSwitches(const nbo::v1::ListSwitchesRequest& request,
                                     nbo::v1::ListSwitchesResponse* response) {
  using Service = nbo::v1::SwitchService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ListSwitches, request, response));
}

absl::Status ApiClient::RecordOutcome(const nbo::v1::RecordOutcomeRequest& request,
                                      nbo::v1::RecordOutcomeResponse* response) {
  using Service = nbo::v1::EventService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::RecordOutcome, request, response));
}

absl::Status ApiClient::ListBudgets(const nbo::v1::ListBudgetsRequest& request,
                                    nbo::v1::ListBudgetsResponse* response) {
  using Service = nbo::v1::BudgetService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ListBudgets, request, response));
}

absl::Status ApiClient::ListEntries(const nbo::v1::ListEntriesRequest& request,
                                    nbo::v1::ListEntriesResponse* response) {
  using Service = nbo::v1::DecisionLogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ListEntries, request, response));
}

absl::Status ApiClient::GetDecision(const nbo::v1::GetDecisionRequest& request,
                                    nbo::v1::GetDecisionResponse* response) {
  using Service = nbo::v1::DecisionLogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::GetDecision, request, response));
}

absl::Status ApiClient::ReplayDecision(const nbo::v1::ReplayDecisionRequest& request,
                                       nbo::v1::ReplayDecisionResponse* response) {
  using Service = nbo::v1::DecisionLogService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::ReplayDecision, request, response));
}

absl::Status ApiClient::EvaluateRule(const nbo::v1::EvaluateRuleRequest& request,
                                     nbo::v1::EvaluateRuleResponse* response) {
  using Service = nbo::v1::RulesService;
  return Explain(Call<Service>(channel_, timeout_, &Service::Stub::EvaluateRule, request, response));
}

}  // namespace nbo::ctl
