#include "storage/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "storage/journal_files.h"

namespace nbo::storage {
namespace {

// How long Append waits for the next segment to be set aside: rather no record than a till that waits.
constexpr absl::Duration kPatience = absl::Milliseconds(100);

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const JournalOptions& options) {
  if (options.segment_bytes < kMinSegmentBytes || options.segment_bytes > kMaxSegmentBytes) {
    return absl::InvalidArgumentError(absl::StrCat("journal: segment_bytes ", options.segment_bytes, " is not within ",
                                                   kMinSegmentBytes, " to ", kMaxSegmentBytes));
  }
  JournalOptions used = options;
  used.segment_bytes &= ~uint64_t{kSegmentHeaderBytes - 1};
  if (used.disk == nullptr) used.disk = RealJournalDisk();
  absl::StatusOr<RecoveredJournal> recovered =
      RecoverJournal(used.disk, absl::StrCat(used.path, "/decisions"), used.min_position);
  if (!recovered.ok()) return recovered.status();
  return std::make_unique<FileJournal>(used, *std::move(recovered));
}

FileJournal::FileJournal(const JournalOptions& options, RecoveredJournal recovered)
    : options_(options),
      disk_(options.disk),
      notes_(std::move(recovered.notes)),
      next_header_(recovered.next),
      segments_(std::make_shared<const SegmentList>(std::move(recovered.segments))),
      writer_(std::move(recovered.writer)),
      first_end_(next_header_.first_position) {
  SetNextAside();
  {
    absl::MutexLock lock(&mutex_);
    if (writer_ == nullptr && next_ != nullptr) TakeNext();
    durable_ = EndLocked();
  }
  thread_ = std::thread([this] { Run(); });
}

absl::StatusOr<uint64_t> FileJournal::Append(uint8_t kind, const JournalKey& key, absl::string_view bytes) {
  if (absl::Status s = CheckJournalRecord(kind, key, bytes); !s.ok()) return s;
  if (kSegmentHeaderBytes + RecordBytes(bytes.size()) + kRecordHeaderBytes > options_.segment_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("journal record: ", bytes.size(),
                                                   " bytes do not fit in a segment of ", options_.segment_bytes,
                                                   "; raise segment_bytes"));
  }
  absl::MutexLock lock(&mutex_);
  if (!sync_error_.ok()) {
    ++refused_records_;
    return sync_error_;
  }
  if (!Fits(bytes.size())) {
    if (absl::Status s = RollOver(bytes.size()); !s.ok()) {
      ++refused_records_;
      return s;
    }
  }
  ++appended_records_;
  appended_bytes_ += RecordBytes(bytes.size());
  return writer_->Append(kind, key, bytes);
}

absl::Status FileJournal::RollOver(size_t length) {
  if (next_ == nullptr && next_error_.ok()) {
    Hurry();
    struct Waiting {
      FileJournal* journal;
      size_t length;
    } waiting{this, length};
    // Another appender may take the next segment first.
    const auto over = +[](Waiting* w) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      FileJournal& j = *w->journal;
      return j.next_ != nullptr || !j.next_error_.ok() || !j.sync_error_.ok() || j.stopping_ || j.Fits(w->length);
    };
    mutex_.AwaitWithTimeout(absl::Condition(over, &waiting), kPatience);
    if (!sync_error_.ok()) return sync_error_;
    if (Fits(length)) return absl::OkStatus();
  }
  if (next_ == nullptr) {
    if (!next_error_.ok()) return next_error_;
    return absl::UnavailableError("journal: the disk is slow: the next segment is not ready");
  }
  TakeNext();
  return absl::OkStatus();
}

void FileJournal::TakeNext() {
  if (writer_ != nullptr) {
    writer_->Finish();
    full_.push_back(std::move(writer_));
  }
  writer_ = std::move(next_);
  Hurry();  // for the one after it
}

uint64_t FileJournal::EndLocked() const { return writer_ != nullptr ? writer_->segment()->end_position() : first_end_; }

uint64_t FileJournal::EndPosition() const {
  absl::MutexLock lock(&mutex_);
  return EndLocked();
}

void FileJournal::WhenDurable(uint64_t position, Done done) {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    if (position > durable_ && sync_error_.ok()) {
      if (position <= EndLocked()) {
        waiters_.emplace(position, std::move(done));
        return;
      }
      status = absl::InvalidArgumentError(absl::StrCat("journal: position ", position, " is behind the end"));
    } else if (position > durable_) {
      status = sync_error_;
    }
  }
  done(status);
}

absl::Status FileJournal::Sync() {
  absl::Notification synced;
  absl::Status status;
  const uint64_t end = EndPosition();
  WhenDurable(end, [&](const absl::Status& s) {
    status = s;
    synced.Notify();
  });
  {
    absl::MutexLock lock(&mutex_);
    Hurry();
  }
  synced.WaitForNotification();
  return status;
}

absl::StatusOr<int64_t> FileJournal::Blank(uint64_t until, uint8_t kind, Visitor is_doomed) {
  const Snapshot now = Now();
  int64_t blanked = 0;
  for (const auto& segment : *now.segments) {
    const uint64_t before = std::min(until, now.end);
    if (segment->first_position() >= before) break;
    const uint64_t end = std::min(segment->end(), before - segment->first_position());
    absl::StatusOr<int64_t> more = segment->Blank(end, kind, is_doomed, disk_);
    if (!more.ok()) return more.status();
    blanked += *more;
  }
  return blanked;
}

uint64_t FileJournal::Drop(const JournalRetention& retention) {
  const std::shared_ptr<const SegmentList> segments = Now().segments;
  uint64_t total = 0, bytes = 0, kept_from = 0;
  for (const auto& segment : *segments) total += segment->size();
  for (const auto& segment : *segments) {
    kept_from = segment->first_position();
    const SegmentSummary summary = segment->summary();
    if (!segment->sealed() || segment->end_position() > retention.checkpoint) break;
    if (segment == segments->back()) break;  // it says from where positions grow
    const bool old = summary.records == 0 || absl::FromUnixMillis(summary.newest_ms) < retention.keep_from;
    if (!old && total - bytes <= retention.max_bytes) break;
    bytes += segment->size();
  }
  absl::MutexLock lock(&mutex_);
  SegmentList kept;
  for (const auto& segment : *segments_) {
    if (segment->first_position() >= kept_from) {
      kept.push_back(segment);
    } else {
      segment->Doom();  // `segments` holds it until the lock is free
    }
  }
  if (kept.size() < segments_->size()) segments_ = std::make_shared<const SegmentList>(std::move(kept));
  return bytes;
}

JournalStats FileJournal::Stats() const {
  const std::shared_ptr<const SegmentList> segments = Now().segments;
  JournalStats stats;
  stats.segments = segments->size();
  for (const auto& segment : *segments) stats.file_bytes += segment->size();
  absl::MutexLock lock(&mutex_);
  stats.appended_records = appended_records_;
  stats.appended_bytes = appended_bytes_;
  stats.refused_records = refused_records_;
  stats.end_position = EndLocked();
  stats.durable_position = std::min(durable_, stats.end_position);
  stats.disk_errors = disk_errors_;
  for (const absl::Status* error : {&sync_error_, &next_error_, &seal_error_}) {
    if (stats.trouble.empty()) stats.trouble = std::string(error->message());
  }
  return stats;
}

absl::Status FileJournal::Close() {
  if (!thread_.joinable()) return absl::OkStatus();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  thread_.join();
  absl::MutexLock lock(&mutex_);
  return sync_error_;
}

}  // namespace nbo::storage
