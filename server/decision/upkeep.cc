#include "server/decision/upkeep.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace nbo::server {

LedgerUpkeep::LedgerUpkeep(const UpkeepOptions& options, ContactLedger* ledger, BudgetBook* budgets, const Clock* clock,
                           Drop drop, Told told)
    : options_(options),
      ledger_(ledger),
      budgets_(budgets),
      clock_(clock),
      drop_(std::move(drop)),
      told_(std::move(told)),
      expirer_([this] { ExpireLoop(); }),
      keeper_([this] { KeepLoop(); }) {}

LedgerUpkeep::~LedgerUpkeep() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  expirer_.join();
  keeper_.join();
}

void LedgerUpkeep::Checkpoint() {
  const absl::Status kept = ledger_->Checkpoint(clock_->Now(), options_.patience);
  if (kept.ok() == failing_) told_(kept);
  failing_ = !kept.ok();
}

bool LedgerUpkeep::Wait(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
  return !stopping_;
}

void LedgerUpkeep::ExpireLoop() {
  while (Wait(options_.expiry_interval)) budgets_->Expire(clock_->Now());
}

// Intervals are of the machine's time, whatever the clock says: a test may have stopped that.
void LedgerUpkeep::KeepLoop() {
  absl::Time checkpoint = absl::Now() + options_.checkpoint_interval;
  absl::Time drop = absl::Now();
  while (Wait(std::min(checkpoint, drop) - absl::Now())) {
    if (absl::Now() >= checkpoint) {
      Checkpoint();
      checkpoint = absl::Now() + options_.checkpoint_interval;
    }
    if (absl::Now() >= drop) {
      drop_(clock_->Now());
      drop = absl::Now() + options_.drop_interval;
    }
  }
  Checkpoint();
}

}  // namespace nbo::server
