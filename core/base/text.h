// Checks of text from outside.
#ifndef NBO_CORE_BASE_TEXT_H_
#define NBO_CORE_BASE_TEXT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nbo {

// True if the bytes are well-formed UTF-8 (Unicode 15, table 3-7).
bool IsUtf8(absl::string_view bytes);

// Number of code points of well-formed UTF-8.
size_t CodePoints(absl::string_view utf8);

// OK if `value` is an id: at most kMaxIdBytes of UTF-8 without control characters, and not empty if `required`.
// Otherwise INVALID_ARGUMENT that begins with `field`.
absl::Status CheckId(absl::string_view field, absl::string_view value, bool required);

// OK if `value` is UTF-8 of at most `max_bytes`; otherwise INVALID_ARGUMENT that begins with `field`.
absl::Status CheckText(absl::string_view field, absl::string_view value, size_t max_bytes);

}  // namespace nbo

#endif  // NBO_CORE_BASE_TEXT_H_
