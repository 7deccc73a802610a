// Reads the records of a segment one after the other. Private to storage/.
//
// Files are read, not mapped: a disk that cannot give a block back is an error to a read, and a SIGBUS to a mapping.
// What was written to a mapping of the same file is seen at once, both are the same pages of the system's cache.
#ifndef NBO_STORAGE_JOURNAL_CURSOR_H_
#define NBO_STORAGE_JOURNAL_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/ledger/journal.h"

namespace nbo::storage {

// Not thread-safe; many may read one file.
class RecordCursor {
 public:
  // From byte `begin` of the file up to byte `end`, which may lie behind the end of the file. The file stays the
  // caller's.
  RecordCursor(int fd, uint64_t first_position, uint64_t begin, uint64_t end)
      : fd_(fd), first_position_(first_position), byte_(begin), end_(end) {}

  // Gives the record that begins at byte() and moves behind it, end marks too; its bytes live until the next call.
  // False, and stays: there is no intact one, or status() is an error.
  bool Next(JournalRecord* record);
  // After Next gave none: moves to the first intact record behind byte(); false, and stays: there is none, or an error.
  bool SkipToIntact();
  // The first byte from byte() on that is not zero; end if all are, or status() is an error.
  uint64_t FindNonZero();

  uint64_t byte() const { return byte_; }
  const absl::Status& status() const { return status_; }  // UNAVAILABLE: the file cannot be read

 private:
  // Up to `size` bytes from `byte` on: fewer at the end, or none after an error.
  absl::string_view View(uint64_t byte, size_t size);
  bool IsIntact(uint64_t byte);

  const int fd_;
  const uint64_t first_position_;
  uint64_t byte_;
  const uint64_t end_;
  std::string buffer_;
  uint64_t buffer_begin_ = 0;
  size_t chunk_ = 4096;  // how much is read at once: little for one record, more for many
  absl::Status status_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_CURSOR_H_
