#include "storage/order.h"

#include <algorithm>
#include <bit>

namespace nbo::storage {

void OrderOf(absl::Span<const uint64_t> keys, int bits, std::vector<uint32_t>* order) {
  const size_t count = keys.size();
  order->resize(count);
  // As many buckets as keys, or up to twice as many; then hardly anything is left to be moved.
  const int bucket_bits = std::min(static_cast<int>(std::bit_width(count)), bits);
  const int shift = std::min(bits - bucket_bits, 63);
  static thread_local std::vector<uint32_t> ends;
  ends.assign(size_t{1} << bucket_bits, 0);
  const size_t last = ends.size() - 1;
  auto bucket = [&](uint64_t key) { return std::min<size_t>(key >> shift, last); };
  for (uint64_t key : keys) ++ends[bucket(key)];
  for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  for (size_t i = count; i-- > 0;) (*order)[--ends[bucket(keys[i])]] = static_cast<uint32_t>(i);
  for (size_t i = 1; i < count; ++i) {
    const uint32_t moved = (*order)[i];
    size_t place = i;
    for (; place > 0 && keys[(*order)[place - 1]] > keys[moved]; --place) (*order)[place] = (*order)[place - 1];
    (*order)[place] = moved;
  }
}

}  // namespace nbo::storage
