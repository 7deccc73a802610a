// Recognises redemptions from receipts and tells the contact ledger.
#ifndef NBO_SERVER_REDEMPTION_RECOGNIZER_H_
#define NBO_SERVER_REDEMPTION_RECOGNIZER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/catalog/active.h"
#include "core/ledger/ledger.h"
#include "core/profile/store.h"
#include "core/redemption/finder.h"
#include "server/ops/metrics.h"

namespace nbo::server {

// Told of every receipt that is durable, before it is acknowledged (IngestPipeline::OnRecorded): so a receipt whose
// acknowledgement was lost gets its redemptions when it is sent again, as a duplicate. What it writes outlives the
// process at once, and the power as soon as the log is synced; it does not wait for that.
//
// A customer who was told nothing lately costs a look into the ledger. The store is read only for who was told
// something that the receipt redeems: what counts of it may be less than what was sent, and is what is stored.
//
// It looks at a receipt, never at a presentation that is told after it. For that every such outcome would have to read
// all receipts of the customer, which are kept by store and number and not by time (some 6 us each from memory, and a
// disk access for who is not there), and would still not see the coupons: codes are not kept. Who tells a presentation
// late sends the receipt again, or REDEEMED.
//
// Trouble never reaches the sender: the receipt is recorded. It is counted, and told once a minute at most.
//
// Thread-safe; all pointers must outlive it.
class RedemptionRecognizer {
 public:
  // `on_trouble`: what went wrong last, and for how many receipts since it was last told; from the writers' threads.
  using OnTrouble = std::function<void(const absl::Status& latest, int64_t receipts)>;
  // `minor_per_major`: of the currency, for costs of offers whose decision is not kept any more.
  RedemptionRecognizer(const ProfileStore* store, ContactLedger* ledger, const DecisionLog* log,
                       const ActiveCatalog* catalog, const Clock* clock, double minor_per_major, Metrics* metrics,
                       OnTrouble on_trouble)
      : store_(store),
        ledger_(ledger),
        log_(log),
        catalog_(catalog),
        clock_(clock),
        minor_per_major_(minor_per_major),
        metrics_(metrics),
        on_trouble_(std::move(on_trouble)) {}

  // A receipt that is in the store, under the id of its customer, who may not be merged or erased meanwhile.
  void OnRecorded(const Receipt& receipt);

 private:
  absl::Status Recognize(const Receipt& receipt);
  // What counts of the receipt by now; empty if a later revision counts instead.
  absl::StatusOr<Purchased> ReadPurchased(const Receipt& receipt) const;
  OutcomeRecord OutcomeOf(const Receipt& receipt, const Redemption& redemption, absl::Time now) const;
  void TellTrouble(const absl::Status& status);

  const ProfileStore* const store_;
  ContactLedger* const ledger_;
  const DecisionLog* const log_;
  const ActiveCatalog* const catalog_;
  const Clock* const clock_;
  const double minor_per_major_;
  Metrics* const metrics_;
  const OnTrouble on_trouble_;

  absl::Mutex mutex_;
  absl::Time last_told_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int64_t troubled_ ABSL_GUARDED_BY(mutex_) = 0;  // receipts since then
};

}  // namespace nbo::server

#endif  // NBO_SERVER_REDEMPTION_RECOGNIZER_H_
