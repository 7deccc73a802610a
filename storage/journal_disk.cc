#include "storage/journal_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nbo::storage {

int JournalDisk::Allocate(int fd, size_t bytes) { return posix_fallocate(fd, 0, static_cast<off_t>(bytes)); }
int JournalDisk::SyncMapping(void* page, size_t bytes) { return msync(page, bytes, MS_SYNC) == 0 ? 0 : errno; }
int JournalDisk::SyncFile(int fd) { return fdatasync(fd) == 0 ? 0 : errno; }

JournalDisk* RealJournalDisk() {
  static JournalDisk* const disk = new JournalDisk;
  return disk;
}

absl::Status DiskError(absl::string_view what, int error) {
  if (error == ENOSPC || error == EDQUOT) {
    return absl::UnavailableError(absl::StrCat("journal: the disk is full: ", what));
  }
  return absl::UnavailableError(absl::StrCat("journal: ", what, ": ", std::strerror(error)));
}

absl::Status SyncDirectory(const std::string& path) {
  const FileHandle directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return DiskError(absl::StrCat("syncing ", path), errno);
  return absl::OkStatus();
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) close(fd_);
}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace nbo::storage
