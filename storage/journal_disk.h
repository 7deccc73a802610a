// What the journal asks of a disk that may fail, so that tests can make it fail. Private to storage/ and its tests.
#ifndef NBO_STORAGE_JOURNAL_DISK_H_
#define NBO_STORAGE_JOURNAL_DISK_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nbo::storage {

// Thread-safe. All return 0 or an errno.
class JournalDisk {
 public:
  virtual ~JournalDisk() = default;
  // Gives an empty file real blocks.
  virtual int Allocate(int fd, size_t bytes);
  // Brings to disk what was written to a mapping of the file since; also what the file system needs to find it.
  virtual int SyncMapping(void* page, size_t bytes);
  virtual int SyncFile(int fd);
};

// The machine's own.
JournalDisk* RealJournalDisk();

// UNAVAILABLE: "the disk is full" for want of room, otherwise what was tried, with the system's reason.
absl::Status DiskError(absl::string_view what, int error);

// Makes durable which files a directory has.
absl::Status SyncDirectory(const std::string& path);

// Owns a file descriptor; -1: none.
class FileHandle {
 public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  ~FileHandle();
  FileHandle(FileHandle&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileHandle& operator=(FileHandle&& other) noexcept;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_DISK_H_
