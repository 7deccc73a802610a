// Opens the RocksDB store. Nothing outside this folder sees RocksDB.
#ifndef NBO_STORAGE_STORAGE_H_
#define NBO_STORAGE_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/catalog/archive.h"
#include "core/ledger/ports.h"
#include "core/population/archive.h"
#include "core/profile/store.h"
#include "core/propensity/archive.h"
#include "core/switches/archive.h"

namespace rocksdb {
class FileSystem;  // rocksdb/file_system.h
}

namespace nbo::storage {

// Whether the store takes writes. It always recovers by itself when the cause is gone.
struct WriteState {
  bool writable = true;
  std::string trouble;  // what is wrong, for people; may be set while writable. Empty: nothing
};

struct StorageOptions {
  std::string path;  // directory; made if missing
  // False: an acknowledged write may be lost when the machine loses power; and a log that is damaged in the middle is
  // cut there without a word, instead of being refused.
  bool sync = true;
  uint64_t block_cache_bytes = 256 << 20;
  uint64_t state_cache_bytes = 256 << 20;      // decoded states of customers seen lately; 0: none
  std::string tombstone_key_path;              // "": tombstone.key in `path`; made if there are no tombstones yet
  uint64_t max_wal_bytes = 32 << 20;           // bounds the time to start after a crash: about 35 ms a megabyte
  uint64_t decision_segment_bytes = 64 << 20;  // of the decision log's files; two are always there (JournalOptions)
  // Set: damage in the decision log does not keep DecisionLog::Replay from going on behind it; told of each, for
  // people, with the bytes it affects. Entries that were damaged are lost.
  std::function<void(const std::string& where, uint64_t bytes)> on_skipped_decisions = nullptr;
  std::shared_ptr<rocksdb::FileSystem> file_system = nullptr;  // null: the machine's own
  // Told of every change of Storage::GetWriteState, in order, from threads of the store; must not block or call the
  // store. May be empty.
  std::function<void(const WriteState&)> on_write_state = nullptr;
};

// Figures of the store, for metrics.
struct StorageStats {
  uint64_t estimated_customers = 0;
  uint64_t sst_bytes = 0;
  uint64_t wal_bytes = 0;
  uint64_t memtable_bytes = 0;
  uint64_t block_cache_bytes = 0;
  uint64_t block_cache_hits = 0;
  uint64_t block_cache_misses = 0;
  uint64_t state_cache_bytes = 0;
  uint64_t state_cache_hits = 0;
  uint64_t state_cache_misses = 0;
  uint64_t pending_compaction_bytes = 0;
  uint64_t running_compactions = 0;
  uint64_t stall_micros = 0;
  bool write_stopped = false;
  WriteState write_state;
  uint64_t decision_bytes = 0;       // of the log's files
  uint64_t decisions_refused = 0;    // that could not be written down
  uint64_t decision_log_errors = 0;  // of its disk
  std::string decision_log_trouble;  // for people; empty: none
  uint64_t background_errors = 0;    // of writing, flushing and compacting, failed attempts to recover included
};

// Owns the database. Thread-safe but for Close, after which nothing may be called.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual ProfileStore& profiles() = 0;
  virtual CatalogArchive& catalogs() = 0;
  virtual PopulationArchive& populations() = 0;
  virtual PropensityArchive& propensities() = 0;
  virtual SwitchArchive& switches() = 0;
  virtual LedgerStore& ledgers() = 0;
  // On the journal in `decisions` within the directory.
  virtual DecisionLog& decisions() = 0;
  // Drops old entries of the log, the oldest first: those before `keep_from`, and as many as it takes to come below
  // `max_bytes`; never one that is needed to start (LedgerStore::Position).
  virtual void DropDecisions(absl::Time keep_from, uint64_t max_bytes) = 0;
  // The bytes of a state, for records of decisions; the inverse is DATA_LOSS if they are none.
  virtual std::string EncodeState(const CustomerState& state) = 0;
  virtual absl::Status DecodeState(absl::string_view bytes, CustomerState* state) const = 0;
  virtual StorageStats Stats() const = 0;
  // As in Stats, but cheap. While it is not writable, writes are UNAVAILABLE with the trouble; reads go on.
  virtual WriteState GetWriteState() const = 0;
  // Rewrites all tables, so that nothing of what was erased remains on disk: no key, no value, no log; and blanks the
  // entries of the decision log that are about customers whose erasure the ledgers have taken in
  // (LedgerStore::Position; so checkpoint them before). Takes minutes for large stores; everything else goes on
  // meanwhile.
  virtual absl::Status Compact() = 0;
  // What was found damaged or cut off when the decision log was opened, for people.
  virtual const std::vector<std::string>& opening_notes() const = 0;
  // Flushes, so that the next start replays no log, and closes. Idempotent; the destructor calls it.
  virtual absl::Status Close() = 0;
};

// FAILED_PRECONDITION: written by another format version, or in use by another process; DATA_LOSS: damaged, so that
// opening it would lose what was acknowledged (nothing is changed); UNAVAILABLE otherwise.
absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(const StorageOptions& options);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_STORAGE_H_
