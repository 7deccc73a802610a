// The index file of a segment: which record has a key. Its bytes are in storage/journal_layout.h. Private to storage/.
#ifndef NBO_STORAGE_JOURNAL_INDEX_H_
#define NBO_STORAGE_JOURNAL_INDEX_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/journal_disk.h"

namespace nbo::storage {

// What is known of a segment as a whole.
struct SegmentSummary {
  uint64_t end = 0;  // the byte behind the last record
  uint64_t records = 0;
  uint64_t entries = 0;  // of the index
  int64_t oldest_ms = std::numeric_limits<int64_t>::max();
  int64_t newest_ms = std::numeric_limits<int64_t>::min();
  uint64_t damages = 0;
};

struct IndexEntry {
  uint64_t hash;
  uint64_t byte;
  friend auto operator<=>(const IndexEntry&, const IndexEntry&) = default;
};

// Writes the file, durably and whole or not at all. Entries in any order.
absl::Status WriteIndex(JournalDisk* disk, const std::string& directory, uint64_t first_position,
                        const SegmentSummary& summary, std::vector<IndexEntry> entries);

// NOT_FOUND, or DATA_LOSS: it is damaged or of another segment; make it again.
absl::StatusOr<SegmentSummary> ReadIndexSummary(const std::string& directory, uint64_t first_position);

// The byte of the last record with that hash, in a few reads. DATA_LOSS: the index is damaged; UNAVAILABLE.
absl::StatusOr<std::optional<uint64_t>> FindInIndex(const std::string& directory, uint64_t first_position,
                                                    uint64_t entries, uint64_t hash);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_JOURNAL_INDEX_H_
