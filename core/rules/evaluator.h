// Runs the flat code of a rule.
#ifndef NBO_CORE_RULES_EVALUATOR_H_
#define NBO_CORE_RULES_EVALUATOR_H_

#include "core/rules/environment.h"
#include "core/rules/program.h"
#include "core/rules/value.h"

namespace nbo::rules {

// The result of the rule, or an error; see Expression::Evaluate. Any number of threads may run one program at once,
// each with its own activation.
Value Run(const Program& program, const Activation& activation);

// Reads one input as it is now; Null if it has no value.
Value ReadInput(const Input& input, const Activation& activation);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_EVALUATOR_H_
