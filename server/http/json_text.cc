#include "server/http/json_text.h"

#include <array>

namespace nbo::server {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// What follows the backslash; 0: the byte stands for itself.
constexpr std::array<char, 256> EscapeTable() {
  std::array<char, 256> table{};
  for (int byte = 0; byte < 0x20; ++byte) table[static_cast<size_t>(byte)] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> kEscapes = EscapeTable();

}  // namespace

void AppendJsonString(absl::string_view text, std::string* out) {
  out->push_back('"');
  size_t plain = 0;  // where the part begins that was looked at and not yet appended
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    out->append(text.data() + plain, i - plain);
    plain = i + 1;
    out->push_back('\\');
    out->push_back(escape);
    if (escape == 'u') out->append({'0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
  }
  out->append(text.data() + plain, text.size() - plain);
  out->push_back('"');
}

}  // namespace nbo::server
