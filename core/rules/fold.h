// Computes at once what no activation can change.
#ifndef NBO_CORE_RULES_FOLD_H_
#define NBO_CORE_RULES_FOLD_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/rules/ast.h"
#include "core/rules/expression.h"

namespace nbo::rules {

enum class FoldScope : uint8_t {
  kEverything,
  kPatternsOnly,  // what a program cannot do without; lets tests compare folded with unfolded programs
};

// Replaces variables of a checked tree by the values they will always have.
void Bind(absl::Span<const Constant> constants, Ast* ast);

// Replaces constant parts of a checked tree by literals, and lists and maps of literals; compiles the patterns of
// matches(). A part that fails, such as 1 / 0, stays and fails when it is evaluated, because `||` or `&&` around it may
// absorb the error. Returns as mistakes: a pattern that is not constant or not valid; and, of kEverything, a failing
// part that nothing can absorb, so that the whole rule would always fail.
std::vector<Mistake> Fold(FoldScope scope, Ast* ast);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_FOLD_H_
