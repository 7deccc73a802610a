// What is made of the journal's directory at a start. Private to storage/.
//
// After the process was killed everything that was appended is there. After a loss of power everything is there that
// was synced, and of what was appended later any pages and not others. So behind the last record that follows the
// others without a gap, nothing counts: it is cut off, in the same file and in later ones, and what is left is what was
// appended up to some moment. But if there is a gap in what was synced, then a disk or a person has damaged it; then
// nothing is cut: the file is left as it is, and reading it says where.
#ifndef NBO_STORAGE_JOURNAL_RECOVERY_H_
#define NBO_STORAGE_JOURNAL_RECOVERY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/journal_disk.h"
#include "storage/journal_segment.h"
#include "storage/journal_writer.h"

namespace nbo::storage {

struct RecoveredJournal {
  SegmentList segments;
  std::unique_ptr<SegmentWriter> writer;  // of the last of the segments; null: begin a new one
  SegmentHeader next;                     // of the segment to come, without a size
  std::vector<std::string> notes;         // what was cut off or is damaged, for people
};

// Makes the directory if it is missing. `min_position`: as JournalOptions. FAILED_PRECONDITION: written by another
// format version; UNAVAILABLE: something cannot be read, or the last segment cannot be written to.
absl::StatusOr<RecoveredJournal> RecoverJournal(JournalDisk* disk, const std::string& directory, uint64_t min_position);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_RECOVERY_H_
