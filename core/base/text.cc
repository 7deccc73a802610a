#include "core/base/text.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

// Length of the well-formed sequence that starts at p, or 0.
size_t SequenceLength(const uint8_t* p, size_t left) {
  const uint8_t b = p[0];
  if (b < 0x80) return 1;
  auto continuation = [&](size_t i, uint8_t low, uint8_t high) { return i < left && p[i] >= low && p[i] <= high; };
  if (b >= 0xC2 && b <= 0xDF) return continuation(1, 0x80, 0xBF) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    const uint8_t low = b == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = b == 0xED ? 0x9F : 0xBF;  // no surrogates
    return continuation(1, low, high) && continuation(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    const uint8_t low = b == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = b == 0xF4 ? 0x8F : 0xBF;
    return continuation(1, low, high) && continuation(2, 0x80, 0xBF) && continuation(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t FindInvalidUtf8(absl::string_view bytes) {
  const auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
  for (size_t i = 0; i < bytes.size();) {
    // Most text is ASCII: eight bytes at a time.
    uint64_t eight = 0;
    if (i + sizeof eight <= bytes.size()) {
      std::memcpy(&eight, p + i, sizeof eight);
      if ((eight & 0x8080808080808080) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    const size_t length = SequenceLength(p + i, bytes.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return absl::string_view::npos;
}

size_t CodePoints(absl::string_view utf8) {
  size_t count = 0;
  for (char c : utf8) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

absl::string_view CutUtf8(absl::string_view utf8, size_t max_bytes) {
  if (utf8.size() <= max_bytes) return utf8;
  while (max_bytes > 0 && (static_cast<uint8_t>(utf8[max_bytes]) & 0xC0) == 0x80) --max_bytes;
  return utf8.substr(0, max_bytes);
}

absl::Status CheckText(absl::string_view field, absl::string_view value, size_t max_bytes) {
  if (value.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", value.size(), " bytes; at most ", max_bytes, " are allowed"));
  }
  if (!IsUtf8(value)) return absl::InvalidArgumentError(absl::StrCat(field, ": not valid UTF-8"));
  return absl::OkStatus();
}

absl::Status CheckLine(absl::string_view field, absl::string_view value, size_t max_bytes) {
  if (absl::Status s = CheckText(field, value, max_bytes); !s.ok()) return s;
  for (char c : value) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": contains a control character; remove it"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckId(absl::string_view field, absl::string_view value, bool required) {
  if (value.empty()) {
    return required ? absl::InvalidArgumentError(absl::StrCat(field, ": is required")) : absl::OkStatus();
  }
  return CheckLine(field, value, kMaxIdBytes);
}

}  // namespace nbo
