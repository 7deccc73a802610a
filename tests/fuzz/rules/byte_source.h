// Decisions made of a fuzzer's bytes.
#ifndef NBO_TESTS_FUZZ_RULES_BYTE_SOURCE_H_
#define NBO_TESTS_FUZZ_RULES_BYTE_SOURCE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace nbo::fuzz {

// Bytes, then zeros for ever. Whoever asks must end when all answers are zero.
class ByteSource {
 public:
  explicit ByteSource(absl::string_view bytes) : bytes_(bytes) {}

  uint8_t Byte() {
    if (next_ >= bytes_.size()) return 0;
    return static_cast<uint8_t>(bytes_[next_++]);
  }
  // 0 .. count-1, for at most 256.
  int Below(int count) { return Byte() % count; }
  bool OneIn(int count) { return Below(count) == count - 1; }
  uint64_t Word() {
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | Byte();
    return word;
  }
  bool empty() const { return next_ >= bytes_.size(); }

 private:
  const absl::string_view bytes_;
  size_t next_ = 0;
};

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_BYTE_SOURCE_H_
