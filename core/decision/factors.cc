#include "core/decision/factors.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nbo {

absl::StatusOr<FactorSet> FactorsNamed(absl::Span<const absl::string_view> names) {
  FactorSet set = 0;
  for (const absl::string_view name : names) {
    size_t i = 0;
    while (i < kFactors.size() && NameOf(kFactors[i]) != name) ++i;
    if (i == kFactors.size()) {
      const auto append = [](std::string* out, const Factor& factor) { absl::StrAppend(out, NameOf(factor)); };
      return absl::InvalidArgumentError(absl::StrCat("neutral_factors: '", name.substr(0, 64), "' is no factor; use ",
                                                     absl::StrJoin(kFactors, ", ", append)));
    }
    set |= static_cast<FactorSet>(1u << i);
  }
  return set;
}

}  // namespace nbo
