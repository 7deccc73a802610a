// Long work on the whole store, done in the background while everything else goes on.
#ifndef NBO_SERVER_MAINTENANCE_MAINTENANCE_H_
#define NBO_SERVER_MAINTENANCE_MAINTENANCE_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/profile/store.h"
#include "server/ingest/pipeline.h"

namespace nbo::server {

struct MaintenanceOptions {
  int retention_days = 0;  // receipts of older days are summed up and dropped, once a day; 0: kept for ever
  absl::TimeZone time_zone;
};

// Where a walk over all customers stands, or how it ended.
struct WalkProgress {
  bool running = false;
  absl::Time start = absl::InfinitePast();  // InfinitePast: there was none
  absl::Time end = absl::InfinitePast();
  int64_t customers = 0;
  int64_t changed = 0;  // a rebuild: states; a retention sweep: receipts dropped
  int64_t failed = 0;   // customers with records that cannot be read
  std::string error;    // of the last of those, or what ended the walk
};

// One thread; one piece of work at a time. Thread-safe; all pointers must outlive it.
class Maintenance {
 public:
  // `compact` rewrites the store's files.
  Maintenance(const MaintenanceOptions& options, const ProfileStore* store, IngestPipeline* pipeline,
              const Clock* clock, std::function<absl::Status()> compact);
  // Breaks off what is under way, at a customer's end; waits for a compaction.
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;

  // Starts to make all states anew. False if that is under way or waiting already.
  bool StartRebuild();
  WalkProgress rebuild() const;
  WalkProgress retention() const;

  // Calls `done` on the maintenance thread when the files are rewritten; at once, with UNAVAILABLE, during destruction.
  void Compact(std::function<void(const absl::Status&)> done);

 private:
  // Does something to one customer; returns what is added to WalkProgress::changed.
  using Visit = std::function<absl::StatusOr<int64_t>(Registry*, absl::string_view customer_id)>;

  void Run();
  void Walk(WalkProgress* progress, const Visit& visit);
  // The next customers of a partition; false to break off.
  bool WalkChunk(const std::vector<std::string>& ids, WalkProgress* progress, const Visit& visit);
  void Rebuild();
  void DropOldReceipts();

  const MaintenanceOptions options_;
  const ProfileStore* const store_;
  IngestPipeline* const pipeline_;
  const Clock* const clock_;
  const std::function<absl::Status()> compact_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool rebuild_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void(const absl::Status&)>> compactions_ ABSL_GUARDED_BY(mutex_);
  WalkProgress rebuild_ ABSL_GUARDED_BY(mutex_);
  WalkProgress retention_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_MAINTENANCE_MAINTENANCE_H_
