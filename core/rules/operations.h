// What the unary and binary instructions of a program do to values. The compiler has seen to it that the operands have
// the types an operation needs.
#ifndef NBO_CORE_RULES_OPERATIONS_H_
#define NBO_CORE_RULES_OPERATIONS_H_

#include "core/rules/environment.h"
#include "core/rules/program.h"
#include "core/rules/value.h"

namespace nbo::rules {

// What one evaluation needs besides the stack.
struct Machine {
  const Program& program;
  const Activation& activation;
  size_t arena_start;  // bytes of the arena before this evaluation
  int64_t steps = 0;   // elements that macros have gone through
};

// The result, or an error value. Operands and results travel in registers.
Value ApplyUnary(const Program& program, const Instruction& instruction, Value top);
Value ApplyBinary(const Instruction& instruction, Value left, Value right);

// Carries out an instruction of the group kFirstMaking; `top` is one past the last value. Returns the new top, below
// which an error lies if it failed.
Value* ApplyMaking(const Machine& machine, const Instruction& instruction, Value* top);

// Makes a value that does not have its declared kind usable, or an error. The host may hand an int for a double; any
// other kind would be read as something it is not.
Value Adapt(Value value, Kind declared);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_OPERATIONS_H_
