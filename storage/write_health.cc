#include "storage/write_health.h"

#include <rocksdb/convenience.h>
#include <rocksdb/transaction_log.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/database.h"

namespace nbo::storage {
namespace {

using rocksdb::Status;

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(5);
// How long closing waits for a recovery under way.
constexpr absl::Duration kPatience = absl::Seconds(10);
// Trouble that does not stop writes (a compaction that failed) counts as over after so long without another.
constexpr absl::Duration kQuiet = absl::Seconds(30);
// Beyond what is in memory: room for the next log, so that writes do not stop again at once.
constexpr uint64_t kRoomBytes = 16 << 20;

}  // namespace

WriteHealth::WriteHealth(std::string path, std::function<void(const WriteState&)> changed)
    : path_(std::move(path)), changed_(std::move(changed)) {}

absl::Status WriteHealth::Start(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* marked) {
  db_ = db;
  marked_ = marked;
  {
    absl::MutexLock gate(&gate_mutex_);
    if (Status marked = PutMark(); !marked.ok()) return ToStatus("writing", marked);
  }
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

Status WriteHealth::PutMark() {
  rocksdb::WriteOptions past_the_log;
  past_the_log.disableWAL = true;
  return db_->Put(past_the_log, marked_, "mark", "");
}

absl::Status WriteHealth::Write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch) {
  {
    absl::ReaderMutexLock gate(&gate_mutex_);
    if (gate_open_) {
      const Status written = db_->Write(options, batch);
      return written.ok() ? absl::OkStatus() : Refused(written);
    }
  }
  const std::string trouble = State().trouble;  // empty for an instant before and after
  return absl::UnavailableError(absl::StrCat("store: ", trouble.empty() ? "recovering; send it again" : trouble));
}

bool WriteHealth::AwaitBackgroundWork() {
  uint64_t flushes = 0, compactions = 0;
  do {
    db_->GetIntProperty(rocksdb::DB::Properties::kNumRunningFlushes, &flushes);
    db_->GetIntProperty(rocksdb::DB::Properties::kNumRunningCompactions, &compactions);
    if (flushes + compactions == 0) return true;
  } while (Pause(kFirstPause));
  return false;
}

Status WriteHealth::Resume() {
  {
    absl::MutexLock gate(&gate_mutex_);    // whoever came in before it closed is out now
    if (gate_open_) return db_->Resume();  // nothing that stops writes: the log is well
    if (LogIsStuck()) return Status::Aborted("the store must be opened anew: restart nbod");
  }
  if (!AwaitBackgroundWork()) return Status::ShutdownInProgress();
  Status resumed = db_->Resume();
  if (!resumed.ok()) return resumed;
  absl::MutexLock gate(&gate_mutex_);
  resumed = PutMark();
  if (!resumed.ok()) return resumed;
  log_failed_ = false;
  failed_log_ = 0;
  gate_open_ = true;
  return resumed;
}

// Whether Resume would go on with the log that failed. An attempt before may have begun a new one and failed later.
bool WriteHealth::LogIsStuck() {
  if (!log_failed_) return false;
  std::unique_ptr<rocksdb::LogFile> log;
  if (!db_->GetCurrentWalFile(&log).ok()) return false;
  if (failed_log_ == 0) failed_log_ = log->LogNumber();
  uint64_t in_memory = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kNumEntriesActiveMemTable, &in_memory);
  return log->LogNumber() == failed_log_ && in_memory == 0;
}

void WriteHealth::Stop() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    // A Resume that waits for a flush which never comes ends with all background work.
    if (!mutex_.AwaitWithTimeout(absl::Condition(&stopped_), kPatience)) rocksdb::CancelAllBackgroundWork(db_, false);
  }
  thread_.join();
}

WriteState WriteHealth::State() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

uint64_t WriteHealth::Errors() const {
  absl::MutexLock lock(&mutex_);
  return errors_;
}

std::string WriteHealth::Explain(const Status& error) const {
  if (error.IsNoSpace()) {
    return absl::StrCat("no space left on ", path_, "; receipts are refused until there is room, offers go on");
  }
  return absl::StrCat("cannot write to ", path_, ": ", error.ToString(),
                      "; receipts are refused until it can be written again, offers go on");
}

bool WriteHealth::Set(WriteState state, bool if_unsuspected) {
  absl::MutexLock change_lock(&change_mutex_);
  {
    absl::MutexLock lock(&mutex_);
    if (if_unsuspected && suspected_) return false;
    const bool same = state.writable == state_.writable && state.trouble.empty() == state_.trouble.empty();
    state_ = state;  // the words may differ from attempt to attempt; that is no change
    if (same) return true;
  }
  if (changed_) changed_(state);
  return true;
}

absl::Status WriteHealth::Refused(const Status& error) {
  {
    absl::MutexLock lock(&mutex_);
    suspected_ = true;
    no_space_ |= error.IsNoSpace();
  }
  if (error.IsCorruption()) return ToStatus("writing", error);
  return absl::UnavailableError(absl::StrCat("store: ", Explain(error)));
}

void WriteHealth::OnBackgroundError(rocksdb::BackgroundErrorReason reason, Status* error) {
  // A failed compaction has changed nothing: writes may go on. Other input and output errors are severe but no reason
  // to stay read-only for ever, which is what "fatal" means to RocksDB.
  if (error->IsIOError() && error->severity() == Status::Severity::kFatalError) {
    const bool harmless = reason == rocksdb::BackgroundErrorReason::kCompaction;
    *error = Status(*error, harmless ? Status::Severity::kSoftError : Status::Severity::kHardError);
  }
  WriteState state;
  state.writable = error->severity() < Status::Severity::kHardError;
  if (!state.writable) gate_open_ = false;
  if (reason == rocksdb::BackgroundErrorReason::kWriteCallback) log_failed_ = true;
  state.trouble =
      state.writable ? absl::StrCat("tables of ", path_, " cannot be compacted: ", error->ToString()) : Explain(*error);
  {
    absl::MutexLock lock(&mutex_);
    ++errors_;
    suspected_ = true;
    no_space_ |= error->IsNoSpace();
    if (!state_.writable && state.writable) return;  // the graver trouble stands
  }
  Set(std::move(state));
}

bool WriteHealth::Pause(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
}

bool WriteHealth::HasRoom() const {
  uint64_t in_memory = 0, free = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &in_memory);
  if (!db_->GetEnv()->GetFreeSpace(path_, &free).ok()) return true;  // trying costs little
  return free >= in_memory + kRoomBytes;
}

void WriteHealth::Run() {
  auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return suspected_ || stopping_; };
  while (true) {
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&has_work));
      stopped_ = stopping_;
      if (stopped_) return;
    }
    Recover();
  }
}

void WriteHealth::Recover() {
  for (absl::Duration pause = kFirstPause; Pause(pause); pause = std::min(pause * 2, kLongestPause)) {
    bool wait_for_room = false;
    {
      absl::MutexLock lock(&mutex_);
      wait_for_room = no_space_;
      if (!wait_for_room) suspected_ = false;
    }
    if (wait_for_room) {
      if (!HasRoom()) continue;
      absl::MutexLock lock(&mutex_);
      no_space_ = suspected_ = false;
    }
    const Status resumed = Resume();
    if (!resumed.ok()) {
      absl::MutexLock lock(&mutex_);
      suspected_ = true;
      no_space_ |= resumed.IsNoSpace();
    }
    if (!resumed.ok()) {
      if (!resumed.IsBusy() && !resumed.IsShutdownInProgress()) Set({.writable = false, .trouble = Explain(resumed)});
      continue;
    }
    const WriteState before = State();
    if (before.trouble.empty()) return;  // a write failed by itself, or was refused just before the last recovery
    if (before.writable) {
      absl::MutexLock lock(&mutex_);
      auto again = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return suspected_ || stopping_; };
      if (mutex_.AwaitWithTimeout(absl::Condition(&again), kQuiet)) continue;
    }
    if (Set(WriteState(), /*if_unsuspected=*/true)) return;
  }
}

}  // namespace nbo::storage
