// The implementation of storage/journal.h. Private to storage/.
#ifndef NBO_STORAGE_JOURNAL_FILES_H_
#define NBO_STORAGE_JOURNAL_FILES_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/journal.h"
#include "storage/journal_disk.h"
#include "storage/journal_recovery.h"
#include "storage/journal_segment.h"
#include "storage/journal_writer.h"

namespace nbo::storage {

// One thread of its own (Run) does whatever may wait for a disk: it sets aside the next segment, syncs, and seals
// segments that are full. Append waits for it only if two segments were filled in the meantime.
class FileJournal : public Journal {
 public:
  FileJournal(const JournalOptions& options, RecoveredJournal recovered);
  ~FileJournal() override { Close().IgnoreError(); }

  absl::StatusOr<uint64_t> Append(uint8_t kind, const JournalKey& key, absl::string_view bytes) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t EndPosition() const override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Scan(uint64_t from, Visitor visit, const OnDamage& on_damage) const override;
  absl::StatusOr<std::optional<uint64_t>> ScanRange(const JournalRange& range, Visitor visit,
                                                    const OnDamage& on_damage) const override;
  absl::StatusOr<std::optional<StoredJournalRecord>> Find(uint8_t kind, const JournalKey& key) const override;
  absl::StatusOr<int64_t> Blank(uint64_t until, uint8_t kind, Visitor is_doomed) override;
  uint64_t Drop(const JournalRetention& retention) override ABSL_LOCKS_EXCLUDED(mutex_);
  JournalStats Stats() const override ABSL_LOCKS_EXCLUDED(mutex_);
  const std::vector<std::string>& opening_notes() const override { return notes_; }
  absl::Status Sync() override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Close() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Done = std::function<void(const absl::Status&)>;
  using Waiters = std::multimap<uint64_t, Done>;
  struct Snapshot {
    std::shared_ptr<const SegmentList> segments;
    uint64_t end = 0;  // what is behind came later
  };

  Snapshot Now() const ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t EndLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Makes room for a record of so many bytes.
  absl::Status RollOver(size_t length) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Fits(size_t length) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return writer_ != nullptr && writer_->Fits(length);
  }
  void Hurry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    hurry_ = true;
    wake_.Signal();
  }
  // Begins to write to the segment that was set aside.
  void TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // ---- On the thread, or before it runs.
  void Run();
  void SetNextAside() ABSL_LOCKS_EXCLUDED(mutex_);
  void SyncWritten() ABSL_LOCKS_EXCLUDED(mutex_);
  // Of all segments that will not be written to.
  void SealFull() ABSL_LOCKS_EXCLUDED(mutex_);

  const JournalOptions options_;
  JournalDisk* const disk_;
  const std::vector<std::string> notes_;

  // The thread's own.
  SegmentHeader next_header_;
  uint64_t round_ = 0;             // of the thread's loop
  uint64_t set_aside_round_ = 0;   // not to be tried before
  uint64_t seal_round_ = 0;        // likewise
  uint64_t touched_position_ = 0;  // how far SegmentWriter::TouchAhead has come

  mutable absl::Mutex mutex_;
  std::shared_ptr<const SegmentList> segments_ ABSL_GUARDED_BY(mutex_);
  // Writers are destroyed by the thread only, and used by it without the lock; appending needs the lock.
  std::unique_ptr<SegmentWriter> writer_ ABSL_GUARDED_BY(mutex_);            // null: the disk was full at opening
  std::unique_ptr<SegmentWriter> next_ ABSL_GUARDED_BY(mutex_);              // set aside; in segments_ already
  std::deque<std::unique_ptr<SegmentWriter>> full_ ABSL_GUARDED_BY(mutex_);  // not all synced
  uint64_t first_end_ ABSL_GUARDED_BY(mutex_) = 0;                           // EndPosition() as long as writer_ is null
  uint64_t durable_ ABSL_GUARDED_BY(mutex_) = 0;
  Waiters waiters_ ABSL_GUARDED_BY(mutex_);          // by position
  absl::Status next_error_ ABSL_GUARDED_BY(mutex_);  // why there is no next_
  absl::Status sync_error_ ABSL_GUARDED_BY(mutex_);  // of the last sync
  absl::Status seal_error_ ABSL_GUARDED_BY(mutex_);
  uint64_t appended_records_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t appended_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t refused_records_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t disk_errors_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::CondVar wake_;  // not a Condition: that would be evaluated whenever somebody has appended
  bool hurry_ ABSL_GUARDED_BY(mutex_) = false;  // somebody waits for the thread
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_FILES_H_
