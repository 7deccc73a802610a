// Constant parts of a tree as values, and values as parts of a tree.
#ifndef NBO_CORE_RULES_CONSTANTS_H_
#define NBO_CORE_RULES_CONSTANTS_H_

#include "core/rules/ast.h"
#include "core/rules/program.h"
#include "core/rules/value.h"

namespace nbo::rules {

// Whether the node is a literal, or a list or map of such.
bool IsConstant(const Ast& ast, int node);

// The value of a constant node, kept by `program`. False if it is a map that has a key twice.
bool MakeConstant(const Ast& ast, int node, Program* program, Value* value);

// Turns a node into a literal, or a list or map of literals, which are added to the tree. False, and the node stays as
// it is, if the value is an object, or has more than kMaxListElements elements and entries in all. `value` may lie in
// what the node is made from.
bool BecomeConstant(const Value& value, int node, Ast* ast);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_CONSTANTS_H_
