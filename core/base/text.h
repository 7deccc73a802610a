// Checks of text from outside.
#ifndef NBO_CORE_BASE_TEXT_H_
#define NBO_CORE_BASE_TEXT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nbo {

// The offset of the first byte that does not belong to a well-formed character (Unicode 15, table 3-7); npos if there
// is none.
size_t FindInvalidUtf8(absl::string_view bytes);
inline bool IsUtf8(absl::string_view bytes) { return FindInvalidUtf8(bytes) == absl::string_view::npos; }

// The number of code points of well-formed text; of other text, of bytes that do not continue a character.
size_t CodePoints(absl::string_view utf8);

// The longest begin of well-formed text that takes at most `max_bytes` and ends where a character does.
absl::string_view CutUtf8(absl::string_view utf8, size_t max_bytes);

// OK if `value` is an id: at most kMaxIdBytes of UTF-8 without control characters, and not empty if `required`.
// Otherwise INVALID_ARGUMENT that begins with `field`.
absl::Status CheckId(absl::string_view field, absl::string_view value, bool required);

// OK if `value` is UTF-8 of at most `max_bytes`; otherwise INVALID_ARGUMENT that begins with `field`.
absl::Status CheckText(absl::string_view field, absl::string_view value, size_t max_bytes);
// As CheckText, and without control characters.
absl::Status CheckLine(absl::string_view field, absl::string_view value, size_t max_bytes);

}  // namespace nbo

#endif  // NBO_CORE_BASE_TEXT_H_
