// Free facts on the command line: KEY=VALUE, for requests and for customers.
#pragma once

#include <google/protobuf/map.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nbo::ctl {

// Adds each pair; the last one of a key holds. INVALID_ARGUMENT names `option` and the pair that is none.
absl::Status AddAttributes(absl::string_view option, const std::vector<std::string>& pairs,
                           google::protobuf::Map<std::string, std::string>* attributes);

}  // namespace nbo::ctl
