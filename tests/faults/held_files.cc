#include "tests/faults/held_files.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nbo {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSRandomAccessFile;
using rocksdb::FSReadRequest;
using rocksdb::FSSequentialFile;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// Copies what is held of the bytes from `offset` on to `to`, at most `n`; the number copied.
size_t CopyHeld(const HeldFile& file, uint64_t offset, size_t n, char* to) ABSL_SHARED_LOCKS_REQUIRED(file.mutex) {
  if (offset < file.on_disk || offset >= file.on_disk + file.held.size()) return 0;
  const size_t begin = offset - file.on_disk;
  const size_t count = std::min(n, file.held.size() - begin);
  std::memcpy(to, file.held.data() + begin, count);
  return count;
}

class HeldWritableFile : public FSWritableFile {
 public:
  HeldWritableFile(FaultyFileSystem* owner, std::string name, std::unique_ptr<FSWritableFile> real,
                   std::shared_ptr<HeldFile> held)
      : owner_(owner), name_(std::move(name)), real_(std::move(real)), held_(std::move(held)) {}
  ~HeldWritableFile() override {
    if (!closed_) Close(IOOptions(), nullptr).PermitUncheckedError();
  }

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const auto fault = owner_->FaultOf(kFileAppend, name_);
    absl::MutexLock lock(&held_->mutex);
    const Slice kept(data.data(), fault ? data.size() / 2 : data.size());
    if (owner_->holds_back()) {
      held_->held.append(kept.data(), kept.size());
    } else {
      IOStatus appended = real_->Append(kept, options, debug);
      if (!appended.ok()) return appended;
      held_->on_disk += kept.size();
    }
    return fault.value_or(IOStatus::OK());
  }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Reach(options, debug, &FSWritableFile::Sync);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Reach(options, debug, &FSWritableFile::Fsync);
  }

  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    absl::MutexLock lock(&held_->mutex);
    if (size > held_->on_disk + held_->held.size()) return IOStatus::NotSupported("growing by truncation", name_);
    if (size < held_->on_disk) {
      held_->held.clear();
      held_->on_disk = size;
      return real_->Truncate(size, options, debug);
    }
    held_->held.resize(size - held_->on_disk);
    return IOStatus::OK();
  }

  // Syncs nothing: what is held stays held.
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    closed_ = true;
    owner_->Closed(name_, *held_);
    return real_->Close(options, debug);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    absl::MutexLock lock(&held_->mutex);
    return held_->on_disk + held_->held.size();
  }

 private:
  IOStatus Reach(const IOOptions& options, IODebugContext* debug,
                 IOStatus (FSWritableFile::*sync)(const IOOptions&, IODebugContext*)) {
    if (auto fault = owner_->FaultOf(kFileSync, name_)) return *fault;
    absl::MutexLock lock(&held_->mutex);
    if (!held_->held.empty()) {
      IOStatus written = real_->Append(held_->held, options, debug);
      if (!written.ok()) return written;
      held_->on_disk += held_->held.size();
      held_->held.clear();
    }
    return (real_.get()->*sync)(options, debug);
  }

  FaultyFileSystem* const owner_;
  const std::string name_;
  const std::unique_ptr<FSWritableFile> real_;
  const std::shared_ptr<HeldFile> held_;
  bool closed_ = false;
};

class HeldSequentialFile : public FSSequentialFile {
 public:
  HeldSequentialFile(std::unique_ptr<FSSequentialFile> real, std::shared_ptr<HeldFile> held)
      : real_(std::move(real)), held_(std::move(held)) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    absl::MutexLock lock(&held_->mutex);
    size_t count = 0;
    if (position_ < held_->on_disk) {
      IOStatus read = ReadReal(std::min<uint64_t>(n, held_->on_disk - position_), options, result, scratch, debug);
      if (!read.ok()) return read;
      count = result->size();
      if (result->data() != scratch) std::memmove(scratch, result->data(), count);
    }
    count += CopyHeld(*held_, position_ + count, n - count, scratch + count);
    position_ += count;
    *result = Slice(scratch, count);
    return IOStatus::OK();
  }
  IOStatus Skip(uint64_t n) override {
    position_ += n;
    return IOStatus::OK();
  }

 private:
  // What was read while it was held may lie in the real file by now: that catches up first.
  IOStatus ReadReal(size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) {
    if (real_position_ < position_) {
      IOStatus skipped = real_->Skip(position_ - real_position_);
      if (!skipped.ok()) return skipped;
      real_position_ = position_;
    }
    IOStatus read = real_->Read(n, options, result, scratch, debug);
    if (read.ok()) real_position_ += result->size();
    return read;
  }

  const std::unique_ptr<FSSequentialFile> real_;
  const std::shared_ptr<HeldFile> held_;
  uint64_t position_ = 0, real_position_ = 0;
};

class HeldRandomAccessFile : public FSRandomAccessFile {
 public:
  HeldRandomAccessFile(std::unique_ptr<FSRandomAccessFile> real, std::shared_ptr<HeldFile> held)
      : real_(std::move(real)), held_(std::move(held)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    absl::MutexLock lock(&held_->mutex);
    size_t count = 0;
    if (offset < held_->on_disk) {
      const size_t wanted = std::min<uint64_t>(n, held_->on_disk - offset);
      IOStatus read = real_->Read(offset, wanted, options, result, scratch, debug);
      if (!read.ok()) return read;
      count = result->size();
      if (result->data() != scratch) std::memmove(scratch, result->data(), count);
    }
    count += CopyHeld(*held_, offset + count, n - count, scratch + count);
    *result = Slice(scratch, count);
    return IOStatus::OK();
  }
  IOStatus MultiRead(FSReadRequest* requests, size_t count, const IOOptions& options, IODebugContext* debug) override {
    for (size_t i = 0; i < count; ++i) {
      FSReadRequest& r = requests[i];
      r.status = Read(r.offset, r.len, options, &r.result, r.scratch, debug);
    }
    return IOStatus::OK();
  }
  size_t GetUniqueId(char* id, size_t max_size) const override { return real_->GetUniqueId(id, max_size); }

 private:
  const std::unique_ptr<FSRandomAccessFile> real_;
  const std::shared_ptr<HeldFile> held_;
};

}  // namespace

std::unique_ptr<FSWritableFile> NewHeldWritableFile(FaultyFileSystem* owner, std::string name,
                                                    std::unique_ptr<FSWritableFile> real,
                                                    std::shared_ptr<HeldFile> held) {
  return std::make_unique<HeldWritableFile>(owner, std::move(name), std::move(real), std::move(held));
}

std::unique_ptr<FSSequentialFile> NewHeldSequentialFile(std::unique_ptr<FSSequentialFile> real,
                                                        std::shared_ptr<HeldFile> held) {
  return std::make_unique<HeldSequentialFile>(std::move(real), std::move(held));
}

std::unique_ptr<FSRandomAccessFile> NewHeldRandomAccessFile(std::unique_ptr<FSRandomAccessFile> real,
                                                            std::shared_ptr<HeldFile> held) {
  return std::make_unique<HeldRandomAccessFile>(std::move(real), std::move(held));
}

}  // namespace nbo
