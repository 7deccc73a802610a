// Streams of bits, lowest bit of each byte first. Private to storage/.
#ifndef NBO_STORAGE_BITS_H_
#define NBO_STORAGE_BITS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace nbo::storage {

// Small for small numbers of either sign: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
inline uint64_t ZigZag(int64_t n) { return static_cast<uint64_t>(n) << 1 ^ static_cast<uint64_t>(n >> 63); }
inline int64_t UnZigZag(uint64_t n) { return static_cast<int64_t>(n >> 1 ^ (~(n & 1) + 1)); }

// 8 bytes, the lowest first, on any machine.
inline uint64_t LoadBytes(const void* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof(value));
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}
inline void StoreBytes(uint64_t value, void* to) {
  if (std::endian::native != std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof(value));
}

class BitWriter {
 public:
  // The caller makes sure of room: for all bits written and 8 bytes more.
  explicit BitWriter(char* out) : begin_(out), next_(out) {}

  // The lowest `width` (0 to 56) bits of a value that has no others.
  void Put(uint64_t value, int width) {
    pending_ |= value << used_;
    used_ += width;
    StoreBytes(pending_, next_);
    next_ += used_ >> 3;
    pending_ >>= used_ & 56;
    used_ &= 7;
  }
  void Put64(uint64_t value) {
    Put(value & 0xFFFFFFFF, 32);
    Put(value >> 32, 32);
  }
  // A number of any size: 7 bits for its width, then its bits.
  void PutNumber(uint64_t value) {
    const int width = static_cast<int>(std::bit_width(value));
    Put(static_cast<uint64_t>(width), 7);
    PutWide(value, width);
  }
  // As Put, for up to 64 bits.
  void PutWide(uint64_t value, int width) {
    const int low = width < 32 ? width : 32;
    Put(value & 0xFFFFFFFF, low);
    Put(value >> 32, width - low);
  }
  void PutText(absl::string_view text) {
    PutNumber(text.size());
    for (char c : text) Put(static_cast<uint8_t>(c), 8);
  }
  // Fills the last byte with zeros. Returns how many bytes were written; nothing may be put after.
  size_t Finish() { return static_cast<size_t>(next_ - begin_) + (used_ > 0 ? 1 : 0); }

 private:
  char* const begin_;
  char* next_;
  uint64_t pending_ = 0;  // bits not yet in whole bytes
  int used_ = 0;          // how many: 0 to 7 between calls
};

// Never reads far beyond the end, and yields anything there: check overrun() before anything is believed, and skip no
// more than bits_left() without one.
class BitReader {
 public:
  // Bytes a reader may touch after the last one; the caller makes sure that they are there.
  static constexpr size_t kPadding = 16;

  explicit BitReader(absl::string_view bytes) : data_(bytes.data()), bits_(bytes.size() * 8) {}

  // The next 57 bits at least; beyond these, zeros or what follows.
  uint64_t Peek() const { return PeekAt(0); }
  // The same from a number of bits on, which must not lie beyond the end.
  uint64_t PeekAt(size_t ahead) const {
    const size_t position = std::min(position_ + ahead, bits_ + 7);
    return LoadBytes(data_ + (position >> 3)) >> (position & 7);
  }
  void Skip(size_t width) { position_ += width; }
  // `width` from 0 to 57.
  uint64_t Get(int width) {
    const uint64_t value = Peek() & ((uint64_t{1} << width) - 1);
    Skip(static_cast<size_t>(width));
    return value;
  }
  // `width` from 0 to 64.
  uint64_t GetWide(int width) {
    const int low = width < 32 ? width : 32;
    const uint64_t value = Get(low);
    return value | Get(width - low) << 32;
  }
  uint64_t Get64() { return GetWide(64); }
  // The inverse of PutNumber. Of damaged bytes: any number.
  uint64_t GetNumber() {
    const int width = static_cast<int>(Get(7));
    return GetWide(width < 64 ? width : 64);
  }
  bool overrun() const { return position_ > bits_; }
  size_t bits_left() const { return overrun() ? 0 : bits_ - position_; }
  // True if all was read, and only the rest of the last byte is left, with zeros.
  bool AtEnd() const {
    const size_t left = bits_left();
    return !overrun() && left < 8 && (Peek() & ((uint64_t{1} << left) - 1)) == 0;
  }

 private:
  const char* data_;
  size_t bits_;
  size_t position_ = 0;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_BITS_H_
