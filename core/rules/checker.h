// Gives every node of a tree its meaning and its type, or tells the author what is wrong.
#ifndef NBO_CORE_RULES_CHECKER_H_
#define NBO_CORE_RULES_CHECKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/rules/ast.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"

namespace nbo::rules {

// A variable or fact that a rule names, for Expression::DescribeInputs.
struct Input {
  enum class Kind : uint8_t { kVariable, kFact, kMapKey };
  Kind kind = Kind::kVariable;
  std::string text;  // as people read it: category("YOGURT").share
  int slot = 0;      // kVariable, kMapKey
  int family = 0;    // kFact
  int field = 0;     // kFact
  uint64_t key = 0;  // kFact
  std::string map_key;
};

struct CheckResult {
  std::vector<Mistake> mistakes;  // in order of place; empty if the rule is correct
  std::vector<Input> inputs;      // in order of first mention, each once
};

// Fills the checker's fields of every node. Goes on after a mistake, but never reports what only follows from another.
// The result must be of type `expected`; an int is also taken where a double is expected, and anything for kAny.
CheckResult Check(const Environment& environment, Type expected, Ast* ast);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_CHECKER_H_
