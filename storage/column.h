// Columns of numbers in a stream of bits: Rice codes (Rice and Plaunt, Adaptive Variable-Length Coding for Efficient
// Compression of Spacecraft Television Data, IEEE Transactions on Communication Technology, 1971). Private to storage/.
//
// A column starts with 7 bits: the parameter k (5), whether numbers may be negative (1), whether zeros are marked (1).
// k = kAllZero: every number is 0 and nothing follows. Negative numbers are coded as ZigZag, all of the column. If
// zeros are marked, a bit for each number follows, 1 for those that are not 0; only these are coded, less 1. Then come
//   the lowest k bits of each number coded,
//   what is above these, as so many ones and a zero; kEscape or more as kEscape ones and a zero,
//   for each of the latter 6 bits of its width less 1, and the number above the lowest k bits.
// Kept apart like this, the parts are read several numbers at a time. A number takes up to 84 bits, and about 1 more
// than its entropy.
#ifndef NBO_STORAGE_COLUMN_H_
#define NBO_STORAGE_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "storage/bits.h"

namespace nbo::storage {

// Overwrites the values.
void PutColumn(absl::Span<int64_t> values, BitWriter* writer);

// Fills *values with `count` numbers. False if there are not so many.
bool GetColumn(BitReader* reader, size_t count, std::vector<int64_t>* values);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_COLUMN_H_
