// Every byte of the decision journal's files, in `decisions/` within the store's directory. All integers are
// little-endian. Private to storage/.
//
//   NNNNNNNNNNNNNNNNNNNN.segment      records; N: its first position in decimal, 20 digits
//   NNNNNNNNNNNNNNNNNNNN.index        where the records of that segment are, by their keys; written once no record will
//                                     follow and all are on disk; can be made again from the segment
//   *.new                             being made; removed at the next start
//
// A segment has the same size from the beginning, with real blocks. A record at byte B of the file has the position
// first position + B; the next segment's first position is this one's + its size, unless its header says otherwise.
//
//   byte   segment
//   0      "nboJRNL1"
//   8      format:u32 size:u32                  of the file
//   16     first_position:u64
//   24     follows:u64                          the first position + size of the segment before
//   32     checksum:u64                         Hash64 of bytes 0 to 31
//   64     watermark:u64                        SyncedWord: the bytes before it were on disk once; written now and then
//   4096   records, one after the other, each at a multiple of 8; then zeros. Where a segment was full or left, an end
//          mark: a record of kind 0 without bytes
//
//   byte   record
//   0      checksum:u64                         of what follows, padding too, and of its position (RecordChecksum)
//   8      length:u32                           of the bytes
//   12     kind:u8 0:u8 0:u8 0:u8
//   16     unix_ms:u64 random:u64               the key
//   32     bytes, padded with zeros to a multiple of 8
//
//   byte   index
//   0      "nboJIDX1"
//   8      format:u32 end:u32                   end: the byte of the segment behind the last record
//   16     first_position:u64
//   24     records:u64 entries:u64              entries: records whose key has a random part
//   40     oldest_ms:i64 newest_ms:i64          of all records; the oldest is greater if there is none
//   56     damages:u64                          places where the segment was damaged already
//   64     checksum:u64                         Hash64 of bytes 0 to 63
//   4096   blocks of 4096 bytes: checksum:u64 (Hash64 of the rest) 0:u64 and 255 times hash:u64 byte:u64. Ascending by
//          hash (KeyHash), then by byte; the last block is filled with all ones
#ifndef NBO_STORAGE_JOURNAL_LAYOUT_H_
#define NBO_STORAGE_JOURNAL_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/ledger/journal.h"

namespace nbo::storage {

inline constexpr uint32_t kJournalFormat = 1;
inline constexpr size_t kSegmentHeaderBytes = 4096;
inline constexpr size_t kRecordHeaderBytes = 32;
inline constexpr size_t kWatermarkByte = 64;
inline constexpr uint8_t kEndMark = 0;  // the kind of one
inline constexpr uint64_t kMinSegmentBytes = 64 << 10;
inline constexpr uint64_t kMaxSegmentBytes = 1 << 30;

struct SegmentHeader {
  uint64_t first_position = 0;
  uint32_t size = 0;
  uint64_t follows = 0;
};

// kSegmentHeaderBytes, without a watermark.
std::string EncodeSegmentHeader(const SegmentHeader& header);
// DATA_LOSS: damaged; FAILED_PRECONDITION: of another format version.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view page);

// A byte below 2^32 with a check of itself in one word, which is written whole or not at all.
uint64_t SyncedWord(uint64_t byte);
std::optional<uint64_t> ByteOfSyncedWord(uint64_t word);  // nullopt: damaged; of 0, which is never written: 0

inline constexpr size_t RecordBytes(size_t length) { return kRecordHeaderBytes + ((length + 7) & ~size_t{7}); }
// Writes RecordBytes(bytes.size()) bytes.
void WriteRecord(uint64_t position, uint8_t kind, const JournalKey& key, absl::string_view bytes, char* out);
// What the first kRecordHeaderBytes of a record say of its size; nullopt: no record begins so.
std::optional<size_t> SizeOfRecord(absl::string_view header);
// The record that begins with `in`, with views into it; nullopt if none does that is intact.
std::optional<JournalRecord> ReadRecord(uint64_t position, absl::string_view in);

// Under which a key is indexed. Only keys with a random part are.
uint64_t KeyHash(uint8_t kind, const JournalKey& key);

std::string SegmentName(uint64_t first_position);  // "00000000000000000000.segment"
std::string IndexName(uint64_t first_position);
// The inverse of SegmentName; nullopt for other files.
std::optional<uint64_t> PositionOfSegmentName(absl::string_view name);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_LAYOUT_H_
