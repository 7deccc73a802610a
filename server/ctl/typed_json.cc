#include "server/ctl/typed_json.h"

#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/rules/value.h"

namespace nbo::ctl {
namespace {

using Json = google::protobuf::Value;
using rules::Type;

constexpr char kTimestamp[] = "google.protobuf.Timestamp";
constexpr char kDuration[] = "google.protobuf.Duration";
constexpr double kMaxExactInt = 9007199254740992.0;  // 2^53: what a number of JSON holds exactly

absl::Status Bad(absl::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

// The field of an object, or nullptr.
const Json* Find(const Json& json, const std::string& name) {
  if (!json.has_struct_value()) return nullptr;
  const auto it = json.struct_value().fields().find(name);
  return it == json.struct_value().fields().end() ? nullptr : &it->second;
}

// The only field of an object: {"int64_value": ...}.
absl::StatusOr<std::pair<std::string, const Json*>> OnlyField(const Json& json, absl::string_view example) {
  if (!json.has_struct_value() || json.struct_value().fields_size() != 1) {
    return Bad(absl::StrCat("write an object with one field, such as ", example));
  }
  const auto it = json.struct_value().fields().begin();
  return std::make_pair(it->first, &it->second);
}

absl::StatusOr<int64_t> IntOf(const Json& json, absl::string_view field) {
  int64_t number = 0;
  if (json.has_string_value() && absl::SimpleAtoi(json.string_value(), &number)) return number;
  if (json.has_number_value() && std::trunc(json.number_value()) == json.number_value() &&
      std::fabs(json.number_value()) <= kMaxExactInt) {
    return static_cast<int64_t>(json.number_value());
  }
  return Bad(absl::StrCat(field, ": is no 64-bit int; write it in quotes, such as \"123\""));
}

absl::StatusOr<double> DoubleOf(const Json& json) {
  double number = 0;
  if (json.has_number_value()) return json.number_value();
  if (json.has_string_value() && absl::SimpleAtod(json.string_value(), &number)) return number;
  return Bad("double_value: is no number; write 1.5, or \"1.5\", \"NaN\", \"Infinity\"");
}

absl::StatusOr<bool> BoolOf(const Json& json) {
  if (json.has_bool_value()) return json.bool_value();
  if (json.has_string_value() && json.string_value() == "true") return true;
  if (json.has_string_value() && json.string_value() == "false") return false;
  return Bad("bool_value: write true or false");
}

absl::Status ReadList(const Json& json, nbo::v1::ListValue* list) {
  const Json* values = Find(json, "values");
  if (values == nullptr && json.has_struct_value() && json.struct_value().fields().empty()) return absl::OkStatus();
  if (values == nullptr || !values->has_list_value()) return Bad("list_value: write {\"values\": [...]}");
  for (const Json& each : values->list_value().values()) {
    auto value = ValueOfJson(each);
    if (!value.ok()) return Bad(absl::StrCat("list_value.values: ", std::string(value.status().message())));
    *list->add_values() = *std::move(value);
  }
  return absl::OkStatus();
}

absl::Status ReadMap(const Json& json, nbo::v1::MapValue* map) {
  const Json* entries = Find(json, "entries");
  if (entries == nullptr && json.has_struct_value() && json.struct_value().fields().empty()) return absl::OkStatus();
  if (entries == nullptr || !entries->has_list_value()) return Bad("map_value: write {\"entries\": [...]}");
  for (const Json& each : entries->list_value().values()) {
    const Json* key = Find(each, "key");
    const Json* value = Find(each, "value");
    if (key == nullptr || value == nullptr) {
      return Bad("map_value.entries: write {\"key\": ..., \"value\": ...}");
    }
    auto key_value = ValueOfJson(*key);
    if (!key_value.ok()) return Bad(absl::StrCat("map_value.entries.key: ", std::string(key_value.status().message())));
    auto mapped = ValueOfJson(*value);
    if (!mapped.ok()) return Bad(absl::StrCat("map_value.entries.value: ", std::string(mapped.status().message())));
    nbo::v1::MapValue::Entry* entry = map->add_entries();
    *entry->mutable_key() = *std::move(key_value);
    *entry->mutable_value() = *std::move(mapped);
  }
  return absl::OkStatus();
}

// "seconds" and "nanos", each 0 if not given.
template <typename Message>
absl::Status ReadSeconds(const Json& json, Message* message) {
  if (const Json* seconds = Find(json, "seconds")) {
    const auto number = IntOf(*seconds, "seconds");
    if (!number.ok()) return number.status();
    message->set_seconds(*number);
  }
  if (const Json* nanos = Find(json, "nanos")) {
    const auto number = IntOf(*nanos, "nanos");
    if (!number.ok()) return number.status();
    if (std::abs(*number) > 999999999) return Bad("nanos: at most 999999999");
    message->set_nanos(static_cast<int32_t>(*number));
  }
  return absl::OkStatus();
}

absl::Status ReadObject(const Json& json, nbo::v1::Value* out) {
  const auto only = OnlyField(json, absl::StrCat("{\"[type.googleapis.com/", kTimestamp, "]\": {\"seconds\": \"1\"}}"));
  if (!only.ok()) return only.status();
  if (only->first == absl::StrCat("[type.googleapis.com/", kTimestamp, "]")) {
    return ReadSeconds(*only->second, out->mutable_timestamp_value());
  }
  if (only->first == absl::StrCat("[type.googleapis.com/", kDuration, "]")) {
    return ReadSeconds(*only->second, out->mutable_duration_value());
  }
  return Bad(absl::StrCat("object_value: '", only->first, "' is no value of rules; only ", kTimestamp, " and ",
                          kDuration, " are"));
}

absl::Status ReadValue(const std::string& kind, const Json& json, nbo::v1::Value* out) {
  if (kind == "null_value") {
    out->set_null_value(google::protobuf::NULL_VALUE);
  } else if (kind == "bool_value") {
    const auto value = BoolOf(json);
    if (!value.ok()) return value.status();
    out->set_bool_value(*value);
  } else if (kind == "int64_value") {
    const auto value = IntOf(json, kind);
    if (!value.ok()) return value.status();
    out->set_int64_value(*value);
  } else if (kind == "double_value") {
    const auto value = DoubleOf(json);
    if (!value.ok()) return value.status();
    out->set_double_value(*value);
  } else if (kind == "string_value") {
    if (!json.has_string_value()) return Bad("string_value: write a text in quotes");
    out->set_string_value(json.string_value());
  } else if (kind == "list_value") {
    return ReadList(json, out->mutable_list_value());
  } else if (kind == "map_value") {
    return ReadMap(json, out->mutable_map_value());
  } else if (kind == "object_value") {
    return ReadObject(json, out);
  } else {
    return Bad(absl::StrCat("'", kind,
                            "' is no value of rules; use null_value, bool_value, int64_value, double_value, "
                            "string_value, list_value, map_value or object_value"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Type> PrimitiveOf(const Json& json) {
  const std::string& name = json.string_value();
  if (name == "BOOL") return Type::kBool;
  if (name == "INT64") return Type::kInt;
  if (name == "DOUBLE") return Type::kDouble;
  if (name == "STRING") return Type::kString;
  return Bad(absl::StrCat("primitive: '", name, "' is no type of rules; use BOOL, INT64, DOUBLE or STRING"));
}

absl::StatusOr<Type> MessageTypeOf(const std::string& name, const rules::Environment& environment) {
  if (name == kTimestamp) return Type::kTimestamp;
  if (name == kDuration) return Type::kDuration;
  for (size_t i = 0; i < environment.classes().size(); ++i) {
    if (environment.classes()[i].name == name) return Type::Object(static_cast<int>(i));
  }
  return Bad(absl::StrCat("message_type: '", name, "' is not declared; use ", kTimestamp, " or ", kDuration));
}

std::string SecondsJson(absl::string_view type, int64_t seconds, int32_t nanos) {
  return absl::StrCat("{\"object_value\": {\"[type.googleapis.com/", type, "]\": {\"seconds\": \"", seconds,
                      "\", \"nanos\": \"", nanos, "\"}}}");
}

// The shortest text that reads back as the same double.
std::string DoubleText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  for (int digits = 15; digits < 17; ++digits) {
    const std::string text = absl::StrFormat("%.*g", digits, number);
    double back = 0;
    if (absl::SimpleAtod(text, &back) && back == number) return text;
  }
  return absl::StrFormat("%.17g", number);
}

}  // namespace

absl::StatusOr<Json> ParseJson(absl::string_view text) {
  Json json;
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(text), &json);
  if (!status.ok()) return Bad(absl::StrCat("is no JSON: ", std::string(status.message())));
  return json;
}

absl::StatusOr<nbo::v1::Value> ValueOfJson(const Json& json) {
  const auto only = OnlyField(json, "{\"int64_value\": \"123\"}");
  if (!only.ok()) return only.status();
  nbo::v1::Value value;
  if (absl::Status s = ReadValue(only->first, *only->second, &value); !s.ok()) return s;
  return value;
}

absl::StatusOr<Type> TypeOfJson(const Json& json, const rules::Environment& environment) {
  const auto only = OnlyField(json, "{\"primitive\": \"INT64\"}");
  if (!only.ok()) return only.status();
  const auto& [name, inner] = *only;
  if (name == "primitive") return PrimitiveOf(*inner);
  if (name == "null") return Type::kNull;
  if (name == "message_type") return MessageTypeOf(inner->string_value(), environment);
  if (name == "list_type") {
    const Json* element = Find(*inner, "elem_type");
    if (element == nullptr) return Bad("list_type: needs elem_type");
    const auto type = TypeOfJson(*element, environment);
    return type.ok() ? absl::StatusOr<Type>(Type::List(*type)) : type;
  }
  if (name == "map_type") {
    const Json* key = Find(*inner, "key_type");
    const Json* value = Find(*inner, "value_type");
    if (key == nullptr || value == nullptr) return Bad("map_type: needs key_type and value_type");
    const auto key_type = TypeOfJson(*key, environment);
    if (!key_type.ok()) return key_type;
    const auto value_type = TypeOfJson(*value, environment);
    return value_type.ok() ? absl::StatusOr<Type>(Type::Map(*key_type, *value_type)) : value_type;
  }
  return Bad(
      absl::StrCat("'", name, "' is no type of rules; use primitive, list_type, map_type, null or message_type"));
}

std::string QuoteJson(absl::string_view text) {
  Json json;
  json.set_string_value(std::string(text));
  std::string quoted;
  (void)google::protobuf::util::MessageToJsonString(json, &quoted);
  return quoted;
}

std::string ValueToJson(const nbo::v1::Value& value) {
  using V = nbo::v1::Value;
  switch (value.kind_case()) {
    case V::kNullValue: return "{\"null_value\": \"NULL_VALUE\"}";
    case V::kBoolValue: return absl::StrCat("{\"bool_value\": \"", value.bool_value() ? "true" : "false", "\"}");
    case V::kInt64Value: return absl::StrCat("{\"int64_value\": \"", value.int64_value(), "\"}");
    case V::kDoubleValue: return absl::StrCat("{\"double_value\": \"", DoubleText(value.double_value()), "\"}");
    case V::kStringValue: return absl::StrCat("{\"string_value\": ", QuoteJson(value.string_value()), "}");
    case V::kTimestampValue:
      return SecondsJson(kTimestamp, value.timestamp_value().seconds(), value.timestamp_value().nanos());
    case V::kDurationValue:
      return SecondsJson(kDuration, value.duration_value().seconds(), value.duration_value().nanos());
    case V::kListValue: {
      const auto& values = value.list_value().values();
      if (values.empty()) return "{\"list_value\": {}}";
      return absl::StrCat(
          "{\"list_value\": {\"values\": [",
          absl::StrJoin(values, ", ", [](std::string* out, const V& each) { out->append(ValueToJson(each)); }), "]}}");
    }
    case V::kMapValue: {
      const auto& entries = value.map_value().entries();
      if (entries.empty()) return "{\"map_value\": {}}";
      const auto entry = [](std::string* out, const nbo::v1::MapValue::Entry& each) {
        absl::StrAppend(out, "{\"key\": ", ValueToJson(each.key()), ", \"value\": ", ValueToJson(each.value()), "}");
      };
      return absl::StrCat("{\"map_value\": {\"entries\": [", absl::StrJoin(entries, ", ", entry), "]}}");
    }
    case V::kObjectValue: {
      const auto field = [](std::string* out, const nbo::v1::ObjectValue::Field& each) {
        absl::StrAppend(out, QuoteJson(each.name()), ": ", ValueToJson(each.value()));
      };
      return absl::StrCat("{\"object_value\": {\"[nbo.", value.object_value().class_name(), "]\": {",
                          absl::StrJoin(value.object_value().fields(), ", ", field), "}}}");
    }
    case V::KIND_NOT_SET: break;
  }
  return "null";
}

}  // namespace nbo::ctl
