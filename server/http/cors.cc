#include "server/http/cors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nbo::server {
namespace {

// scheme://host[:port], in lower case, as browsers send it.
bool IsOrigin(absl::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == absl::string_view::npos || scheme == 0) return false;
  const absl::string_view host = text.substr(scheme + 3);
  return !host.empty() && host.find_first_of("/?#@*") == absl::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(c) && !absl::ascii_isupper(c); });
}

}  // namespace

absl::StatusOr<CorsPolicy> CorsPolicy::Parse(absl::string_view origins) {
  CorsPolicy policy;
  for (const absl::string_view origin : absl::StrSplit(origins, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    if (origin == "*") {
      policy.any_origin_ = true;
    } else if (IsOrigin(origin)) {
      policy.origins_.emplace_back(origin);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("'", origin,
                       "' is no origin; write it as browsers do: https://shop.example, in lower case, "
                       "without a path; or * for any"));
    }
  }
  return policy;
}

absl::string_view CorsPolicy::Allow(absl::string_view origin) const {
  if (origin.empty()) return "";
  if (any_origin_) return "*";
  const auto found = std::find(origins_.begin(), origins_.end(), origin);
  return found == origins_.end() ? absl::string_view() : absl::string_view(*found);
}

}  // namespace nbo::server
