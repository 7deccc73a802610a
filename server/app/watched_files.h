// The files that nbod reads at its start and again on SIGHUP: the catalog and the time zones of stores.
#ifndef NBO_SERVER_APP_WATCHED_FILES_H_
#define NBO_SERVER_APP_WATCHED_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/store_zones.h"
#include "core/catalog/active.h"
#include "server/catalog/publisher.h"
#include "server/config/settings.h"
#include "server/ops/metrics.h"

namespace nbo::server {

// For one thread. All pointers must outlive it.
class WatchedFiles {
 public:
  WatchedFiles(const Settings& settings, ActiveStoreZones* zones, const ActiveCatalog* catalog, Metrics* metrics)
      : settings_(settings), zones_(zones), catalog_(catalog), metrics_(metrics) {}

  // Reads stores.file, if it is set. An error says file:line and the remedy.
  absl::Status ReadZones();
  // Publishes catalog.path, with `reason` for its history. Warnings are logged.
  absl::Status PublishCatalog(const std::string& reason, CatalogPublisher* publisher);
  // Notes what catalog.path holds at a start that does not publish it: a reload publishes it only once it has changed.
  void NoteCatalog();

  // Reads both anew; what is bad changes nothing, and an unchanged catalog is not published again. Logged.
  void Reload(CatalogPublisher* publisher);

 private:
  absl::StatusOr<CatalogText> ReadCatalog() const;
  void ReloadZones();
  void ReloadCatalog(CatalogPublisher* publisher);

  const Settings settings_;
  ActiveStoreZones* const zones_;
  const ActiveCatalog* const catalog_;
  Metrics* const metrics_;
  std::string last_read_;  // of catalog.path: as it was accepted, or found at the start
};

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_WATCHED_FILES_H_
