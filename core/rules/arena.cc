#include "core/rules/arena.h"

#include <algorithm>

namespace nbo::rules {
namespace {

constexpr size_t kFirstBlockBytes = 4096;
constexpr size_t kAlignment = alignof(std::max_align_t);

}  // namespace

void* Arena::Allocate(size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  // The rest of a block that is too small is left unused.
  while (at_.block < blocks_.size() && blocks_[at_.block].size - at_.used < bytes) {
    ++at_.block;
    at_.used = 0;
  }
  if (at_.block == blocks_.size()) {
    const size_t size = std::max(bytes, blocks_.empty() ? kFirstBlockBytes : 2 * blocks_.back().size);
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  }
  char* const result = blocks_[at_.block].data.get() + at_.used;
  at_.used += bytes;
  at_.total += bytes;
  return result;
}

}  // namespace nbo::rules
