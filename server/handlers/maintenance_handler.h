// Starts and shows long work on the store.
#ifndef NBO_SERVER_HANDLERS_MAINTENANCE_HANDLER_H_
#define NBO_SERVER_HANDLERS_MAINTENANCE_HANDLER_H_

#include <functional>

#include "absl/status/status.h"
#include "nbo/v1/maintenance_service.pb.h"
#include "server/maintenance/maintenance.h"

namespace nbo::server {

// Knows no transport. Thread-safe; the maintenance must outlive it.
class MaintenanceHandler {
 public:
  // `estimate_customers` tells about how many customers there are.
  MaintenanceHandler(Maintenance* maintenance, std::function<int64_t()> estimate_customers)
      : maintenance_(maintenance), estimate_customers_(std::move(estimate_customers)) {}

  absl::Status RebuildStates(const v1::RebuildStatesRequest& request, v1::RebuildStatesResponse* response) const;
  absl::Status GetRebuild(const v1::GetRebuildRequest& request, v1::GetRebuildResponse* response) const;
  // `done` is called once, when the files are rewritten.
  void CompactStore(const v1::CompactStoreRequest& request,
                    std::function<void(const absl::Status&, const v1::CompactStoreResponse&)> done) const;

 private:
  void FillRebuild(v1::Rebuild* out) const;

  Maintenance* const maintenance_;
  const std::function<int64_t()> estimate_customers_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_MAINTENANCE_HANDLER_H_
