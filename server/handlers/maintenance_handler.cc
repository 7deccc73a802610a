#include "server/handlers/maintenance_handler.h"

#include <algorithm>
#include <utility>

#include "server/handlers/convert.h"

namespace nbo::server {

void MaintenanceHandler::FillRebuild(v1::Rebuild* out) const {
  const WalkProgress rebuild = maintenance_->rebuild();
  out->set_running(rebuild.running);
  if (rebuild.start != absl::InfinitePast()) FromTime(rebuild.start, out->mutable_start_time());
  if (rebuild.end != absl::InfinitePast()) FromTime(rebuild.end, out->mutable_end_time());
  out->set_customers_count(rebuild.customers);
  out->set_estimated_customers_count(std::max(rebuild.customers, estimate_customers_()));
  out->set_changed_count(rebuild.changed);
  out->set_failed_count(rebuild.failed);
  out->set_error(rebuild.error);
}

absl::Status MaintenanceHandler::RebuildStates(const v1::RebuildStatesRequest&,
                                               v1::RebuildStatesResponse* response) const {
  response->set_started(maintenance_->StartRebuild());
  FillRebuild(response->mutable_rebuild());
  return absl::OkStatus();
}

absl::Status MaintenanceHandler::GetRebuild(const v1::GetRebuildRequest&, v1::GetRebuildResponse* response) const {
  FillRebuild(response->mutable_rebuild());
  return absl::OkStatus();
}

void MaintenanceHandler::CompactStore(
    const v1::CompactStoreRequest&,
    std::function<void(const absl::Status&, const v1::CompactStoreResponse&)> done) const {
  maintenance_->Compact([done = std::move(done)](const absl::Status& status) { done(status, {}); });
}

}  // namespace nbo::server
