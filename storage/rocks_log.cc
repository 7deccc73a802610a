#include "storage/rocks_log.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nbo::storage {
namespace {

constexpr off_t kMaxBytes = 16 << 20;

class RocksLog : public rocksdb::Logger {
 public:
  explicit RocksLog(const std::string& directory) : path_(directory + "/LOG") {
    absl::MutexLock lock(&mutex_);
    Open();
  }
  ~RocksLog() override {
    if (fd_ >= 0) close(fd_);
  }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[4096];  // longer lines are cut
    if (std::vsnprintf(text, sizeof text, format, arguments) < 0) return;
    const std::string line = absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone()),
                                          " ", absl::StripTrailingAsciiWhitespace(text), "\n");
    absl::MutexLock lock(&mutex_);
    if (bytes_ >= kMaxBytes) {
      close(fd_);
      std::rename(path_.c_str(), (path_ + ".old").c_str());
      Open();
    }
    if (fd_ < 0) return;
    if (const ssize_t written = write(fd_, line.data(), line.size()); written > 0) bytes_ += written;
  }

 private:
  void Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    struct stat found {};
    bytes_ = fd_ >= 0 && fstat(fd_, &found) == 0 ? found.st_size : 0;
  }

  const std::string path_;
  absl::Mutex mutex_;
  int fd_ ABSL_GUARDED_BY(mutex_) = -1;
  off_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> NewRocksLog(const std::string& directory) {
  return std::make_shared<RocksLog>(directory);
}

}  // namespace nbo::storage
