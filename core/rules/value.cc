#include "core/rules/value.h"

#include <charconv>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nbo::rules {
namespace {

// Shortest digits that read back as the same double, always recognisable as a double.
std::string DoubleText(double d) {
  char buffer[32];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), d);
  std::string text(buffer, end.ptr);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string StringText(absl::string_view s) { return absl::StrCat("\"", absl::Utf8SafeCEscape(s), "\""); }

template <typename T, typename Format>
std::string ListText(absl::Span<const T> list, Format format) {
  return absl::StrCat(
      "[", absl::StrJoin(list, ", ", [&](std::string* out, const T& item) { out->append(format(item)); }), "]");
}

}  // namespace

absl::string_view TypeName(Type type) {
  switch (type) {
    case Type::kError: return "error";
    case Type::kNull: return "null";
    case Type::kBool: return "bool";
    case Type::kInt: return "int";
    case Type::kDouble: return "double";
    case Type::kString: return "string";
    case Type::kBoolList: return "list(bool)";
    case Type::kIntList: return "list(int)";
    case Type::kDoubleList: return "list(double)";
    case Type::kStringList: return "list(string)";
    case Type::kStringMap: return "map(string, string)";
  }
  return "unknown type";
}

absl::string_view EvalErrorText(EvalError error) {
  switch (error) {
    case EvalError::kNone: return "no error";
    case EvalError::kNoSuchValue: return "a variable without a value was used";
    case EvalError::kNoSuchKey: return "the map has no such key";
    case EvalError::kOverflow: return "a whole number became too large";
    case EvalError::kDivideByZero: return "division by zero";
    case EvalError::kOutOfRange: return "an index or a number is out of range";
    case EvalError::kBadConversion: return "a text is not a number, or a value has the wrong type";
  }
  return "unknown error";
}

std::string Value::ToString() const {
  switch (type_) {
    case Type::kError: return absl::StrCat("error: ", EvalErrorText(error()));
    case Type::kNull: return "no value";
    case Type::kBool: return bool_value() ? "true" : "false";
    case Type::kInt: return absl::StrCat(int_value());
    case Type::kDouble: return DoubleText(double_value());
    case Type::kString: return StringText(string_value());
    case Type::kBoolList: return ListText(bool_list(), [](bool b) { return std::string(b ? "true" : "false"); });
    case Type::kIntList: return ListText(int_list(), [](int64_t i) { return absl::StrCat(i); });
    case Type::kDoubleList: return ListText(double_list(), DoubleText);
    case Type::kStringList: return ListText(string_list(), StringText);
    case Type::kStringMap: return "a map";
  }
  return "";
}

}  // namespace nbo::rules
