// Text tables, boxes and JSON for people and scripts.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace nbo::ctl {

// Columns on a screen that a UTF-8 text takes, counting every code point as one.
size_t DisplayWidth(absl::string_view text);

// The text with control characters (except newlines) replaced by "?": what a server sends must not steer a terminal.
std::string Printable(absl::string_view text);

// Rows of text in aligned columns. The first row is the heading.
class TextTable {
 public:
  // One letter per column: 'l' left, 'r' right.
  explicit TextTable(std::string alignment) : alignment_(std::move(alignment)) {}

  // As many cells as columns.
  void AddRow(std::vector<std::string> cells);
  size_t row_count() const { return rows_.size(); }
  void Print(std::ostream& out) const;

 private:
  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
};

// The lines in a frame at least `min_width` wide, like the display of a till.
void PrintBox(std::ostream& out, const std::vector<std::string>& lines, size_t min_width);

// The message as JSON with the field names of the .proto, fields at their defaults included; without a newline unless
// indented.
std::string ToJson(const google::protobuf::Message& message, bool indented);

// The same and a newline: one line, or indented.
void PrintJson(std::ostream& out, const google::protobuf::Message& message, bool indented);

// "1 receipt", "2 receipts".
std::string Counted(int64_t count, absl::string_view noun);

// "GATE_ELIGIBLE" without "GATE_", in small letters, "_" as a space.
std::string EnumWords(const std::string& name, absl::string_view prefix);

// "12.3 %".
std::string FormatShare(double share);

}  // namespace nbo::ctl
