// A client of HTTP/1.1 for tests: one request, one connection.
#ifndef NBO_TESTS_SERVER_NET_HTTP_CLIENT_H_
#define NBO_TESTS_SERVER_NET_HTTP_CLIENT_H_

#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/server/net/raw_client.h"

namespace nbo::server {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> fields;  // by lower-case name
  std::string body;

  std::string Field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

// Of the text of a whole answer whose body has a length.
inline HttpAnswer ParseAnswer(absl::string_view text) {
  HttpAnswer answer;
  const size_t end = text.find("\r\n\r\n");
  if (end == absl::string_view::npos) return answer;
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(text.substr(0, end), "\r\n")) {
    if (first) {
      if (!absl::SimpleAtoi(line.substr(9, 3), &answer.status)) return answer;
    } else {
      const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(line, absl::MaxSplits(": ", 1));
      answer.fields[absl::AsciiStrToLower(field.first)] = std::string(field.second);
    }
    first = false;
  }
  answer.body = std::string(text.substr(end + 4));
  return answer;
}

// `fields`: lines that end in "\r\n".
inline HttpAnswer AskHttp(int port, absl::string_view method, absl::string_view path, absl::string_view fields = "",
                          absl::string_view body = "") {
  RawClient client(port);
  client.Send(absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n", fields,
                           "Content-Length: ", body.size(), "\r\n\r\n", body));
  return ParseAnswer(client.ReadAll());
}

inline HttpAnswer PostJson(int port, absl::string_view path, absl::string_view json, absl::string_view fields = "") {
  return AskHttp(port, "POST", path, absl::StrCat("Content-Type: application/json\r\n", fields), json);
}

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_NET_HTTP_CLIENT_H_
