// Canonical bytes of domain objects, for digests: the same on every machine.
#ifndef NBO_CORE_BASE_DIGEST_H_
#define NBO_CORE_BASE_DIGEST_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace nbo {

inline constexpr size_t kDigestNumberBytes = 8;

// Puts eight little-endian bytes and returns what follows them.
inline char* PutNumber(int64_t value, char* to) {
  static_assert(std::endian::native == std::endian::little, "elsewhere the bytes are to be swapped here");
  std::memcpy(to, &value, kDigestNumberBytes);
  return to + kDigestNumberBytes;
}

// Puts the length and the bytes, so that neighbours cannot run together.
inline char* PutString(absl::string_view value, char* to) {
  to = PutNumber(static_cast<int64_t>(value.size()), to);
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  return to + value.size();
}

// The same at the end of a string.
inline void AppendNumber(int64_t value, std::string* out) {
  char bytes[kDigestNumberBytes];
  PutNumber(value, bytes);
  out->append(bytes, sizeof(bytes));
}

inline void AppendString(absl::string_view value, std::string* out) {
  AppendNumber(static_cast<int64_t>(value.size()), out);
  out->append(value.data(), value.size());
}

}  // namespace nbo

#endif  // NBO_CORE_BASE_DIGEST_H_
