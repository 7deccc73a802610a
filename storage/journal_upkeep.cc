// What the journal's thread does.
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/journal_files.h"

namespace nbo::storage {
namespace {

// Rounds of the thread until something is tried again that failed, and until segments are looked through for those
// whose index turned out to be damaged.
constexpr uint64_t kRoundsToRetry = 10;
constexpr uint64_t kRoundsToLookAgain = 200;

}  // namespace

void FileJournal::Run() {
  bool stopping = false;
  while (!stopping) {
    {
      absl::MutexLock lock(&mutex_);
      if (!stopping_ && !hurry_) wake_.WaitWithTimeout(&mutex_, options_.sync_interval);
      hurry_ = false;
      stopping = stopping_;
    }
    ++round_;
    if (!stopping) SetNextAside();
    SyncWritten();
    if (!stopping) SealFull();
  }
  Waiters left;
  {
    absl::MutexLock lock(&mutex_);
    left.swap(waiters_);
  }
  for (const auto& [position, done] : left) done(absl::UnavailableError("journal: it was closed"));
}

void FileJournal::SetNextAside() {
  {
    absl::MutexLock lock(&mutex_);
    if (next_ != nullptr || round_ < set_aside_round_) return;
  }
  next_header_.size = static_cast<uint32_t>(options_.segment_bytes);
  absl::StatusOr<std::unique_ptr<SegmentWriter>> made =
      SegmentWriter::Create(disk_, absl::StrCat(options_.path, "/decisions"), next_header_);
  absl::MutexLock lock(&mutex_);
  next_error_ = made.status();
  if (!made.ok()) {
    ++disk_errors_;
    set_aside_round_ = round_ + kRoundsToRetry;
    return;
  }
  next_ = *std::move(made);
  SegmentList segments = *segments_;
  segments.push_back(next_->segment());
  segments_ = std::make_shared<const SegmentList>(std::move(segments));
  next_header_.first_position = next_header_.follows = next_->segment()->next_position();
}

void FileJournal::SyncWritten() {
  std::vector<SegmentWriter*> writers;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& writer : full_) writers.push_back(writer.get());
    if (writer_ != nullptr) writers.push_back(writer_.get());
  }
  if (writers.empty()) return;
  absl::Status status;
  uint64_t durable = 0;
  size_t synced = 0;
  // In the order of positions: what is on disk of a later segment follows something that is.
  for (SegmentWriter* writer : writers) {
    if (status = writer->Sync(); !status.ok()) break;
    durable = writer->synced_position();
    ++synced;
  }
  std::vector<std::unique_ptr<SegmentWriter>> unmapped;
  Waiters called;
  {
    absl::MutexLock lock(&mutex_);
    durable_ = std::max(durable_, durable);
    if (!status.ok()) {
      ++disk_errors_;
      called.swap(waiters_);
      status = absl::UnavailableError(status.message());
    } else {
      const auto end = waiters_.upper_bound(durable_);
      for (auto it = waiters_.begin(); it != end;) called.insert(waiters_.extract(it++));
    }
    sync_error_ = status;
    // One that became full during the sync may have got records since.
    for (; synced > 0 && !full_.empty() && full_.front()->all_synced(); --synced) {
      unmapped.push_back(std::move(full_.front()));
      full_.pop_front();
      seal_round_ = 0;
    }
  }
  for (const auto& [position, done] : called) done(status);
  SegmentWriter* last = writers.back();
  if (unmapped.empty() || unmapped.back().get() != last) {
    if (last->segment()->end_position() != touched_position_) {
      touched_position_ = last->segment()->end_position();
      last->TouchAhead();
      last->segment()->CatchUp();
    }
  }
}

void FileJournal::SealFull() {
  if (round_ < seal_round_) return;
  seal_round_ = round_ + kRoundsToLookAgain;
  std::shared_ptr<const SegmentList> segments;
  uint64_t written = UINT64_MAX;  // from here on
  {
    absl::MutexLock lock(&mutex_);
    segments = segments_;
    if (next_ != nullptr) written = next_->segment()->first_position();
    if (writer_ != nullptr) written = writer_->segment()->first_position();
    if (!full_.empty()) written = full_.front()->segment()->first_position();
  }
  absl::Status status;
  for (const auto& segment : *segments) {
    if (segment->first_position() >= written || segment->sealed()) continue;
    if (status = segment->Seal(disk_); !status.ok()) break;
    SetNextAside();  // an appender may wait for it
  }
  absl::MutexLock lock(&mutex_);
  seal_error_ = status;
  if (!status.ok()) {
    ++disk_errors_;
    seal_round_ = round_ + kRoundsToRetry;
  }
}

}  // namespace nbo::storage
