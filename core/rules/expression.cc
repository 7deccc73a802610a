#include "core/rules/expression.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/checker.h"
#include "core/rules/compiler.h"
#include "core/rules/cost.h"
#include "core/rules/evaluator.h"
#include "core/rules/fold.h"
#include "core/rules/parser.h"

namespace nbo::rules {

std::variant<Expression, std::vector<Mistake>> Expression::Compile(absl::string_view text,
                                                                   const Environment& environment, Type expected,
                                                                   absl::Span<const Constant> constants) {
  std::variant<Ast, Mistake> parsed = Parse(text);
  if (Mistake* mistake = std::get_if<Mistake>(&parsed)) return std::vector<Mistake>{std::move(*mistake)};
  Ast& ast = std::get<Ast>(parsed);
  CheckResult checked = Check(environment, expected, &ast);
  if (!checked.mistakes.empty()) return std::move(checked.mistakes);
  std::vector<Mistake> mistakes = Fold(FoldScope::kEverything, &ast);
  if (!mistakes.empty()) return mistakes;
  const Type type = expected == Type::kDouble ? expected : ast.nodes[ast.root].type;
  const Cost cost = EstimateCost(environment, ast);
  if (cost.steps > kMaxExpressionCost) return std::vector<Mistake>{DescribeCost(cost, ast)};
  if (!constants.empty()) {
    Bind(constants, &ast);
    Fold(FoldScope::kEverything, &ast);  // what fails with these values is left to fail
  }
  std::unique_ptr<Program> program = CompileTree(ast, expected);
  program->type = type;
  program->text = std::string(text);
  program->inputs = std::move(checked.inputs);
  program->cost = cost.steps;
  return Expression(std::move(program));
}

Value Expression::Evaluate(const Activation& activation) const { return Run(*program_, activation); }

const std::string& Expression::text() const { return program_->text; }

Type Expression::type() const { return program_->type; }
int64_t Expression::cost() const { return program_->cost; }

bool Expression::Names(int slot) const {
  return std::any_of(program_->inputs.begin(), program_->inputs.end(),
                     [slot](const Input& input) { return input.kind != Input::Kind::kFact && input.slot == slot; });
}

std::vector<std::string> Expression::DescribeEachInput(const Activation& activation) const {
  std::vector<std::string> inputs;
  for (const Input& input : program_->inputs) {
    inputs.push_back(absl::StrCat(input.text, " = ", ReadInput(input, activation).ToString()));
  }
  return inputs;
}

std::string Expression::DescribeInputs(const Activation& activation) const {
  return absl::StrJoin(DescribeEachInput(activation), ", ");
}

}  // namespace nbo::rules
