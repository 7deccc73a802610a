// How much work an evaluation can be, estimated before it is ever done.
#ifndef NBO_CORE_RULES_COST_H_
#define NBO_CORE_RULES_COST_H_

#include <cstdint>

#include "core/rules/ast.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"

namespace nbo::rules {

// A text whose length nobody knows is taken to have this many bytes.
inline constexpr int64_t kAssumedTextBytes = 64;

struct Cost {
  int64_t steps = 0;  // a step is about one simple instruction
  int dearest = -1;   // the smallest node that is beyond kMaxExpressionCost by itself, the first if there are more
};

// The most steps that an evaluation of the tree takes if no list, map or text is longer than assumed: those written in
// the rule have their length, those of the host Variable::max_size or Field::max_size, or else kAssumedElements. A
// macro takes the steps of its body once for each element. The tree must be checked and folded.
Cost EstimateCost(const Environment& environment, const Ast& ast);

// The same of a part of a checked tree that names nothing of the host, folded or not.
int64_t EstimateClosedSteps(const Ast& ast, int node);

// What to tell the author of a rule that is too dear.
Mistake DescribeCost(const Cost& cost, const Ast& ast);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_COST_H_
