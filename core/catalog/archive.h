// The port to whatever keeps published catalogs, and its in-memory twin.
#ifndef NBO_CORE_CATALOG_ARCHIVE_H_
#define NBO_CORE_CATALOG_ARCHIVE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace nbo {

// A catalog as it was published: the text and its history. Compiled again at start-up.
struct PublishedCatalog {
  int64_t version = 0;  // from 1, without gaps
  std::string yaml;
  std::string file_name;
  int window_shift_days = 0;
  std::string author;
  std::string note;
  absl::Time publish_time;
};

// Thread-safe. The newest version is the active one.
class CatalogArchive {
 public:
  virtual ~CatalogArchive() = default;
  // Keeps a version durably; its number must be one more than the newest. UNAVAILABLE on failure.
  virtual absl::Status Append(const PublishedCatalog& catalog) = 0;
  // A version, or the newest for 0; nullopt if there is none.
  virtual absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const = 0;
};

class MemoryCatalogArchive : public CatalogArchive {
 public:
  absl::Status Append(const PublishedCatalog& catalog) override {
    absl::MutexLock lock(&mutex_);
    catalogs_[catalog.version] = catalog;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const override {
    absl::MutexLock lock(&mutex_);
    auto it =
        version != 0 ? catalogs_.find(version) : (catalogs_.empty() ? catalogs_.end() : std::prev(catalogs_.end()));
    return it == catalogs_.end() ? std::nullopt : std::optional<PublishedCatalog>(it->second);
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<int64_t, PublishedCatalog> catalogs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_ARCHIVE_H_
