// The decision journal's in-memory twin.
#ifndef NBO_CORE_LEDGER_MEMORY_JOURNAL_H_
#define NBO_CORE_LEDGER_MEMORY_JOURNAL_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/ledger/journal.h"

namespace nbo {

// Every record is a file by itself, as far as dropping goes, and durable at once. Finding walks: for tests.
class MemoryDecisionJournal : public DecisionJournal {
 public:
  absl::StatusOr<uint64_t> Append(uint8_t kind, const JournalKey& key, absl::string_view bytes) override;
  void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) override;
  uint64_t EndPosition() const override;
  absl::Status Scan(uint64_t from, Visitor visit, const OnDamage& on_damage) const override;
  absl::StatusOr<std::optional<uint64_t>> ScanRange(const JournalRange& range, Visitor visit,
                                                    const OnDamage& on_damage) const override;
  absl::StatusOr<std::optional<StoredJournalRecord>> Find(uint8_t kind, const JournalKey& key) const override;
  absl::StatusOr<int64_t> Blank(uint64_t until, uint8_t kind, Visitor is_doomed) override;
  uint64_t Drop(const JournalRetention& retention) override;

 private:
  struct Record {
    uint64_t position;
    uint8_t kind;
    JournalKey key;
    std::string bytes;

    uint64_t end() const { return position + bytes.size() + 1; }
    JournalRecord View() const { return {position, end(), kind, key, bytes}; }
  };
  using Snapshot = std::vector<std::shared_ptr<const Record>>;
  Snapshot Records() const;

  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<const Record>> records_ ABSL_GUARDED_BY(mutex_);
  uint64_t begin_ ABSL_GUARDED_BY(mutex_) = 0;  // records before it were dropped
  uint64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_MEMORY_JOURNAL_H_
