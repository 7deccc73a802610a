// What can be said of a rule without evaluating it: that it decides nothing, or that it can never hold; and what it
// refers to.
#ifndef NBO_CORE_CATALOG_RULE_REVIEW_H_
#define NBO_CORE_CATALOG_RULE_REVIEW_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/rules/environment.h"

namespace nbo {

// A string literal that a rule compares with one of the variables watched.
struct RuleReference {
  int slot = 0;      // of the variable
  int offset = 0;    // of the literal in the text, bytes
  std::string text;  // the literal's value
};

// A finding at a place of the rule; `why` reads after a colon, without a full stop.
struct RuleFinding {
  int offset = 0;
  std::string why;
};

struct RuleReview {
  std::optional<RuleFinding> always_true;   // never false: true, or an error where something has no value
  std::optional<RuleFinding> always_false;  // whatever the values
  std::vector<RuleFinding> dead_parts;      // operands of || that never hold, in a rule that may
  std::vector<RuleReference> references;    // in order of place
};

// Reviews a bool rule of at most kMaxExpressionBytes; a rule that does not compile gets an empty review, for it is told
// elsewhere. `watched_slots`: variables whose comparison with literals (==, !=, in) is listed in `references`, strings
// or lists of strings. Sound but not complete: what it claims is so, what it does not see may be so. Pure.
RuleReview ReviewRule(absl::string_view text, const rules::Environment& environment,
                      const std::vector<int>& watched_slots);

// What a formula, which gives a number, refers to; else as above.
std::vector<RuleReference> ReviewFormula(absl::string_view text, const rules::Environment& environment,
                                         const std::vector<int>& watched_slots);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_RULE_REVIEW_H_
