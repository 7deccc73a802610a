// A RocksDB store over a faulty layer of files.
#ifndef NBO_TESTS_STORAGE_FAULTY_STORE_H_
#define NBO_TESTS_STORAGE_FAULTY_STORE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/profile/recorder.h"
#include "storage/database.h"
#include "storage/storage.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/faults/faulty_file_system.h"
#include "tests/storage/temp_directory.h"

namespace nbo::storage {

// The states that a store told, in order. Thread-safe.
class ToldStates {
 public:
  void Add(const WriteState& state) {
    absl::MutexLock lock(&mutex_);
    told_.push_back(state);
  }
  // Waits until the last one told is (not) writable, a minute at most.
  bool Await(bool writable) {
    auto there = [this, writable]()
                     ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !told_.empty() && told_.back().writable == writable; };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Minutes(1));
  }
  std::vector<WriteState> all() const {
    absl::MutexLock lock(&mutex_);
    return told_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<WriteState> told_ ABSL_GUARDED_BY(mutex_);
};

class FaultyStoreTest : public ::testing::Test {
 protected:
  // A store over a new layer; the one before must have been closed.
  absl::Status TryOpen(bool hold_back, bool sync = true) {
    files_ = std::make_shared<FaultyFileSystem>(hold_back);
    StorageOptions options{.path = path(), .sync = sync, .block_cache_bytes = 8 << 20};
    options.decision_segment_bytes = 1 << 20;
    options.file_system = files_;
    options.on_write_state = [this](const WriteState& state) { told_.Add(state); };
    auto opened = OpenStorage(options);
    if (opened.ok()) storage_ = *std::move(opened);
    return opened.status();
  }
  void Open(bool hold_back, bool sync = true) {
    const absl::Status opened = TryOpen(hold_back, sync);
    ASSERT_TRUE(opened.ok()) << opened;
  }
  // As a power cut: whatever was not synced is gone.
  void CutPower() {
    files_->PowerOff();
    storage_.reset();
  }
  std::string path() const { return directory_.path() + "/db"; }

  // Records receipt `number` of a customer who has no other.
  absl::StatusOr<RecordResult> Record(int number, size_t lines = 1) {
    const Receipt receipt =
        ReceiptOf(absl::StrCat("c", number), "1", 10, std::vector<ReceiptLine>(lines, Bought("A", number)));
    const Receipt* const one[] = {&receipt};
    return Recorder(&storage_->profiles()).Record(one)[0];
  }
  bool Has(int number) {
    CustomerState state;
    auto found = storage_->profiles().ReadState(absl::StrCat("c", number), &state);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && *found;
  }

  TempDirectory directory_;
  ToldStates told_;
  std::shared_ptr<FaultyFileSystem> files_;
  std::unique_ptr<Storage> storage_;
};

}  // namespace nbo::storage

#endif  // NBO_TESTS_STORAGE_FAULTY_STORE_H_
