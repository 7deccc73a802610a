#include "server/ctl/attribute_options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nbo::ctl {

absl::Status AddAttributes(absl::string_view option, const std::vector<std::string>& pairs,
                           google::protobuf::Map<std::string, std::string>* attributes) {
  for (const std::string& text : pairs) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (pair.first.empty() || text.find('=') == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat(option, ": \"", text, "\" is not of the form key=value"));
    }
    (*attributes)[pair.first] = pair.second;
  }
  return absl::OkStatus();
}

}  // namespace nbo::ctl
