// The words of the rule language.
#ifndef NBO_CORE_RULES_LEXER_H_
#define NBO_CORE_RULES_LEXER_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/rules/expression.h"

namespace nbo::rules {

enum class TokenKind : uint8_t {
  kEnd,
  kIdentifier,
  kTrue,
  kFalse,
  kInt,
  kDouble,
  kString,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kDot,
  kComma,
  kQuestion,
  kColon,
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kPlus,
  kMinus,
  kTimes,
  kDivide,
  kModulo,
  kNot,
};

// The token as the author writes it: "&&". For kinds with many spellings, what it is: "a name".
absl::string_view TokenText(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::kEnd;
  int begin = 0;  // bytes of the text: [begin, end)
  int end = 0;
  uint64_t int_magnitude = 0;  // kInt: up to 2^63; the sign is an operator of its own
  double double_value = 0;     // kDouble: finite
  std::string string_value;    // kString: after escapes; kIdentifier: the name
};

// Splits the text; the last token is kEnd. Stops at the first mistake. Never yields more tokens than bytes plus one.
std::variant<std::vector<Token>, Mistake> Lex(absl::string_view text);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_LEXER_H_
