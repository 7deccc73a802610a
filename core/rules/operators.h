// Which operand types an operator takes, and what to tell the author otherwise.
#ifndef NBO_CORE_RULES_OPERATORS_H_
#define NBO_CORE_RULES_OPERATORS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "core/rules/environment.h"
#include "core/rules/lexer.h"
#include "core/rules/type.h"

namespace nbo::rules {

// An operand as the checker knows it.
struct Operand {
  Type type;  // not kError
  std::string type_name;
  bool is_literal = false;
  absl::string_view text;  // as written
};

// The type of `left op right`; kError after filling *message. A kAny operand never has a value; it takes whatever type
// the other one asks for.
Type TypeOfBinary(TokenKind op, const Operand& left, const Operand& right, std::string* message);
// The type of `op operand`; kError after filling *message.
Type TypeOfUnary(TokenKind op, const Operand& operand, std::string* message);

// What to do when a bool is needed and `operand` is something else, e.g. "compare it, for example x > 0".
std::string HowToMakeBool(const Operand& operand);
// How to write an int operand as a double: "write 1.0", "write double(x)".
std::string HowToMakeDouble(const Operand& operand);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_OPERATORS_H_
