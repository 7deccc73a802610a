// The port to the decision journal: an append-only log of small records, of which everything that the contact ledger
// knows can be made again. The in-memory twin is memory_journal.h; the files are in storage/journal.h.
#ifndef NBO_CORE_LEDGER_JOURNAL_H_
#define NBO_CORE_LEDGER_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo {

inline constexpr int64_t kMaxJournalUnixMs = (int64_t{1} << 48) - 1;
inline constexpr size_t kMaxJournalRecordBytes = 1 << 20;

// By what a record is found again: the two parts of a DecisionId; or the time of an event that has no id, and 0.
struct JournalKey {
  int64_t unix_ms = 0;  // 0 to kMaxJournalUnixMs
  uint64_t random = 0;  // 0: the record is found by its position and its time only

  friend bool operator==(const JournalKey&, const JournalKey&) = default;
};

// A record as a visitor sees it; `bytes` only during the call.
struct JournalRecord {
  uint64_t position = 0;  // where it begins
  uint64_t end = 0;       // the position behind it
  uint8_t kind = 0;
  JournalKey key;
  absl::string_view bytes;
};

struct StoredJournalRecord {
  uint64_t position = 0;
  uint64_t end = 0;
  std::string bytes;

  friend bool operator==(const StoredJournalRecord&, const StoredJournalRecord&) = default;
};

// Records that were written once and cannot be read any more.
struct JournalDamage {
  std::string where;      // for people: the file, the byte in it, and what is wrong
  uint64_t position = 0;  // no record before it is affected
  uint64_t end = 0;       // where the next intact record, or file, begins
};

// What to keep. Files leave the oldest first, whole, and only if everything in them lies before the checkpoint.
struct JournalRetention {
  absl::Time keep_from = absl::InfinitePast();  // a file leaves when its newest record is older
  uint64_t max_bytes = UINT64_MAX;              // or as long as all files together take more
  uint64_t checkpoint = 0;                      // from here on records are still needed to start
};

// Which records are visited, and how much of the journal is looked at for them. Of a record all of it must lie within.
struct JournalRange {
  uint64_t from_position = 0;
  uint64_t until_position = UINT64_MAX;
  int64_t from_ms = INT64_MIN;  // of keys; inclusive
  int64_t to_ms = INT64_MAX;    // exclusive
  bool newest_first = false;
  uint64_t max_bytes = UINT64_MAX;  // of records looked at, those of other times too; the last one may exceed it
};

// Positions are places between records: they only grow, over files and restarts, and mean nothing else. Thread-safe;
// visitors may take their time and call the journal, appends go on meanwhile.
class DecisionJournal {
 public:
  using Visitor = absl::FunctionRef<bool(const JournalRecord& record)>;  // false: enough
  // Told of damage while reading, which goes on behind it; false: enough. Empty: reading ends with DATA_LOSS there.
  using OnDamage = std::function<bool(const JournalDamage& damage)>;

  virtual ~DecisionJournal() = default;

  // Appends a record and returns the position behind it. From then on the record outlives the process, whatever becomes
  // of it; the power only after WhenDurable. Kinds are the caller's, from 1. INVALID_ARGUMENT: kind 0, a time out of
  // range, or too many bytes; UNAVAILABLE: nothing was appended, try again later (the disk is full, or fails).
  virtual absl::StatusOr<uint64_t> Append(uint8_t kind, const JournalKey& key, absl::string_view bytes) = 0;

  // Calls `done` once, from a thread of the journal or from within the call, when all records before `position` will
  // survive a loss of power; or with UNAVAILABLE if that failed (they may be there all the same). It must not block.
  virtual void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) = 0;

  // The position behind the last record.
  virtual uint64_t EndPosition() const = 0;

  // Visits the records that begin at or behind a position, in their order, up to EndPosition() as it was at the call.
  // DATA_LOSS as OnDamage says, or if the position lies before what was dropped (position 0 never does: from the first
  // that is left); UNAVAILABLE: a file cannot be read.
  virtual absl::Status Scan(uint64_t from, Visitor visit, const OnDamage& on_damage) const = 0;

  // Visits the records of a range in the order of their positions or the reverse. Times need not ascend with positions;
  // still, what is known to have other times only is not read. nullopt: all of it was seen, or the visitor had enough.
  // Else max_bytes are over, and this is where the rest begins: from_position of the next range, or until_position if
  // the newest come first. Errors as Scan, but for positions that were dropped: it begins with the first that is left.
  virtual absl::StatusOr<std::optional<uint64_t>> ScanRange(const JournalRange& range, Visitor visit,
                                                            const OnDamage& on_damage) const = 0;

  // The last record appended with that kind and key; nullopt if there is none. DATA_LOSS: it may have been among the
  // damaged ones.
  virtual absl::StatusOr<std::optional<StoredJournalRecord>> Find(uint8_t kind, const JournalKey& key) const = 0;

  // Replaces in their places the records that begin before `until` and for which `is_doomed` is true: each becomes one
  // of `kind` with zeros for bytes, so that nothing of it remains on disk; its time stays, but it is
  // found by its key no more. Positions stay. Durable when it returns OK; after UNAVAILABLE some may be replaced, and
  // all are when it is called again. Readers under way may see a record that is being replaced as damage. Returns how
  // many.
  virtual absl::StatusOr<int64_t> Blank(uint64_t until, uint8_t kind, Visitor is_doomed) = 0;

  // Drops what need not be kept and returns how many bytes of files left. Readers under way still see it.
  virtual uint64_t Drop(const JournalRetention& retention) = 0;
};

// INVALID_ARGUMENT if such a record cannot be appended to any journal.
absl::Status CheckJournalRecord(uint8_t kind, const JournalKey& key, absl::string_view bytes);

}  // namespace nbo

#endif  // NBO_CORE_LEDGER_JOURNAL_H_
