// The budgets of all offers. Decisions hold parts of them, outcomes settle or release these.
//
// The same event told twice counts twice: a budget is a sum and knows no decisions. Whoever tells it an event makes
// sure, by the state of the contact with that decision and rank, that it is new. So does whoever replays a journal:
// Reserve, Present, Settle and Release of what came after the restored states, in the journal's order, give the states
// that were there before.
//
// For a checkpoint to agree with a position in the journal, nobody may be between an event told here and its record
// there: the caller keeps such a barrier.
#ifndef NBO_CORE_BUDGET_BOOK_H_
#define NBO_CORE_BUDGET_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/budget/account.h"
#include "core/budget/budget.h"
#include "core/budget/gauge.h"

namespace nbo {

// The budget of an offer of a catalog.
struct OfferBudget {
  size_t position = 0;  // in the catalog
  uint64_t offer = 0;   // Hash64 of its id
  BudgetLimits limits;
  int64_t cost_minor = 0;  // what a decision would hold for it: without room for that, the offer is exhausted
};

// Thread-safe: every call is one step for all others. `now` that runs backwards is harmless: what is over stays over.
// Offers are told by Hash64 of their ids, and need no limits: without, anything is within them.
class BudgetBook {
 public:
  // The limits of a catalog of `offer_count` offers; each offer at most once. All others have none from now on, but
  // nothing is forgotten: whatever is spent or held of an offer counts again when it has limits again. Limits lower
  // than what is spent or held leave both as they are. Returns the gauge of that catalog.
  std::shared_ptr<const BudgetGauge> SetLimits(size_t offer_count, absl::Span<const OfferBudget> budgets,
                                               absl::Time now);

  // Holds all or nothing: all, if for each offer what is spent, what is held at `now` and its cost are within the
  // limits. Returns the positions in `holds` of those without room, as far as that can be said with all the others
  // held: empty if all is held. Costs 60 to 100 ns for one.
  //
  // Room is asked for as if `replaced` were not held: what the caller will Release when it has been given the others
  // and has written that down. Until then both are held, so that nobody else gets the room in between.
  std::vector<size_t> TryReserve(absl::Span<const BudgetHold> holds, absl::Time now,
                                 absl::Span<const BudgetHold> replaced = {});

  // What TryReserve did when it was recorded: holds without asking for room.
  void Reserve(const BudgetHold& hold);

  // The rest takes the hold as it was reserved or, after Present, with its later end. If it is over, or its end is
  // InfinitePast, there is nothing to let go of, and the rest happens all the same. False if there should be and is
  // not: the event was told before, or the hold was another one. The rest happens then, too.

  // Holds it until `end` instead. A hold that was over is held again, even beyond the limits: it happened.
  bool Present(const BudgetHold& hold, absl::Time end);
  // Redeemed: replaces it by what it really cost, of which the supplier pays a part (see PartOf).
  bool Settle(const BudgetHold& hold, int64_t actual_minor, int64_t supplier_minor);
  bool Release(const BudgetHold& hold);

  // Lets go of all holds that are over, so that gauges tell it. To be called every few seconds.
  void Expire(absl::Time now);

  // Nothing spent, nothing held and no limits for an offer never heard of.
  BudgetFigures Figures(uint64_t offer, absl::Time now) const;

  // All that was ever told, without the holds that are over at `now`, by offer: for equal events equal states.
  std::vector<BudgetState> States(absl::Time now) const;
  // Those that other events than the passing of time have changed since they were last taken, by offer. If they cannot
  // be kept, keep States() next.
  std::vector<BudgetState> TakeChanged(absl::Time now);
  // Puts the states, as they were taken at `as_of`, in place of those of the same offers. Limits stay.
  void Restore(absl::Span<const BudgetState> states, absl::Time as_of);

 private:
  struct Entry {
    BudgetAccount account;
    std::optional<size_t> position;  // in the gauge; none: no limits
    int64_t cost_minor = 0;
    bool exhausted = false;
    bool changed = false;  // since it was taken
  };

  Entry& EntryOf(uint64_t offer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool LetGo(const BudgetHold& hold, Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // To be called after every change of an account.
  void UpdateGauge(Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  int32_t restored_over_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<int32_t>::min();  // what Restore left out
  absl::flat_hash_map<uint64_t, std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<BudgetGauge> gauge_ ABSL_GUARDED_BY(mutex_) = std::make_shared<BudgetGauge>(0);
};

}  // namespace nbo

#endif  // NBO_CORE_BUDGET_BOOK_H_
