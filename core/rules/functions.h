// The functions a rule may call, and those of CEL that it may not.
#ifndef NBO_CORE_RULES_FUNCTIONS_H_
#define NBO_CORE_RULES_FUNCTIONS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/ast.h"
#include "core/rules/operators.h"

namespace nbo::rules {

// What a call of a known function means.
struct Overload {
  Meaning meaning;
  Type result;
  int field = 0;  // as Node::field
};

// Whether it is a function other than has() and the macros.
bool IsFunction(absl::string_view name);

// Finds what `name` does with these arguments, of which the first is the target if it is called as a method. nullopt
// after filling *message.
std::optional<Overload> ResolveFunction(absl::string_view name, bool as_method, absl::Span<const Operand> arguments,
                                        std::string* message);

// A macro works on every element of a list or every key of a map.
struct Macro {
  absl::string_view name;
  Meaning meaning;
  absl::string_view usage;
};
// Null if there is none of the name.
const Macro* FindMacro(absl::string_view name);

// What to tell an author who calls `name`, which is no function of the language.
std::string DescribeUnknownFunction(absl::string_view name);
// What to tell an author who writes the name of a CEL type as a value; empty if it is none.
std::string DescribeTypeName(absl::string_view name);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_FUNCTIONS_H_
