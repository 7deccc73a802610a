#include "storage/journal_layout.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "core/base/digest.h"
#include "core/base/hash.h"
#include "storage/bits.h"

namespace nbo::storage {
namespace {

constexpr absl::string_view kSegmentMagic = "nboJRNL1";
constexpr size_t kHeaderChecksumByte = 32;

// The position is part of it: bytes of another place, or of a file that had these blocks before, are no record.
uint64_t RecordChecksum(uint64_t position, absl::string_view behind_checksum) {
  return Hash64(behind_checksum) + (position + 1) * 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: odd, bits well mixed
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string page(kSegmentMagic);
  AppendNumber(static_cast<int64_t>(uint64_t{kJournalFormat} | uint64_t{header.size} << 32), &page);
  AppendNumber(static_cast<int64_t>(header.first_position), &page);
  AppendNumber(static_cast<int64_t>(header.follows), &page);
  AppendNumber(static_cast<int64_t>(Hash64(page)), &page);
  page.resize(kSegmentHeaderBytes);
  return page;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view page) {
  if (page.size() < kSegmentHeaderBytes) return absl::DataLossError("its header is cut off");
  if (page.substr(0, kSegmentMagic.size()) != kSegmentMagic ||
      LoadBytes(page.data() + kHeaderChecksumByte) != Hash64(page.substr(0, kHeaderChecksumByte))) {
    return absl::DataLossError("its header is damaged");
  }
  const uint64_t format_and_size = LoadBytes(page.data() + 8);
  const auto format = static_cast<uint32_t>(format_and_size);
  if (format != kJournalFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("it has format ", format, ", this version reads ", kJournalFormat));
  }
  SegmentHeader header;
  header.size = static_cast<uint32_t>(format_and_size >> 32);
  header.first_position = LoadBytes(page.data() + 16);
  header.follows = LoadBytes(page.data() + 24);
  return header;
}

uint64_t SyncedWord(uint64_t byte) {
  char bytes[8];
  StoreBytes(byte, bytes);
  return byte | Hash64({bytes, sizeof(bytes)}) << 32;
}

std::optional<uint64_t> ByteOfSyncedWord(uint64_t word) {
  if (word == 0) return 0;
  const uint64_t byte = word & 0xFFFFFFFF;
  return SyncedWord(byte) == word ? std::optional<uint64_t>(byte) : std::nullopt;
}

void WriteRecord(uint64_t position, uint8_t kind, const JournalKey& key, absl::string_view bytes, char* out) {
  const size_t size = RecordBytes(bytes.size());
  std::memset(out + size - 8, 0, 8);  // padding; what of it belongs to the record is written below
  StoreBytes(bytes.size() | uint64_t{kind} << 32, out + 8);
  StoreBytes(static_cast<uint64_t>(key.unix_ms), out + 16);
  StoreBytes(key.random, out + 24);
  if (!bytes.empty()) std::memcpy(out + kRecordHeaderBytes, bytes.data(), bytes.size());
  StoreBytes(RecordChecksum(position, {out + 8, size - 8}), out);
}

std::optional<size_t> SizeOfRecord(absl::string_view header) {
  const uint64_t word = LoadBytes(header.data() + 8);
  const size_t length = word & 0xFFFFFFFF;
  if (word >> 40 != 0 || length > kMaxJournalRecordBytes) return std::nullopt;
  return RecordBytes(length);
}

std::optional<JournalRecord> ReadRecord(uint64_t position, absl::string_view in) {
  if (in.size() < kRecordHeaderBytes) return std::nullopt;
  const std::optional<size_t> size = SizeOfRecord(in);
  if (!size.has_value() || *size > in.size()) return std::nullopt;
  if (RecordChecksum(position, in.substr(8, *size - 8)) != LoadBytes(in.data())) return std::nullopt;
  const uint64_t word = LoadBytes(in.data() + 8);
  JournalRecord record;
  record.position = position;
  record.end = position + *size;
  record.kind = static_cast<uint8_t>(word >> 32);
  record.key.unix_ms = static_cast<int64_t>(LoadBytes(in.data() + 16));
  record.key.random = LoadBytes(in.data() + 24);
  record.bytes = in.substr(kRecordHeaderBytes, word & 0xFFFFFFFF);
  return record;
}

uint64_t KeyHash(uint8_t kind, const JournalKey& key) {
  char bytes[24];
  StoreBytes(kind, bytes);
  StoreBytes(static_cast<uint64_t>(key.unix_ms), bytes + 8);
  StoreBytes(key.random, bytes + 16);
  return Hash64({bytes, sizeof(bytes)});
}

std::string SegmentName(uint64_t first_position) { return absl::StrFormat("%020u.segment", first_position); }
std::string IndexName(uint64_t first_position) { return absl::StrFormat("%020u.index", first_position); }

std::optional<uint64_t> PositionOfSegmentName(absl::string_view name) {
  uint64_t position = 0;
  if (name.size() != SegmentName(0).size() || !absl::ConsumeSuffix(&name, ".segment")) return std::nullopt;
  for (const char c : name) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  return absl::SimpleAtoi(name, &position) ? std::optional<uint64_t>(position) : std::nullopt;
}

}  // namespace nbo::storage
