#include "server/ctl/utf8.h"

#include <cstdint>

namespace nbo::ctl {
namespace {

// Length of the well-formed sequence at the front of a text that is not empty, or 0.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto within = [&](size_t i, uint8_t low, uint8_t high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const auto tail = [&](size_t i) { return within(i, 0x80, 0xBF); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    // Neither too long a form nor a surrogate.
    return within(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    // Neither too long a form nor above U+10FFFF.
    return within(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = SequenceLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string CleanUtf8(absl::string_view bytes, size_t max_bytes) {
  std::string clean;
  while (!bytes.empty()) {
    const size_t length = SequenceLength(bytes);
    const absl::string_view next = length == 0 ? absl::string_view("?") : bytes.substr(0, length);
    if (clean.size() + next.size() > max_bytes) break;
    clean.append(next.data(), next.size());
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace nbo::ctl
