// The functions a rule may call, and those of CEL that it may not.
#ifndef NBO_CORE_RULES_FUNCTIONS_H_
#define NBO_CORE_RULES_FUNCTIONS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/ast.h"
#include "core/rules/value.h"

namespace nbo::rules {

// What a call of a known function means.
struct Overload {
  Meaning meaning;
  Type result;
  // int(i) and double(d) are their argument.
  bool is_identity = false;
};

// Whether it is a function other than has() that Resolve knows.
bool IsFunction(absl::string_view name);

// Finds what `name` does with arguments of these types, of which the first is the target if it is called as a method.
// nullopt after filling *message.
std::optional<Overload> ResolveFunction(absl::string_view name, bool as_method, absl::Span<const Type> arguments,
                                        std::string* message);

// What to tell an author who calls `name`, which is no function of the language.
std::string DescribeUnknownFunction(absl::string_view name);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_FUNCTIONS_H_
