// How alike two names are, for "did you mean" in messages.
#ifndef NBO_CORE_RULES_EDIT_DISTANCE_H_
#define NBO_CORE_RULES_EDIT_DISTANCE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nbo::rules {

// The number of single-character insertions, deletions and replacements (Levenshtein) that turn `a` into `b`, ignoring
// ASCII case; any number above `limit` is returned as limit + 1.
int EditDistance(absl::string_view a, absl::string_view b, int limit);

// How many edits a name of this length may be away and still be meant.
inline int EditLimit(absl::string_view name) { return name.size() < 4 ? 1 : name.size() < 8 ? 2 : 3; }

// "; did you mean 'x'?" with the first of the nearest of `known`, or nothing if none is near enough.
std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_EDIT_DISTANCE_H_
