#include "core/rules/operators.h"

#include "absl/strings/str_cat.h"

namespace nbo::rules {
namespace {

constexpr size_t kLongestQuote = 60;  // bytes of the author's text that a message repeats

// The operand's text if it is short enough to repeat, else a stand-in.
absl::string_view Quote(const Operand& operand, absl::string_view stand_in) {
  return operand.text.size() <= kLongestQuote ? operand.text : stand_in;
}

std::string Quoted(const Operand& operand) {
  return operand.is_literal ? absl::StrCat("write it as a text: \"", Quote(operand, "..."), "\"")
                            : "compare like with like";
}

std::string Unquoted(const Operand& text, const Operand& number) {
  if (text.is_literal && text.text.size() > 2 && text.text.size() <= kLongestQuote) {
    return absl::StrCat("write the number without quotes: ", text.text.substr(1, text.text.size() - 2));
  }
  return absl::StrCat("turn the text into a number: ", TypeName(number.type), "(", Quote(text, "..."), ")");
}

std::string HowToCompare(const Operand& left, const Operand& right) {
  if (left.type == Type::kString && IsNumber(right.type)) {
    return right.is_literal && !left.is_literal ? Quoted(right) : Unquoted(left, right);
  }
  if (IsNumber(left.type) && right.type == Type::kString) {
    return left.is_literal && !right.is_literal ? Quoted(left) : Unquoted(right, left);
  }
  if (IsList(left.type) != IsList(right.type)) return "write 'in' to look for a value in a list";
  if (left.type == Type::kBool || right.type == Type::kBool) {
    const Operand& truth = left.type == Type::kBool ? left : right;
    if (!truth.is_literal && (IsNumber(left.type) || IsNumber(right.type))) {
      return "a chain such as 1 < x < 5 is written 1 < x && x < 5";
    }
    return "compare a bool with true or false";
  }
  return "compare like with like";
}

Type TypeOfRelation(TokenKind op, const Operand& left, const Operand& right, std::string* message) {
  const bool ordering = op != TokenKind::kEqual && op != TokenKind::kNotEqual;
  const absl::string_view sign = TokenText(op);
  if (!AreComparable(left, right)) {
    *message = absl::StrCat("'", sign, "' cannot compare ", TypeName(left.type), " with ", TypeName(right.type), "; ",
                            HowToCompare(left, right));
    return Type::kError;
  }
  if (left.type == Type::kStringMap) {
    *message = absl::StrCat("'", sign, "' cannot compare ", TypeName(left.type), " with ", TypeName(right.type),
                            "; compare the values under one key, for example m[\"key\"]");
    return Type::kError;
  }
  if (ordering && IsList(left.type)) {
    *message = absl::StrCat("'", sign, "' cannot order ", TypeName(left.type), " and ", TypeName(right.type),
                            "; lists can only be compared with '==' and '!='");
    return Type::kError;
  }
  return Type::kBool;
}

Type TypeOfIn(const Operand& left, const Operand& right, std::string* message) {
  if (right.type == Type::kStringMap && left.type == Type::kString) return Type::kBool;
  if (right.is_empty_list && !IsList(left.type) && left.type != Type::kStringMap) return Type::kBool;
  if (IsList(right.type)) {
    const Type element = right.type.element();
    if (element == left.type || (IsNumber(element) && IsNumber(left.type))) return Type::kBool;
  }
  *message = absl::StrCat("'in' cannot look for ", TypeName(left.type), " in ", TypeName(right.type), "; ");
  if (right.type == Type::kStringMap) {
    absl::StrAppend(message, "the keys of a map are texts in quotes");
  } else if (IsList(right.type)) {
    absl::StrAppend(message, "the list must hold values of the type on the left");
  } else if (right.is_literal) {
    absl::StrAppend(message, "write a list on the right: [", Quote(right, "..."), "]");
  } else {
    absl::StrAppend(message, "the right side must be a list such as [\"a\", \"b\"], or write '==' to compare");
  }
  return Type::kError;
}

absl::string_view VerbOf(TokenKind op) {
  switch (op) {
    case TokenKind::kPlus: return "add";
    case TokenKind::kMinus: return "subtract";
    case TokenKind::kTimes: return "multiply";
    case TokenKind::kDivide: return "divide";
    default: return "take the remainder of";
  }
}

Type TypeOfArithmetic(TokenKind op, const Operand& left, const Operand& right, std::string* message) {
  if (left.type == right.type && IsNumber(left.type)) {
    if (op != TokenKind::kModulo || left.type == Type::kInt) return left.type;
    *message = "'%' cannot take the remainder of double and double; it works on whole numbers: write int(x)";
    return Type::kError;
  }
  *message = absl::StrCat("'", TokenText(op), "' cannot ", VerbOf(op), " ", TypeName(left.type), " and ",
                          TypeName(right.type), "; ");
  if (op == TokenKind::kModulo && IsNumber(left.type) && IsNumber(right.type)) {
    absl::StrAppend(message, "it works on whole numbers: write int(",
                    left.type == Type::kDouble ? Quote(left, "...") : Quote(right, "..."), ")");
  } else if (IsNumber(left.type) && IsNumber(right.type)) {
    absl::StrAppend(message, HowToMakeDouble(left.type == Type::kInt ? left : right));
  } else if (op == TokenKind::kPlus && (left.type == Type::kString || IsList(left.type))) {
    absl::StrAppend(message,
                    "joining texts or lists is not supported: write the whole value, or test the parts one by "
                    "one with '&&'");
  } else {
    absl::StrAppend(message, "both sides must be numbers of the same type");
  }
  return Type::kError;
}

}  // namespace

bool AreComparable(const Operand& left, const Operand& right) {
  if (left.type == right.type) return true;
  if (IsNumber(left.type) && IsNumber(right.type)) return true;
  if (!IsList(left.type) || !IsList(right.type)) return false;
  if (left.is_empty_list || right.is_empty_list) return true;
  return IsNumber(left.type.element()) && IsNumber(right.type.element());
}

Type TypeOfBinary(TokenKind op, const Operand& left, const Operand& right, std::string* message) {
  if (op == TokenKind::kIn) return TypeOfIn(left, right, message);
  if (op >= TokenKind::kEqual && op <= TokenKind::kGreaterEqual) return TypeOfRelation(op, left, right, message);
  return TypeOfArithmetic(op, left, right, message);
}

Type TypeOfUnary(TokenKind op, const Operand& operand, std::string* message) {
  if (op == TokenKind::kMinus) {
    if (IsNumber(operand.type)) return operand.type;
    *message = absl::StrCat("'-' cannot negate ", TypeName(operand.type), "; it takes a number");
    if (operand.type == Type::kBool) absl::StrAppend(message, ": write '!' for not");
    return Type::kError;
  }
  if (operand.type == Type::kBool) return Type::kBool;
  *message = absl::StrCat("'!' cannot negate ", TypeName(operand.type), "; ", HowToMakeBool(operand));
  return Type::kError;
}

std::string HowToMakeDouble(const Operand& operand) {
  const bool decimal = operand.is_literal && operand.text.find_first_not_of("-0123456789") == absl::string_view::npos;
  return decimal ? absl::StrCat("write ", operand.text, ".0")
                 : absl::StrCat("write double(", Quote(operand, "..."), ")");
}

std::string HowToMakeBool(const Operand& operand) {
  const absl::string_view text = Quote(operand, "x");
  if (IsNumber(operand.type)) return absl::StrCat("compare it, for example ", text, " > 0");
  if (operand.type == Type::kString) {
    return operand.is_literal ? "compare a name with it, for example x == \"abc\""
                              : absl::StrCat("compare it, for example ", text, " == \"abc\"");
  }
  return absl::StrCat("ask whether it holds a value, for example \"abc\" in ", text);
}

}  // namespace nbo::rules
