// Checked tree to steps over columns.
#include <algorithm>
#include <utility>
#include <variant>

#include "core/rules/analysis.h"
#include "core/rules/column_code.h"
#include "core/rules/compiler.h"
#include "core/rules/operators.h"

namespace nbo::rules {

class ColumnCompiler {
 public:
  ColumnCompiler(const Ast& ast, absl::FunctionRef<bool(int)> varies) : ast_(ast), varies_(varies) {}

  std::optional<ColumnFormula> Run() {
    const Operand result = Emit(ast_.root);
    if (!possible_ || (result.kind != Kind::kDouble && result.kind != Kind::kInt)) return std::nullopt;
    code_->result = result.column;
    code_->result_is_int = result.kind == Kind::kInt;
    return ColumnFormula(std::move(code_));
  }

 private:
  struct Operand {
    ColumnOperand column;
    Kind kind;  // kError: there is none
  };
  static constexpr Operand kNone{{}, Kind::kError};

  const Node& At(int node) const { return ast_.nodes[node]; }

  Operand Refuse() {
    possible_ = false;
    return kNone;
  }

  bool NamesVarying(const Node& n) const {
    const bool names_slot =
        n.meaning == Meaning::kVariable || n.meaning == Meaning::kHasVariable || n.meaning == Meaning::kHasMapKey;
    return (names_slot && varies_(n.slot)) ||
           std::any_of(n.children.begin(), n.children.end(), [this](int child) { return NamesVarying(At(child)); });
  }

  Operand Emit(int node) {
    const Node& n = At(node);
    if (!possible_) return kNone;
    if (!NamesVarying(n)) return EmitUniform(node);
    switch (n.meaning) {
      case Meaning::kByKind: break;
      case Meaning::kVariable: return EmitInput(n);
      case Meaning::kToBool:
      case Meaning::kToInt:
      case Meaning::kToDouble: return EmitConversion(n);
      default: return Refuse();
    }
    switch (n.kind) {
      case NodeKind::kUnary: return EmitUnary(n);
      case NodeKind::kBinary: return EmitBinary(n);
      case NodeKind::kAnd: return EmitJunction(ColumnOp::kAnd, n);
      case NodeKind::kOr: return EmitJunction(ColumnOp::kOr, n);
      case NodeKind::kConditional: return EmitConditional(n);
      default: return Refuse();
    }
  }

  static bool IsColumnKind(Kind kind) { return kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kBool; }

  // What goes through elements or makes something is bounded by limits of the whole evaluation; cut out of it, it would
  // have them for itself.
  static bool HasLimits(const Program& program) {
    return program.makes || std::any_of(program.code.begin(), program.code.end(),
                                        [](const Instruction& i) { return i.op == Op::kLoopBegin; });
  }

  Operand EmitUniform(int node) {
    const Kind kind = At(node).type.kind();
    if (!IsColumnKind(kind)) return Refuse();
    std::unique_ptr<Program> program = CompileNode(ast_, node);
    if (HasLimits(*program)) return Refuse();
    code_->uniforms.push_back({std::move(program), kind});
    return {{ColumnOperand::From::kUniform, static_cast<int32_t>(code_->uniforms.size()) - 1}, kind};
  }

  Operand EmitInput(const Node& n) {
    const Kind kind = n.type.kind();
    if (!IsColumnKind(kind)) return Refuse();
    const auto known = std::find(code_->inputs.begin(), code_->inputs.end(), n.slot);
    const auto number = static_cast<int32_t>(known - code_->inputs.begin());
    if (known == code_->inputs.end()) {
      code_->inputs.push_back(n.slot);
      code_->input_kinds.push_back(kind);
    }
    return {{ColumnOperand::From::kInput, number}, kind};
  }

  // The operands' places are free again only after the result got one: steps never work in place.
  Operand Append(ColumnOp op, Kind kind, Operand a, Operand b = kNone, Operand c = kNone, uint8_t orderings = 0) {
    if (!possible_) return kNone;
    int32_t place = 0;
    while (std::find(taken_.begin(), taken_.end(), place) != taken_.end()) ++place;
    code_->places = std::max(code_->places, place + 1);
    code_->steps.push_back({op, orderings, place, a.column, b.column, c.column});
    for (const Operand& operand : {a, b, c}) {
      if (operand.kind == Kind::kError || operand.column.from != ColumnOperand::From::kStep) continue;
      taken_.erase(std::remove(taken_.begin(), taken_.end(), operand.column.number), taken_.end());
    }
    taken_.push_back(place);
    return {{ColumnOperand::From::kStep, place}, kind};
  }

  Operand EmitConversion(const Node& n) {
    const Operand from = Emit(n.children[0]);
    const Kind to = n.type.kind();
    if (from.kind == to) return from;
    if (from.kind == Kind::kInt && to == Kind::kDouble) return Append(ColumnOp::kIntToDouble, to, from);
    if (from.kind == Kind::kDouble && to == Kind::kInt) return Append(ColumnOp::kDoubleToInt, to, from);
    return Refuse();
  }

  Operand EmitUnary(const Node& n) {
    const Operand operand = Emit(n.children[0]);
    if (n.op == TokenKind::kNot)
      return operand.kind == Kind::kBool ? Append(ColumnOp::kNot, Kind::kBool, operand) : Refuse();
    if (operand.kind == Kind::kInt) return Append(ColumnOp::kNegateInt, Kind::kInt, operand);
    if (operand.kind == Kind::kDouble) return Append(ColumnOp::kNegateDouble, Kind::kDouble, operand);
    return Refuse();
  }

  Operand EmitBinary(const Node& n) {
    if (n.op == TokenKind::kIn) return Refuse();
    const Operand left = Emit(n.children[0]);
    const Operand right = Emit(n.children[1]);
    if (!possible_) return kNone;
    if (n.op >= TokenKind::kPlus) return EmitArithmetic(n, left, right);
    const uint8_t orderings = OrderingsOf(n.op);
    const auto compare = [&](ColumnOp op) { return Append(op, Kind::kBool, left, right, kNone, orderings); };
    if (left.kind == Kind::kBool && right.kind == Kind::kBool) return compare(ColumnOp::kCompareBool);
    if (left.kind == Kind::kBool || right.kind == Kind::kBool) return Refuse();
    if (left.kind == right.kind)
      return compare(left.kind == Kind::kInt ? ColumnOp::kCompareInt : ColumnOp::kCompareDouble);
    return compare(left.kind == Kind::kInt ? ColumnOp::kCompareIntDouble : ColumnOp::kCompareDoubleInt);
  }

  Operand EmitArithmetic(const Node& n, const Operand& left, const Operand& right) {
    if (left.kind != right.kind || left.kind == Kind::kBool || n.type.kind() != left.kind) return Refuse();
    const bool is_int = left.kind == Kind::kInt;
    const auto apply = [&](ColumnOp op) { return Append(op, left.kind, left, right); };
    switch (n.op) {
      case TokenKind::kPlus: return apply(is_int ? ColumnOp::kAddInt : ColumnOp::kAddDouble);
      case TokenKind::kMinus: return apply(is_int ? ColumnOp::kSubtractInt : ColumnOp::kSubtractDouble);
      case TokenKind::kTimes: return apply(is_int ? ColumnOp::kMultiplyInt : ColumnOp::kMultiplyDouble);
      case TokenKind::kDivide: return apply(is_int ? ColumnOp::kDivideInt : ColumnOp::kDivideDouble);
      default: return is_int ? apply(ColumnOp::kModuloInt) : Refuse();
    }
  }

  // Merging from left to right is the same as merging all: see kAnd in column_formula.cc.
  Operand EmitJunction(ColumnOp op, const Node& n) {
    Operand so_far = Emit(n.children[0]);
    for (size_t i = 1; i < n.children.size(); ++i) {
      const Operand next = Emit(n.children[i]);
      if (!possible_ || so_far.kind != Kind::kBool || next.kind != Kind::kBool) return Refuse();
      so_far = Append(op, Kind::kBool, so_far, next);
    }
    return so_far;
  }

  Operand EmitConditional(const Node& n) {
    const Operand condition = Emit(n.children[0]);
    const Operand then = Emit(n.children[1]);
    const Operand otherwise = Emit(n.children[2]);
    if (!possible_ || condition.kind != Kind::kBool || then.kind != otherwise.kind) return Refuse();
    const ColumnOp op = then.kind == Kind::kBool ? ColumnOp::kSelectBool : ColumnOp::kSelectNumber;
    return Append(op, then.kind, condition, then, otherwise);
  }

  const Ast& ast_;
  const absl::FunctionRef<bool(int)> varies_;
  std::shared_ptr<ColumnFormula::Code> code_ = std::make_shared<ColumnFormula::Code>();
  std::vector<int32_t> taken_;  // places of results that are still needed
  bool possible_ = true;
};

std::optional<ColumnFormula> ColumnFormula::Compile(absl::string_view text, const Environment& environment,
                                                    absl::FunctionRef<bool(int slot)> varies) {
  auto analyzed = Analyze(text, environment, Type::kDouble, {});
  if (!std::holds_alternative<Analysis>(analyzed)) return std::nullopt;
  return ColumnCompiler(std::get<Analysis>(analyzed).ast, varies).Run();
}

}  // namespace nbo::rules
