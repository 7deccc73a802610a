#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "server/http/json_codec.h"
#include "server/http/json_text.h"

namespace nbo::server {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;

// 64 bits do not fit into what JavaScript takes a number for.
template <typename Integer>
void AppendQuoted(Integer number, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out->push_back('"');
  out->append(digits, end);
  out->push_back('"');
}

template <typename Number>
void AppendNumber(Number number, std::string* out) {
  char digits[32];
  out->append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

// Digits of a number that has no more, with zeros in front.
void AppendDigits(int64_t number, size_t digits, std::string* out) {
  out->append(digits, '0');
  for (auto at = out->end(); number > 0; number /= 10) *--at = static_cast<char>('0' + number % 10);
}

// Nothing, or 3, 6 or 9 digits after the point.
void AppendFraction(int32_t nanos, std::string* out) {
  if (nanos == 0) return;
  out->push_back('.');
  if (nanos % 1'000'000 == 0) return AppendDigits(nanos / 1'000'000, 3, out);
  if (nanos % 1'000 == 0) return AppendDigits(nanos / 1'000, 6, out);
  AppendDigits(nanos, 9, out);
}

// RFC 3339 in UTC, as TimeUtil::ToString has it, at a tenth of its cost.
void AppendTimestamp(const google::protobuf::Timestamp& time, std::string* out) {
  const auto civil = absl::ToCivilSecond(absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
  out->push_back('"');
  AppendDigits(civil.year(), 4, out);
  const std::pair<char, int> parts[] = {
      {'-', civil.month()}, {'-', civil.day()}, {'T', civil.hour()}, {':', civil.minute()}, {':', civil.second()}};
  for (const auto& [separator, number] : parts) {
    out->push_back(separator);
    AppendDigits(number, 2, out);
  }
  AppendFraction(time.nanos(), out);
  out->append("Z\"");
}

// The shortest text that is read as the same number.
template <typename Number>
void AppendReal(Number number, std::string* out) {
  if (number == 0 && std::signbit(number)) {
    out->append("-0.0");  // as "-0" it would be read as a whole number, which knows no such zero
    return;
  }
  if (std::isfinite(number)) return AppendNumber(number, out);
  out->append(std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

void AppendEnum(const FieldDescriptor* field, int number, std::string* out) {
  if (field->enum_type()->full_name() == "google.protobuf.NullValue") {
    out->append("null");
    return;
  }
  const EnumValueDescriptor* const value = field->enum_type()->FindValueByNumber(number);
  if (value == nullptr) return AppendNumber(number, out);
  out->push_back('"');
  out->append(value->name());
  out->push_back('"');
}

class Printer {
 public:
  explicit Printer(std::string* out) : out_(*out) {}

  void PrintMessage(const Message& message, const JsonType& type) {
    switch (type.form) {
      case JsonForm::kTimestamp:
        return AppendTimestamp(static_cast<const google::protobuf::Timestamp&>(message), &out_);
      case JsonForm::kDuration:
        return AppendJsonString(TimeUtil::ToString(static_cast<const google::protobuf::Duration&>(message)), &out_);
      case JsonForm::kObject:
      case JsonForm::kMapEntry: break;
    }
    const Reflection& reflection = *message.GetReflection();
    out_.push_back('{');
    const size_t start = out_.size();
    for (const JsonField& field : type.fields) {
      const bool is_list = field.field->is_repeated();
      const int size = is_list ? reflection.FieldSize(message, field.field) : 0;
      if (is_list ? size == 0 : !reflection.HasField(message, field.field)) continue;
      out_.append(field.key, out_.size() == start ? 1 : 0);  // without the comma
      if (!is_list) {
        PrintOne(message, reflection, field);
      } else if (field.type != nullptr && field.type->form == JsonForm::kMapEntry) {
        PrintMap(message, reflection, field, size);
      } else {
        PrintList(message, reflection, field, size);
      }
    }
    out_.push_back('}');
  }

 private:
  void PrintText(const FieldDescriptor* field, const std::string& text) {
    AppendJsonString(field->type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(text) : text, &out_);
  }

  void PrintOne(const Message& message, const Reflection& reflection, const JsonField& f) {
    const FieldDescriptor* const field = f.field;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: return AppendNumber(reflection.GetInt32(message, field), &out_);
      case FieldDescriptor::CPPTYPE_UINT32: return AppendNumber(reflection.GetUInt32(message, field), &out_);
      case FieldDescriptor::CPPTYPE_INT64: return AppendQuoted(reflection.GetInt64(message, field), &out_);
      case FieldDescriptor::CPPTYPE_UINT64: return AppendQuoted(reflection.GetUInt64(message, field), &out_);
      case FieldDescriptor::CPPTYPE_DOUBLE: return AppendReal(reflection.GetDouble(message, field), &out_);
      case FieldDescriptor::CPPTYPE_FLOAT: return AppendReal(reflection.GetFloat(message, field), &out_);
      case FieldDescriptor::CPPTYPE_BOOL: out_.append(reflection.GetBool(message, field) ? "true" : "false"); return;
      case FieldDescriptor::CPPTYPE_ENUM: return AppendEnum(field, reflection.GetEnumValue(message, field), &out_);
      case FieldDescriptor::CPPTYPE_STRING:
        return PrintText(field, reflection.GetStringReference(message, field, &scratch_));
      case FieldDescriptor::CPPTYPE_MESSAGE: return PrintMessage(reflection.GetMessage(message, field), *f.type);
    }
  }

  void PrintElement(const Message& message, const Reflection& reflection, const JsonField& f, int i) {
    const FieldDescriptor* const field = f.field;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: return AppendNumber(reflection.GetRepeatedInt32(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_UINT32: return AppendNumber(reflection.GetRepeatedUInt32(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_INT64: return AppendQuoted(reflection.GetRepeatedInt64(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_UINT64: return AppendQuoted(reflection.GetRepeatedUInt64(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_DOUBLE: return AppendReal(reflection.GetRepeatedDouble(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_FLOAT: return AppendReal(reflection.GetRepeatedFloat(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_BOOL:
        out_.append(reflection.GetRepeatedBool(message, field, i) ? "true" : "false");
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        return AppendEnum(field, reflection.GetRepeatedEnumValue(message, field, i), &out_);
      case FieldDescriptor::CPPTYPE_STRING:
        return PrintText(field, reflection.GetRepeatedStringReference(message, field, i, &scratch_));
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return PrintMessage(reflection.GetRepeatedMessage(message, field, i), *f.type);
    }
  }

  void PrintList(const Message& message, const Reflection& reflection, const JsonField& field, int size) {
    for (int i = 0; i < size; ++i) {
      out_.push_back(i == 0 ? '[' : ',');
      PrintElement(message, reflection, field, i);
    }
    out_.push_back(']');
  }

  void PrintMap(const Message& message, const Reflection& reflection, const JsonField& field, int size) {
    for (int i = 0; i < size; ++i) {
      out_.push_back(i == 0 ? '{' : ',');
      const Message& entry = reflection.GetRepeatedMessage(message, field.field, i);
      const Reflection& of_entry = *entry.GetReflection();
      PrintKey(entry, of_entry, field.type->fields[0]);
      out_.push_back(':');
      PrintOne(entry, of_entry, field.type->fields[1]);
    }
    out_.push_back('}');
  }

  // Keys are texts, whatever they are.
  void PrintKey(const Message& entry, const Reflection& reflection, const JsonField& key) {
    const size_t start = out_.size();
    PrintOne(entry, reflection, key);
    if (out_[start] == '"') return;
    out_.insert(start, 1, '"');
    out_.push_back('"');
  }

  std::string& out_;
  std::string scratch_;
};

}  // namespace

void JsonCodec::Print(const Message& message, std::string* json) const {
  Printer(json).PrintMessage(message, types_.Get(message.GetDescriptor()));
}

}  // namespace nbo::server
