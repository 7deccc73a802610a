// Canonical bytes of domain objects, for digests: the same on every machine.
#ifndef NBO_CORE_BASE_DIGEST_H_
#define NBO_CORE_BASE_DIGEST_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace nbo {

// Appends eight little-endian bytes.
inline void AppendNumber(int64_t value, std::string* out) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  out->append(bytes, sizeof(bytes));
}

// Appends the length and the bytes, so that neighbours cannot run together.
inline void AppendString(absl::string_view value, std::string* out) {
  AppendNumber(static_cast<int64_t>(value.size()), out);
  out->append(value.data(), value.size());
}

}  // namespace nbo

#endif  // NBO_CORE_BASE_DIGEST_H_
