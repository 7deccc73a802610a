// What an author may have meant.
#ifndef NBO_CORE_CATALOG_DID_YOU_MEAN_H_
#define NBO_CORE_CATALOG_DID_YOU_MEAN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nbo {

// "; did you mean 'x'?" with the one of `known` that is nearest to `name`; empty if none is near.
std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_DID_YOU_MEAN_H_
