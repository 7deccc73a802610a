// Checks, publishes, activates, compares and shows catalogs.
#ifndef NBO_SERVER_HANDLERS_CATALOG_HANDLER_H_
#define NBO_SERVER_HANDLERS_CATALOG_HANDLER_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "nbo/v1/catalog_service.pb.h"
#include "server/catalog/publisher.h"

namespace nbo::server {

// Knows no transport. Each call may read, compile and write a whole catalog: seconds for the largest, so callers keep
// them off the threads that answer. Thread-safe; the publisher must outlive it.
class CatalogHandler {
 public:
  // `on_publication`, if there is one, hears whether a catalog that was to be published was accepted.
  explicit CatalogHandler(CatalogPublisher* publisher, std::function<void(bool accepted)> on_publication = nullptr)
      : publisher_(publisher), on_publication_(std::move(on_publication)) {}

  absl::Status ValidateCatalog(const v1::ValidateCatalogRequest& request, v1::ValidateCatalogResponse* response) const;
  absl::Status PublishCatalog(const v1::PublishCatalogRequest& request, v1::PublishCatalogResponse* response) const;
  absl::Status GetCatalog(const v1::GetCatalogRequest& request, v1::GetCatalogResponse* response) const;
  absl::Status ListCatalogs(const v1::ListCatalogsRequest& request, v1::ListCatalogsResponse* response) const;
  absl::Status ActivateCatalog(const v1::ActivateCatalogRequest& request, v1::ActivateCatalogResponse* response) const;
  absl::Status CancelActivation(const v1::CancelActivationRequest& request,
                                v1::CancelActivationResponse* response) const;
  absl::Status ListActivations(const v1::ListActivationsRequest& request, v1::ListActivationsResponse* response) const;
  absl::Status DiffCatalogs(const v1::DiffCatalogsRequest& request, v1::DiffCatalogsResponse* response) const;

 private:
  absl::Status Publish(const v1::PublishCatalogRequest& request, v1::PublishCatalogResponse* response) const;

  CatalogPublisher* const publisher_;
  const std::function<void(bool accepted)> on_publication_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_CATALOG_HANDLER_H_
