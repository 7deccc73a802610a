#include "core/rules/checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/rules/checker_internal.h"

namespace nbo::rules {

CheckResult Checker::Run(Type expected) {
  const Type type = CheckNode(ast_.root);
  if (ast_.IsEmptyList(ast_.root) && IsList(expected)) At(ast_.root).type = expected;
  const bool fits = expected == Type::kAny || At(ast_.root).type == expected || (expected == Type::kDouble && type == Type::kInt);
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
  return {At(node).type, At(node).kind == NodeKind::kLiteral, ast_.IsEmptyList(node), ast_.SourceOf(At(node))};
}

void Checker::ReportResult(Type expected) {
  const Operand root = OperandOf(ast_.root);
  std::string message =
      absl::StrCat("the result must be ", TypeName(expected), ", but this gives ", TypeName(root.type));
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
  if (left_type == Type::kError || right_type == Type::kError) return Type::kError;
  if (At(node).op == TokenKind::kIn && right_type == Type::kStringMap && At(right).meaning == Meaning::kVariable &&
      At(left).kind == NodeKind::kLiteral) {
    NoteMapKey(At(right).slot, At(left).text, absl::StrCat("[", Value::String(At(left).text).ToString(), "]"));
  }
  std::string message;
  const Type type = TypeOfBinary(At(node).op, OperandOf(left), OperandOf(right), &message);
  return type == Type::kError ? Fail(At(node).offset, std::move(message)) : type;
}

Type Checker::CheckJunction(int node) {
  const absl::string_view sign = TokenText(At(node).op);
  for (const int child : At(node).children) {
    const Type type = CheckNode(child);
    if (type == Type::kBool || type == Type::kError) continue;
    Fail(At(child).begin, absl::StrCat("'", sign, "' needs bool on both sides, but this is ", TypeName(type), "; ",
                                       HowToMakeBool(OperandOf(child))));
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
  if (condition_type != Type::kBool && condition_type != Type::kError) {
    Fail(At(condition).begin, absl::StrCat("'?' needs bool before it, but this is ", TypeName(condition_type), "; ",
                                           HowToMakeBool(OperandOf(condition))));
  }
  if (then_type == Type::kError || otherwise_type == Type::kError) return Type::kError;
  // [] takes the type of the other outcome.
  if (ast_.IsEmptyList(otherwise) && IsList(then_type)) return At(otherwise).type = then_type;
  if (ast_.IsEmptyList(then) && IsList(otherwise_type)) return At(then).type = otherwise_type;
  if (then_type == otherwise_type) return then_type;
  std::string message =
      absl::StrCat("'?' must give one type, but gives ", TypeName(then_type), " or ", TypeName(otherwise_type));
  if (IsNumber(then_type) && IsNumber(otherwise_type)) {
    const int whole = then_type == Type::kInt ? then : otherwise;
    absl::StrAppend(&message, "; ", HowToMakeDouble(OperandOf(whole)));
  } else {
    absl::StrAppend(&message, "; make both outcomes the same type");
  }
  return Fail(At(node).offset, std::move(message));
}

Type Checker::CheckList(int node) {
  Type element_type = Type::kError;
  bool correct = true;
  for (const int child : At(node).children) {
    const size_t inputs_before = result_.inputs.size();
    const Type type = CheckNode(child);
    if (type == Type::kError) {
      correct = false;
    } else if (!IsConstant(child)) {
      result_.inputs.resize(inputs_before);
      correct = false;
      Fail(At(child).begin,
           "a list may hold only fixed values such as 3 or \"abc\"; write x == a || x == b to "
           "compare with names");
    } else if (IsList(type)) {
      correct = false;
      Fail(At(child).begin, "a list cannot hold lists; write all values in one list");
    } else if (element_type == Type::kError) {
      element_type = type;
    } else if (type != element_type) {
      correct = false;
      Fail(At(child).begin,
           absl::StrCat("a list holds values of one type, but this is ", TypeName(type), " and the first is ",
                        TypeName(element_type),
                        IsNumber(type) && IsNumber(element_type) ? "; write all numbers with a point, such as 1.0"
                                                                 : "; write all values alike"));
    }
  }
  if (!correct) return Type::kError;
  return At(node).children.empty() ? Type::kStringList : Type::List(element_type);
}

bool Checker::IsConstant(int node) const {
  const Node& n = At(node);
  if (n.meaning == Meaning::kVariable || n.meaning == Meaning::kFact || n.meaning == Meaning::kHasVariable ||
      n.meaning == Meaning::kHasFact || n.meaning == Meaning::kHasMapKey) {
    return false;
  }
  return std::all_of(n.children.begin(), n.children.end(), [this](int child) { return IsConstant(child); });
}

CheckResult Check(const Environment& environment, Type expected, Ast* ast) {
  return Checker(environment, ast).Run(expected);
}

}  // namespace nbo::rules
