#include "core/rules/operators.h"

#include <optional>

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
  return absl::StrCat("turn the text into a number: ", number.type_name, "(", Quote(text, "..."), ")");
}

bool IsTime(Type type) { return type == Type::kTimestamp || type == Type::kDuration; }

// Null against something else, or a time against a number or a text.
std::string HowToCompareSpecial(const Operand& left, const Operand& right) {
  if (left.type == Type::kNull || right.type == Type::kNull) {
    return "nothing but null is null: write has(name) to ask whether a name has a value";
  }
  const Operand& time = IsTime(left.type) ? left : right;
  const Operand& other = IsTime(left.type) ? right : left;
  if (!IsTime(time.type)) return "";
  if (other.type == Type::kString) {
    return absl::StrCat("turn the text into a ", time.type_name, ": ", time.type_name, "(", Quote(other, "..."), ")");
  }
  if (IsTime(other.type)) return "an instant is a timestamp, a length of time a duration";
  return time.type == Type::kDuration ? "write the length of time as duration(\"24h\")"
                                      : "write the instant as timestamp(\"2026-01-31T00:00:00Z\")";
}

std::string HowToCompare(const Operand& left, const Operand& right) {
  if (IsList(left.type) != IsList(right.type) && left.type != Type::kNull && right.type != Type::kNull) {
    return "write 'in' to look for a value in a list";
  }
  if (std::string special = HowToCompareSpecial(left, right); !special.empty()) return special;
  if (left.type == Type::kString && IsNumber(right.type)) {
    return right.is_literal && !left.is_literal ? Quoted(right) : Unquoted(left, right);
  }
  if (IsNumber(left.type) && right.type == Type::kString) {
    return left.is_literal && !right.is_literal ? Quoted(left) : Unquoted(right, left);
  }
  if (left.type == Type::kBool || right.type == Type::kBool) {
    const Operand& truth = left.type == Type::kBool ? left : right;
    if (!truth.is_literal && (IsNumber(left.type) || IsNumber(right.type))) {
      return "a chain such as 1 < x < 5 is written 1 < x && x < 5";
    }
    return "compare a bool with true or false";
  }
  return "compare like with like";
}

bool HasOrder(Type type) {
  switch (type.kind()) {
    case Kind::kNull:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kObject: return false;
    default: return true;
  }
}

Type TypeOfRelation(TokenKind op, const Operand& left, const Operand& right, std::string* message) {
  const bool ordering = op != TokenKind::kEqual && op != TokenKind::kNotEqual;
  const absl::string_view sign = TokenText(op);
  if (!AreEquatable(left.type, right.type)) {
    *message = absl::StrCat("'", sign, "' cannot compare ", left.type_name, " with ", right.type_name, "; ",
                            HowToCompare(left, right));
    return Type::kError;
  }
  if (ordering && (!HasOrder(left.type) || !HasOrder(right.type))) {
    const bool lists = IsList(left.type) || IsList(right.type);
    *message = absl::StrCat("'", sign, "' cannot order ", left.type_name, " and ", right.type_name, "; ",
                            lists ? "lists" : "they", " can only be compared with '==' and '!='");
    return Type::kError;
  }
  return Type::kBool;
}

Type TypeOfIn(const Operand& left, const Operand& right, std::string* message) {
  if (right.type == Type::kAny) return Type::kBool;
  if (IsMap(right.type) && Unify(right.type.key(), left.type).has_value()) return Type::kBool;
  if (IsList(right.type) && AreEquatable(right.type.element(), left.type)) return Type::kBool;
  *message = absl::StrCat("'in' cannot look for ", left.type_name, " in ", right.type_name, "; ");
  if (IsMap(right.type)) {
    absl::StrAppend(message, right.type.key() == Type::kString
                                 ? "the keys of a map are texts in quotes"
                                 : absl::StrCat("the keys of this map are ", TypeName(right.type.key())));
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

// The sums and differences of times that there are.
std::optional<Type> TypeOfTimes(TokenKind op, Type left, Type right) {
  const auto is = [&](Type a, Type b) {
    return (left == a || left == Type::kAny) && (right == b || right == Type::kAny);
  };
  if (op == TokenKind::kPlus) {
    if (is(Type::kDuration, Type::kDuration)) return Type::kDuration;
    if (is(Type::kTimestamp, Type::kDuration) || is(Type::kDuration, Type::kTimestamp)) return Type::kTimestamp;
  }
  if (op == TokenKind::kMinus) {
    if (is(Type::kTimestamp, Type::kTimestamp) || is(Type::kDuration, Type::kDuration)) return Type::kDuration;
    if (is(Type::kTimestamp, Type::kDuration)) return Type::kTimestamp;
  }
  return std::nullopt;
}

std::optional<Type> FindArithmetic(TokenKind op, Type left, Type right) {
  if (IsTime(left) || IsTime(right)) return TypeOfTimes(op, left, right);
  const std::optional<Type> type = Unify(left, right);
  if (!type.has_value()) return std::nullopt;
  if (*type == Type::kInt || *type == Type::kAny) return type;
  if (*type == Type::kDouble && op != TokenKind::kModulo) return type;
  if (op == TokenKind::kPlus && (*type == Type::kString || IsList(*type))) return type;
  return std::nullopt;
}

std::string HowToCalculate(TokenKind op, const Operand& left, const Operand& right) {
  if (op == TokenKind::kModulo && IsNumber(left.type) && IsNumber(right.type)) {
    if (left.type == right.type) return "it works on whole numbers: write int(x)";
    return absl::StrCat("it works on whole numbers: write int(",
                        left.type == Type::kDouble ? Quote(left, "...") : Quote(right, "..."), ")");
  }
  if (IsNumber(left.type) && IsNumber(right.type)) return HowToMakeDouble(left.type == Type::kInt ? left : right);
  if (IsTime(left.type) || IsTime(right.type)) {
    return "times can be taken from another, and a duration added to a time, for example now - duration(\"24h\")";
  }
  if (op == TokenKind::kPlus && (left.type == Type::kString) != (right.type == Type::kString)) {
    const Operand& other = left.type == Type::kString ? right : left;
    return absl::StrCat("turn both into texts: string(", Quote(other, "..."), ")");
  }
  if (op == TokenKind::kPlus && IsList(left.type)) return "lists are joined with lists of the same type";
  return "both sides must be numbers of the same type";
}

}  // namespace

Type TypeOfBinary(TokenKind op, const Operand& left, const Operand& right, std::string* message) {
  if (op == TokenKind::kIn) return TypeOfIn(left, right, message);
  if (op >= TokenKind::kEqual && op <= TokenKind::kGreaterEqual) return TypeOfRelation(op, left, right, message);
  if (const std::optional<Type> type = FindArithmetic(op, left.type, right.type)) return *type;
  *message = absl::StrCat("'", TokenText(op), "' cannot ", VerbOf(op), " ", left.type_name, " and ", right.type_name,
                          "; ", HowToCalculate(op, left, right));
  return Type::kError;
}

Type TypeOfUnary(TokenKind op, const Operand& operand, std::string* message) {
  if (op == TokenKind::kMinus) {
    if (IsNumber(operand.type) || operand.type == Type::kAny) return operand.type;
    *message = absl::StrCat("'-' cannot negate ", operand.type_name, "; it takes a number");
    if (operand.type == Type::kBool) absl::StrAppend(message, ": write '!' for not");
    return Type::kError;
  }
  if (operand.type == Type::kBool || operand.type == Type::kAny) return Type::kBool;
  *message = absl::StrCat("'!' cannot negate ", operand.type_name, "; ", HowToMakeBool(operand));
  return Type::kError;
}

std::string HowToMakeDouble(const Operand& operand) {
  const bool decimal = operand.is_literal && operand.text.find_first_not_of("-0123456789") == absl::string_view::npos;
  return decimal ? absl::StrCat("write ", operand.text, ".0")
                 : absl::StrCat("write double(", Quote(operand, "..."), ")");
}

std::string HowToMakeBool(const Operand& operand) {
  const absl::string_view text = Quote(operand, "x");
  switch (operand.type.kind()) {
    case Kind::kInt:
    case Kind::kDouble: return absl::StrCat("compare it, for example ", text, " > 0");
    case Kind::kString:
      return operand.is_literal ? "compare a name with it, for example x == \"abc\""
                                : absl::StrCat("compare it, for example ", text, " == \"abc\"");
    case Kind::kTimestamp:
      return absl::StrCat("compare it, for example ", text, " > timestamp(\"2026-01-31T00:00:00Z\")");
    case Kind::kDuration: return absl::StrCat("compare it, for example ", text, " > duration(\"24h\")");
    case Kind::kObject: return "compare one of its fields";
    case Kind::kNull: return "write has(name) to ask whether a name has a value";
    default: return absl::StrCat("ask whether it holds a value, for example \"abc\" in ", text);
  }
}

}  // namespace nbo::rules
