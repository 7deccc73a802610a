// From an author's text to a tree that can be compiled: parsed, checked, folded, its cost known.
#ifndef NBO_CORE_RULES_ANALYSIS_H_
#define NBO_CORE_RULES_ANALYSIS_H_

#include <cstdint>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/ast.h"
#include "core/rules/checker.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"

namespace nbo::rules {

struct Analysis {
  Ast ast;
  std::vector<Input> inputs;
  Type type;         // of the whole, double for an int where that was expected
  int64_t cost = 0;  // steps, see Expression::cost
};

// As Expression::Compile, but for the code.
std::variant<Analysis, std::vector<Mistake>> Analyze(absl::string_view text, const Environment& environment,
                                                     Type expected, absl::Span<const Constant> constants);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_ANALYSIS_H_
