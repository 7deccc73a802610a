#include "tests/faults/faulty_file_system.h"

#include <utility>

#include "tests/faults/held_files.h"

namespace nbo {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

class StallingRandomAccessFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  StallingRandomAccessFile(FaultyFileSystem* owner, std::unique_ptr<rocksdb::FSRandomAccessFile> file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), owner_(owner) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, rocksdb::Slice* result, char* scratch,
                IODebugContext* debug) const override {
    owner_->AwaitReads();
    return FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug);
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    owner_->AwaitReads();
    return FSRandomAccessFileOwnerWrapper::MultiRead(requests, count, options, debug);
  }
  IOStatus Prefetch(uint64_t offset, size_t n, const IOOptions& options, IODebugContext* debug) override {
    owner_->AwaitReads();
    return FSRandomAccessFileOwnerWrapper::Prefetch(offset, n, options, debug);
  }

 private:
  FaultyFileSystem* const owner_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(bool hold_back)
    : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), hold_back_(hold_back) {}

void FaultyFileSystem::PowerOff() {
  absl::MutexLock lock(&mutex_);
  off_ = true;
  for (auto& [name, file] : files_) {
    absl::MutexLock file_lock(&file->mutex);
    file->held.clear();
  }
}

uint64_t FaultyFileSystem::HeldBytes() const {
  absl::MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const auto& [name, file] : files_) {
    absl::MutexLock file_lock(&file->mutex);
    bytes += file->held.size();
  }
  return bytes;
}

void FaultyFileSystem::Fail(FileFault fault) {
  absl::MutexLock lock(&mutex_);
  fault_ = std::move(fault);
}

void FaultyFileSystem::Heal() {
  absl::MutexLock lock(&mutex_);
  fault_.reset();
}

int FaultyFileSystem::failures() const {
  absl::MutexLock lock(&mutex_);
  return failures_;
}

void FaultyFileSystem::StallReads() {
  absl::MutexLock lock(&mutex_);
  stalled_ = true;
}

void FaultyFileSystem::GoOn() {
  absl::MutexLock lock(&mutex_);
  stalled_ = false;
}

void FaultyFileSystem::AwaitStalled(int count) const {
  auto there = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stalled_reads_ >= count; };
  absl::MutexLock lock(&mutex_, absl::Condition(&there));
}

void FaultyFileSystem::AwaitReads() {
  auto going_on = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !stalled_; };
  absl::MutexLock lock(&mutex_);
  ++stalled_reads_;
  mutex_.Await(absl::Condition(&going_on));
  --stalled_reads_;
}

std::optional<IOStatus> FaultyFileSystem::FaultOf(FileOperation operation, const std::string& name) {
  absl::MutexLock lock(&mutex_);
  if (off_) return IOStatus::IOError("the power is off", name);
  if (!fault_ || (fault_->operations & operation) == 0) return std::nullopt;
  if (name.find(fault_->name_part) == std::string::npos) return std::nullopt;
  ++failures_;
  return fault_->error;
}

IOStatus FaultyFileSystem::CheckPower() const {
  absl::MutexLock lock(&mutex_);
  return off_ ? IOStatus::IOError("the power is off") : IOStatus::OK();
}

std::shared_ptr<HeldFile> FaultyFileSystem::Find(const std::string& name) const {
  absl::MutexLock lock(&mutex_);
  auto it = files_.find(name);
  return it == files_.end() ? nullptr : it->second;
}

void FaultyFileSystem::Closed(const std::string& name, const HeldFile& file) {
  absl::MutexLock lock(&mutex_);
  auto it = files_.find(name);
  if (it == files_.end() || it->second.get() != &file) return;  // the name is another file's by now
  bool all_on_disk = false;
  {
    absl::MutexLock file_lock(&file.mutex);
    all_on_disk = file.held.empty();
  }
  if (all_on_disk) files_.erase(it);
}

IOStatus FaultyFileSystem::Wrap(const std::string& name, uint64_t size, std::unique_ptr<rocksdb::FSWritableFile> real,
                                std::unique_ptr<rocksdb::FSWritableFile>* file) {
  auto held = std::make_shared<HeldFile>();
  {
    absl::MutexLock lock(&mutex_);
    absl::MutexLock file_lock(&held->mutex);
    held->on_disk = size;
    files_[name] = held;
  }
  *file = NewHeldWritableFile(this, name, std::move(real), std::move(held));
  return IOStatus::OK();
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& name, const FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  if (auto fault = FaultOf(kFileCreate, name)) return *fault;
  std::unique_ptr<rocksdb::FSWritableFile> real;
  IOStatus made = target_->NewWritableFile(name, options, &real, debug);
  return made.ok() ? Wrap(name, 0, std::move(real), file) : made;
}

IOStatus FaultyFileSystem::ReopenWritableFile(const std::string& name, const FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  if (auto fault = FaultOf(kFileCreate, name)) return *fault;
  if (Find(name) != nullptr) return IOStatus::NotSupported("reopening a file with held bytes", name);
  std::unique_ptr<rocksdb::FSWritableFile> real;
  IOStatus opened = target_->ReopenWritableFile(name, options, &real, debug);
  if (!opened.ok()) return opened;
  uint64_t size = 0;
  IOStatus sized = target_->GetFileSize(name, IOOptions(), &size, debug);
  return sized.ok() ? Wrap(name, size, std::move(real), file) : sized;
}

IOStatus FaultyFileSystem::ReuseWritableFile(const std::string& name, const std::string&, const FileOptions&,
                                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("recycling logs", name);
}

IOStatus FaultyFileSystem::NewSequentialFile(const std::string& name, const FileOptions& options,
                                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  IOStatus opened = target_->NewSequentialFile(name, options, file, debug);
  auto held = Find(name);
  if (opened.ok() && held != nullptr) *file = NewHeldSequentialFile(std::move(*file), std::move(held));
  return opened;
}

IOStatus FaultyFileSystem::NewRandomAccessFile(const std::string& name, const FileOptions& options,
                                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                               IODebugContext* debug) {
  IOStatus opened = target_->NewRandomAccessFile(name, options, file, debug);
  auto held = Find(name);
  if (!opened.ok()) return opened;
  if (held != nullptr) *file = NewHeldRandomAccessFile(std::move(*file), std::move(held));
  *file = std::make_unique<StallingRandomAccessFile>(this, std::move(*file));
  return opened;
}

IOStatus FaultyFileSystem::GetFileSize(const std::string& name, const IOOptions& options, uint64_t* size,
                                       IODebugContext* debug) {
  IOStatus sized = target_->GetFileSize(name, options, size, debug);
  if (auto held = Find(name); sized.ok() && held != nullptr) {
    absl::MutexLock lock(&held->mutex);
    *size = held->on_disk + held->held.size();
  }
  return sized;
}

IOStatus FaultyFileSystem::GetChildrenFileAttributes(const std::string& directory, const IOOptions& options,
                                                     std::vector<rocksdb::FileAttributes>* result,
                                                     IODebugContext* debug) {
  IOStatus listed = target_->GetChildrenFileAttributes(directory, options, result, debug);
  for (auto& child : *result) GetFileSize(directory + "/" + child.name, options, &child.size_bytes, debug);
  return listed;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
  if (IOStatus power = CheckPower(); !power.ok()) return power;
  {
    absl::MutexLock lock(&mutex_);
    files_.erase(name);
  }
  return target_->DeleteFile(name, options, debug);
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                      IODebugContext* debug) {
  if (IOStatus power = CheckPower(); !power.ok()) return power;
  absl::MutexLock lock(&mutex_);
  IOStatus renamed = target_->RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  files_.erase(to);
  if (auto it = files_.find(from); it != files_.end()) {  // what is held back goes with the name
    files_[to] = std::move(it->second);
    files_.erase(it);
  }
  return renamed;
}

IOStatus FaultyFileSystem::LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                                    IODebugContext* debug) {
  if (IOStatus power = CheckPower(); !power.ok()) return power;
  if (Find(from) != nullptr) return IOStatus::NotSupported("linking a file with held bytes", from);
  return target_->LinkFile(from, to, options, debug);
}

IOStatus FaultyFileSystem::Truncate(const std::string& name, size_t size, const IOOptions& options,
                                    IODebugContext* debug) {
  if (IOStatus power = CheckPower(); !power.ok()) return power;
  if (Find(name) != nullptr) return IOStatus::NotSupported("truncating a file with held bytes", name);
  return target_->Truncate(name, size, options, debug);
}

}  // namespace nbo
