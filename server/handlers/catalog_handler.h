// Checks, publishes and shows catalogs.
#ifndef NBO_SERVER_HANDLERS_CATALOG_HANDLER_H_
#define NBO_SERVER_HANDLERS_CATALOG_HANDLER_H_

#include "absl/status/status.h"
#include "nbo/v1/catalog_service.pb.h"
#include "server/catalog/publisher.h"

namespace nbo::server {

// Knows no transport. Thread-safe; the publisher must outlive it.
class CatalogHandler {
 public:
  explicit CatalogHandler(CatalogPublisher* publisher) : publisher_(publisher) {}

  absl::Status ValidateCatalog(const v1::ValidateCatalogRequest& request, v1::ValidateCatalogResponse* response) const;
  absl::Status PublishCatalog(const v1::PublishCatalogRequest& request, v1::PublishCatalogResponse* response) const;
  absl::Status GetCatalog(const v1::GetCatalogRequest& request, v1::GetCatalogResponse* response) const;

 private:
  CatalogPublisher* const publisher_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_CATALOG_HANDLER_H_
