// Tells damage in the write-ahead log from a torn end. Private to storage/.
//
// A crash tears at most what was not synced: with a sync before every acknowledgement, the last record. RocksDB then
// replays what lies before it (kPointInTimeRecovery) and drops the rest of the log without a word. That is right for a
// torn end and wrong for a damaged middle: what follows the damage was acknowledged. RocksDB's stricter modes do not
// help: they refuse torn ends too, or take a damaged length near the end for one. So the log is read before RocksDB
// sees it, and torn ends are blanked: where it was killed while it recovered from a full disk, RocksDB would refuse the
// one that the refused write left ("SST file is ahead of WALs").
#ifndef NBO_STORAGE_LOG_CHECK_H_
#define NBO_STORAGE_LOG_CHECK_H_

#include <rocksdb/env.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nbo::storage {

struct LogCheck {
  // File and byte of the first damage that intact records follow, e.g. "000012.log, byte 4711"; empty: there is none.
  // Such damage is harmless where the whole file is out of use, which only RocksDB knows.
  std::string damage;
  // The last sequence number in any intact record; 0 if there is none.
  uint64_t last_sequence = 0;
  // Files that end in something else than an intact record, and the bytes up to the end of the last one.
  struct TornEnd {
    std::string file;
    uint64_t intact_bytes;
  };
  std::vector<TornEnd> torn_ends;
};

// Reads every log file of the directory (about a millisecond a megabyte). UNAVAILABLE if one cannot be read. Damage in
// the very last record cannot be told from a torn end and is taken for one.
//
// Format: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format; recycled and compressed logs, which
// nbo does not use, are not understood.
absl::StatusOr<LogCheck> CheckLogs(rocksdb::Env* env, const std::string& directory);

// Overwrites a torn end with zeros, which RocksDB takes for space that was set aside, and syncs. The file keeps its
// size, which RocksDB may have noted.
absl::Status BlankTornEnd(const LogCheck::TornEnd& torn);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_LOG_CHECK_H_
