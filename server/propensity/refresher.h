// Keeps the propensities fresh: reads the log of decisions and outcomes in the background, at low priority, and swaps
// the model that it makes of it in.
#ifndef NBO_SERVER_PROPENSITY_REFRESHER_H_
#define NBO_SERVER_PROPENSITY_REFRESHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/catalog/active.h"
#include "core/ledger/ports.h"
#include "core/propensity/active.h"
#include "core/propensity/archive.h"
#include "core/propensity/learner.h"
#include "server/ops/metrics.h"

namespace nbo::server {

struct PropensityOptions {
  absl::Duration interval = absl::Minutes(1);        // from one refresh to the next
  absl::Duration keep_interval = absl::Minutes(10);  // from one keeping of what was learned to the next
  size_t max_open_trials = kMaxOpenTrials;
};

// One thread, of the lowest priority. Decisions never wait for it: they pin a model, or find that there is none of
// their catalog. Thread-safe; all pointers must outlive it.
class PropensityRefresher {
 public:
  // Puts what was kept into force for the active catalog, which is to be there already, and begins to refresh at once;
  // the log must have been recovered. A model of another catalog follows within a quarter of a second after that was
  // activated. Reading what was kept takes a second for a million open trials.
  PropensityRefresher(const PropensityOptions& options, DecisionLog* log, PropensityArchive* archive,
                      const ActiveCatalog* catalogs, ActivePropensities* active, const Clock* clock, Metrics* metrics);
  ~PropensityRefresher() { Stop(); }
  PropensityRefresher(const PropensityRefresher&) = delete;

  // Refreshes now, and returns when it is done: the model has all that was in the log at the call. UNAVAILABLE: it is
  // being stopped, or the log cannot be read; DATA_LOSS: the log is damaged.
  absl::Status Refresh();

  // Breaks off what is under way, keeps what was learned and ends the thread; before the log and the store are closed.
  // Idempotent; called from one thread.
  void Stop();

 private:
  void Load();
  void Run();
  // Waits for a caller, for the interval, for another catalog or for the end. False: the end.
  bool AwaitWork();
  void DoRefresh();
  // Takes in what the log has.
  absl::Status Learn();
  absl::Status LearnFrom(uint64_t position);
  void Publish();
  void KeepIfDue(bool stopping);
  void FreeRetired();
  bool Stopping() {
    absl::MutexLock lock(&mutex_);
    return stopping_;
  }
  bool Wanted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || wanted_ > done_; }

  const PropensityOptions options_;
  DecisionLog* const log_;
  PropensityArchive* const archive_;
  const ActiveCatalog* const catalogs_;
  ActivePropensities* const active_;
  const Clock* const clock_;
  Metrics* const metrics_;

  // Only the thread uses these once it runs.
  std::optional<PropensityLearner> learner_;
  std::shared_ptr<const CatalogPropensities> current_;
  std::vector<std::shared_ptr<const CatalogPropensities>> retired_;
  absl::Time due_ = absl::InfinitePast();  // of the next refresh by itself
  absl::Time keep_due_;
  uint64_t kept_position_ = 0;
  absl::Time search_due_ = absl::InfinitePast();  // when a log that is damaged may be read from its beginning again
  std::string told_;                              // the trouble that was last told of

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t wanted_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the last refresh that somebody waits for
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;    // and of the last that is done
  absl::Status result_ ABSL_GUARDED_BY(mutex_);  // of that one
  std::thread thread_;                           // last: begins when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_PROPENSITY_REFRESHER_H_
