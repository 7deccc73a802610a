// Text as JSON has it.
#ifndef NBO_SERVER_HTTP_JSON_TEXT_H_
#define NBO_SERVER_HTTP_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nbo::server {

// Appends UTF-8 text in quotes.
void AppendJsonString(absl::string_view text, std::string* out);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_JSON_TEXT_H_
