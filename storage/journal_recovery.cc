#include "storage/journal_recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/bits.h"
#include "storage/journal_cursor.h"

namespace nbo::storage {
namespace {

// A segment file, and what is in it; of one with an index only the header is read.
struct Found {
  SegmentHeader header;
  std::string trouble;  // what is wrong with the header
  bool indexed = false;
  uint64_t clean_end = kSegmentHeaderBytes;   // behind the last record that follows the others without a gap
  uint64_t intact_end = kSegmentHeaderBytes;  // behind the last one of all
  uint64_t last_byte = 0;                     // the first byte from clean_end on that is not zero; its size if all are
  bool complete = false;                      // ends in an end mark, without a gap
  std::optional<uint64_t> watermark;          // nullopt: damaged
  bool gap = false;                           // something is missing behind clean_end that was on disk once

  bool empty() const { return !indexed && !complete && intact_end == kSegmentHeaderBytes; }
  // Whether records of it were on disk once. If that cannot be told, what is there now was.
  bool synced() const {
    return indexed || (watermark.has_value() ? *watermark > kSegmentHeaderBytes : intact_end > kSegmentHeaderBytes);
  }
  // Whether something is missing that was on disk once.
  bool lost() const { return watermark.has_value() ? clean_end < *watermark : intact_end > clean_end; }
};

class Recovery {
 public:
  Recovery(JournalDisk* disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}

  absl::StatusOr<RecoveredJournal> Run(uint64_t min_position);

 private:
  absl::Status List();
  absl::Status Read(uint64_t position);
  absl::Status ReadHeader(int fd, uint64_t position, Found* found);
  absl::Status ReadRecords(int fd, Found* found);
  std::string PathOf(const Found& found) const {
    return absl::StrCat(directory_, "/", SegmentName(found.header.first_position));
  }
  absl::Status Remove(const std::string& path);
  // Cuts off behind the first gap that was never synced.
  absl::Status Cut();
  // The last segment is written on, unless it is complete or damaged.
  absl::Status OpenLast(uint64_t min_position);

  JournalDisk* const disk_;
  const std::string directory_;
  std::vector<uint64_t> positions_;
  std::vector<Found> found_;
  RecoveredJournal result_;
};

absl::Status Recovery::Remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return DiskError(absl::StrCat("removing ", path), errno);
  return absl::OkStatus();
}

absl::Status Recovery::List() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return DiskError(absl::StrCat("making ", directory_), error.value());
  if (absl::Status s = SyncDirectory(std::filesystem::path(directory_).parent_path()); !s.ok()) return s;
  std::vector<std::string> names;
  for (auto it = std::filesystem::directory_iterator(directory_, error); !error && it != end(it); it.increment(error)) {
    names.push_back(it->path().filename());
  }
  if (error) return DiskError(absl::StrCat("listing ", directory_), error.value());
  for (const std::string& name : names) {
    if (const auto position = PositionOfSegmentName(name); position.has_value()) positions_.push_back(*position);
  }
  std::sort(positions_.begin(), positions_.end());
  for (const std::string& name : names) {
    bool leftover = absl::EndsWith(name, ".new");
    if (absl::EndsWith(name, ".index")) {
      leftover = std::none_of(positions_.begin(), positions_.end(), [&](uint64_t p) { return IndexName(p) == name; });
    }
    if (!leftover) continue;
    if (absl::Status s = Remove(absl::StrCat(directory_, "/", name)); !s.ok()) return s;
  }
  return SyncDirectory(directory_);
}

absl::Status Recovery::ReadHeader(int fd, uint64_t position, Found* found) {
  std::string page(kSegmentHeaderBytes, '\0');
  const ssize_t read = pread(fd, page.data(), page.size(), 0);
  if (read < 0) return DiskError(absl::StrCat("reading ", directory_, "/", SegmentName(position)), errno);
  absl::StatusOr<SegmentHeader> header =
      DecodeSegmentHeader(absl::string_view(page).substr(0, static_cast<size_t>(read)));
  if (header.ok() && header->first_position != position) header = absl::DataLossError("its header is another file's");
  if (absl::IsFailedPrecondition(header.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat("journal: ", directory_, "/", SegmentName(position), ": ", header.status().message()));
  }
  if (read == static_cast<ssize_t>(page.size())) {
    found->watermark = ByteOfSyncedWord(LoadBytes(page.data() + kWatermarkByte));
  }
  if (header.ok()) {
    found->header = *header;
    return absl::OkStatus();
  }
  // The name and the neighbours tell the rest.
  struct stat file {};
  fstat(fd, &file);
  const uint64_t size =
      std::clamp<uint64_t>(static_cast<uint64_t>(file.st_size), kSegmentHeaderBytes, kMaxSegmentBytes);
  found->trouble = std::string(header.status().message());
  found->header = {position, static_cast<uint32_t>(size), found_.empty() ? 0 : result_.next.follows};
  return absl::OkStatus();
}

absl::Status Recovery::ReadRecords(int fd, Found* found) {
  RecordCursor cursor(fd, found->header.first_position, kSegmentHeaderBytes, found->header.size);
  JournalRecord record;
  while (cursor.Next(&record)) {
    found->complete = record.kind == kEndMark;
    if (found->complete) break;
    found->clean_end = cursor.byte();
  }
  found->intact_end = found->clean_end;
  RecordCursor rest(fd, found->header.first_position, found->clean_end, found->header.size);
  found->last_byte = rest.FindNonZero();
  if (!found->complete && found->last_byte < found->header.size) {
    while (rest.SkipToIntact()) {
      while (rest.Next(&record)) {
        if (record.kind != kEndMark) found->intact_end = rest.byte();
      }
    }
  }
  return cursor.status().ok() ? rest.status() : cursor.status();
}

absl::Status Recovery::Read(uint64_t position) {
  const std::string path = absl::StrCat(directory_, "/", SegmentName(position));
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return DiskError(absl::StrCat("opening ", path), errno);
  Found found;
  if (absl::Status s = ReadHeader(file.get(), position, &found); !s.ok()) return s;
  found.indexed = ReadIndexSummary(directory_, position).ok();
  if (!found.indexed) {
    if (absl::Status s = ReadRecords(file.get(), &found); !s.ok()) return s;
  }
  result_.next.first_position = result_.next.follows = position + found.header.size;
  found_.push_back(std::move(found));
  return absl::OkStatus();
}

absl::Status Recovery::Cut() {
  for (size_t i = 0; i < found_.size(); ++i) {
    Found& found = found_[i];
    const bool synced_later =
        std::any_of(found_.begin() + static_cast<ptrdiff_t>(i) + 1, found_.end(), [](auto& f) { return f.synced(); });
    found.gap = !found.indexed && !found.complete && (found.lost() || synced_later);
    if (found.indexed || found.complete || found.gap || !found.trouble.empty()) continue;
    const std::string cut_at = absl::StrCat(PathOf(found), ", byte ", found.clean_end);
    if (found.last_byte < found.header.size) {
      result_.notes.push_back(
          absl::StrCat("cut off what was half written when the power or the process failed: ", cut_at));
    }
    // From the last one: should this be interrupted, the next start finds the same.
    for (; found_.size() > i + 1; found_.pop_back()) {
      const Found& last = found_.back();
      if (!last.empty()) result_.notes.push_back(absl::StrCat("removed ", PathOf(last), ": it followed ", cut_at));
      if (absl::Status s = Remove(PathOf(last)); !s.ok()) return s;
      if (absl::Status s = SyncDirectory(directory_); !s.ok()) return s;
    }
    result_.next.first_position = result_.next.follows = found.header.first_position + found.header.size;
  }
  return absl::OkStatus();
}

absl::Status Recovery::OpenLast(uint64_t min_position) {
  const Found* last = found_.empty() ? nullptr : &found_.back();
  const bool goes_on = last != nullptr && !last->indexed && !last->complete && last->trouble.empty() && !last->gap;
  if (goes_on) {
    absl::StatusOr<std::unique_ptr<SegmentWriter>> writer = SegmentWriter::Reopen(disk_, result_.segments.back());
    if (!writer.ok()) return writer.status();
    if ((*writer)->segment()->end_position() >= min_position) {
      result_.writer = *std::move(writer);
    } else {
      (*writer)->Finish();
      if (absl::Status s = (*writer)->Sync(); !s.ok()) return s;
    }
  }
  if (result_.writer == nullptr && result_.next.first_position + kSegmentHeaderBytes < min_position) {
    if (last != nullptr) {
      result_.notes.push_back(absl::StrCat("the journal ends before position ", min_position,
                                           ", which others know already: it goes on from there"));
    }
    result_.next.first_position = min_position;
  }
  return absl::OkStatus();
}

absl::StatusOr<RecoveredJournal> Recovery::Run(uint64_t min_position) {
  if (absl::Status s = List(); !s.ok()) return s;
  for (const uint64_t position : positions_) {
    if (absl::Status s = Read(position); !s.ok()) return s;
  }
  if (absl::Status s = Cut(); !s.ok()) return s;
  for (const Found& found : found_) {
    uint64_t end = found.clean_end;
    if (found.gap) {
      // Reading it comes to the gap and says so.
      end = std::max({found.intact_end, found.clean_end + kRecordHeaderBytes, found.watermark.value_or(0)});
      result_.notes.push_back(absl::StrCat("damaged: ", PathOf(found), ", byte ", found.clean_end));
    } else if (!found.trouble.empty()) {
      end = found.intact_end;
    }
    if (!found.trouble.empty()) result_.notes.push_back(absl::StrCat("damaged: ", PathOf(found), ": ", found.trouble));
    result_.segments.push_back(std::make_shared<Segment>(directory_, found.header, end, found.trouble));
    if (found.indexed) result_.segments.back()->LoadIndex();
  }
  if (absl::Status s = OpenLast(min_position); !s.ok()) return s;
  return std::move(result_);
}

}  // namespace

absl::StatusOr<RecoveredJournal> RecoverJournal(JournalDisk* disk, const std::string& directory,
                                                uint64_t min_position) {
  return Recovery(disk, directory).Run(min_position);
}

}  // namespace nbo::storage
