#include "core/base/hash.h"

#include <xxhash.h>

namespace nbo {

uint32_t PartitionOf(absl::string_view customer_id) {
  return XXH32(customer_id.data(), customer_id.size(), 0) % kPartitions;
}

uint64_t Hash64(absl::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace nbo
