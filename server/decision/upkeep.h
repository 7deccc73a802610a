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
};

// One thread. All pointers must outlive it.
class LedgerUpkeep {
 public:
  // Drops what need not be kept of the log.
  using Drop = std::function<void(absl::Time now)>;
  // Told when checkpoints begin to fail, and with OK when they work again; on the thread.
  using Told = std::function<void(const absl::Status&)>;

  LedgerUpkeep(const UpkeepOptions& options, ContactLedger* ledger, BudgetBook* budgets, const Clock* clock, Drop drop,
               Told told);
  // A last checkpoint, so that the next start reads no log.
  ~LedgerUpkeep();
  LedgerUpkeep(const LedgerUpkeep&) = delete;

 private:
  void Run();
  void Checkpoint();

  const UpkeepOptions options_;
  ContactLedger* const ledger_;
  BudgetBook* const budgets_;
  const Clock* const clock_;
  const Drop drop_;
  const Told told_;
  bool failing_ = false;  // of the thread
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_UPKEEP_H_
