// Checks, keeps and activates catalogs.
#ifndef NBO_SERVER_CATALOG_PUBLISHER_H_
#define NBO_SERVER_CATALOG_PUBLISHER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/catalog/active.h"
#include "core/catalog/archive.h"
#include "server/catalog/source.h"

namespace nbo::server {

struct CatalogText {
  std::string yaml;
  std::string file_name;
  int window_shift_days = 0;
};

// Thread-safe. All pointers must outlive it.
class CatalogPublisher {
 public:
  CatalogPublisher(std::string currency, CatalogArchive* archive, ActiveCatalog* active, const Clock* clock)
      : currency_(std::move(currency)), archive_(archive), active_(active), clock_(clock) {}

  // The compiled catalog or its mistakes; changes nothing. INVALID_ARGUMENT: the text itself is beyond a limit.
  absl::StatusOr<std::variant<std::shared_ptr<Catalog>, std::vector<Diagnostic>>> Check(const CatalogText& text) const;

  // Checks, keeps durably, then activates: whole or not at all. Returns the catalog now active (with `validate_only`:
  // the one that would be). INVALID_ARGUMENT lists the first mistakes; UNAVAILABLE if it could not be kept.
  absl::StatusOr<std::shared_ptr<const Catalog>> Publish(const CatalogText& text, const std::string& author,
                                                         const std::string& note, bool validate_only);

  // Activates the newest kept version, if there is one. Returns whether there was.
  absl::StatusOr<bool> ActivateNewest();

  // A kept version, or the newest for 0. NOT_FOUND.
  absl::StatusOr<PublishedCatalog> Read(int64_t version) const;

  ActiveCatalog& active() const { return *active_; }

 private:
  const std::string currency_;
  CatalogArchive* const archive_;
  ActiveCatalog* const active_;
  const Clock* const clock_;
  absl::Mutex publish_mutex_;  // one publication at a time: versions have no gaps
};

// INVALID_ARGUMENT whose message shows the first mistakes and counts the rest.
absl::Status MistakesStatus(const std::vector<Diagnostic>& diagnostics);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_PUBLISHER_H_
