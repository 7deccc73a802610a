#include "core/rules/expression.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/analysis.h"
#include "core/rules/compiler.h"
#include "core/rules/evaluator.h"

namespace nbo::rules {

std::variant<Expression, std::vector<Mistake>> Expression::Compile(absl::string_view text,
                                                                   const Environment& environment, Type expected,
                                                                   absl::Span<const Constant> constants) {
  auto analyzed = Analyze(text, environment, expected, constants);
  if (auto* mistakes = std::get_if<std::vector<Mistake>>(&analyzed)) return std::move(*mistakes);
  Analysis& analysis = std::get<Analysis>(analyzed);
  std::unique_ptr<Program> program = CompileTree(analysis.ast, expected);
  program->type = analysis.type;
  program->text = std::string(text);
  program->inputs = std::move(analysis.inputs);
  program->cost = analysis.cost;
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
