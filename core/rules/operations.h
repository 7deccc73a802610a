// What the unary and binary instructions of a program do to values. The compiler has seen to it that the operands have
// the types an operation needs.
#ifndef NBO_CORE_RULES_OPERATIONS_H_
#define NBO_CORE_RULES_OPERATIONS_H_

#include "core/rules/program.h"
#include "core/rules/value.h"

namespace nbo::rules {

// The result, or an error value. Operands and results travel in registers.
Value ApplyUnary(const Program& program, const Instruction& instruction, Value top);
Value ApplyBinary(const Instruction& instruction, Value left, Value right);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_OPERATIONS_H_
