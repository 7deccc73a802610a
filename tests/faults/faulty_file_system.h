// A layer of files under RocksDB with three powers: it holds back what was not synced, it fails on demand, and its
// reads stall on demand.
#ifndef NBO_TESTS_FAULTS_FAULTY_FILE_SYSTEM_H_
#define NBO_TESTS_FAULTS_FAULTY_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace nbo {

// What was appended to one file and not synced since. Shared by the file's writer and its readers. Its mutex may be
// taken within the file system's, not the other way round.
struct HeldFile {
  mutable absl::Mutex mutex;
  uint64_t on_disk ABSL_GUARDED_BY(mutex) = 0;  // bytes of the real file
  std::string held ABSL_GUARDED_BY(mutex);      // follows them
};

// Operations that can be told to fail, as bits.
enum FileOperation { kFileCreate = 1, kFileAppend = 2, kFileSync = 4, kEveryFileOperation = 7 };

// What is to fail, and how.
struct FileFault {
  rocksdb::IOStatus error;
  int operations = kEveryFileOperation;
  std::string name_part = {};  // of the file name; empty: every file
};

// Bytes appended to a file stay in this process's memory and reach the real file when it is synced. So a kill -9 loses
// what a power cut would lose, and so does PowerOff within the process. The process itself reads what it wrote, as it
// would from the page cache. RangeSync promises nothing, as on a real machine; nor does Close. Not held back: names
// (making, renaming and deleting files), the lock, and RocksDB's own LOG.
//
// A failing append keeps the first half of its bytes, as a full disk does. Thread-safe.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  // `hold_back` false: only fails on demand; what is appended goes to the real file at once.
  explicit FaultyFileSystem(bool hold_back);

  // Forgets what is held back, for ever: whatever is still open can write, rename or delete nothing from now on. Close
  // the database (it will complain) and open the directory anew with another layer.
  void PowerOff();
  uint64_t HeldBytes() const;

  // Every matching operation fails until Heal. Replaces an earlier fault.
  void Fail(FileFault fault);
  void Heal();
  // Operations that failed so far.
  int failures() const;

  // Reads of tables, and of whatever else is read at random, wait until GoOn, as on a disk that hangs.
  void StallReads();
  void GoOn();
  // Returns when so many reads wait.
  void AwaitStalled(int count) const;

  // rocksdb::FileSystem
  const char* Name() const override { return "FaultyFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& name, const rocksdb::IOOptions& options, uint64_t* size,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildrenFileAttributes(const std::string& directory, const rocksdb::IOOptions& options,
                                              std::vector<rocksdb::FileAttributes>* result,
                                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& name, size_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

  // For its files. The error that the operation must fail with, if any.
  std::optional<rocksdb::IOStatus> FaultOf(FileOperation operation, const std::string& name);
  bool holds_back() const { return hold_back_; }
  // Returns when reads do not stall.
  void AwaitReads();
  // A writer has let go of the file of this name.
  void Closed(const std::string& name, const HeldFile& file);

 private:
  rocksdb::IOStatus CheckPower() const;
  std::shared_ptr<HeldFile> Find(const std::string& name) const;
  rocksdb::IOStatus Wrap(const std::string& name, uint64_t size, std::unique_ptr<rocksdb::FSWritableFile> real,
                         std::unique_ptr<rocksdb::FSWritableFile>* file);

  const bool hold_back_;
  mutable absl::Mutex mutex_;
  bool off_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<FileFault> fault_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;
  int stalled_reads_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::shared_ptr<HeldFile>> files_ ABSL_GUARDED_BY(mutex_);  // being written, or with held bytes
};

}  // namespace nbo

#endif  // NBO_TESTS_FAULTS_FAULTY_FILE_SYSTEM_H_
