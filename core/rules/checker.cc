#include "core/rules/checker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/rules/checker_internal.h"

namespace nbo::rules {

CheckResult Checker::Run(Type expected) {
  const Type type = CheckNode(ast_.root);
  const bool fits =
      expected == Type::kAny || Unify(type, expected) == expected || (expected == Type::kDouble && type == Type::kInt);
  if (type != Type::kError && !fits) ReportResult(expected);
  std::stable_sort(result_.mistakes.begin(), result_.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.offset < b.offset; });
  return std::move(result_);
}

Type Checker::Fail(int offset, std::string message) {
  result_.mistakes.push_back({offset, std::move(message)});
  return Type::kError;
}

Operand Checker::OperandOf(int node) const {
  const Type type = At(node).type;
  return {type, environment_.NameOf(type), At(node).kind == NodeKind::kLiteral, ast_.SourceOf(At(node))};
}

void Checker::ReportResult(Type expected) {
  const Operand root = OperandOf(ast_.root);
  std::string message =
      absl::StrCat("the result must be ", environment_.NameOf(expected), ", but this gives ", root.type_name);
  if (expected == Type::kBool) absl::StrAppend(&message, "; ", HowToMakeBool(root));
  if (expected == Type::kInt && root.type == Type::kDouble) absl::StrAppend(&message, "; write int(...) around it");
  if (IsNumber(expected) && root.type == Type::kBool) {
    absl::StrAppend(&message, "; write condition ? 1 : 0 to turn it into a number");
  }
  Fail(At(ast_.root).begin, std::move(message));
}

Type Checker::CheckNode(int node) {
  const Type type = CheckKind(node);
  At(node).type = type;
  return type;
}

Type Checker::CheckKind(int node) {
  switch (At(node).kind) {
    case NodeKind::kLiteral: return At(node).type;
    case NodeKind::kIdentifier:
    case NodeKind::kSelect: return CheckName(node);
    case NodeKind::kIndex: return CheckIndex(node);
    case NodeKind::kCall: return CheckCall(node);
    case NodeKind::kUnary: return CheckUnary(node);
    case NodeKind::kBinary: return CheckBinary(node);
    case NodeKind::kAnd:
    case NodeKind::kOr: return CheckJunction(node);
    case NodeKind::kConditional: return CheckConditional(node);
    case NodeKind::kList: return CheckList(node);
    case NodeKind::kMap: return CheckMap(node);
  }
  return Type::kError;
}

Type Checker::CheckUnary(int node) {
  const int operand = At(node).children[0];
  if (CheckNode(operand) == Type::kError) return Type::kError;
  std::string message;
  const Type type = TypeOfUnary(At(node).op, OperandOf(operand), &message);
  return type == Type::kError ? Fail(At(node).offset, std::move(message)) : type;
}

Type Checker::CheckBinary(int node) {
  const int left = At(node).children[0];
  const int right = At(node).children[1];
  const Type left_type = CheckNode(left);
  const Type right_type = At(node).op == TokenKind::kIn ? CheckMapOperand(right) : CheckNode(right);
  if (At(node).op == TokenKind::kIn) NoteLookup(right, left);
  if (left_type == Type::kError || right_type == Type::kError) return Type::kError;
  std::string message;
  const Type type = TypeOfBinary(At(node).op, OperandOf(left), OperandOf(right), &message);
  return type == Type::kError ? Fail(At(node).offset, std::move(message)) : type;
}

Type Checker::CheckJunction(int node) {
  const absl::string_view sign = TokenText(At(node).op);
  for (const int child : At(node).children) {
    const Type type = CheckNode(child);
    if (type == Type::kBool || type == Type::kAny || type == Type::kError) continue;
    Fail(At(child).begin, absl::StrCat("'", sign, "' needs bool on both sides, but this is ", environment_.NameOf(type),
                                       "; ", HowToMakeBool(OperandOf(child))));
  }
  // Its type is certain even if an operand is wrong, so that mistakes around it are found too.
  return Type::kBool;
}

Type Checker::CheckConditional(int node) {
  const int condition = At(node).children[0];
  const int then = At(node).children[1];
  const int otherwise = At(node).children[2];
  const Type condition_type = CheckNode(condition);
  const Type then_type = CheckNode(then);
  const Type otherwise_type = CheckNode(otherwise);
  if (condition_type != Type::kBool && condition_type != Type::kAny && condition_type != Type::kError) {
    Fail(At(condition).begin,
         absl::StrCat("'?' needs bool before it, but this is ", environment_.NameOf(condition_type), "; ",
                      HowToMakeBool(OperandOf(condition))));
  }
  if (then_type == Type::kError || otherwise_type == Type::kError) return Type::kError;
  if (const std::optional<Type> type = Unify(then_type, otherwise_type)) return *type;
  std::string message = absl::StrCat("'?' must give one type, but gives ", environment_.NameOf(then_type), " or ",
                                     environment_.NameOf(otherwise_type));
  if (IsNumber(then_type) && IsNumber(otherwise_type)) {
    const int whole = then_type == Type::kInt ? then : otherwise;
    absl::StrAppend(&message, "; ", HowToMakeDouble(OperandOf(whole)));
  } else {
    absl::StrAppend(&message, "; make both outcomes the same type");
  }
  return Fail(At(node).offset, std::move(message));
}

CheckResult Check(const Environment& environment, Type expected, Ast* ast) {
  return Checker(environment, ast).Run(expected);
}

}  // namespace nbo::rules
