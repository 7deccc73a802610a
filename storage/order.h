// Private to storage/.
#ifndef NBO_STORAGE_ORDER_H_
#define NBO_STORAGE_ORDER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace nbo::storage {

// Fills *order with the positions of the keys, ascending by key. Takes linear time if the upper bits of the keys below
// 2^bits are well spread, as those of hashes are.
void OrderOf(absl::Span<const uint64_t> keys, int bits, std::vector<uint32_t>* order);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_ORDER_H_
