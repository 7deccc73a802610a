// Text of a rule to syntax tree, by the grammar of CEL.
#ifndef NBO_CORE_RULES_PARSER_H_
#define NBO_CORE_RULES_PARSER_H_

#include <variant>

#include "absl/strings/string_view.h"
#include "core/rules/ast.h"
#include "core/rules/expression.h"

namespace nbo::rules {

// Parses one rule within the limits of expression.h; its stack use is bounded by them whatever the text. Stops at the
// first mistake, because what follows a broken structure would be guesswork.
std::variant<Ast, Mistake> Parse(absl::string_view text);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_PARSER_H_
