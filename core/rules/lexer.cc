#include "core/rules/lexer.h"

#include <array>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/rules/string_literal.h"

namespace nbo::rules {
namespace {

struct Spelling {
  absl::string_view text;
  TokenKind kind;
};

// Longer spellings first.
constexpr std::array<Spelling, 24> kOperators = {{
    {"&&", TokenKind::kAnd},       {"||", TokenKind::kOr},         {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},  {"<=", TokenKind::kLessEqual},  {">=", TokenKind::kGreaterEqual},
    {"<", TokenKind::kLess},       {">", TokenKind::kGreater},     {"(", TokenKind::kLeftParen},
    {")", TokenKind::kRightParen}, {"[", TokenKind::kLeftBracket}, {"]", TokenKind::kRightBracket},
    {".", TokenKind::kDot},        {",", TokenKind::kComma},       {"?", TokenKind::kQuestion},
    {":", TokenKind::kColon},      {"+", TokenKind::kPlus},        {"-", TokenKind::kMinus},
    {"*", TokenKind::kTimes},      {"/", TokenKind::kDivide},      {"%", TokenKind::kModulo},
    {"!", TokenKind::kNot},        {"{", TokenKind::kLeftBrace},   {"}", TokenKind::kRightBrace},
}};

struct Remedy {
  absl::string_view text;
  absl::string_view message;
};

// What people write from other languages, with what to write here. Longer spellings first.
constexpr std::array<Remedy, 15> kRemedies = {{
    {"<>", "'<>' is not an operator; write '!=' for unequal"},
    {"=>", "'=>' is not an operator; write '>=' for at least"},
    {"=<", "'=<' is not an operator; write '<=' for at most"},
    {"===", "'===' is not an operator; write '==' to compare"},
    {"=", "'=' is not an operator; write '==' to compare"},
    {"&", "'&' is not an operator; write '&&' for and"},
    {"|", "'|' is not an operator; write '||' for or"},
    {"\xE2\x80\x9C", "this is a curly quote; write a straight quote \""},
    {"\xE2\x80\x9D", "this is a curly quote; write a straight quote \""},
    {"\xE2\x80\x98", "this is a curly quote; write a straight quote '"},
    {"\xE2\x80\x99", "this is a curly quote; write a straight quote '"},
    {"\xE2\x89\xA5", "write '>=' for at least"},
    {"\xE2\x89\xA4", "write '<=' for at most"},
    {"\xE2\x89\xA0", "write '!=' for unequal"},
    {"\xC2\xA0", "this is a no-break space; write an ordinary space"},
}};

bool IsNameStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsNamePart(char c) { return absl::ascii_isalnum(c) || c == '_'; }

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, Mistake> Run() {
    for (;;) {
      SkipBlanks();
      Token token;
      token.begin = position_;
      if (AtEnd()) {
        token.end = position_;
        tokens_.push_back(std::move(token));
        return std::move(tokens_);
      }
      if (!Read(&token)) return mistake_;
      token.end = position_;
      tokens_.push_back(std::move(token));
    }
  }

 private:
  bool AtEnd() const { return position_ >= static_cast<int>(text_.size()); }
  absl::string_view Rest() const { return text_.substr(position_); }
  char At(int position) const { return position < static_cast<int>(text_.size()) ? text_[position] : '\0'; }

  bool Fail(int offset, std::string message) {
    mistake_ = {offset, std::move(message)};
    return false;
  }

  void SkipBlanks() {
    while (!AtEnd()) {
      if (absl::ascii_isspace(text_[position_])) {
        ++position_;
      } else if (absl::StartsWith(Rest(), "//")) {
        while (!AtEnd() && text_[position_] != '\n') ++position_;
      } else {
        return;
      }
    }
  }

  bool Read(Token* token) {
    const char c = text_[position_];
    if (c == '"' || c == '\'') return ReadString(/*raw=*/false, token);
    if (absl::ascii_isdigit(c) || (c == '.' && absl::ascii_isdigit(At(position_ + 1)))) return ReadNumber(token);
    if (IsNameStart(c)) return ReadWord(token);
    return ReadOperator(token);
  }

  bool ReadString(bool raw, Token* token) {
    token->kind = TokenKind::kString;
    return ReadStringLiteral(text_, raw, &position_, &token->string_value, &mistake_);
  }

  bool ReadWord(Token* token) {
    const int begin = position_;
    while (IsNamePart(At(position_))) ++position_;
    const absl::string_view word = text_.substr(begin, position_ - begin);
    if (At(position_) == '"' || At(position_) == '\'') {
      if (word == "r" || word == "R") return ReadString(/*raw=*/true, token);
      if (absl::EqualsIgnoreCase(word, "b") || absl::EqualsIgnoreCase(word, "rb") ||
          absl::EqualsIgnoreCase(word, "br")) {
        return Fail(begin, "bytes are not supported; write an ordinary text in quotes");
      }
    }
    token->kind = word == "true"    ? TokenKind::kTrue
                  : word == "false" ? TokenKind::kFalse
                  : word == "in"    ? TokenKind::kIn
                                    : TokenKind::kIdentifier;
    token->string_value = std::string(word);
    return true;
  }

  bool ReadNumber(Token* token) {
    const int begin = position_;
    const bool hex = At(begin) == '0' && absl::ascii_tolower(At(begin + 1)) == 'x';
    bool is_double = false;
    if (hex) {
      position_ += 2;
      while (absl::ascii_isxdigit(At(position_))) ++position_;
    } else {
      is_double = SkipDecimal();
    }
    const absl::string_view digits = text_.substr(begin, position_ - begin);
    if (absl::ascii_tolower(At(position_)) == 'u' && !IsNamePart(At(position_ + 1))) {
      return Fail(begin, absl::StrCat("unsigned numbers are not supported; write ", digits, " without the 'u'"));
    }
    if (IsNamePart(At(position_)) || digits == "0x" || digits == "0X") {
      while (IsNamePart(At(position_))) ++position_;
      return Fail(begin, absl::StrCat("'", text_.substr(begin, position_ - begin),
                                      "' is neither a number nor a name; write a number such as 30, or a name that "
                                      "begins with a letter"));
    }
    return is_double ? ReadDouble(digits, token) : ReadInt(digits, hex, token);
  }

  // Moves behind digits, fraction and exponent; returns whether there was a fraction or an exponent.
  bool SkipDecimal() {
    bool is_double = false;
    while (absl::ascii_isdigit(At(position_))) ++position_;
    if (At(position_) == '.' && absl::ascii_isdigit(At(position_ + 1))) {
      is_double = true;
      ++position_;
      while (absl::ascii_isdigit(At(position_))) ++position_;
    }
    if (absl::ascii_tolower(At(position_)) == 'e') {
      const int sign = At(position_ + 1) == '+' || At(position_ + 1) == '-' ? 1 : 0;
      if (absl::ascii_isdigit(At(position_ + 1 + sign))) {
        is_double = true;
        position_ += 1 + sign;
        while (absl::ascii_isdigit(At(position_))) ++position_;
      }
    }
    return is_double;
  }

  bool ReadDouble(absl::string_view digits, Token* token) {
    token->kind = TokenKind::kDouble;
    const absl::from_chars_result end =
        absl::from_chars(digits.data(), digits.data() + digits.size(), token->double_value);
    // What is too small for a double is zero.
    if (end.ec != std::errc::result_out_of_range || token->double_value < 1) return true;
    return Fail(token->begin, "this number is too large for a double; the largest is about 1.8e308");
  }

  bool ReadInt(absl::string_view digits, bool hex, Token* token) {
    token->kind = TokenKind::kInt;
    const bool ok =
        hex ? absl::SimpleHexAtoi(digits, &token->int_magnitude) : absl::SimpleAtoi(digits, &token->int_magnitude);
    constexpr uint64_t kLargest = uint64_t{1} << 63;  // allowed behind a minus only; the parser looks
    if (ok && token->int_magnitude <= kLargest) return true;
    return Fail(token->begin, "this whole number is too large; the largest is 9223372036854775807");
  }

  bool ReadOperator(Token* token) {
    const bool is_operator =
        absl::StartsWith(Rest(), "==") || absl::StartsWith(Rest(), "&&") || absl::StartsWith(Rest(), "||");
    for (const Remedy& remedy : kRemedies) {
      if (is_operator && remedy.text != "===") continue;
      if (absl::StartsWith(Rest(), remedy.text)) return Fail(position_, std::string(remedy.message));
    }
    for (const Spelling& spelling : kOperators) {
      if (!absl::StartsWith(Rest(), spelling.text)) continue;
      token->kind = spelling.kind;
      position_ += static_cast<int>(spelling.text.size());
      return true;
    }
    // A whole UTF-8 character, so that the message stays valid text.
    int size = 1;
    while ((At(position_ + size) & 0xC0) == 0x80) ++size;
    return Fail(position_, absl::StrCat("unexpected character '", absl::Utf8SafeCEscape(Rest().substr(0, size)),
                                        "'; names consist of a-z, 0-9, '_' and '.', texts stand in quotes"));
  }

  const absl::string_view text_;
  int position_ = 0;
  std::vector<Token> tokens_;
  Mistake mistake_;
};

}  // namespace

absl::string_view TokenText(TokenKind kind) {
  for (const Spelling& spelling : kOperators) {
    if (spelling.kind == kind) return spelling.text;
  }
  switch (kind) {
    case TokenKind::kEnd: return "the end of the rule";
    case TokenKind::kIdentifier: return "a name";
    case TokenKind::kTrue: return "true";
    case TokenKind::kFalse: return "false";
    case TokenKind::kIn: return "in";
    case TokenKind::kString: return "a text";
    default: return "a number";
  }
}

std::variant<std::vector<Token>, Mistake> Lex(absl::string_view text) {
  // Messages repeat parts of the text and travel as text themselves.
  const size_t invalid = FindInvalidUtf8(text);
  if (invalid != absl::string_view::npos) {
    return Mistake{static_cast<int>(invalid), "this byte is not valid UTF-8; save the text as UTF-8"};
  }
  return Lexer(text).Run();
}

}  // namespace nbo::rules
