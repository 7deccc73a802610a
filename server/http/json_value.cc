#include "server/http/json_value.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Expect(const FieldDescriptor& field) {
  return absl::InvalidArgumentError(absl::StrCat("must be ", DescribeJson(field)));
}

template <typename Number>
bool ReadAll(absl::string_view text, Number* number) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), *number);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

// A whole number, also if it is written as 1e3 or 5.0.
template <typename Integer>
absl::StatusOr<Integer> ToInteger(const JsonValue& value, const FieldDescriptor& field) {
  const bool is_number =
      value.kind == JsonValue::kNumber || value.kind == JsonValue::kText || value.kind == JsonValue::kKey;
  Integer integer = 0;
  if (is_number && ReadAll(value.text, &integer)) return integer;
  double real = 0;
  // The largest double that fits is below max() + 1, which is a power of two.
  const double end = std::ldexp(1.0, std::numeric_limits<Integer>::digits);
  if (!is_number || !ReadAll(value.text, &real) || std::trunc(real) != real || real >= end ||
      real < static_cast<double>(std::numeric_limits<Integer>::min())) {
    return Expect(field);
  }
  return static_cast<Integer>(real);
}

template <typename Real>
absl::StatusOr<Real> ToReal(const JsonValue& value, const FieldDescriptor& field) {
  using Limits = std::numeric_limits<Real>;
  Real real = 0;
  if (value.kind == JsonValue::kText) {
    if (value.text == "NaN") return Limits::quiet_NaN();
    if (value.text == "Infinity") return Limits::infinity();
    if (value.text == "-Infinity") return -Limits::infinity();
  }
  // from_chars takes "inf" and "nan", too.
  const bool is_number = value.kind == JsonValue::kNumber || value.kind == JsonValue::kText;
  if (!is_number || !ReadAll(value.text, &real) || !std::isfinite(real)) return Expect(field);
  return real;
}

absl::StatusOr<bool> ToBool(const JsonValue& value, const FieldDescriptor& field) {
  const bool is_key = value.kind == JsonValue::kKey;
  if (value.kind == JsonValue::kTrue || (is_key && value.text == "true")) return true;
  if (value.kind == JsonValue::kFalse || (is_key && value.text == "false")) return false;
  return Expect(field);
}

absl::StatusOr<std::string> ToText(const JsonValue& value, const FieldDescriptor& field) {
  if (value.kind != JsonValue::kText && value.kind != JsonValue::kKey) return Expect(field);
  if (field.type() != FieldDescriptor::TYPE_BYTES) return std::string(value.text);
  std::string bytes;
  if (!absl::Base64Unescape(value.text, &bytes) && !absl::WebSafeBase64Unescape(value.text, &bytes)) {
    return Expect(field);
  }
  return bytes;
}

// Values that are not declared are kept by their number, as in proto3 everywhere.
absl::StatusOr<int> ToEnum(const JsonValue& value, const FieldDescriptor& field) {
  if (value.kind == JsonValue::kNull) return 0;  // google.protobuf.NullValue
  if (value.kind == JsonValue::kNumber) return ToInteger<int32_t>(value, field);
  if (value.kind != JsonValue::kText) return Expect(field);
  const EnumValueDescriptor* const named = field.enum_type()->FindValueByName(std::string(value.text));
  if (named == nullptr) return Expect(field);
  return named->number();
}

// Calls `use` with the value as the type that the field has in C++.
template <typename Use>
absl::Status WithValue(const JsonValue& value, const FieldDescriptor& field, Use use) {
  const auto take = [&use](auto converted) {
    if (!converted.ok()) return converted.status();
    use(*std::move(converted));
    return absl::OkStatus();
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return take(ToInteger<int32_t>(value, field));
    case FieldDescriptor::CPPTYPE_UINT32: return take(ToInteger<uint32_t>(value, field));
    case FieldDescriptor::CPPTYPE_INT64: return take(ToInteger<int64_t>(value, field));
    case FieldDescriptor::CPPTYPE_UINT64: return take(ToInteger<uint64_t>(value, field));
    case FieldDescriptor::CPPTYPE_DOUBLE: return take(ToReal<double>(value, field));
    case FieldDescriptor::CPPTYPE_FLOAT: return take(ToReal<float>(value, field));
    case FieldDescriptor::CPPTYPE_BOOL: return take(ToBool(value, field));
    case FieldDescriptor::CPPTYPE_STRING: return take(ToText(value, field));
    case FieldDescriptor::CPPTYPE_ENUM: return take(ToEnum(value, field));
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  return Expect(field);
}

struct Setter {
  const Reflection* reflection;
  Message* message;
  const FieldDescriptor* field;

  void operator()(bool v) const { reflection->SetBool(message, field, v); }
  void operator()(uint32_t v) const { reflection->SetUInt32(message, field, v); }
  void operator()(int64_t v) const { reflection->SetInt64(message, field, v); }
  void operator()(uint64_t v) const { reflection->SetUInt64(message, field, v); }
  void operator()(double v) const { reflection->SetDouble(message, field, v); }
  void operator()(float v) const { reflection->SetFloat(message, field, v); }
  void operator()(std::string v) const { reflection->SetString(message, field, std::move(v)); }
  void operator()(int32_t v) const {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return reflection->SetEnumValue(message, field, v);
    reflection->SetInt32(message, field, v);
  }
};

struct Adder {
  const Reflection* reflection;
  Message* message;
  const FieldDescriptor* field;

  void operator()(bool v) const { reflection->AddBool(message, field, v); }
  void operator()(uint32_t v) const { reflection->AddUInt32(message, field, v); }
  void operator()(int64_t v) const { reflection->AddInt64(message, field, v); }
  void operator()(uint64_t v) const { reflection->AddUInt64(message, field, v); }
  void operator()(double v) const { reflection->AddDouble(message, field, v); }
  void operator()(float v) const { reflection->AddFloat(message, field, v); }
  void operator()(std::string v) const { reflection->AddString(message, field, std::move(v)); }
  void operator()(int32_t v) const {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return reflection->AddEnumValue(message, field, v);
    reflection->AddInt32(message, field, v);
  }
};

std::string DescribeEnum(const EnumDescriptor& type) {
  constexpr int kMost = 16;
  std::string names;
  for (int i = 0; i < std::min(type.value_count(), kMost); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", type.value(i)->name());
  }
  return absl::StrCat("one of ", names, type.value_count() > kMost ? ", ..." : "");
}

}  // namespace

absl::Status SetJsonValue(const JsonValue& value, Message* message, const FieldDescriptor* field) {
  return WithValue(value, *field, Setter{message->GetReflection(), message, field});
}

absl::Status AddJsonValue(const JsonValue& value, Message* message, const FieldDescriptor* field) {
  return WithValue(value, *field, Adder{message->GetReflection(), message, field});
}

std::string DescribeJson(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return "a whole number of 32 bits";
    case FieldDescriptor::CPPTYPE_UINT32: return "a whole number of 32 bits, not negative";
    case FieldDescriptor::CPPTYPE_INT64: return "a whole number of 64 bits, as a number or in quotes";
    case FieldDescriptor::CPPTYPE_UINT64: return "a whole number of 64 bits, not negative, as a number or in quotes";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return "a number";
    case FieldDescriptor::CPPTYPE_BOOL: return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "bytes in base64" : "a text in quotes";
    case FieldDescriptor::CPPTYPE_ENUM: return DescribeEnum(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
  }
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: return "a time such as \"2026-05-01T12:00:00Z\"";
    case Descriptor::WELLKNOWNTYPE_DURATION: return "a duration in seconds such as \"1.5s\"";
    default: return "an object";
  }
}

}  // namespace nbo::server
