// The segment that is written, mapped into memory. Private to storage/.
//
// A record is copied into the mapping of a file whose blocks were set aside before: from then on it is the system's,
// which writes it to disk whatever becomes of the process. A failing disk meets the thread that syncs, as an error; but
// where the system cannot make a page writable any more (the file system was shut down or remounted read-only, the file
// was truncated by another program, a copy-on-write file system such as btrfs or ZFS has no room for another copy), the
// process gets SIGBUS and dies, as if killed: all that was appended is recovered as far as the disk has it.
#ifndef NBO_STORAGE_JOURNAL_WRITER_H_
#define NBO_STORAGE_JOURNAL_WRITER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/journal_disk.h"
#include "storage/journal_layout.h"
#include "storage/journal_segment.h"

namespace nbo::storage {

class SegmentWriter {
 public:
  // Makes the file, empty and durable: blocks set aside, nothing left to do when the first record comes.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Create(JournalDisk* disk, const std::string& directory,
                                                               const SegmentHeader& header);
  // Goes on behind the last record of a segment, which nobody may read yet; clears and syncs what is behind it.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Reopen(JournalDisk* disk, std::shared_ptr<Segment> segment);
  ~SegmentWriter();

  const std::shared_ptr<Segment>& segment() const { return segment_; }
  // Whether a record of so many bytes fits, an end mark behind it.
  bool Fits(size_t length) const {
    return segment_->end() + RecordBytes(length) + kRecordHeaderBytes <= segment_->size();
  }

  // One thread at a time; it must fit. The position behind it.
  uint64_t Append(uint8_t kind, const JournalKey& key, absl::string_view bytes);
  // Writes the end mark; nothing may be appended after.
  void Finish();

  // ---- For the one thread that syncs.

  // Brings to disk what was appended before the call. After an error the system may believe that pages are on disk
  // which are not: then DATA_LOSS means that they are gone from memory, too, and UNAVAILABLE that another try is worth
  // it. After an error nobody may append during the call.
  absl::Status Sync();
  // All before it is on disk.
  uint64_t synced_position() const { return segment_->first_position() + synced_; }
  bool all_synced() const { return synced_ == written(); }
  // Makes pages writable ahead of the writer, who would else wait for the system every few records.
  void TouchAhead();

 private:
  SegmentWriter(JournalDisk* disk, std::shared_ptr<Segment> segment) : disk_(disk), segment_(std::move(segment)) {}
  absl::Status Map(FileHandle file);
  // The byte behind everything, an end mark too.
  uint64_t written() const {
    const bool finished = finished_.load(std::memory_order_acquire);  // first: then the end is final
    return segment_->end() + (finished ? kRecordHeaderBytes : 0);
  }
  // Marks what is not synced as changed, and makes sure that it is still what was appended.
  absl::Status TouchAgain();

  JournalDisk* const disk_;
  const std::shared_ptr<Segment> segment_;
  FileHandle file_;  // open as long as it is mapped: its sync errors are told to those who have it open
  char* data_ = nullptr;
  std::atomic<bool> finished_{false};
  uint64_t synced_ = 0;  // the bytes before it are on disk
  bool failed_ = false;  // the last sync
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_WRITER_H_
