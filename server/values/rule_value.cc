#include "server/values/rule_value.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/rules/times.h"

namespace nbo::server {
namespace {

using rules::Kind;
using rules::MapEntry;
using rules::Type;
using rules::Value;

using rules::kMaxDurationSeconds;
using rules::kMaxTimestampSeconds;
using rules::kMinTimestampSeconds;

constexpr int64_t kNanosPerSecond = 1000000000;

// google.protobuf.Duration has the sign on both parts; ours counts nanos forward.
void FillDuration(const Value& value, google::protobuf::Duration* out) {
  const bool borrow = value.seconds() < 0 && value.nanos() != 0;
  out->set_seconds(value.seconds() + (borrow ? 1 : 0));
  out->set_nanos(static_cast<int32_t>(static_cast<int64_t>(value.nanos()) - (borrow ? kNanosPerSecond : 0)));
}

void FillObject(const Value& value, Type type, const rules::Environment& environment, v1::ObjectValue* out) {
  const rules::ObjectClass& declared = environment.ClassOf(type);
  out->set_class_name(declared.name);
  for (size_t i = 0; i < declared.fields.size(); ++i) {
    v1::ObjectValue::Field* field = out->add_fields();
    field->set_name(declared.fields[i].name);
    FillValue(value.fields()[i], declared.fields[i].type, environment, field->mutable_value());
  }
}

absl::StatusOr<Value> TimestampOf(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() < kMinTimestampSeconds || timestamp.seconds() > kMaxTimestampSeconds ||
      timestamp.nanos() < 0 || timestamp.nanos() >= kNanosPerSecond) {
    return absl::InvalidArgumentError("a timestamp lies within the years 1 to 9999, its nanos below 10^9");
  }
  return Value::Timestamp(timestamp.seconds(), static_cast<uint32_t>(timestamp.nanos()));
}

absl::StatusOr<Value> DurationOf(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int64_t nanos = duration.nanos();
  if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds || nanos <= -kNanosPerSecond ||
      nanos >= kNanosPerSecond || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) {
    return absl::InvalidArgumentError(
        "a duration has at most 315576000000 s, nanos below 10^9 and one sign for both parts");
  }
  if (nanos >= 0) return Value::Duration(seconds, static_cast<uint32_t>(nanos));
  return Value::Duration(seconds - 1, static_cast<uint32_t>(nanos + kNanosPerSecond));
}

absl::StatusOr<Value> ListOf(const v1::ListValue& list, rules::Arena* arena) {
  absl::Span<Value> values = arena->NewArray<Value>(static_cast<size_t>(list.values_size()));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto value = ToRuleValue(list.values(static_cast<int>(i)), arena);
    if (!value.ok()) return value.status();
    values[i] = *value;
  }
  return Value::List(values);
}

bool IsKey(Kind kind) { return kind == Kind::kBool || kind == Kind::kInt || kind == Kind::kString; }

absl::StatusOr<Value> MapOf(const v1::MapValue& map, rules::Arena* arena) {
  absl::Span<MapEntry> entries = arena->NewArray<rules::MapEntry>(static_cast<size_t>(map.entries_size()));
  for (size_t i = 0; i < entries.size(); ++i) {
    const v1::MapValue::Entry& entry = map.entries(static_cast<int>(i));
    const auto key = ToRuleValue(entry.key(), arena);
    if (!key.ok()) return key.status();
    const auto value = ToRuleValue(entry.value(), arena);
    if (!value.ok()) return value.status();
    if (!IsKey(key->kind()) || (i > 0 && key->kind() != entries[0].key.kind())) {
      return absl::InvalidArgumentError("the keys of a map are bool, int or string, and all of one type");
    }
    entries[i] = {*key, *value};
  }
  if (!rules::SortEntries(entries)) return absl::InvalidArgumentError("a map has each key once");
  return Value::Map(entries);
}

absl::StatusOr<Value> ObjectOf(const v1::ObjectValue& object, rules::Arena* arena) {
  absl::Span<Value> fields = arena->NewArray<Value>(static_cast<size_t>(object.fields_size()));
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto value = ToRuleValue(object.fields(static_cast<int>(i)).value(), arena);
    if (!value.ok()) return value.status();
    fields[i] = *value;
  }
  return Value::Object(fields);
}

// The one type of `next` and those before.
absl::Status Join(const Value& next, Type* type) {
  const absl::StatusOr<Type> other = TypeOf(next);
  if (!other.ok()) return other.status();
  const std::optional<Type> both = rules::Unify(*type, *other);
  if (!both) {
    return absl::InvalidArgumentError(absl::StrCat("elements of several types, ", rules::TypeName(*type), " and ",
                                                   rules::TypeName(*other), "; the rule language has no such lists"));
  }
  *type = *both;
  return absl::OkStatus();
}

}  // namespace

void FillValue(const Value& value, Type type, const rules::Environment& environment, v1::Value* out) {
  switch (value.kind()) {
    case Kind::kBool: return out->set_bool_value(value.bool_value());
    case Kind::kInt: return out->set_int64_value(value.int_value());
    case Kind::kDouble: return out->set_double_value(value.double_value());
    case Kind::kString: return out->set_string_value(std::string(value.string_value()));
    case Kind::kTimestamp:
      out->mutable_timestamp_value()->set_seconds(value.seconds());
      return out->mutable_timestamp_value()->set_nanos(static_cast<int32_t>(value.nanos()));
    case Kind::kDuration: return FillDuration(value, out->mutable_duration_value());
    case Kind::kList:
      out->mutable_list_value();
      for (const Value& element : value.list()) {
        FillValue(element, type.element(), environment, out->mutable_list_value()->add_values());
      }
      return;
    case Kind::kMap:
      out->mutable_map_value();
      for (const MapEntry& entry : value.map()) {
        v1::MapValue::Entry* to = out->mutable_map_value()->add_entries();
        FillValue(entry.key, type.key(), environment, to->mutable_key());
        FillValue(entry.value, type.value(), environment, to->mutable_value());
      }
      return;
    case Kind::kObject: return FillObject(value, type, environment, out->mutable_object_value());
    case Kind::kNull:
      if (type == Type::kNull) out->set_null_value(google::protobuf::NULL_VALUE);
      return;
    case Kind::kAny:
    case Kind::kError: return;
  }
}

absl::StatusOr<Value> ToRuleValue(const v1::Value& message, rules::Arena* arena) {
  switch (message.kind_case()) {
    case v1::Value::kBoolValue: return Value::Bool(message.bool_value());
    case v1::Value::kInt64Value: return Value::Int(message.int64_value());
    case v1::Value::kDoubleValue: return Value::Double(message.double_value());
    case v1::Value::kStringValue: return Value::String(message.string_value());
    case v1::Value::kTimestampValue: return TimestampOf(message.timestamp_value());
    case v1::Value::kDurationValue: return DurationOf(message.duration_value());
    case v1::Value::kListValue: return ListOf(message.list_value(), arena);
    case v1::Value::kMapValue: return MapOf(message.map_value(), arena);
    case v1::Value::kObjectValue: return ObjectOf(message.object_value(), arena);
    case v1::Value::kNullValue:
    case v1::Value::KIND_NOT_SET: return Value::Null();
  }
  return Value::Null();
}

absl::StatusOr<Type> TypeOf(const Value& value) {
  if (value.kind() == Kind::kObject) {
    return absl::InvalidArgumentError("an object does not say its type; declare it in type_env");
  }
  if (value.kind() == Kind::kList) {
    Type element = Type::kAny;
    for (const Value& each : value.list()) {
      if (absl::Status s = Join(each, &element); !s.ok()) return s;
    }
    return Type::List(element);
  }
  if (value.kind() == Kind::kMap) {
    Type key = Type::kAny;
    Type mapped = Type::kAny;
    for (const MapEntry& entry : value.map()) {
      if (absl::Status s = Join(entry.key, &key); !s.ok()) return s;
      if (absl::Status s = Join(entry.value, &mapped); !s.ok()) return s;
    }
    return Type::Map(key, mapped);
  }
  return value.type();
}

void FillMistake(absl::string_view text, const rules::Mistake& mistake, v1::RuleMistake* out) {
  const absl::string_view before = text.substr(0, static_cast<size_t>(mistake.offset));
  const size_t newline = before.rfind('\n');
  const absl::string_view on_line = newline == absl::string_view::npos ? before : before.substr(newline + 1);
  out->set_offset(mistake.offset);
  out->set_line(1 + static_cast<int32_t>(std::count(before.begin(), before.end(), '\n')));
  out->set_column(1 + static_cast<int32_t>(CodePoints(on_line)));
  out->set_message(mistake.message);
}

std::optional<rules::Expression> CompileInto(const std::string& expression, const rules::Environment& environment,
                                             v1::EvaluateRuleResponse* response) {
  auto compiled = rules::Expression::Compile(expression, environment, Type::kAny);
  if (auto* good = std::get_if<rules::Expression>(&compiled)) return std::move(*good);
  for (const rules::Mistake& mistake : std::get<std::vector<rules::Mistake>>(compiled)) {
    FillMistake(expression, mistake, response->add_mistakes());
  }
  return std::nullopt;
}

void EvaluateInto(const rules::Expression& expression, const rules::Environment& environment,
                  const rules::Activation& activation, v1::EvaluateRuleResponse* response) {
  response->set_type(environment.NameOf(expression.type()));
  response->set_inputs(expression.DescribeInputs(activation));
  const Value value = expression.Evaluate(activation);
  if (value.is_error()) {
    response->set_evaluation_error(std::string(rules::EvalErrorText(value.error())));
  } else {
    FillValue(value, expression.type(), environment, response->mutable_value());
  }
}

void EvaluateInto(const std::string& expression, const rules::Environment& environment,
                  const rules::Activation& activation, v1::EvaluateRuleResponse* response) {
  const std::optional<rules::Expression> compiled = CompileInto(expression, environment, response);
  if (compiled) EvaluateInto(*compiled, environment, activation, response);
}

}  // namespace nbo::server
