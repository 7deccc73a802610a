#include "storage/journal_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/digest.h"
#include "core/base/hash.h"
#include "storage/bits.h"
#include "storage/journal_layout.h"

namespace nbo::storage {
namespace {

constexpr absl::string_view kIndexMagic = "nboJIDX1";
constexpr size_t kHeaderChecksumByte = 64;
constexpr size_t kBlockBytes = 4096;
constexpr size_t kBlockHeaderBytes = 16;
constexpr size_t kEntryBytes = 16;
constexpr size_t kEntriesPerBlock = (kBlockBytes - kBlockHeaderBytes) / kEntryBytes;
constexpr IndexEntry kNoEntry = {UINT64_MAX, UINT64_MAX};

std::string EncodeHeader(uint64_t first_position, const SegmentSummary& summary) {
  std::string page(kIndexMagic);
  AppendNumber(static_cast<int64_t>(uint64_t{kJournalFormat} | summary.end << 32), &page);
  AppendNumber(static_cast<int64_t>(first_position), &page);
  AppendNumber(static_cast<int64_t>(summary.records), &page);
  AppendNumber(static_cast<int64_t>(summary.entries), &page);
  AppendNumber(summary.oldest_ms, &page);
  AppendNumber(summary.newest_ms, &page);
  AppendNumber(static_cast<int64_t>(summary.damages), &page);
  AppendNumber(static_cast<int64_t>(Hash64(page)), &page);
  page.resize(kBlockBytes);
  return page;
}

void AppendBlock(const IndexEntry* entries, size_t count, std::string* out) {
  std::string block;
  AppendNumber(0, &block);
  for (size_t i = 0; i < kEntriesPerBlock; ++i) {
    const IndexEntry& entry = i < count ? entries[i] : kNoEntry;
    AppendNumber(static_cast<int64_t>(entry.hash), &block);
    AppendNumber(static_cast<int64_t>(entry.byte), &block);
  }
  AppendNumber(static_cast<int64_t>(Hash64(block)), out);
  out->append(block);
}

int WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return 0;
}

// One block of an index in memory.
class Block {
 public:
  absl::Status Read(int fd, uint64_t number) {
    const off_t at = static_cast<off_t>(kBlockBytes * (1 + number));
    ssize_t n;
    do n = pread(fd, bytes_.data(), kBlockBytes, at);
    while (n < 0 && errno == EINTR);
    if (n < 0) return DiskError("reading an index", errno);
    const absl::string_view view(bytes_.data(), bytes_.size());
    if (n != static_cast<ssize_t>(kBlockBytes) || LoadBytes(view.data()) != Hash64(view.substr(8))) {
      return absl::DataLossError("journal: an index is damaged");
    }
    return absl::OkStatus();
  }
  IndexEntry operator[](size_t i) const {
    const char* at = bytes_.data() + kBlockHeaderBytes + i * kEntryBytes;
    return {LoadBytes(at), LoadBytes(at + 8)};
  }
  // How many entries are at most `entry`.
  size_t UpperBound(const IndexEntry& entry) const {
    size_t low = 0, high = kEntriesPerBlock;
    while (low < high) {
      const size_t middle = (low + high) / 2;
      if ((*this)[middle] <= entry) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

 private:
  std::array<char, kBlockBytes> bytes_;
};

}  // namespace

absl::Status WriteIndex(JournalDisk* disk, const std::string& directory, uint64_t first_position,
                        const SegmentSummary& summary, std::vector<IndexEntry> entries) {
  std::sort(entries.begin(), entries.end());
  std::string bytes = EncodeHeader(first_position, summary);
  bytes.reserve(bytes.size() + (entries.size() / kEntriesPerBlock + 1) * kBlockBytes);
  for (size_t i = 0; i < entries.size(); i += kEntriesPerBlock) {
    AppendBlock(&entries[i], std::min(kEntriesPerBlock, entries.size() - i), &bytes);
  }
  const std::string path = absl::StrCat(directory, "/", IndexName(first_position));
  const std::string made = path + ".new";
  {
    const FileHandle file(open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    int error = file.get() < 0 ? errno : disk->Allocate(file.get(), bytes.size());
    if (error == 0) error = WriteAll(file.get(), bytes);
    if (error == 0) error = disk->SyncFile(file.get());
    if (error == 0 && rename(made.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) {
      unlink(made.c_str());
      return DiskError(absl::StrCat("writing ", path), error);
    }
  }
  return SyncDirectory(directory);
}

absl::StatusOr<SegmentSummary> ReadIndexSummary(const std::string& directory, uint64_t first_position) {
  const std::string path = absl::StrCat(directory, "/", IndexName(first_position));
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return absl::NotFoundError(absl::StrCat("journal: no ", path));
  std::string page(kBlockBytes, '\0');
  const bool read = pread(file.get(), page.data(), kBlockBytes, 0) == static_cast<ssize_t>(kBlockBytes);
  const absl::string_view header(page);
  SegmentSummary summary;
  summary.records = LoadBytes(&page[24]);
  summary.entries = LoadBytes(&page[32]);
  summary.oldest_ms = static_cast<int64_t>(LoadBytes(&page[40]));
  summary.newest_ms = static_cast<int64_t>(LoadBytes(&page[48]));
  summary.damages = LoadBytes(&page[56]);
  const uint64_t format_and_end = LoadBytes(&page[8]);
  summary.end = format_and_end >> 32;
  const uint64_t blocks = (summary.entries + kEntriesPerBlock - 1) / kEntriesPerBlock;
  if (!read || header.substr(0, kIndexMagic.size()) != kIndexMagic ||
      LoadBytes(&page[kHeaderChecksumByte]) != Hash64(header.substr(0, kHeaderChecksumByte)) ||
      (format_and_end & 0xFFFFFFFF) != kJournalFormat || LoadBytes(&page[16]) != first_position ||
      lseek(file.get(), 0, SEEK_END) != static_cast<off_t>(kBlockBytes * (1 + blocks))) {
    return absl::DataLossError(absl::StrCat("journal: ", path, " is damaged"));
  }
  return summary;
}

absl::StatusOr<std::optional<uint64_t>> FindInIndex(const std::string& directory, uint64_t first_position,
                                                    uint64_t entries, uint64_t hash) {
  const std::string path = absl::StrCat(directory, "/", IndexName(first_position));
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return absl::DataLossError(absl::StrCat("journal: ", path, " is missing"));
    return DiskError(absl::StrCat("opening ", path), errno);
  }
  const IndexEntry sought = {hash, UINT64_MAX - 1};  // behind all of that hash, before kNoEntry
  // The last block that begins with at most `sought` is in [low, high), if any is. Hashes are spread evenly, so the
  // first probes go where it should be; the others halve.
  uint64_t low = 0, high = (entries + kEntriesPerBlock - 1) / kEntriesPerBlock;
  const auto guess = static_cast<uint64_t>(static_cast<double>(hash) * 0x1p-64 * static_cast<double>(high));
  for (int probe = 0; low < high; ++probe) {
    const uint64_t middle =
        probe < 3 ? std::clamp<uint64_t>(guess + 1 - std::min(probe, 2), low, high - 1) : low + (high - low) / 2;
    Block block;
    if (absl::Status s = block.Read(file.get(), middle); !s.ok()) return s;
    const size_t before = block.UpperBound(sought);
    if (before == 0) {
      high = middle;
    } else if (before == kEntriesPerBlock && middle + 1 < high) {
      low = middle + 1;
      // All of it is before what is sought: the last of it may still be the one.
      if (block[before - 1].hash == hash) {
        Block next;
        if (absl::Status s = next.Read(file.get(), low); !s.ok()) return s;
        if (next.UpperBound(sought) == 0) return std::optional<uint64_t>(block[before - 1].byte);
      }
    } else {
      const IndexEntry found = block[before - 1];
      return found.hash == hash ? std::optional<uint64_t>(found.byte) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace nbo::storage
