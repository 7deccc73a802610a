// Just enough JSON to read the files of the CEL conformance suite, which are trusted; core tests link no JSON library.
#ifndef NBO_TESTS_CORE_RULES_SMALL_JSON_H_
#define NBO_TESTS_CORE_RULES_SMALL_JSON_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "core/rules/string_literal.h"

namespace nbo::rules {

// Strings, numbers and words are `text`; objects are `members`; arrays are members "0", "1", ...
struct SmallJson {
  std::string text;
  std::map<std::string, SmallJson> members;

  const SmallJson& At(const std::string& name) const { return members.at(name); }

  static SmallJson Parse(absl::string_view json) { return ParseValue(&json); }

 private:
  static char Next(absl::string_view* json) {
    *json = absl::StripLeadingAsciiWhitespace(*json);
    return json->empty() ? '\0' : json->front();
  }

  static SmallJson ParseValue(absl::string_view* json) {
    SmallJson value;
    const char first = Next(json);
    if (first == '"') {
      value.text = ParseString(json);
    } else if (first == '{' || first == '[') {
      json->remove_prefix(1);
      while (Next(json) != '}' && Next(json) != ']' && !json->empty()) {
        const std::string name = first == '{' ? ParseString(json) : std::to_string(value.members.size());
        if (Next(json) == ':') json->remove_prefix(1);
        value.members[name] = ParseValue(json);
        if (Next(json) == ',') json->remove_prefix(1);
      }
      json->remove_prefix(1);
    } else {
      const size_t end = json->find_first_of(",]} \n\r\t");
      value.text = std::string(json->substr(0, end));
      json->remove_prefix(value.text.size());
    }
    return value;
  }

  static std::string ParseString(absl::string_view* json) {
    std::string out;
    Next(json);
    json->remove_prefix(1);
    uint32_t high = 0;
    while (json->front() != '"') {
      const char c = json->front();
      json->remove_prefix(1);
      if (c != '\\') {
        out += c;
        continue;
      }
      const char escape = json->front();
      json->remove_prefix(1);
      if (escape != 'u') {
        const absl::string_view letters = "bfnrt";
        const size_t found = letters.find(escape);
        out += found == absl::string_view::npos ? escape : "\b\f\n\r\t"[found];
        continue;
      }
      uint32_t code = 0;
      (void)absl::SimpleHexAtoi(json->substr(0, 4), &code);
      json->remove_prefix(4);
      if (code >= 0xD800 && code < 0xDC00) {
        high = code;
        continue;
      }
      if (code >= 0xDC00 && code < 0xE000) code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00);
      AppendUtf8(code, &out);
    }
    json->remove_prefix(1);
    return out;
  }
};

}  // namespace nbo::rules

#endif  // NBO_TESTS_CORE_RULES_SMALL_JSON_H_
