// Rules as conditions: taken apart, bound, indexed.
#ifndef NBO_TESTS_FUZZ_RULES_MATCHING_CHECK_H_
#define NBO_TESTS_FUZZ_RULES_MATCHING_CHECK_H_

#include <string>

#include "absl/types/span.h"
#include "core/rules/expression.h"
#include "tests/fuzz/rules/world.h"

namespace nbo::fuzz {

// A rule that compiles, of type bool, of which `value` is what it gives. Its skeleton of and, or and not gives the same
// by three-valued logic; the matcher finds it true exactly if it is, and visits it then.
void CheckMatching(const std::string& rule, const World& world, absl::Span<const rules::Constant> constants,
                   const rules::Value& value);

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_MATCHING_CHECK_H_
