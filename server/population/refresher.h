// Keeps the population fresh: scans all states in the background, at low priority, and swaps the result in.
#ifndef NBO_SERVER_POPULATION_REFRESHER_H_
#define NBO_SERVER_POPULATION_REFRESHER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/civil.h"
#include "core/base/clock.h"
#include "core/population/active.h"
#include "core/population/archive.h"
#include "core/profile/store.h"
#include "server/ops/metrics.h"

namespace nbo::server {

struct PopulationOptions {
  absl::Duration interval = absl::Hours(24);       // from one refresh to the next; zero: only on demand
  absl::TimeZone time_zone = absl::UTCTimeZone();  // decides "today"
  int64_t minor_per_major = 100;
  int block_customers = 1000;  // read in one go; then a pause as long as the reading took
  size_t max_waiting = 100;    // callers of Refresh beyond which it refuses
};

// One thread, of the lowest priority; it uses at most half of one core, and less when others want it. Never two
// refreshes at once. Takes 16 bytes of memory for each customer while it runs (PopulationBuilder). Thread-safe; all
// pointers must outlive it.
class PopulationRefresher {
 public:
  // The population now in force, or why there is no new one: UNAVAILABLE, DATA_LOSS, RESOURCE_EXHAUSTED.
  using Done = std::function<void(const absl::StatusOr<std::shared_ptr<const Population>>&)>;

  // Puts the kept population into force and begins to refresh it at its intervals: at once if none is kept, or it holds
  // nobody, or it is older than the interval.
  PopulationRefresher(const PopulationOptions& options, const ProfileStore* store, PopulationArchive* archive,
                      ActivePopulation* active, const Clock* clock, Metrics* metrics);
  ~PopulationRefresher() { Stop(); }
  PopulationRefresher(const PopulationRefresher&) = delete;

  // Refreshes as of a day, or today. `done` is called exactly once, on the refresher's thread or at once if it refuses;
  // it must not block. The refresh begins after this call: one that is under way may have missed what the
  // caller has just recorded. Callers who want the same day are served together.
  void Refresh(std::optional<Day> as_of_day, Done done);

  // Breaks off what is under way, tells everybody who waits, ends the thread. Idempotent; called from one thread.
  void Stop();

 private:
  struct Waiting {
    std::optional<Day> as_of_day;
    Done done;
  };

  void Load();
  void Run();
  // Waits for a caller, for `due_` or for the end. False: the end.
  bool AwaitWork(std::deque<Waiting>* served);
  absl::StatusOr<std::shared_ptr<const Population>> Compute(Day as_of_day);
  absl::Status Scan(Day as_of_day, PopulationBuilder* builder);
  // False if the end came meanwhile.
  bool Pause(absl::Duration duration);
  void Schedule(bool ok);
  bool Wanted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !waiting_.empty(); }

  const PopulationOptions options_;
  const ProfileStore* const store_;
  PopulationArchive* const archive_;
  ActivePopulation* const active_;
  const Clock* const clock_;
  Metrics* const metrics_;
  absl::Time due_;  // of the next refresh by itself; only the thread uses it

  absl::Mutex mutex_;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: begins when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_POPULATION_REFRESHER_H_
