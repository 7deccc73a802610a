#include "storage/log_check.h"

#include <errno.h>
#include <fcntl.h>
#include <rocksdb/file_checksum.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/database.h"

namespace nbo::storage {
namespace {

constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kHeaderBytes = 7;        // checksum:u32 length:u16 type:u8, little-endian
constexpr size_t kBatchHeaderBytes = 12;  // sequence:u64 count:u32, the beginning of every record
enum FragmentType : uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

uint64_t LittleEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return value;
}

// CRC-32C as logs store it, "masked" so that the checksum of bytes that hold checksums stays strong.
uint32_t MaskedChecksum(absl::string_view bytes) {
  static rocksdb::FileChecksumGenFactory* const factory = [] {
    static const auto kept = rocksdb::GetFileChecksumGenCrc32cFactory();
    return kept.get();
  }();
  const auto generator = factory->CreateFileChecksumGenerator({});
  generator->Update(bytes.data(), bytes.size());
  generator->Finalize();
  uint32_t crc = 0;
  for (const char byte : generator->GetChecksum()) crc = crc << 8 | static_cast<uint8_t>(byte);  // big-endian
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

// The fragment that begins with `bytes`: its payload, or false.
bool ReadFragment(absl::string_view bytes, FragmentType* type, absl::string_view* payload) {
  if (bytes.size() < kHeaderBytes) return false;
  const size_t length = LittleEndian(bytes.substr(4, 2));
  const auto byte = static_cast<uint8_t>(bytes[6]);
  if (byte < kFull || byte > kLast || bytes.size() < kHeaderBytes + length) return false;
  if (MaskedChecksum(bytes.substr(6, 1 + length)) != LittleEndian(bytes.substr(0, 4))) return false;
  *type = static_cast<FragmentType>(byte);
  *payload = bytes.substr(kHeaderBytes, length);
  return true;
}

// Walks through the files in their order and keeps the verdict.
class Scan {
 public:
  absl::Status File(rocksdb::Env* env, const std::string& directory, const std::string& name);
  LogCheck result() const { return result_; }

 private:
  void Block(absl::string_view block, uint64_t offset);
  void Fragment(FragmentType type, absl::string_view payload, uint64_t offset);
  void Record(absl::string_view head, uint64_t end);
  // What begins at `offset` is no record; `head`: the bytes at the place of its batch header.
  void Damage(uint64_t offset, absl::string_view head);
  bool OnlyRefusedAreMissing(uint64_t sequence) const;

  LogCheck result_;
  std::string file_;
  std::string damage_;          // the first that was seen
  bool torn_ = false;           // something behind the last intact record of the file is none
  uint64_t intact_bytes_ = 0;   // the end of that
  std::string torn_head_;       // the first bytes behind it, if torn
  uint64_t next_sequence_ = 0;  // behind the last intact record of all; 0: there is none
  uint64_t torn_files_ = 0;     // since that record
  uint64_t torn_count_ = 0;     // the least number of writes in a record that they end in; 0: one is not known
  bool in_record_ = false;      // between a first and a last fragment
  uint64_t record_begin_ = 0;   // its offset
  std::string head_;            // its first bytes
};

void Scan::Damage(uint64_t offset, absl::string_view head) {
  if (damage_.empty()) damage_ = absl::StrCat(file_, ", byte ", offset);
  if (!torn_) torn_head_ = std::string(head);
  torn_ = true;
}

void Scan::Record(absl::string_view head, uint64_t end) {
  // RocksDB writes a refused record once more when it leaves the log, behind the part that it got to the disk before.
  // No acknowledged one has the sequence number of another.
  if (torn_ && head == torn_head_) return;
  torn_ = false;
  intact_bytes_ = end;
  if (head.size() < kBatchHeaderBytes) return;
  const uint64_t sequence = LittleEndian(head.substr(0, 8));
  const uint64_t count = LittleEndian(head.substr(8, 4));
  if (OnlyRefusedAreMissing(sequence)) damage_.clear();
  torn_files_ = 0;
  next_sequence_ = sequence + std::max<uint64_t>(count, 1);
  result_.last_sequence = std::max(result_.last_sequence, next_sequence_ - 1);
  if (result_.damage.empty()) result_.damage = damage_;
}

// A refused write takes no sequence number, the mark of a recovery (WriteHealth) takes one. So what lies in the torn
// ends before this record was acknowledged only if at least as many numbers are missing as it has writes.
bool Scan::OnlyRefusedAreMissing(uint64_t sequence) const {
  return torn_files_ > 0 && next_sequence_ > 0 && sequence <= next_sequence_ + torn_files_ && torn_count_ > torn_files_;
}

void Scan::Fragment(FragmentType type, absl::string_view payload, uint64_t offset) {
  const bool begins = type == kFull || type == kFirst;
  if (begins == in_record_) {  // no end, or no beginning
    if (in_record_) {
      Damage(record_begin_, head_);
    } else {
      Damage(offset, "");
    }
  }
  if (begins) {
    head_ = std::string(payload.substr(0, kBatchHeaderBytes));
    record_begin_ = offset;
    in_record_ = true;
  }
  if (!in_record_) return;
  if (type == kFull || type == kLast) {
    Record(head_, offset + kHeaderBytes + payload.size());
    in_record_ = false;
  }
}

void Scan::Block(absl::string_view block, uint64_t offset) {
  size_t at = 0;
  while (block.size() - at >= kHeaderBytes) {
    FragmentType type;
    absl::string_view payload;
    if (ReadFragment(block.substr(at), &type, &payload)) {
      Fragment(type, payload, offset + at);
      at += kHeaderBytes + payload.size();
      continue;
    }
    if (in_record_) {
      Damage(record_begin_, head_);
    } else {
      const absl::string_view rest = block.substr(at);
      Damage(offset + at, rest.substr(std::min(kHeaderBytes, rest.size()), kBatchHeaderBytes));
    }
    in_record_ = false;
    // A length may be what is damaged: the next fragment can begin at any byte.
    do ++at;
    while (at < block.size() && !ReadFragment(block.substr(at), &type, &payload));
  }
}

absl::Status Scan::File(rocksdb::Env* env, const std::string& directory, const std::string& name) {
  file_ = name;
  torn_ = false;
  intact_bytes_ = 0;
  const std::string path = absl::StrCat(directory, "/", name);
  std::unique_ptr<rocksdb::SequentialFile> file;
  rocksdb::Status status = env->NewSequentialFile(path, &file, rocksdb::EnvOptions());
  if (status.IsNotFound()) return absl::OkStatus();  // another process has the store; opening it will say so
  std::vector<char> buffer(kBlockBytes);
  for (uint64_t offset = 0; status.ok(); offset += kBlockBytes) {
    rocksdb::Slice block;
    status = file->Read(kBlockBytes, &block, buffer.data());
    if (!status.ok() || block.empty()) break;
    Block(ToView(block), offset);
  }
  if (in_record_) Damage(record_begin_, head_);
  in_record_ = false;
  if (torn_) {
    result_.torn_ends.push_back({path, intact_bytes_});
    const bool known = torn_head_.size() == kBatchHeaderBytes;
    const uint64_t count = known ? LittleEndian(absl::string_view(torn_head_).substr(8, 4)) : 0;
    torn_count_ = torn_files_ == 0 ? count : std::min(torn_count_, count);
    ++torn_files_;
  }
  return status.ok() ? absl::OkStatus() : ToStatus(absl::StrCat("reading ", path), status);
}

}  // namespace

absl::Status BlankTornEnd(const LogCheck::TornEnd& torn) {
  const int fd = open(torn.file.c_str(), O_WRONLY | O_CLOEXEC);
  struct stat found {};
  bool good = fd >= 0 && fstat(fd, &found) == 0;
  // A remainder too short for a header would be an error to RocksDB again.
  const uint64_t end = std::max<uint64_t>(static_cast<uint64_t>(found.st_size), torn.intact_bytes + kHeaderBytes);
  const std::string zeros(kBlockBytes, '\0');
  for (uint64_t at = torn.intact_bytes; good && at < end;) {
    const ssize_t written =
        pwrite(fd, zeros.data(), std::min<uint64_t>(zeros.size(), end - at), static_cast<off_t>(at));
    good = written > 0;
    at += good ? static_cast<uint64_t>(written) : 0;
  }
  good = good && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (good) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("store: cannot write to ", torn.file, ": ", std::strerror(error)));
}

absl::StatusOr<LogCheck> CheckLogs(rocksdb::Env* env, const std::string& directory) {
  std::vector<std::string> names;
  rocksdb::Status listed = env->GetChildren(directory, &names);
  if (listed.IsNotFound()) return LogCheck();
  if (!listed.ok()) return ToStatus(absl::StrCat("listing ", directory), listed);
  std::vector<std::pair<uint64_t, std::string>> logs;
  for (const std::string& name : names) {
    absl::string_view number = name;
    uint64_t value = 0;
    if (absl::ConsumeSuffix(&number, ".log") && absl::SimpleAtoi(number, &value)) logs.emplace_back(value, name);
  }
  std::sort(logs.begin(), logs.end());
  Scan scan;
  for (const auto& [number, name] : logs) {
    if (absl::Status s = scan.File(env, directory, name); !s.ok()) return s;
  }
  return scan.result();
}

}  // namespace nbo::storage
