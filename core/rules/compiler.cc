#include "core/rules/compiler.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/rules/compare.h"
#include "core/rules/constants.h"
#include "core/rules/times.h"

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

// How many values more there are on the stack after an instruction.
int StackEffect(Op op) {
  switch (op) {
    case Op::kJumpIfFalse:
    case Op::kNext:
    case Op::kLoopDecide:
    case Op::kConcatStrings:
    case Op::kConcatLists:
    case Op::kStoreElement:
    case Op::kLoopCount:
    case Op::kLoopAppend:
    case Op::kLoopKeep: return -1;
    case Op::kStoreEntry: return -2;
    case Op::kNewList:
    case Op::kNewMap: return 1;
    case Op::kLoopBegin: return 3;
    case Op::kLoopEnd: return -3;
    default: break;
  }
  if (op >= Op::kFirstBinary && op < Op::kFirstMaking) return -1;
  return op >= Op::kConstant && op < Op::kFirstUnary ? 1 : 0;
}

// Whether the instruction allocates from the arena.
bool Makes(Op op, uint8_t aux) {
  if (op == Op::kLoopBegin) {
    return aux == static_cast<uint8_t>(Meaning::kFilter) || aux == static_cast<uint8_t>(Meaning::kTransform);
  }
  return op >= Op::kFirstMaking && op <= Op::kNewMap;
}

uint8_t KindOf(const Node& node) { return static_cast<uint8_t>(node.type.kind()); }

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
      const bool jumps = instruction.op >= Op::kJump && instruction.op <= Op::kLoopDecide;
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
    depth_ += StackEffect(op);
    program_->makes = program_->makes || Makes(op, aux);
    assert(depth_ <= kMaxStack);
  }

  void UseSlot(int slot) { program_->slots_used = std::max<size_t>(program_->slots_used, slot + 1); }

  // ---- Constants ----

  int AddConstant(Value value) {
    program_->constants.push_back(value);
    return static_cast<int>(program_->constants.size()) - 1;
  }

  // ---- Nodes ----

  void EmitAll(const std::vector<int>& nodes) {
    for (const int node : nodes) Emit(node);
  }

  void Emit(int node) {
    const Node& n = At(node);
    if (IsMacro(n.meaning)) return EmitMacro(n);
    if (n.meaning != Meaning::kByKind) return EmitMeaning(n);
    Value constant;
    if (IsConstant(ast_, node) && MakeConstant(ast_, node, program_.get(), &constant)) {
      return Append(Op::kConstant, 0, AddConstant(constant));
    }
    switch (n.kind) {
      case NodeKind::kList: return EmitList(n);
      case NodeKind::kMap: return EmitMap(n);
      case NodeKind::kIndex:
        EmitAll(n.children);
        return Append(IsMap(At(n.children[0]).type) ? Op::kValueOfMap : Op::kElementOfList, KindOf(n));
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

  // Element by element, so that a long list needs no more of the stack than a short one.
  void EmitList(const Node& n) {
    Append(Op::kNewList, 0, static_cast<int32_t>(n.children.size()));
    for (size_t i = 0; i < n.children.size(); ++i) {
      Emit(n.children[i]);
      Append(Op::kStoreElement, 0, static_cast<int32_t>(i));
    }
  }

  void EmitMap(const Node& n) {
    Append(Op::kNewMap, 0, static_cast<int32_t>(n.children.size() / 2));
    for (size_t i = 0; i < n.children.size(); i += 2) {
      Emit(n.children[i]);
      Emit(n.children[i + 1]);
      Append(Op::kStoreEntry, 0, static_cast<int32_t>(i / 2));
    }
    Append(Op::kSortMap);
  }

  // What a rule may name.
  void EmitMeaning(const Node& n) {
    const int32_t fact = n.family << 16 | n.field;
    switch (n.meaning) {
      case Meaning::kVariable: UseSlot(n.slot); return Append(Op::kVariable, KindOf(n), n.slot);
      case Meaning::kHasVariable: UseSlot(n.slot); return Append(Op::kHasVariable, 0, n.slot);
      case Meaning::kFact: return Append(Op::kFact, KindOf(n), fact, n.key);
      case Meaning::kHasFact: return Append(Op::kHasFact, 0, fact, n.key);
      case Meaning::kLocal: return Append(Op::kLocal, 0, locals_[n.slot]);
      case Meaning::kHasMapKey:
        UseSlot(n.slot);
        return Append(Op::kHasMapKey, 0, n.slot, AddText(At(n.children[0]).text));
      case Meaning::kHasKey:
        Emit(At(n.children[0]).children[0]);
        return Append(Op::kHasKey, 0, AddText(At(n.children[0]).text));
      case Meaning::kHasField: Emit(At(n.children[0]).children[0]); return Append(Op::kHasField, 0, n.field);
      case Meaning::kMapKey:
        EmitAll(n.children);
        Append(Op::kConstant, 0, AddText(n.text));
        return Append(Op::kValueOfMap, KindOf(n));
      case Meaning::kField: EmitAll(n.children); return Append(Op::kField, KindOf(n), n.field);
      case Meaning::kTimePart: return EmitTimePart(n);
      case Meaning::kMatches:
        Emit(n.children[0]);
        program_->patterns.push_back(n.pattern);
        return Append(Op::kMatches, 0, static_cast<int32_t>(program_->patterns.size()) - 1);
      default: EmitAll(n.children); return EmitFunction(n, At(n.children[0]).type);
    }
  }

  int AddText(const std::string& text) { return AddConstant(Value::String(program_->strings.emplace_back(text))); }

  // The arguments are on the stack. A conversion to the type an argument has already is nothing.
  void EmitFunction(const Node& n, Type argument) {
    if (n.meaning >= Meaning::kToBool && n.meaning <= Meaning::kToDuration && argument == n.type) return;
    switch (n.meaning) {
      case Meaning::kSize: return Append(argument == Type::kString ? Op::kSizeOfString : Op::kSizeOfList);
      case Meaning::kToBool: return Append(Op::kStringToBool);
      case Meaning::kToInt:
        return Append(argument == Type::kString      ? Op::kStringToInt
                      : argument == Type::kTimestamp ? Op::kTimestampToInt
                                                     : Op::kDoubleToInt);
      case Meaning::kToDouble: return Append(argument == Type::kString ? Op::kStringToDouble : Op::kIntToDouble);
      case Meaning::kToString: return Append(Op::kToString);
      case Meaning::kToTimestamp: return Append(argument == Type::kInt ? Op::kIntToTimestamp : Op::kStringToTimestamp);
      case Meaning::kToDuration: return Append(Op::kStringToDuration);
      case Meaning::kStartsWith: return Append(Op::kStartsWith);
      case Meaning::kEndsWith: return Append(Op::kEndsWith);
      default: return Append(Op::kContains);
    }
  }

  // A zone that the rule names is looked up once, now. One that does not exist fails when the rule is evaluated.
  void EmitTimePart(const Node& n) {
    const uint8_t part = static_cast<uint8_t>(n.field);
    Emit(n.children[0]);
    if (At(n.children[0]).type == Type::kDuration) return Append(Op::kPartOfDuration, part);
    absl::TimeZone zone = absl::UTCTimeZone();
    if (n.children.size() == 2) {
      const Node& name = At(n.children[1]);
      if (name.kind != NodeKind::kLiteral || !FindTimeZone(name.text, &zone)) {
        Emit(n.children[1]);
        return Append(Op::kPartInZone, part);
      }
    }
    program_->zones.push_back(zone);
    Append(Op::kPartOfTimestamp, part, static_cast<int32_t>(program_->zones.size()) - 1);
  }

  void EmitMacro(const Node& n) {
    const uint8_t macro = static_cast<uint8_t>(n.meaning);
    const int next = NewLabel();
    const int end = NewLabel();
    Emit(n.children[0]);
    Append(Op::kLoopBegin, macro);
    if (static_cast<int>(locals_.size()) <= n.slot) locals_.resize(n.slot + 1);
    locals_[n.slot] = depth_ - 1;
    Place(next);
    Append(Op::kLoopNext, KindOf(At(n.children[1])), end);
    EmitBody(n, next, end);
    Append(Op::kJump, 0, next);
    Place(end);
    Append(Op::kLoopEnd, macro);
  }

  void EmitBody(const Node& n, int next, int end) {
    const int body = n.children.back();
    if (n.meaning == Meaning::kAll || n.meaning == Meaning::kExists) {
      const uint64_t below = depth_;
      const int outer_handler = handler_;
      handler_ = NewLabel();
      Emit(body);
      Place(handler_);
      handler_ = outer_handler;
      return Append(Op::kLoopDecide, n.meaning == Meaning::kExists ? kDecidesIfTrue : 0, end, below);
    }
    if (n.children.size() == 4) {
      Emit(n.children[2]);
      Append(Op::kJumpIfFalse, 0, next);
    }
    Emit(body);
    Append(n.meaning == Meaning::kExistsOne ? Op::kLoopCount
           : n.meaning == Meaning::kFilter  ? Op::kLoopKeep
                                            : Op::kLoopAppend);
  }

  void EmitBinary(const Node& n) {
    if (n.op == TokenKind::kIn) return EmitIn(n);
    if (EmitVariableAgainstNumber(n)) return;
    EmitAll(n.children);
    const Type left = At(n.children[0]).type;
    const Type right = At(n.children[1]).type;
    if (n.op >= TokenKind::kPlus) return EmitArithmetic(n.op, n.type);
    const uint8_t orderings = OrderingsOf(n.op);
    const bool equality = n.op == TokenKind::kEqual || n.op == TokenKind::kNotEqual;
    switch (left.kind()) {
      case Kind::kString:
        if (equality) return Append(Op::kEqualString, n.op == TokenKind::kEqual);
        return Append(Op::kCompareString, orderings);
      case Kind::kDouble: return Append(right == Type::kInt ? Op::kCompareDoubleInt : Op::kCompareDouble, orderings);
      case Kind::kInt: return Append(right == Type::kDouble ? Op::kCompareIntDouble : Op::kCompareInt, orderings);
      case Kind::kBool: return Append(Op::kCompareInt, orderings);
      case Kind::kTimestamp:
      case Kind::kDuration: return Append(Op::kCompareTime, orderings);
      default: return Append(Op::kEqual, n.op == TokenKind::kEqual);
    }
  }

  void EmitArithmetic(TokenKind op, Type type) {
    switch (type.kind()) {
      case Kind::kString: return Append(Op::kConcatStrings);
      case Kind::kList: return Append(Op::kConcatLists);
      case Kind::kTimestamp:
      case Kind::kDuration:
        return Append(op == TokenKind::kPlus ? Op::kAddTimes : Op::kSubtractTimes, static_cast<uint8_t>(type.kind()));
      default: return Append(ArithmeticOf(op, type));
    }
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
    Value value;
    if (list.kind == NodeKind::kList && IsConstant(ast_, n.children[1]) &&
        MakeConstant(ast_, n.children[1], program_.get(), &value)) {
      return EmitInConstant(list.type, value);
    }
    Emit(n.children[1]);
    Append(IsMap(list.type) ? Op::kInMap : Op::kInList);
  }

  void EmitInConstant(Type type, const Value& list) {
    if (type != Type::kStringList) return Append(Op::kInConstantList, 0, AddConstant(list));
    if (list.size() <= kFewStrings) return Append(Op::kInConstantStrings, 0, AddConstant(list));
    absl::flat_hash_set<absl::string_view>& set = program_->sets.emplace_back();
    for (const Value& item : list.list()) set.insert(item.string_value());
    Append(Op::kInStringSet, 0, static_cast<int32_t>(program_->sets.size()) - 1);
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
  std::vector<int> locals_;  // by Node::slot: the place of the macro's element on the stack
  int handler_ = 0;
  int depth_ = 0;
};

}  // namespace

std::unique_ptr<Program> CompileNode(const Ast& ast, int node) { return Compiler(ast).Run(node, false); }

std::unique_ptr<Program> CompileTree(const Ast& ast, Type expected) {
  return Compiler(ast).Run(ast.root, expected == Type::kDouble);
}

}  // namespace nbo::rules
