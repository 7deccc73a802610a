// The decision journal in files: segments of fixed size, appended to through memory. Their bytes are documented in
// storage/journal_layout.h.
//
// What survives what:
//   the process is killed, or crashes   every record whose Append has returned
//   loss of power, or of the system     every record before a position that WhenDurable has called for; of later ones
//                                       (those of the last sync_interval, as a rule) a part without gaps, perhaps none
//   a bit flips, a file is cut          reading says so (DATA_LOSS with file and byte), and can go on behind it;
//                                       what is intact is found, and new records go to a new segment
//
//   the disk is full                    records are taken until the segments that were set aside are full, then
//                                       Append is UNAVAILABLE, until there is room. Nothing need be restarted
//
//   the disk fails to sync              Append is UNAVAILABLE from then on, as is whoever waits in WhenDurable; each
//                                       sync_interval what is not on disk is written again, until that succeeds
//   the disk hangs                      records are taken as long as there is room in the segments that were set aside;
//                                       who waits in WhenDurable waits
//   the disk cannot give a page back    reading is UNAVAILABLE; see storage/journal_writer.h for SIGBUS
#ifndef NBO_STORAGE_JOURNAL_H_
#define NBO_STORAGE_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/ledger/journal.h"

namespace nbo::storage {

class JournalDisk;  // storage/journal_disk.h

struct JournalOptions {
  std::string path;                   // the store's directory; the files are in `decisions` within it
  uint64_t segment_bytes = 64 << 20;  // 64 KiB to 1 GiB, of those made from now on; whole pages
  absl::Duration sync_interval = absl::Milliseconds(50);
  // Positions from now on are at least that. Hand in the position of the newest checkpoint: after a loss of power the
  // checkpoint may be on disk and the records before it not; new records must not get their positions.
  uint64_t min_position = 0;
  JournalDisk* disk = nullptr;  // null: the machine's own; else it must outlive the journal
};

// Figures for metrics.
struct JournalStats {
  uint64_t appended_records = 0;  // since it was opened
  uint64_t appended_bytes = 0;    // of files
  uint64_t refused_records = 0;   // UNAVAILABLE
  uint64_t segments = 0;          // that which is set aside, too
  uint64_t file_bytes = 0;
  uint64_t end_position = 0;
  uint64_t durable_position = 0;
  uint64_t disk_errors = 0;
  std::string trouble;  // what is wrong with the disk, for people; empty: nothing
};

// Thread-safe but for Close, after which nothing may be called. One process at a time may have a directory open: the
// store's lock sees to that.
class Journal : public DecisionJournal {
 public:
  // FAILED_PRECONDITION: written by another format version; INVALID_ARGUMENT: an option; UNAVAILABLE otherwise. A full
  // disk is no reason to fail, nor are damaged files: see opening_notes().
  static absl::StatusOr<std::unique_ptr<Journal>> Open(const JournalOptions& options);

  virtual JournalStats Stats() const = 0;
  // What was cut off and what is damaged, found at opening; for the log.
  virtual const std::vector<std::string>& opening_notes() const = 0;
  // Returns when all that was appended before the call is durable; errors as WhenDurable.
  virtual absl::Status Sync() = 0;
  // Syncs, tells all who wait, and closes. Idempotent; the destructor calls it.
  virtual absl::Status Close() = 0;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_H_
