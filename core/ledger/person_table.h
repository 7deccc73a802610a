// Persons' ledgers in memory: loaded from the store when somebody asks, and let go of when there is little room and
// the store has them. Private to core/ledger.
#ifndef NBO_CORE_LEDGER_PERSON_TABLE_H_
#define NBO_CORE_LEDGER_PERSON_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/ledger/ports.h"

namespace nbo {

struct LedgerStats {
  size_t persons = 0;  // in memory
  size_t bytes = 0;    // about
  size_t changed = 0;  // persons not in the store yet
};

// Thread-safe.
class PersonTable {
  struct Shard;
  struct Person {
    LedgerSnapshot ledger;
    bool changed = false;  // since it was kept
    bool used = false;     // since the last sweep
  };

 public:
  // The store must outlive it. Room is made down to about `max_bytes`.
  PersonTable(const LedgerStore* store, size_t max_bytes) : store_(store), max_bytes_(max_bytes) {}

  // A person in memory, while the lock is held.
  class Slot {
   public:
    const LedgerSnapshot& ledger() const { return person_->ledger; }
    // Whole up to `position` from now on. A new object each time: whoever holds the one before sees that it was
    // replaced, though both may be equal.
    void Put(std::shared_ptr<PersonLedger> ledger, uint64_t position);

   private:
    friend class PersonTable;
    Slot(absl::string_view customer_id, Shard* shard, Person* person)
        : customer_id_(customer_id), shard_(shard), person_(person) {}
    const absl::string_view customer_id_;
    Shard* const shard_;
    Person* const person_;
  };

  // Runs `use` under the person's lock, and returns what it returns, or the store's errors.
  absl::Status With(absl::string_view customer_id, absl::FunctionRef<absl::Status(Slot&)> use);
  // The same without waiting for a disk; false: only that knows the person.
  absl::StatusOr<bool> WithInMemory(absl::string_view customer_id, absl::FunctionRef<absl::Status(Slot&)> use);
  // A person's ledger as it is now. Who is not in memory does not come there: for readers of many persons, most of whom
  // nothing is known of.
  absl::StatusOr<LedgerSnapshot> Peek(absl::string_view customer_id);
  // As With, for two different persons.
  absl::Status WithBoth(absl::string_view a, absl::string_view b,
                        absl::FunctionRef<absl::Status(Slot&, Slot&)> use) ABSL_NO_THREAD_SAFETY_ANALYSIS;

  struct Changed {
    std::string customer_id;
    LedgerSnapshot ledger;
  };
  // Whoever has changed since it was kept.
  std::vector<Changed> CollectChanged();
  // These are in the store now; who has changed again meanwhile stays changed.
  void MarkKept(absl::Span<const Changed> kept);
  // Lets go of persons whom the store has, those first that were not used since the last time, until there is room.
  void FreeMemory();

  LedgerStats Stats() const;

 private:
  static constexpr size_t kShards = 64;

  struct Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<std::string, Person> persons ABSL_GUARDED_BY(mutex);
    absl::flat_hash_set<std::string> changed ABSL_GUARDED_BY(mutex);  // ids of persons that are
    uint64_t evictions ABSL_GUARDED_BY(mutex) = 0;  // a reader that finds it changed has read something old
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  using Load = absl::FunctionRef<absl::StatusOr<std::optional<PersonLedger>>()>;
  absl::StatusOr<bool> WithLoaded(absl::string_view customer_id, Load load, absl::FunctionRef<absl::Status(Slot&)> use);
  Shard& ShardOf(absl::string_view customer_id);
  void Sweep(Shard* shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex);

  const LedgerStore* const store_;
  const size_t max_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_PERSON_TABLE_H_
