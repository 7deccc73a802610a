// Whether RocksDB takes writes, why not, and the way back. Private to storage/.
//
// After a failed write, flush or compaction RocksDB may refuse every further write ("background error"). What was
// acknowledged lies in the log and in memory, reads go on. Resume() writes the memory to tables and begins a new log,
// which leaves behind whatever a refused write may have left in the old one. RocksDB would do so itself for a full disk
// only, and gives up on other errors (a disk that was remounted, a quota): so a thread here calls it for all of them,
// with a growing pause, as long as the error stands.
//
// RocksDB 7.8 begins the new log only if something is in memory (github.com/facebook/rocksdb/issues/12998). With
// nothing there it would go on with the log that failed, which Debian's build does not survive. So something always is:
// a mark, written past the log after opening and after each recovery, before anybody else may write. Should a full log
// have been changed for a new one this moment, and its first write fail, there is no way back but to open anew.
//
// And it forgets a flush that was due but had not begun when writes stopped; should that happen, Resume waits for ever:
// receipts stay refused until nbod is restarted, reads go on, and closing does not wait.
#ifndef NBO_STORAGE_WRITE_HEALTH_H_
#define NBO_STORAGE_WRITE_HEALTH_H_

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/storage.h"

namespace nbo::storage {

// Thread-safe but for Start and Stop. Register it as a listener of the database.
class WriteHealth : public rocksdb::EventListener {
 public:
  // `changed` as StorageOptions::on_write_state.
  WriteHealth(std::string path, std::function<void(const WriteState&)> changed);
  ~WriteHealth() override { Stop(); }

  // Starts the thread that recovers `db`, which must outlive it; so must `marked`, the family for the mark. Call it
  // before the first write.
  absl::Status Start(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* marked);
  // Call before the database is closed; waits for a recovery under way. Idempotent.
  void Stop();

  // Every write goes through here. UNAVAILABLE with the reason; recovery begins if it has not yet.
  absl::Status Write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch) ABSL_LOCKS_EXCLUDED(gate_mutex_);

  WriteState State() const;
  // Errors that RocksDB met in the background or writing, recoveries that failed included.
  uint64_t Errors() const;

  // rocksdb::EventListener
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;  // it is done here
  }

 private:
  void Run();
  void Recover();
  absl::Status Refused(const rocksdb::Status& error);
  // Until no flush or compaction runs; false: stopping. One that fails while RocksDB resumes makes it forget flushes
  // that it waits for the next time.
  bool AwaitBackgroundWork();
  rocksdb::Status Resume() ABSL_LOCKS_EXCLUDED(gate_mutex_);
  bool LogIsStuck();
  rocksdb::Status PutMark() ABSL_EXCLUSIVE_LOCKS_REQUIRED(gate_mutex_);
  bool Pause(absl::Duration duration);  // false: stopping
  bool HasRoom() const;
  std::string Explain(const rocksdb::Status& error) const;
  // Changes the state and tells. With `if_unsuspected` only if nothing failed meanwhile; false: something did.
  bool Set(WriteState state, bool if_unsuspected = false);

  const std::string path_;
  const std::function<void(const WriteState&)> changed_;
  rocksdb::DB* db_ = nullptr;
  rocksdb::ColumnFamilyHandle* marked_ = nullptr;
  absl::Mutex gate_mutex_ ABSL_ACQUIRED_BEFORE(change_mutex_);  // shared by writers, held alone to let them in again
  std::atomic<bool> gate_open_{true};                           // may close at any time
  std::atomic<bool> log_failed_{false};                         // a write to the log failed since the gate closed
  uint64_t failed_log_ = 0;                                     // its number; 0: not looked up yet. The thread's own
  std::thread thread_;
  mutable absl::Mutex mutex_;
  WriteState state_ ABSL_GUARDED_BY(mutex_);
  uint64_t errors_ ABSL_GUARDED_BY(mutex_) = 0;
  bool suspected_ ABSL_GUARDED_BY(mutex_) = false;  // something failed since the last successful recovery
  bool no_space_ ABSL_GUARDED_BY(mutex_) = false;   // for want of room
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;           // the thread is done
  absl::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // held while `changed_` runs: changes are told in order
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_WRITE_HEALTH_H_
