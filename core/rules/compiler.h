// Checked tree to flat code.
#ifndef NBO_CORE_RULES_COMPILER_H_
#define NBO_CORE_RULES_COMPILER_H_

#include <memory>

#include "core/rules/ast.h"
#include "core/rules/program.h"
#include "core/rules/value.h"

namespace nbo::rules {

// The code that computes one node. The tree must be checked, without mistakes, and its patterns folded. Text,
// inputs and cost of the program are left empty. The node must not name the variable of a macro around it.
std::unique_ptr<Program> CompileNode(const Ast& ast, int node);

// The code of the whole rule, converted to `expected` if that is double and the rule gives an int.
std::unique_ptr<Program> CompileTree(const Ast& ast, Type expected);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_COMPILER_H_
