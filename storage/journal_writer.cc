#include "storage/journal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/bits.h"
#include "storage/journal_cursor.h"

namespace nbo::storage {
namespace {

constexpr uint64_t kPageBytes = 4096;
// More than is appended between two syncs, as a rule: 80 MB/s at 20 of them a second.
constexpr uint64_t kTouchBytes = 4 << 20;

uint64_t PageOf(uint64_t byte) { return byte & ~(kPageBytes - 1); }

int WriteAt(int fd, absl::string_view bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(n));
    at += static_cast<uint64_t>(n);
  }
  return 0;
}

// Zeros from `byte` on, where there is anything else: of a record cut off, or behind one, nothing may come to light
// when others are written before it.
absl::Status Clear(const Segment& segment, int fd, uint64_t byte) {
  const std::string zeros(kPageBytes, '\0');
  while (byte < segment.size()) {
    RecordCursor cursor(fd, segment.first_position(), byte, segment.size());
    byte = cursor.FindNonZero();
    if (!cursor.status().ok()) return cursor.status();
    if (byte >= segment.size()) break;
    const uint64_t count = std::min(PageOf(byte) + kPageBytes, segment.size()) - byte;
    if (const int error = WriteAt(fd, absl::string_view(zeros).substr(0, count), byte); error != 0) {
      return DiskError(absl::StrCat("clearing the end of ", segment.path()), error);
    }
    byte += count;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SegmentWriter::Map(FileHandle file) {
  void* data = mmap(nullptr, segment_->size(), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return DiskError(absl::StrCat("mapping ", segment_->path()), errno);
  data_ = static_cast<char*>(data);
  file_ = std::move(file);
  synced_ = segment_->end();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(JournalDisk* disk, const std::string& directory,
                                                                     const SegmentHeader& header) {
  auto segment = std::make_shared<Segment>(directory, header, kSegmentHeaderBytes);
  const std::string path = segment->path();
  const std::string made = path + ".new";
  FileHandle file(open(made.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  int error = file.get() < 0 ? errno : disk->Allocate(file.get(), header.size);
  if (error == 0) error = WriteAt(file.get(), EncodeSegmentHeader(header), 0);
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  if (error == 0 && rename(made.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    unlink(made.c_str());
    return DiskError(absl::StrCat("making ", path), error);
  }
  if (absl::Status s = SyncDirectory(directory); !s.ok()) return s;
  std::unique_ptr<SegmentWriter> writer(new SegmentWriter(disk, std::move(segment)));
  if (absl::Status s = writer->Map(std::move(file)); !s.ok()) return s;
  writer->TouchAhead();
  return writer;
}

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Reopen(JournalDisk* disk,
                                                                     std::shared_ptr<Segment> segment) {
  FileHandle file(open(segment->path().c_str(), O_RDWR | O_CLOEXEC));
  if (file.get() < 0) return DiskError(absl::StrCat("opening ", segment->path()), errno);
  int error = 0;
  struct stat found {};
  fstat(file.get(), &found);
  // Its blocks are there, unless somebody cut or copied it.
  if (static_cast<uint64_t>(found.st_size) < segment->size() ||
      static_cast<uint64_t>(found.st_blocks) * 512 < segment->size()) {
    error = disk->Allocate(file.get(), segment->size());
    if (error != 0) return DiskError(absl::StrCat("setting room aside for ", segment->path()), error);
  }
  if (absl::Status s = Clear(*segment, file.get(), segment->end()); !s.ok()) return s;
  if (error = disk->SyncFile(file.get()); error != 0)
    return DiskError(absl::StrCat("syncing ", segment->path()), error);
  std::unique_ptr<SegmentWriter> writer(new SegmentWriter(disk, std::move(segment)));
  if (absl::Status s = writer->Map(std::move(file)); !s.ok()) return s;
  writer->TouchAhead();
  return writer;
}

SegmentWriter::~SegmentWriter() {
  if (data_ != nullptr) munmap(data_, segment_->size());
}

uint64_t SegmentWriter::Append(uint8_t kind, const JournalKey& key, absl::string_view bytes) {
  const uint64_t byte = segment_->end();
  WriteRecord(segment_->first_position() + byte, kind, key, bytes, data_ + byte);
  const uint64_t end = byte + RecordBytes(bytes.size());
  segment_->set_end(end);
  return segment_->first_position() + end;
}

void SegmentWriter::Finish() {
  const uint64_t byte = segment_->end();
  WriteRecord(segment_->first_position() + byte, kEndMark, {}, "", data_ + byte);
  finished_.store(true, std::memory_order_release);
}

absl::Status SegmentWriter::TouchAgain() {
  const uint64_t end = written();
  for (uint64_t page = PageOf(synced_); page < end; page += kPageBytes) {
    volatile char* const byte = data_ + page;
    *byte = *byte;
  }
  RecordCursor cursor(file_.get(), segment_->first_position(), synced_, end);
  JournalRecord record;
  while (cursor.byte() < end && cursor.Next(&record)) {
  }
  if (cursor.byte() == end) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("journal: the disk has lost records of ", segment_->path(), " from byte ",
                                          cursor.byte(), "; restart to go on with those that are left"));
}

absl::Status SegmentWriter::Sync() {
  const uint64_t end = written();
  if (end == synced_) return absl::OkStatus();
  if (failed_) {
    if (absl::Status s = TouchAgain(); !s.ok()) return s;
  }
  const uint64_t page = PageOf(synced_);
  const int error = disk_->SyncMapping(data_ + page, end - page);
  failed_ = error != 0;
  if (failed_) return DiskError(absl::StrCat("syncing ", segment_->path()), error);
  synced_ = end;
  // With the next sync at the latest: it only tells damage from what was never synced.
  StoreBytes(SyncedWord(end), data_ + kWatermarkByte);
  sync_file_range(file_.get(), 0, kSegmentHeaderBytes, SYNC_FILE_RANGE_WRITE);
  return absl::OkStatus();
}

void SegmentWriter::TouchAhead() {
  const uint64_t page = PageOf(segment_->end());
  // Older systems (Linux before 5.14) do not know it: then the writer waits.
  madvise(data_ + page, std::min(kTouchBytes, segment_->size() - page), MADV_POPULATE_WRITE);
}

}  // namespace nbo::storage
