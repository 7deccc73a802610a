#include "core/rules/compiler.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/rules/compare.h"
#include "core/rules/operators.h"

namespace nbo::rules {
namespace {

// A list of at most this many strings is searched one by one, a longer one by hash.
constexpr size_t kFewStrings = 8;

uint8_t OrderingsOf(TokenKind op) {
  switch (op) {
    case TokenKind::kEqual: return kSame;
    case TokenKind::kNotEqual: return kLess | kGreater | kUnordered;
    case TokenKind::kLess: return kLess;
    case TokenKind::kLessEqual: return kLess | kSame;
    case TokenKind::kGreater: return kGreater;
    default: return kGreater | kSame;
  }
}

uint64_t BitsOf(double d) {
  uint64_t bits;
  std::memcpy(&bits, &d, sizeof(bits));
  return bits;
}

class Compiler {
 public:
  explicit Compiler(const Ast& ast) : ast_(ast), program_(std::make_unique<Program>()) {}

  std::unique_ptr<Program> Run(int node, bool to_double) {
    handler_ = NewLabel();
    Emit(node);
    if (to_double && At(node).type == Type::kInt) Append(Op::kIntToDouble);
    Place(handler_);
    program_->code.push_back({Op::kReturn});
    for (Instruction& instruction : program_->code) {
      instruction.handler = static_cast<uint16_t>(labels_[instruction.handler]);
      const bool jumps = instruction.op >= Op::kJump && instruction.op <= Op::kNext;
      if (jumps) instruction.a = labels_[instruction.a];
    }
    return std::move(program_);
  }

 private:
  const Node& At(int node) const { return ast_.nodes[node]; }

  // ---- Labels: places in the code that are named before they are known ----

  int NewLabel() {
    labels_.push_back(-1);
    return static_cast<int>(labels_.size()) - 1;
  }
  void Place(int label) { labels_[label] = static_cast<int>(program_->code.size()); }

  void Append(Op op, uint8_t aux = 0, int32_t a = 0, uint64_t b = 0) {
    program_->code.push_back({op, aux, static_cast<uint16_t>(handler_), a, b});
    if (op >= Op::kFirstBinary || op == Op::kJumpIfFalse || op == Op::kNext) {
      --depth_;
    } else if (op >= Op::kConstant && op < Op::kFirstUnary) {
      ++depth_;
    }
    assert(depth_ <= kMaxStack);
  }

  void UseSlot(int slot) { program_->slots_used = std::max<size_t>(program_->slots_used, slot + 1); }

  // ---- Constants ----

  int AddConstant(Value value) {
    program_->constants.push_back(value);
    return static_cast<int>(program_->constants.size()) - 1;
  }

  absl::string_view Own(const std::string& text) { return program_->strings.emplace_back(text); }

  Value LiteralOf(const Node& node) {
    switch (node.type.kind()) {
      case Kind::kBool: return Value::Bool(node.int_value != 0);
      case Kind::kInt: return Value::Int(node.int_value);
      case Kind::kDouble: return Value::Double(node.double_value);
      default: return Value::String(Own(node.text));
    }
  }

  Value ListOfElements(const Node& node) {
    std::vector<Value>& list = program_->lists.emplace_back();
    for (const int child : node.children) list.push_back(LiteralOf(At(child)));
    return Value::List(list);
  }

  // ---- Nodes ----

  void EmitAll(const std::vector<int>& nodes) {
    for (const int node : nodes) Emit(node);
  }

  void Emit(int node) {
    const Node& n = At(node);
    if (n.meaning != Meaning::kByKind) return EmitMeaning(n);
    switch (n.kind) {
      case NodeKind::kLiteral: return Append(Op::kConstant, 0, AddConstant(LiteralOf(n)));
      case NodeKind::kList: return Append(Op::kConstant, 0, AddConstant(ListOfElements(n)));
      case NodeKind::kIndex:
        EmitAll(n.children);
        return Append(At(n.children[0]).type == Type::kStringMap ? Op::kValueOfMap : Op::kElementOfList);
      case NodeKind::kUnary:
        EmitAll(n.children);
        return Append(n.op == TokenKind::kNot ? Op::kNot : n.type == Type::kInt ? Op::kNegateInt : Op::kNegateDouble);
      case NodeKind::kBinary: return EmitBinary(n);
      case NodeKind::kAnd:
      case NodeKind::kOr: return EmitJunction(n);
      case NodeKind::kConditional: return EmitConditional(n);
      default: assert(false && "a name or call without meaning"); return;
    }
  }

  void EmitMeaning(const Node& n) {
    const int32_t fact = n.family << 16 | n.field;
    const uint8_t type = static_cast<uint8_t>(n.type.kind());
    switch (n.meaning) {
      case Meaning::kVariable: UseSlot(n.slot); return Append(Op::kVariable, type, n.slot);
      case Meaning::kHasVariable: UseSlot(n.slot); return Append(Op::kHasVariable, 0, n.slot);
      case Meaning::kFact: return Append(Op::kFact, type, fact, n.key);
      case Meaning::kHasFact: return Append(Op::kHasFact, 0, fact, n.key);
      case Meaning::kHasMapKey:
        UseSlot(n.slot);
        return Append(Op::kHasMapKey, 0, n.slot, AddConstant(Value::String(Own(At(n.children[0]).text))));
      case Meaning::kMapKey:
        EmitAll(n.children);
        Append(Op::kConstant, 0, AddConstant(Value::String(Own(n.text))));
        return Append(Op::kValueOfMap);
      default: break;
    }
    EmitAll(n.children);
    const Type argument = At(n.children[0]).type;
    switch (n.meaning) {
      case Meaning::kSize: return Append(argument == Type::kString ? Op::kSizeOfString : Op::kSizeOfList);
      case Meaning::kToInt:
        if (argument != Type::kInt) Append(argument == Type::kString ? Op::kStringToInt : Op::kDoubleToInt);
        return;
      case Meaning::kToDouble:
        if (argument != Type::kDouble) Append(argument == Type::kString ? Op::kStringToDouble : Op::kIntToDouble);
        return;
      case Meaning::kStartsWith: return Append(Op::kStartsWith);
      case Meaning::kEndsWith: return Append(Op::kEndsWith);
      default: return Append(Op::kContains);
    }
  }

  void EmitBinary(const Node& n) {
    if (n.op == TokenKind::kIn) return EmitIn(n);
    if (EmitVariableAgainstNumber(n)) return;
    EmitAll(n.children);
    const Type left = At(n.children[0]).type;
    const Type right = At(n.children[1]).type;
    if (n.op >= TokenKind::kPlus) return Append(ArithmeticOf(n.op, left));
    const uint8_t orderings = OrderingsOf(n.op);
    if (IsList(left)) return Append(Op::kEqualList, n.op == TokenKind::kEqual);
    if (left == Type::kString) {
      if (n.op == TokenKind::kEqual || n.op == TokenKind::kNotEqual) {
        return Append(Op::kEqualString, n.op == TokenKind::kEqual);
      }
      return Append(Op::kCompareString, orderings);
    }
    if (left == Type::kDouble) {
      return Append(right == Type::kDouble ? Op::kCompareDouble : Op::kCompareDoubleInt, orderings);
    }
    Append(right == Type::kDouble ? Op::kCompareIntDouble : Op::kCompareInt, orderings);
  }

  static Op ArithmeticOf(TokenKind op, Type type) {
    const bool is_int = type == Type::kInt;
    switch (op) {
      case TokenKind::kPlus: return is_int ? Op::kAddInt : Op::kAddDouble;
      case TokenKind::kMinus: return is_int ? Op::kSubtractInt : Op::kSubtractDouble;
      case TokenKind::kTimes: return is_int ? Op::kMultiplyInt : Op::kMultiplyDouble;
      case TokenKind::kDivide: return is_int ? Op::kDivideInt : Op::kDivideDouble;
      default: return Op::kModuloInt;
    }
  }

  // customer.recency_days > 30 as one instruction.
  bool EmitVariableAgainstNumber(const Node& n) {
    const Node& left = At(n.children[0]);
    const Node& right = At(n.children[1]);
    if (n.op > TokenKind::kGreaterEqual || left.meaning != Meaning::kVariable) return false;
    if (right.kind != NodeKind::kLiteral || left.type != right.type || !IsNumber(left.type)) return false;
    UseSlot(left.slot);
    const bool is_int = left.type == Type::kInt;
    Append(is_int ? Op::kVariableAgainstInt : Op::kVariableAgainstDouble, OrderingsOf(n.op), left.slot,
           is_int ? static_cast<uint64_t>(right.int_value) : BitsOf(right.double_value));
    return true;
  }

  void EmitIn(const Node& n) {
    const Node& list = At(n.children[1]);
    Emit(n.children[0]);
    if (list.kind == NodeKind::kList) {
      const Value value = ListOfElements(list);
      if (list.type == Type::kStringList && list.children.size() > kFewStrings) {
        absl::flat_hash_set<absl::string_view>& set = program_->sets.emplace_back();
        for (const Value& item : value.list()) set.insert(item.string_value());
        return Append(Op::kInStringSet, 0, static_cast<int32_t>(program_->sets.size()) - 1);
      }
      return Append(
          list.type == Type::kStringList && !list.children.empty() ? Op::kInConstantStrings : Op::kInConstantList, 0,
          AddConstant(value));
    }
    Emit(n.children[1]);
    Append(list.type == Type::kStringMap ? Op::kInMap : Op::kInList);
  }

  // Each operand ends in a kFirst or kNext, where its failure arrives as an error value to be absorbed or kept.
  void EmitJunction(const Node& n) {
    const int outer_handler = handler_;
    const int end = NewLabel();
    for (size_t i = 0; i < n.children.size(); ++i) {
      const uint64_t below = depth_;
      handler_ = NewLabel();
      Emit(n.children[i]);
      Place(handler_);
      handler_ = outer_handler;
      uint8_t aux = n.kind == NodeKind::kOr ? kDecidesIfTrue : 0;
      if (i + 1 == n.children.size()) aux |= kLastOperand;
      Append(i == 0 ? Op::kFirst : Op::kNext, aux, end, below);
    }
    Place(end);
  }

  void EmitConditional(const Node& n) {
    const int otherwise = NewLabel();
    const int end = NewLabel();
    Emit(n.children[0]);
    Append(Op::kJumpIfFalse, 0, otherwise);
    Emit(n.children[1]);
    Append(Op::kJump, 0, end);
    --depth_;  // only one of the two outcomes is computed
    Place(otherwise);
    Emit(n.children[2]);
    Place(end);
  }

  const Ast& ast_;
  std::unique_ptr<Program> program_;
  std::vector<int> labels_;
  int handler_ = 0;
  int depth_ = 0;
};

}  // namespace

std::unique_ptr<Program> CompileNode(const Ast& ast, int node) { return Compiler(ast).Run(node, false); }

std::unique_ptr<Program> CompileTree(const Ast& ast, Type expected) {
  return Compiler(ast).Run(ast.root, expected == Type::kDouble);
}

}  // namespace nbo::rules
