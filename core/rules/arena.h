// Memory for the texts and lists that rules make while they are evaluated.
#ifndef NBO_CORE_RULES_ARENA_H_
#define NBO_CORE_RULES_ARENA_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/types/span.h"

namespace nbo::rules {

// Bytes are given out in a row and taken back all at once or down to a mark; nothing is destroyed, so only for
// trivial types. Allocates nothing before the first use and keeps what it has. Not thread-safe.
class Arena {
 public:
  struct Mark {
    size_t block = 0;
    size_t used = 0;  // bytes of the block
    size_t total = 0;
  };

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised, aligned for any value. Never null.
  void* Allocate(size_t bytes);
  template <typename T>
  absl::Span<T> NewArray(size_t size) {
    return absl::Span<T>(static_cast<T*>(Allocate(size * sizeof(T))), size);
  }

  // What was allocated after the mark is free again after Rewind.
  Mark Now() const { return at_; }
  void Rewind(const Mark& mark) { at_ = mark; }
  void Reset() { at_ = Mark(); }
  // Given out and not taken back.
  size_t bytes() const { return at_.total; }

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  Mark at_;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_ARENA_H_
