// The two hashes of nbo. Both are written to disk: they never change.
#ifndef NBO_CORE_BASE_HASH_H_
#define NBO_CORE_BASE_HASH_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace nbo {

// Number of logical partitions; fixed for ever.
inline constexpr uint32_t kPartitions = 64;

// The logical partition of a customer: XXH32(customer_id, seed 0) mod 64.
uint32_t PartitionOf(absl::string_view customer_id);

// XXH3, 64 bits, seed 0 (xxHash specification 0.1.1).
uint64_t Hash64(absl::string_view bytes);

}  // namespace nbo

#endif  // NBO_CORE_BASE_HASH_H_
