// The little of UTF-8 that the rule language needs.
#ifndef NBO_CORE_RULES_UTF8_H_
#define NBO_CORE_RULES_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace nbo::rules {

// Appends a code point up to U+10FFFF.
void AppendUtf8(uint32_t code_point, std::string* out);

// The offset of the first byte that does not belong to a well-formed character; npos if there is none.
size_t FindInvalidUtf8(absl::string_view text);

// The number of code points of well-formed text; of other text, of bytes that do not continue a character.
int64_t CountCodePoints(absl::string_view text);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_UTF8_H_
