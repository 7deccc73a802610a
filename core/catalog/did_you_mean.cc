#include "core/catalog/did_you_mean.h"

#include "absl/strings/str_cat.h"
#include "core/rules/edit_distance.h"

namespace nbo {

std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known) {
  int nearest = rules::EditLimit(name) + 1;
  absl::string_view best;
  for (absl::string_view candidate : known) {
    const int distance = rules::EditDistance(name, candidate, nearest - 1);
    if (distance >= nearest) continue;
    nearest = distance;
    best = candidate;
  }
  return best.empty() ? "" : absl::StrCat("; did you mean '", best, "'?");
}

}  // namespace nbo
