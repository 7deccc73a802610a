// The connection to nbod: one method per unary call, errors as a person can use them.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Generated messages are named only, and gRPC not at all: both are slow to compile.
namespace grpc {
class Channel;
class Status;
}  // namespace grpc
namespace nbo::v1 {
class ListCatalogsRequest;
class ListCatalogsResponse;
class ActivateCatalogRequest;
class ActivateCatalogResponse;
class CancelActivationRequest;
class CancelActivationResponse;
class ListActivationsRequest;
class ListActivationsResponse;
class DiffCatalogsRequest;
class DiffCatalogsResponse;
class CompactStoreRequest;
class CompactStoreResponse;
class EraseCustomerRequest;
class EraseCustomerResponse;
class EvaluateRuleRequest;
class EvaluateRuleResponse;
class ExportCustomerRequest;
class ExportCustomerResponse;
class GetCatalogRequest;
class GetCatalogResponse;
class GetOffersRequest;
class GetOffersResponse;
class GetProfileRequest;
class GetProfileResponse;
class GetSegmentSizesRequest;
class GetSegmentSizesResponse;
class GetRebuildRequest;
class GetRebuildResponse;
class LinkIdentityRequest;
class LinkIdentityResponse;
class MergeCustomersRequest;
class MergeCustomersResponse;
class PublishCatalogRequest;
class PublishCatalogResponse;
class RefreshSegmentsRequest;
class RefreshSegmentsResponse;
class RebuildStatesRequest;
class RebuildStatesResponse;
class RecordAttributesRequest;
class RecordAttributesResponse;
class RecordConsentRequest;
class RecordConsentResponse;
class SetSwitchRequest;
class SetSwitchResponse;
class ListSwitchesRequest;
class ListSwitchesResponse;
class RecordOutcomeRequest;
class RecordOutcomeResponse;
class ListBudgetsRequest;
class ListBudgetsResponse;
class ListEntriesRequest;
class ListEntriesResponse;
class GetDecisionRequest;
class GetDecisionResponse;
class ReplayDecisionRequest;
class ReplayDecisionResponse;
class UnlinkIdentityRequest;
class UnlinkIdentityResponse;
class ValidateCatalogRequest;
class ValidateCatalogResponse;
}  // namespace nbo::v1

namespace nbo::ctl {

// Every call waits at most `timeout` and is tried once. Errors carry the server's code and message; a server that
// cannot be reached is UNAVAILABLE with what to do about it. Thread-safe.
class ApiClient {
 public:
  // Connects lazily: this call does not fail.
  ApiClient(std::string server, absl::Duration timeout);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  absl::Status GetOffers(const nbo::v1::GetOffersRequest& request, nbo::v1::GetOffersResponse* response);
  absl::Status GetProfile(const nbo::v1::GetProfileRequest& request, nbo::v1::GetProfileResponse* response);
  absl::Status LinkIdentity(const nbo::v1::LinkIdentityRequest& request, nbo::v1::LinkIdentityResponse* response);
  absl::Status UnlinkIdentity(const nbo::v1::UnlinkIdentityRequest& request, nbo::v1::UnlinkIdentityResponse* response);
  absl::Status MergeCustomers(const nbo::v1::MergeCustomersRequest& request, nbo::v1::MergeCustomersResponse* response);
  absl::Status RecordConsent(const nbo::v1::RecordConsentRequest& request, nbo::v1::RecordConsentResponse* response);
  absl::Status RecordAttributes(const nbo::v1::RecordAttributesRequest& request,
                                nbo::v1::RecordAttributesResponse* response);
  absl::Status ExportCustomer(const nbo::v1::ExportCustomerRequest& request, nbo::v1::ExportCustomerResponse* response);
  absl::Status EraseCustomer(const nbo::v1::EraseCustomerRequest& request, nbo::v1::EraseCustomerResponse* response);
  absl::Status RebuildStates(const nbo::v1::RebuildStatesRequest& request, nbo::v1::RebuildStatesResponse* response);
  absl::Status GetRebuild(const nbo::v1::GetRebuildRequest& request, nbo::v1::GetRebuildResponse* response);
  absl::Status CompactStore(const nbo::v1::CompactStoreRequest& request, nbo::v1::CompactStoreResponse* response);
  absl::Status ValidateCatalog(const nbo::v1::ValidateCatalogRequest& request,
                               nbo::v1::ValidateCatalogResponse* response);
  absl::Status PublishCatalog(const nbo::v1::PublishCatalogRequest& request, nbo::v1::PublishCatalogResponse* response);
  absl::Status GetCatalog(const nbo::v1::GetCatalogRequest& request, nbo::v1::GetCatalogResponse* response);
  absl::Status ListCatalogs(const nbo::v1::ListCatalogsRequest& request, nbo::v1::ListCatalogsResponse* response);
  absl::Status ActivateCatalog(const nbo::v1::ActivateCatalogRequest& request,
                               nbo::v1::ActivateCatalogResponse* response);
  absl::Status CancelActivation(const nbo::v1::CancelActivationRequest& request,
                                nbo::v1::CancelActivationResponse* response);
  absl::Status ListActivations(const nbo::v1::ListActivationsRequest& request,
                               nbo::v1::ListActivationsResponse* response);
  absl::Status DiffCatalogs(const nbo::v1::DiffCatalogsRequest& request, nbo::v1::DiffCatalogsResponse* response);
  absl::Status GetSegmentSizes(const nbo::v1::GetSegmentSizesRequest& request,
                               nbo::v1::GetSegmentSizesResponse* response);
  absl::Status RefreshSegments(const nbo::v1::RefreshSegmentsRequest& request,
                               nbo::v1::RefreshSegmentsResponse* response);
  absl::Status SetSwitch(const nbo::v1::SetSwitchRequest& request, nbo::v1::SetSwitchResponse* response);
  absl::Status ListSwitches(const nbo::v1::ListSwitchesRequest& request, nbo::v1::ListSwitchesResponse* response);
  absl::Status RecordOutcome(const nbo::v1::RecordOutcomeRequest& request, nbo::v1::RecordOutcomeResponse* response);
  absl::Status ListBudgets(const nbo::v1::ListBudgetsRequest& request, nbo::v1::ListBudgetsResponse* response);
  absl::Status ListEntries(const nbo::v1::ListEntriesRequest& request, nbo::v1::ListEntriesResponse* response);
  absl::Status GetDecision(const nbo::v1::GetDecisionRequest& request, nbo::v1::GetDecisionResponse* response);
  absl::Status ReplayDecision(const nbo::v1::ReplayDecisionRequest& request, nbo::v1::ReplayDecisionResponse* response);
  absl::Status EvaluateRule(const nbo::v1::EvaluateRuleRequest& request, nbo::v1::EvaluateRuleResponse* response);

  // OK once connected. UNAVAILABLE after `timeout`, or when connections were refused for a second.
  absl::Status Connect();

  // The status of a call as people should see it.
  absl::Status Explain(const grpc::Status& status) const;
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const std::string server_;
  const absl::Duration timeout_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace nbo::ctl
