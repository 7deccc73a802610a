// String literals of the rule language: quotes, triple quotes, raw strings and escapes, as in CEL.
#ifndef NBO_CORE_RULES_STRING_LITERAL_H_
#define NBO_CORE_RULES_STRING_LITERAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/rules/expression.h"

namespace nbo::rules {

// Reads the literal whose opening quote is at text[*position]. On success appends its content to *out, moves *position
// behind the closing quote and returns true. Otherwise fills *mistake and returns false.
bool ReadStringLiteral(absl::string_view text, bool raw, int* position, std::string* out, Mistake* mistake);

// Appends a code point up to U+10FFFF as UTF-8.
void AppendUtf8(uint32_t code_point, std::string* out);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_STRING_LITERAL_H_
