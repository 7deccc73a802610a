#include "storage/journal_cursor.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "storage/bits.h"
#include "storage/journal_disk.h"
#include "storage/journal_layout.h"

namespace nbo::storage {
namespace {

constexpr size_t kMostAtOnce = 256 << 10;

}  // namespace

absl::string_view RecordCursor::View(uint64_t byte, size_t size) {
  if (byte >= end_) return {};
  size = std::min<uint64_t>(size, end_ - byte);
  if (byte < buffer_begin_ || byte + size > buffer_begin_ + buffer_.size()) {
    const size_t wanted = std::min<uint64_t>(std::max(size, chunk_), end_ - byte);
    chunk_ = std::min(4 * chunk_, kMostAtOnce);
    buffer_begin_ = byte;
    buffer_.resize(wanted);
    size_t got = 0;
    while (got < wanted) {
      const ssize_t n = pread(fd_, buffer_.data() + got, wanted - got, static_cast<off_t>(byte + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) status_ = DiskError("reading a segment", errno);
      if (n <= 0) break;
      got += static_cast<size_t>(n);
    }
    buffer_.resize(status_.ok() ? got : 0);
  }
  return absl::string_view(buffer_).substr(byte - buffer_begin_, size);
}

bool RecordCursor::Next(JournalRecord* record) {
  const absl::string_view header = View(byte_, kRecordHeaderBytes);
  if (header.size() < kRecordHeaderBytes) return false;
  const std::optional<size_t> size = SizeOfRecord(header);
  if (!size.has_value()) return false;
  const std::optional<JournalRecord> read = ReadRecord(first_position_ + byte_, View(byte_, *size));
  if (!read.has_value()) return false;
  *record = *read;
  byte_ += *size;
  return true;
}

bool RecordCursor::IsIntact(uint64_t byte) {
  const absl::string_view header = View(byte, kRecordHeaderBytes);
  if (header.size() < kRecordHeaderBytes || LoadBytes(header.data()) == 0) return false;  // mostly zeros, for speed
  const std::optional<size_t> size = SizeOfRecord(header);
  return size.has_value() && ReadRecord(first_position_ + byte, View(byte, *size)).has_value();
}

bool RecordCursor::SkipToIntact() {
  for (uint64_t byte = byte_ + 8; status_.ok() && byte + kRecordHeaderBytes <= end_; byte += 8) {
    if (!IsIntact(byte)) continue;
    byte_ = byte;
    return true;
  }
  return false;
}

uint64_t RecordCursor::FindNonZero() {
  for (uint64_t byte = byte_; byte < end_;) {
    // Blocks that were set aside and never written need not be read.
    const off_t data = lseek(fd_, static_cast<off_t>(byte), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    byte = std::max(byte, data < 0 ? 0 : static_cast<uint64_t>(data));
    const absl::string_view view = View(byte, kMostAtOnce);
    if (view.empty()) break;
    // Each byte equal to the next: by far faster than to look for one that is not zero.
    if (view[0] != '\0' || std::memcmp(view.data(), view.data() + 1, view.size() - 1) != 0) {
      return byte + view.find_first_not_of('\0');
    }
    byte += view.size();
  }
  return end_;
}

}  // namespace nbo::storage
