#include "server/ctl/output.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

std::string Pad(const std::string& text, size_t width, bool right) {
  const size_t used = DisplayWidth(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return right ? space + text : text + space;
}

}  // namespace

size_t DisplayWidth(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string Printable(absl::string_view text) {
  std::string printable = CleanUtf8(text, text.size());
  for (char& c : printable) {
    if (c != '\n' && absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return printable;
}

void TextTable::AddRow(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  cells.resize(alignment_.size());
  rows_.push_back(std::move(cells));
}

void TextTable::Print(std::ostream& out) const {
  std::vector<size_t> widths(alignment_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += Pad(row[i], widths[i], alignment_[i] == 'r');
    }
    out << absl::StripTrailingAsciiWhitespace(line) << "\n";
  }
}

void PrintBox(std::ostream& out, const std::vector<std::string>& lines, size_t min_width) {
  size_t width = min_width;
  for (const std::string& line : lines) width = std::max(width, DisplayWidth(line));
  const std::string edge = "+" + std::string(width + 2, '-') + "+\n";
  out << edge;
  for (const std::string& line : lines) out << "| " << Pad(Printable(line), width, false) << " |\n";
  out << edge;
}

std::string ToJson(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  options.add_whitespace = indented;
  std::string json;
  // Fails for invalid UTF-8 only, which protobuf has refused when it parsed the message.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

void PrintJson(std::ostream& out, const google::protobuf::Message& message, bool indented) {
  out << ToJson(message, indented) << (indented ? "" : "\n");
}

std::string Counted(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string EnumWords(const std::string& name, absl::string_view prefix) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(name, prefix)), {{"_", " "}});
}

std::string FormatShare(double share) { return absl::StrFormat("%.1f %%", share * 100); }

}  // namespace nbo::ctl
