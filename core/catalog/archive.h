// The port to whatever keeps published catalogs and the history of what was in force, and its in-memory twin.
#ifndef NBO_CORE_CATALOG_ARCHIVE_H_
#define NBO_CORE_CATALOG_ARCHIVE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace nbo {

// A catalog as it was published: the text and its history. Compiled again whenever it is activated.
struct PublishedCatalog {
  int64_t version = 0;  // from 1, without gaps
  std::string yaml;     // empty in lists
  std::string file_name;
  int window_shift_days = 0;
  std::string author;
  std::string note;
  absl::Time publish_time;
  // Of versions kept before these were counted: 0.
  int64_t yaml_bytes = 0;
  int offer_count = 0;
  int segment_count = 0;
};

// The statement that a version is to be in force from a moment on, and what became of it.
struct CatalogActivation {
  enum class Cause : uint8_t { kPublication = 1, kActivation = 2, kRollback = 3 };  // persisted
  enum class State : uint8_t { kScheduled = 1, kDone = 2, kCancelled = 3, kFailed = 4 };

  int64_t number = 0;  // from 1, in the order of the statements
  int64_t version = 0;
  Cause cause = Cause::kActivation;
  State state = State::kScheduled;
  absl::Time request_time;
  absl::Time activate_time;  // as asked for; that of the request if at once
  absl::Time end_time;       // when it was done, cancelled or failed
  int64_t order = 0;         // kDone: the how manieth it was that came into force, from 1; the highest is in force
  std::string author;        // who asked for it
  std::string note;          // why
  std::string end_author;    // kCancelled: who cancelled it
  std::string end_note;      // kCancelled: why; kFailed: what was wrong
};

// Thread-safe.
class CatalogArchive {
 public:
  virtual ~CatalogArchive() = default;
  // Keeps a version, if given, and activations, new or changed, durably: all or nothing. The version's number must be
  // one more than the newest. UNAVAILABLE on failure.
  virtual absl::Status Write(const PublishedCatalog* catalog, const std::vector<CatalogActivation>& activations) = 0;
  // A version, or the newest for 0; nullopt if there is none.
  virtual absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const = 0;
  // Versions below `before` (0: all) without their texts, the newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<PublishedCatalog>> List(int64_t before, size_t limit) const = 0;
  // Activations with numbers below `before` (0: all), the latest first, at most `limit`.
  virtual absl::StatusOr<std::vector<CatalogActivation>> ListActivations(int64_t before, size_t limit) const = 0;
};

class MemoryCatalogArchive : public CatalogArchive {
 public:
  absl::Status Write(const PublishedCatalog* catalog, const std::vector<CatalogActivation>& activations) override {
    absl::MutexLock lock(&mutex_);
    if (catalog != nullptr) catalogs_[catalog->version] = *catalog;
    for (const CatalogActivation& activation : activations) activations_[activation.number] = activation;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const override {
    absl::MutexLock lock(&mutex_);
    auto it =
        version != 0 ? catalogs_.find(version) : (catalogs_.empty() ? catalogs_.end() : std::prev(catalogs_.end()));
    return it == catalogs_.end() ? std::nullopt : std::optional<PublishedCatalog>(it->second);
  }
  absl::StatusOr<std::vector<PublishedCatalog>> List(int64_t before, size_t limit) const override {
    absl::MutexLock lock(&mutex_);
    std::vector<PublishedCatalog> list;
    for (auto it = catalogs_.rbegin(); it != catalogs_.rend() && list.size() < limit; ++it) {
      if (before != 0 && it->first >= before) continue;
      list.push_back(it->second);
      list.back().yaml.clear();
    }
    return list;
  }
  absl::StatusOr<std::vector<CatalogActivation>> ListActivations(int64_t before, size_t limit) const override {
    absl::MutexLock lock(&mutex_);
    std::vector<CatalogActivation> list;
    for (auto it = activations_.rbegin(); it != activations_.rend() && list.size() < limit; ++it) {
      if (before == 0 || it->first < before) list.push_back(it->second);
    }
    return list;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<int64_t, PublishedCatalog> catalogs_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, CatalogActivation> activations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_ARCHIVE_H_
