#include "core/rules/string_literal.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nbo::rules {
namespace {

int DigitValue(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  if (absl::ascii_isxdigit(c)) return absl::ascii_tolower(c) - 'a' + 10;
  return 99;
}

// Reads exactly `count` digits of `base`; false if there are fewer or the code point does not exist.
bool AppendCodePoint(absl::string_view digits, int base, size_t count, std::string* out) {
  if (digits.size() < count) return false;
  uint32_t code = 0;
  for (size_t i = 0; i < count; ++i) {
    const int digit = DigitValue(digits[i]);
    if (digit >= base) return false;
    code = code * base + digit;
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code > 0x10FFFF || surrogate) return false;
  AppendUtf8(code, out);
  return true;
}

// `rest` begins behind the backslash. Returns the bytes used, 0 if this is not an escape.
int ReadEscape(absl::string_view rest, std::string* out) {
  if (rest.empty()) return 0;
  const char c = rest[0];
  switch (c) {
    case 'x':
    case 'X': return AppendCodePoint(rest.substr(1), 16, 2, out) ? 3 : 0;
    case 'u': return AppendCodePoint(rest.substr(1), 16, 4, out) ? 5 : 0;
    case 'U': return AppendCodePoint(rest.substr(1), 16, 8, out) ? 9 : 0;
    case '0':
    case '1':
    case '2':
    case '3': return AppendCodePoint(rest, 8, 3, out) ? 3 : 0;
    default: break;
  }
  static constexpr absl::string_view kLetters = "abfnrtv\\?\"'`";
  static constexpr absl::string_view kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
  const size_t found = kLetters.find(c);
  if (found == absl::string_view::npos) return 0;
  out->push_back(kMeanings[found]);
  return 1;
}

}  // namespace

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto append = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) return append(code_point);
  if (code_point < 0x800) {
    append(0xC0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    append(0xE0 | code_point >> 12);
    append(0x80 | (code_point >> 6 & 0x3F));
  } else {
    append(0xF0 | code_point >> 18);
    append(0x80 | (code_point >> 12 & 0x3F));
    append(0x80 | (code_point >> 6 & 0x3F));
  }
  append(0x80 | (code_point & 0x3F));
}

bool ReadStringLiteral(absl::string_view text, bool raw, int* position, std::string* out, Mistake* mistake) {
  const int begin = *position;
  const char quote = text[begin];
  const std::string triple(3, quote);
  const bool is_triple = absl::StartsWith(text.substr(begin), triple);
  const absl::string_view closing = is_triple ? absl::string_view(triple) : text.substr(begin, 1);
  size_t i = begin + closing.size();
  while (i < text.size() && !absl::StartsWith(text.substr(i), closing)) {
    const char c = text[i];
    if (c == '\n' && !is_triple) break;
    if (c != '\\' || raw) {
      out->push_back(c);
      ++i;
      continue;
    }
    const int used = ReadEscape(text.substr(i + 1), out);
    if (used == 0) {
      *mistake = {static_cast<int>(i), "this backslash begins no known escape; write '\\\\' for a backslash itself"};
      return false;
    }
    i += 1 + used;
  }
  if (!absl::StartsWith(text.substr(std::min(i, text.size())), closing)) {
    *mistake = {begin, absl::StrCat("this text never ends; write ", closing, " at its end")};
    return false;
  }
  *position = static_cast<int>(i + closing.size());
  return true;
}

}  // namespace nbo::rules
