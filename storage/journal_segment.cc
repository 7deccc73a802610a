#include "storage/journal_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/journal_cursor.h"

namespace nbo::storage {

Segment::~Segment() {
  if (!doomed_.load(std::memory_order_relaxed)) return;
  // The index first: one without a segment is removed at the next start, too.
  unlink(absl::StrCat(directory_, "/", IndexName(first_position())).c_str());
  unlink(path().c_str());
}

std::string Segment::path() const { return absl::StrCat(directory_, "/", SegmentName(first_position())); }

absl::StatusOr<FileHandle> Segment::Open() const {
  FileHandle file(open(path().c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() >= 0) return file;
  if (errno == ENOENT) return absl::DataLossError(absl::StrCat("journal: ", path(), " is missing"));
  return DiskError(absl::StrCat("opening ", path()), errno);
}

JournalDamage Segment::DamageAt(uint64_t byte, uint64_t end) const {
  struct stat found {};
  const bool cut =
      stat(path().c_str(), &found) == 0 && byte + kRecordHeaderBytes > static_cast<uint64_t>(found.st_size);
  JournalDamage damage;
  damage.where = absl::StrCat(path(), ", byte ", byte, ": ", cut ? "the file is cut off" : "no intact record");
  damage.position = first_position() + byte;
  damage.end = first_position() + end;
  return damage;
}

// Positions that were given out are those of records, as a checksum that knows its position shows: there is no need to
// come to them from the beginning. Others may point into the midst of one.
uint64_t Segment::BeginByte(int fd, uint64_t from_position, uint64_t end) const {
  if (from_position <= first_position() + kSegmentHeaderBytes) return kSegmentHeaderBytes;
  const uint64_t byte = from_position - first_position();
  RecordCursor cursor(fd, first_position(), byte, end);
  JournalRecord record;
  return byte % 8 == 0 && cursor.Next(&record) ? byte : kSegmentHeaderBytes;
}

absl::StatusOr<bool> Segment::Visit(uint64_t from_position, uint64_t end, DecisionJournal::Visitor visit,
                                    const DecisionJournal::OnDamage& on_damage) const {
  if (!trouble_.empty() && from_position <= first_position()) {
    const JournalDamage damage = {absl::StrCat(path(), ", byte 0: ", trouble_), first_position(),
                                  first_position() + kSegmentHeaderBytes};
    if (!on_damage) return absl::DataLossError(absl::StrCat("journal: ", damage.where));
    if (!on_damage(damage)) return false;
  }
  if (from_position >= first_position() + end) return true;
  absl::StatusOr<FileHandle> file = Open();
  if (!file.ok()) return file.status();
  RecordCursor cursor(file->get(), first_position(), BeginByte(file->get(), from_position, end), end);
  JournalRecord record;
  while (cursor.byte() < end) {
    if (cursor.Next(&record)) {
      if (record.kind != kEndMark && record.position >= from_position && !visit(record)) return false;
      continue;
    }
    const uint64_t begin = cursor.byte();
    const uint64_t next = cursor.status().ok() && cursor.SkipToIntact() ? cursor.byte() : end;
    if (!cursor.status().ok()) return cursor.status();
    if (first_position() + next > from_position) {
      const JournalDamage damage = DamageAt(begin, next);
      if (!on_damage) return absl::DataLossError(absl::StrCat("journal: ", damage.where));
      if (!on_damage(damage)) return false;
    }
    if (next == end) break;
  }
  return true;
}

absl::StatusOr<bool> Segment::VisitReversed(uint64_t from_position, uint64_t until_position, uint64_t end,
                                            DecisionJournal::Visitor visit,
                                            const DecisionJournal::OnDamage& on_damage) const {
  // Records are found from the front only: where each begins is known after one pass, and read in another.
  std::vector<uint32_t> bytes;
  std::vector<JournalDamage> damages;
  const absl::StatusOr<bool> noted = Visit(
      from_position, end,
      [&](const JournalRecord& record) {
        if (record.end > until_position) return false;
        bytes.push_back(static_cast<uint32_t>(record.position - first_position()));
        return true;
      },
      [&](const JournalDamage& damage) {
        if (damage.position < until_position) damages.push_back(damage);
        return true;
      });
  if (!noted.ok()) return noted.status();
  absl::StatusOr<FileHandle> file = Open();
  if (!file.ok()) return file.status();
  for (size_t i = bytes.size(); i > 0 || !damages.empty();) {
    if (!damages.empty() && (i == 0 || damages.back().position > first_position() + bytes[i - 1])) {
      if (!on_damage) return absl::DataLossError(absl::StrCat("journal: ", damages.back().where));
      if (!on_damage(damages.back())) return false;
      damages.pop_back();
      continue;
    }
    RecordCursor cursor(file->get(), first_position(), bytes[--i], end);
    JournalRecord record;
    if (!cursor.Next(&record)) {
      return cursor.status().ok() ? absl::DataLossError(absl::StrCat("journal: ", DamageAt(bytes[i], end).where))
                                  : cursor.status();
    }
    if (!visit(record)) return false;
  }
  return true;
}

absl::StatusOr<int64_t> Segment::Blank(uint64_t end, uint8_t kind, DecisionJournal::Visitor is_doomed,
                                       JournalDisk* disk) const {
  FileHandle file;
  int64_t blanked = 0;
  absl::Status written;
  const auto replace = [&](const JournalRecord& record) {
    // One that was replaced earlier may not have been synced then.
    if (record.kind != kind && !is_doomed(record)) return true;
    if (file.get() < 0) file = FileHandle(open(path().c_str(), O_WRONLY | O_CLOEXEC));
    if (record.kind == kind && file.get() >= 0) return true;
    std::string bytes(RecordBytes(record.bytes.size()), '\0');
    WriteRecord(record.position, kind, record.key, std::string(record.bytes.size(), '\0'), bytes.data());
    const auto at = static_cast<off_t>(record.position - first_position());
    if (file.get() < 0 || pwrite(file.get(), bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) {
      written = DiskError(absl::StrCat("blanking records of ", path()), errno);
      return false;
    }
    ++blanked;
    return true;
  };
  // What is damaged is left: nobody can tell whose it was.
  const absl::StatusOr<bool> visited = Visit(0, end, replace, [](const JournalDamage&) { return true; });
  if (!visited.ok()) return visited.status();
  if (!written.ok()) return written;
  if (file.get() >= 0) {
    if (const int error = disk->SyncFile(file.get()); error != 0) {
      return DiskError(absl::StrCat("syncing ", path()), error);
    }
  }
  return blanked;
}

bool Segment::MayHave(int64_t from_ms, int64_t to_ms) const {
  absl::MutexLock lock(&mutex_);
  if (!sealed_ || summary_.damages > 0) return true;
  return summary_.records > 0 && summary_.newest_ms >= from_ms && summary_.oldest_ms <= to_ms;
}

absl::StatusOr<std::optional<StoredJournalRecord>> Segment::ReadAt(uint64_t byte, uint8_t kind,
                                                                   const JournalKey& key) const {
  absl::StatusOr<FileHandle> file = Open();
  if (!file.ok()) return file.status();
  RecordCursor cursor(file->get(), first_position(), byte, size());
  JournalRecord record;
  if (!cursor.Next(&record)) {
    return cursor.status().ok() ? absl::DataLossError(absl::StrCat("journal: ", DamageAt(byte, byte).where))
                                : cursor.status();
  }
  if (record.kind != kind || !(record.key == key)) return std::nullopt;
  return StoredJournalRecord{record.position, record.end, std::string(record.bytes)};
}

absl::StatusOr<std::optional<uint64_t>> Segment::FindByte(uint64_t hash, uint64_t* damages) const {
  while (true) {
    uint64_t entries;
    {
      absl::MutexLock lock(&mutex_);
      if (absl::Status s = CatchUpLocked(); !s.ok()) return s;
      *damages = summary_.damages;
      if (!sealed_) {
        const auto found = bytes_.find(hash);
        return found == bytes_.end() ? std::nullopt : std::optional<uint64_t>(found->second);
      }
      entries = summary_.entries;
    }
    absl::StatusOr<std::optional<uint64_t>> found = FindInIndex(directory_, first_position(), entries, hash);
    if (!absl::IsDataLoss(found.status())) return found;
    // It can be made again: in memory now, on disk by the next Seal.
    absl::MutexLock lock(&mutex_);
    sealed_ = false;
    summary_ = SegmentSummary();
  }
}

absl::StatusOr<std::optional<StoredJournalRecord>> Segment::Find(uint8_t kind, const JournalKey& key) const {
  uint64_t damages = 0;
  const absl::StatusOr<std::optional<uint64_t>> byte = FindByte(KeyHash(kind, key), &damages);
  if (!byte.ok()) return byte.status();
  if (byte->has_value()) return ReadAt(**byte, kind, key);
  if (damages > 0) return absl::DataLossError(absl::StrCat("journal: ", path(), " is damaged in places"));
  return std::nullopt;
}

void Segment::Note(const JournalRecord& record) const {
  if (record.kind == kEndMark) return;
  ++summary_.records;
  summary_.oldest_ms = std::min(summary_.oldest_ms, record.key.unix_ms);
  summary_.newest_ms = std::max(summary_.newest_ms, record.key.unix_ms);
  if (record.key.random != 0) bytes_[KeyHash(record.kind, record.key)] = record.position - first_position();
}

absl::Status Segment::CatchUpLocked() const {
  if (sealed_) return absl::OkStatus();
  const uint64_t end = this->end();
  // With its header it may have lost more: nobody knows where it ended.
  if (summary_.end == 0 && !trouble_.empty()) summary_.damages = 1;
  uint64_t byte = std::max<uint64_t>(summary_.end, kSegmentHeaderBytes);
  if (byte < end) {
    absl::StatusOr<FileHandle> file = Open();
    if (!file.ok()) return file.status();
    RecordCursor cursor(file->get(), first_position(), byte, end);
    JournalRecord record;
    while (cursor.byte() < end && cursor.status().ok()) {
      if (cursor.Next(&record)) {
        Note(record);
      } else if (cursor.status().ok()) {
        ++summary_.damages;
        if (!cursor.SkipToIntact()) break;
      }
    }
    if (!cursor.status().ok()) {  // from the beginning the next time: nothing is counted twice
      summary_ = SegmentSummary();
      return cursor.status();
    }
  }
  summary_.end = std::max(byte, end);
  summary_.entries = bytes_.size();
  return absl::OkStatus();
}

void Segment::CatchUp() const {
  absl::MutexLock lock(&mutex_);
  CatchUpLocked().IgnoreError();  // Find will meet it again and say so
}

bool Segment::sealed() const {
  absl::MutexLock lock(&mutex_);
  return sealed_;
}

SegmentSummary Segment::summary() const {
  absl::MutexLock lock(&mutex_);
  return summary_;
}

bool Segment::LoadIndex() {
  const absl::StatusOr<SegmentSummary> summary = ReadIndexSummary(directory_, first_position());
  if (!summary.ok()) return false;
  set_end(summary->end);
  absl::MutexLock lock(&mutex_);
  summary_ = *summary;
  sealed_ = true;
  return true;
}

absl::Status Segment::Seal(JournalDisk* disk) {
  std::vector<IndexEntry> entries;
  SegmentSummary summary;
  {
    absl::MutexLock lock(&mutex_);
    if (absl::Status s = CatchUpLocked(); !s.ok()) return s;
    summary = summary_;
    entries.reserve(bytes_.size());
    for (const auto& [hash, byte] : bytes_) entries.push_back({hash, byte});
  }
  absl::StatusOr<FileHandle> file = Open();
  if (!file.ok()) return file.status();
  if (const int error = disk->SyncFile(file->get()); error != 0) {
    return DiskError(absl::StrCat("syncing ", path()), error);
  }
  if (absl::Status s = WriteIndex(disk, directory_, first_position(), summary, std::move(entries)); !s.ok()) return s;
  absl::MutexLock lock(&mutex_);
  summary_ = summary;
  sealed_ = true;
  absl::flat_hash_map<uint64_t, uint64_t>().swap(bytes_);
  return absl::OkStatus();
}

}  // namespace nbo::storage
