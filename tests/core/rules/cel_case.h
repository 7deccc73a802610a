// A case of the CEL conformance files: an expression, typed bindings, and the value or error it must give.
#ifndef NBO_TESTS_CORE_RULES_CEL_CASE_H_
#define NBO_TESTS_CORE_RULES_CEL_CASE_H_

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/rules/compare.h"
#include "core/rules/environment.h"
#include "tests/core/rules/small_json.h"

namespace nbo::rules {

// Keeps what values point to.
class CelValues {
 public:
  // nullopt for kinds that the language does not have.
  std::optional<Value> ValueOf(const SmallJson& json) {
    const auto& [kind, content] = *json.members.begin();
    if (kind == "null_value") return Value::Null();
    if (kind == "bool_value") return Value::Bool(content.text == "true");
    if (kind == "string_value") return Value::String(texts_.emplace_back(content.text));
    if (kind == "int64_value") return NumberOf<int64_t>(content.text, &absl::SimpleAtoi<int64_t>, &Value::Int);
    if (kind == "double_value") return NumberOf<double>(content.text, &absl::SimpleAtod, &Value::Double);
    if (kind == "list_value") return ListOf(content);
    if (kind == "map_value") return MapOf(content);
    if (kind == "object_value") return TimeOf(content);
    return std::nullopt;
  }

 private:
  template <typename Number, typename Parse>
  static std::optional<Value> NumberOf(const std::string& text, Parse parse, Value (*make)(Number)) {
    Number number = 0;
    if (!parse(text, &number)) return std::nullopt;
    return make(number);
  }

  static const SmallJson* Find(const SmallJson& json, const std::string& name) {
    const auto found = json.members.find(name);
    return found == json.members.end() ? nullptr : &found->second;
  }

  std::optional<Value> ListOf(const SmallJson& json) {
    std::vector<Value>& list = lists_.emplace_back();
    const SmallJson* const values = Find(json, "values");
    for (size_t i = 0; values != nullptr && i < values->members.size(); ++i) {
      const std::optional<Value> value = ValueOf(values->At(std::to_string(i)));
      if (!value.has_value()) return std::nullopt;
      list.push_back(*value);
    }
    return Value::List(list);
  }

  std::optional<Value> MapOf(const SmallJson& json) {
    std::vector<MapEntry>& map = maps_.emplace_back();
    const SmallJson* const entries = Find(json, "entries");
    for (size_t i = 0; entries != nullptr && i < entries->members.size(); ++i) {
      const SmallJson& entry = entries->At(std::to_string(i));
      const std::optional<Value> key = ValueOf(entry.At("key"));
      const std::optional<Value> value = ValueOf(entry.At("value"));
      if (!key.has_value() || !value.has_value()) return std::nullopt;
      map.push_back({*key, *value});
    }
    SortEntries(absl::MakeSpan(map));
    return Value::Map(map);
  }

  static std::optional<Value> TimeOf(const SmallJson& json) {
    const auto& [name, content] = *json.members.begin();
    int64_t seconds = 0;
    uint32_t nanos = 0;
    (void)absl::SimpleAtoi(content.At("seconds").text, &seconds);
    (void)absl::SimpleAtoi(content.At("nanos").text, &nanos);
    if (absl::EndsWith(name, "Duration]")) return Value::Duration(seconds, nanos);
    if (absl::EndsWith(name, "Timestamp]")) return Value::Timestamp(seconds, nanos);
    return std::nullopt;
  }

  std::deque<std::string> texts_;
  std::deque<std::vector<Value>> lists_;
  std::deque<std::vector<MapEntry>> maps_;
};

// The declared type of a binding; nullopt for those the language does not have.
inline std::optional<Type> CelType(const SmallJson& json) {
  const auto& [kind, content] = *json.members.begin();
  if (kind == "null") return Type::kNull;
  if (kind == "primitive") {
    if (content.text == "BOOL") return Type::kBool;
    if (content.text == "INT64") return Type::kInt;
    if (content.text == "DOUBLE") return Type::kDouble;
    if (content.text == "STRING") return Type::kString;
  }
  if (kind == "message_type" && content.text == "google.protobuf.Duration") return Type::kDuration;
  if (kind == "message_type" && content.text == "google.protobuf.Timestamp") return Type::kTimestamp;
  if (kind == "list_type") {
    const std::optional<Type> element = CelType(content.At("elem_type"));
    if (element.has_value()) return Type::List(*element);
  }
  if (kind == "map_type") {
    const std::optional<Type> key = CelType(content.At("key_type"));
    const std::optional<Type> value = CelType(content.At("value_type"));
    if (key.has_value() && value.has_value()) return Type::Map(*key, *value);
  }
  return std::nullopt;
}

// The same kind in depth, and equal; a NaN equals a NaN.
inline bool IsSame(const Value& a, const Value& b) {
  return a.kind() == b.kind() && (AreEqual(a, b) || a.ToString() == b.ToString());
}

}  // namespace nbo::rules

#endif  // NBO_TESTS_CORE_RULES_CEL_CASE_H_
