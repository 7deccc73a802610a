// A segment of the decision journal as readers see it. Private to storage/.
#ifndef NBO_STORAGE_JOURNAL_SEGMENT_H_
#define NBO_STORAGE_JOURNAL_SEGMENT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/ledger/journal.h"
#include "storage/journal_disk.h"
#include "storage/journal_index.h"
#include "storage/journal_layout.h"

namespace nbo::storage {

// Thread-safe. Holds no file open, as there may be thousands: each reading opens it.
class Segment {
 public:
  // `end`: the byte behind the last record. `trouble`: what is wrong with the header, if anything.
  Segment(std::string directory, const SegmentHeader& header, uint64_t end, std::string trouble = "")
      : directory_(std::move(directory)), header_(header), trouble_(std::move(trouble)), end_(end) {}
  // Removes the files, if it is doomed: so they live as long as anybody reads.
  ~Segment();
  Segment(const Segment&) = delete;

  uint64_t first_position() const { return header_.first_position; }
  uint64_t size() const { return header_.size; }
  uint64_t follows() const { return header_.follows; }
  // Where the next segment begins, as a rule.
  uint64_t next_position() const { return header_.first_position + header_.size; }
  std::string path() const;

  // Bytes before it never change. The writer moves it, after it has written.
  uint64_t end() const { return end_.load(std::memory_order_acquire); }
  void set_end(uint64_t end) { end_.store(end, std::memory_order_release); }
  uint64_t end_position() const { return first_position() + end(); }

  // Visits records from a position on, up to `end`, a byte. False: enough. See DecisionJournal for the rest.
  absl::StatusOr<bool> Visit(uint64_t from_position, uint64_t end, DecisionJournal::Visitor visit,
                             const DecisionJournal::OnDamage& on_damage) const;
  // The same from the last record that ends at or before `until_position` to the first; all of these are read before.
  absl::StatusOr<bool> VisitReversed(uint64_t from_position, uint64_t until_position, uint64_t end,
                                     DecisionJournal::Visitor visit, const DecisionJournal::OnDamage& on_damage) const;
  // As DecisionJournal::Blank, for its records before the byte `end`.
  absl::StatusOr<int64_t> Blank(uint64_t end, uint8_t kind, DecisionJournal::Visitor is_doomed,
                                JournalDisk* disk) const;
  // As DecisionJournal::Find.
  absl::StatusOr<std::optional<StoredJournalRecord>> Find(uint8_t kind, const JournalKey& key) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether a record of that time may be in it.
  bool MayHave(int64_t from_ms, int64_t to_ms) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Puts records that came since into the index in memory, so that Find has less to do.
  void CatchUp() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether it has an index file. Its summary is then final.
  bool sealed() const ABSL_LOCKS_EXCLUDED(mutex_);
  SegmentSummary summary() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes the index file for true, if it fits. False: there is none, or it is damaged.
  bool LoadIndex() ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes what is in the file durable and writes the index file; from then on nothing is in memory. Call it when no
  // record will follow. On error everything stays as it was.
  absl::Status Seal(JournalDisk* disk) ABSL_LOCKS_EXCLUDED(mutex_);

  // To be removed once nobody uses it.
  void Doom() { doomed_.store(true, std::memory_order_relaxed); }

 private:
  absl::StatusOr<FileHandle> Open() const;
  // The byte of the record that begins at a position, or else of the first of all: where to read from.
  uint64_t BeginByte(int fd, uint64_t from_position, uint64_t end) const;
  JournalDamage DamageAt(uint64_t byte, uint64_t end) const;
  absl::StatusOr<std::optional<StoredJournalRecord>> ReadAt(uint64_t byte, uint8_t kind, const JournalKey& key) const;
  // The byte of the last record with that hash, and the summary's damages.
  absl::StatusOr<std::optional<uint64_t>> FindByte(uint64_t hash, uint64_t* damages) const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CatchUpLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(const JournalRecord& record) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string directory_;
  const SegmentHeader header_;
  const std::string trouble_;
  std::atomic<uint64_t> end_;
  std::atomic<bool> doomed_{false};

  mutable absl::Mutex mutex_;
  mutable bool sealed_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the records up to summary_.end; 0: of none. Complete if sealed.
  mutable SegmentSummary summary_ ABSL_GUARDED_BY(mutex_);
  // By KeyHash, the byte of the last record; empty if sealed.
  mutable absl::flat_hash_map<uint64_t, uint64_t> bytes_ ABSL_GUARDED_BY(mutex_);
};

// In the order of their positions.
using SegmentList = std::vector<std::shared_ptr<Segment>>;

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_SEGMENT_H_
