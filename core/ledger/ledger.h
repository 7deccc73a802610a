// What every person was told and is about to be told, over all channels, and what that holds of budgets: one ledger,
// asked before each decision and written before its answer leaves.
//
// It lives in memory and is rebuilt from the log. A decision reads a snapshot, decides, and commits: if somebody else
// has committed for the same person meanwhile, nothing happens and it decides again. So a till and an app that ask at
// the same moment cannot both use the last contact that a cap allows, and no two persons the last piece of a budget.
//
//   Commit: [lock of the person] still the same snapshot? -> holds of budgets -> log -> new snapshot
//   Checkpoint: what has changed -> store, with the position of the log up to which it is whole
//   Start: what the store has -> the log from there on
//
// A person's ledger says up to which position it is whole, so no event is taken in twice. A budget is a sum of all
// persons' events: it is kept as it was at exactly the position that is kept, and each record tells what it changed.
#ifndef NBO_CORE_LEDGER_LEDGER_H_
#define NBO_CORE_LEDGER_LEDGER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/budget/book.h"
#include "core/ledger/person_table.h"
#include "core/ledger/ports.h"

namespace nbo {

struct LedgerOptions {
  size_t max_bytes = 256 << 20;     // persons that are in the store leave memory when they take more than about that
  size_t persons_per_write = 4096;  // that a checkpoint gives to the store at a time
};

// Thread-safe. Customer ids are those of known customers after resolution of identities and merges; "" is nobody.
//
// Who commits reads first, then resolves the customer's id (again), then commits with what was read: if the customer
// was merged or erased in between, that is seen, as kOvertaken or as another id.
//
// Every call before Recover has succeeded is FAILED_PRECONDITION.
class ContactLedger {
 public:
  // All three must outlive it; only the ledger tells the book events, and only once: the book is new.
  ContactLedger(DecisionLog* log, LedgerStore* store, BudgetBook* budgets, const LedgerOptions& options);

  // Takes in what the store and, beyond it, the log have. Once, before anything else; if it fails, start again with a
  // new ledger and a new book.
  absl::Status Recover();

  // The person's ledger as it is now; of nobody always empty. The store's errors.
  absl::StatusOr<LedgerSnapshot> Read(absl::string_view customer_id);
  // The same without waiting for a disk; null: only that knows the person.
  absl::StatusOr<LedgerSnapshot> ReadFromMemory(absl::string_view customer_id);
  // The same for who looks at many persons and commits for few: nobody is kept in memory for it. What is committed upon
  // it may be overtaken for ever; Read first.
  absl::StatusOr<LedgerSnapshot> Peek(absl::string_view customer_id);
  // Grows with each Merge and Erase, before it changes anything. Who has it from before a customer's id was resolved,
  // and finds it unchanged after the ledger was read, has the ledger of the right person.
  uint64_t statements() const { return statements_.load(std::memory_order_acquire); }

  enum class Commit {
    kDone,
    kOvertaken,  // nothing happened; read, resolve and decide again
    kExhausted,  // nothing happened; decide again without the offers that have no room in their budgets
  };
  struct Committed {
    Commit result = Commit::kOvertaken;
    std::vector<int32_t> exhausted;  // RecordedOffer::position, ascending; of kExhausted
    uint64_t position = 0;           // of the log behind it; of kDone
  };
  // Writes the decision down and takes in what it reserves, if the ledger of its customer is still `seen`. Holds the
  // parts of budgets of its personal offers that have one, all or nothing, at the record's time; lets go of what
  // answers held whose place it takes. A decision for nobody is written down, and that is all. UNAVAILABLE: the log
  // cannot be written, or the store not be read; nothing happened.
  absl::StatusOr<Committed> CommitDecision(const LedgerSnapshot& seen, DecisionRecord record);

  struct Recorded {
    Commit result = Commit::kOvertaken;  // or kDone
    OutcomeEffect effect;
    uint64_t position = 0;  // of the log: durable when the log is so far; of kDone
  };
  // Takes in an outcome, if the ledger of its customer is still `seen`, and tells it the budget of the offer. Nothing
  // is written if it changes nothing, also of nobody. Errors as CommitDecision.
  absl::StatusOr<Recorded> RecordOutcome(const LedgerSnapshot& seen, OutcomeRecord record);

  // The two are one person: the survivor gets the contacts of both. To be called before the profiles are merged, and
  // again, with `done`, after: then the absorbed one's are forgotten. So whoever asks meanwhile, by either id, finds
  // them; twice is as good as once. Budgets stay as they are: what is released by it runs out by itself.
  // From the first call to the second the survivor's ledger is read and written for both ids, also after a restart: so
  // what is told under one id and again under the other is known by then, and a redemption counts once for its budget.
  // A merge that is never ended leaves it at that, until one of the two is merged again, or erased.
  absl::Status Merge(const std::string& absorbed_id, const std::string& survivor_id, bool done);
  // Forgets the person. What was held for the person runs out by itself, what was spent stays spent.
  absl::Status Erase(const std::string& customer_id);

  // Brings what has changed to the store; then frees memory if there is too much, also if that failed. One at a time.
  // `now` is for holds that are over. Waits until the log is durable so far, but no longer than `patience`: then
  // UNAVAILABLE, and nothing is kept. The log's errors and the store's.
  absl::Status Checkpoint(absl::Time now, absl::Duration patience = absl::InfiniteDuration());

  LedgerStats Stats() const { return persons_.Stats(); }

 private:
  absl::Status CheckRecovered() const;
  // Runs `use` for the person or, from the beginning of a merge to its end, for the survivor, and sets the id to whom.
  absl::Status WithOwner(std::string* customer_id, absl::FunctionRef<absl::Status(PersonTable::Slot&)> use);
  // Reads by `read` the person's ledger or, from the beginning of a merge to its end, the survivor's.
  absl::StatusOr<LedgerSnapshot> ReadOwner(
      absl::string_view customer_id, absl::FunctionRef<absl::StatusOr<LedgerSnapshot>(absl::string_view)> read) const;
  // Holds budgets and writes a decision down. kExhausted or kDone.
  absl::StatusOr<Committed> WriteDecision(const LedgerEvent& event);
  // Writes an outcome down and tells the budgets.
  absl::StatusOr<uint64_t> WriteOutcome(const LedgerEvent& event);
  // Of a log: what is not yet in the persons it is about; budgets always.
  absl::Status Replay(const LedgerEvent& event, uint64_t position);
  absl::Status ReplayFor(const std::string& customer_id, uint64_t position,
                         absl::FunctionRef<void(PersonLedger*)> change);

  absl::Status KeepChanged(absl::Time now, absl::Duration patience) ABSL_EXCLUSIVE_LOCKS_REQUIRED(checkpoint_mutex_);
  LedgerStore::Totals TakeTotals(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(checkpoint_mutex_);
  absl::Status Keep(const std::vector<PersonTable::Changed>& changed, const LedgerStore::Totals& totals)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(checkpoint_mutex_);

  DecisionLog* const log_;
  LedgerStore* const store_;
  BudgetBook* const budgets_;
  const size_t persons_per_write_;
  PersonTable persons_;
  std::atomic<uint64_t> statements_{0};
  std::atomic<bool> recovered_ = false;
  // Held shared from the moment when the book is told of an event until the event is in the log.
  absl::Mutex budget_barrier_;
  absl::Mutex checkpoint_mutex_ ABSL_ACQUIRED_BEFORE(budget_barrier_);
  uint64_t kept_position_ ABSL_GUARDED_BY(checkpoint_mutex_) = 0;
  std::vector<uint64_t> unkept_budgets_ ABSL_GUARDED_BY(checkpoint_mutex_);  // offers: taken, but not kept
};

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_LEDGER_H_
