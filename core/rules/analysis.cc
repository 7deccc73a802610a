#include "core/rules/analysis.h"

#include <utility>

#include "core/rules/cost.h"
#include "core/rules/fold.h"
#include "core/rules/parser.h"

namespace nbo::rules {

std::variant<Analysis, std::vector<Mistake>> Analyze(absl::string_view text, const Environment& environment,
                                                     Type expected, absl::Span<const Constant> constants) {
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
  return Analysis{std::move(ast), std::move(checked.inputs), type, cost.steps};
}

}  // namespace nbo::rules
