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
class GetCatalogRequest;
class GetCatalogResponse;
class GetOffersRequest;
class GetOffersResponse;
class GetProfileRequest;
class GetProfileResponse;
class GetSegmentSizesRequest;
class GetSegmentSizesResponse;
class LinkIdentityRequest;
class LinkIdentityResponse;
class PublishCatalogRequest;
class PublishCatalogResponse;
class RefreshSegmentsRequest;
class RefreshSegmentsResponse;
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
  absl::Status ValidateCatalog(const nbo::v1::ValidateCatalogRequest& request,
                               nbo::v1::ValidateCatalogResponse* response);
  absl::Status PublishCatalog(const nbo::v1::PublishCatalogRequest& request, nbo::v1::PublishCatalogResponse* response);
  absl::Status GetCatalog(const nbo::v1::GetCatalogRequest& request, nbo::v1::GetCatalogResponse* response);
  absl::Status GetSegmentSizes(const nbo::v1::GetSegmentSizesRequest& request,
                               nbo::v1::GetSegmentSizesResponse* response);
  absl::Status RefreshSegments(const nbo::v1::RefreshSegmentsRequest& request,
                               nbo::v1::RefreshSegmentsResponse* response);

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
