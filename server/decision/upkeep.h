// What keeps ledger, budgets and decision log in order while they are used: checkpoints, holds that are over, old
// entries.
#ifndef NBO_SERVER_DECISION_UPKEEP_H_
#define NBO_SERVER_DECISION_UPKEEP_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/budget/book.h"
#include "core/ledger/ledger.h"

namespace nbo::server {

struct UpkeepOptions {
  absl::Duration expiry_interval = absl::Seconds(2);       // of looking for holds that are over
  absl::Duration checkpoint_interval = absl::Seconds(60);  // bounds the log that is read at a start
  absl::Duration drop_interval = absl::Minutes(10);        // of looking for entries to drop
  // How long a checkpoint waits until the log is on disk; so an end waits at most twice as long for a disk that hangs.
  absl::Duration patience = absl::Seconds(10);
};

// Two threads: one asks for no disk, so that budgets are given back whatever becomes of the other. All pointers must
// outlive it.
class LedgerUpkeep {
 public:
  // Drops what need not be kept of the log.
  using Drop = std::function<void(absl::Time now)>;
  // Told when checkpoints begin to fail, and with OK when they work again; on the thread that makes them.
  using Told = std::function<void(const absl::Status&)>;

  LedgerUpkeep(const UpkeepOptions& options, ContactLedger* ledger, BudgetBook* budgets, const Clock* clock, Drop drop,
               Told told);
  // A last checkpoint, so that the next start reads no log; if it fails, that reads more of it.
  ~LedgerUpkeep();
  LedgerUpkeep(const LedgerUpkeep&) = delete;

 private:
  void ExpireLoop();
  void KeepLoop();
  // False: it is the end.
  bool Wait(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_);
  void Checkpoint();

  const UpkeepOptions options_;
  ContactLedger* const ledger_;
  BudgetBook* const budgets_;
  const Clock* const clock_;
  const Drop drop_;
  const Told told_;
  bool failing_ = false;  // of keeper_
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread expirer_, keeper_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_UPKEEP_H_
