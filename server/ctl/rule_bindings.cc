#include "server/ctl/rule_bindings.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/catalog/vocabulary.h"
#include "core/rules/expression.h"
#include "server/ctl/typed_json.h"
#include "server/values/rule_value.h"

namespace nbo::ctl {
namespace {

using Json = google::protobuf::Value;
using rules::Type;
using rules::Value;

absl::Status Bad(absl::string_view what, const absl::Status& why) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", std::string(why.message())));
}

const Json* Find(const Json& json, const std::string& name) {
  const auto it = json.struct_value().fields().find(name);
  return it == json.struct_value().fields().end() ? nullptr : &it->second;
}

// A fact of a family, taken apart by the parser of rules.
struct FactName {
  int family = 0;
  uint64_t key = 0;
  int field = 0;
  Type type;
};

// `category("MILK").visits`; nullopt if it is of no family.
std::optional<FactName> ParseFact(const std::string& name, const rules::Environment& environment) {
  for (size_t family = 0; family < environment.families().size(); ++family) {
    const rules::Family& declared = environment.families()[family];
    for (size_t field = 0; field < declared.fields.size(); ++field) {
      const std::string begin = absl::StrCat(declared.name, "(\"");
      const std::string end = absl::StrCat("\").", declared.fields[field].name);
      if (name.size() < begin.size() + end.size() || !absl::StartsWith(name, begin) || !absl::EndsWith(name, end)) {
        continue;
      }
      const std::string argument = name.substr(begin.size(), name.size() - begin.size() - end.size());
      return FactName{static_cast<int>(family), declared.key_of(argument), static_cast<int>(field),
                      declared.fields[field].type};
    }
  }
  return std::nullopt;
}

}  // namespace

RuleBindings::RuleBindings() : environment_(FullVocabulary()), values_(environment_.variables().size()) {
  slots = values_;
}

Value RuleBindings::Fact(int family, uint64_t key, int field) const {
  const auto it = facts_.find({family, key, field});
  return it == facts_.end() ? Value::Null() : it->second;
}

void RuleBindings::ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const {
  for (const auto& [fact, value] : facts_) {
    if (std::get<0>(fact) == family) visit(std::get<1>(fact));
  }
}

Type RuleBindings::DeclaredType(const std::string& name) const {
  if (const std::optional<int> slot = environment_.FindVariable(name)) {
    return environment_.variables()[static_cast<size_t>(*slot)].type;
  }
  const std::optional<FactName> fact = ParseFact(name, environment_);
  return fact ? fact->type : Type::kAny;
}

absl::Status RuleBindings::Set(const std::string& name, Type type, Value value) {
  if (absl::StrContains(name, '(')) return SetFact(name, type, value);
  std::optional<int> slot = environment_.FindVariable(name);
  if (!slot.has_value()) {
    slot = environment_.AddVariable({name, type, /*optional=*/true, "given on the command line"});
    values_.resize(environment_.variables().size());
    slots = values_;
  }
  const Type declared = environment_.variables()[static_cast<size_t>(*slot)].type;
  if (!value.is_null() && rules::Unify(declared, type) != std::optional<Type>(declared)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is ", environment_.NameOf(declared), ", not ", environment_.NameOf(type)));
  }
  values_[static_cast<size_t>(*slot)] = value;
  return absl::OkStatus();
}

absl::Status RuleBindings::SetFact(const std::string& name, Type type, Value value) {
  const std::optional<FactName> fact = ParseFact(name, environment_);
  if (!fact) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is no fact; write for example category(\"MILK\").visits, see 'nboctl rules vars'"));
  }
  if (fact->type != type) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is ", environment_.NameOf(fact->type), ", not ", environment_.NameOf(type)));
  }
  facts_[{fact->family, fact->key, fact->field}] = value;
  return absl::OkStatus();
}

absl::Status RuleBindings::Declare(const Json& entry) {
  const Json* name = Find(entry, "name");
  const Json* ident = Find(entry, "ident");
  const Json* type = ident == nullptr ? nullptr : Find(*ident, "type");
  if (name == nullptr || type == nullptr) {
    return absl::InvalidArgumentError(
        "type_env: write {\"name\": \"x\", \"ident\": {\"type\": {\"primitive\": \"INT64\"}}}");
  }
  const absl::StatusOr<Type> declared = TypeOfJson(*type, environment_);
  if (!declared.ok()) return Bad(absl::StrCat("type_env: ", name->string_value()), declared.status());
  return Set(name->string_value(), *declared, Value::Null());
}

absl::Status RuleBindings::AddBinding(const std::string& name, const Json& json) {
  absl::StatusOr<nbo::v1::Value> message = ValueOfJson(json);
  if (!message.ok()) return Bad(absl::StrCat("bindings: ", name), message.status());
  messages_.push_back(*std::move(message));
  const absl::StatusOr<Value> value = server::ToRuleValue(messages_.back(), &kept_);
  if (!value.ok()) return Bad(absl::StrCat("bindings: ", name), value.status());
  const absl::StatusOr<Type> type = server::TypeOf(*value);
  if (!type.ok()) return Bad(absl::StrCat("bindings: ", name), type.status());
  const absl::Status set = Set(name, *type, *value);
  return set.ok() ? set : Bad("bindings", set);
}

absl::Status RuleBindings::Add(const Json& json) {
  if (!json.has_struct_value()) {
    return absl::InvalidArgumentError("write an object with \"bindings\" and, if need be, \"type_env\"");
  }
  if (const Json* types = Find(json, "type_env")) {
    for (const Json& entry : types->list_value().values()) {
      if (absl::Status s = Declare(entry); !s.ok()) return s;
    }
  }
  const Json* bindings = Find(json, "bindings");
  if (bindings == nullptr) return absl::OkStatus();
  for (const auto& [name, value] : bindings->struct_value().fields()) {
    if (absl::Status s = AddBinding(name, value); !s.ok()) return s;
  }
  for (const Json& entry : bindings->list_value().values()) {
    const Json* name = Find(entry, "key");
    const Json* outer = Find(entry, "value");
    const Json* value = outer == nullptr ? nullptr : Find(*outer, "value");
    if (name == nullptr || value == nullptr) {
      return absl::InvalidArgumentError(
          "bindings: write {\"key\": \"x\", \"value\": {\"value\": {\"int64_value\": \"1\"}}}");
    }
    if (absl::Status s = AddBinding(name->string_value(), *value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status RuleBindings::AddText(absl::string_view name_and_value) {
  const size_t equals = name_and_value.find('=');
  const std::string name(absl::StripAsciiWhitespace(name_and_value.substr(0, equals)));
  if (equals == absl::string_view::npos || name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", name_and_value, "' is not of the form NAME=VALUE, such as customer.recency_days=12"));
  }
  const absl::string_view text = absl::StripAsciiWhitespace(name_and_value.substr(equals + 1));
  const Type declared = DeclaredType(name);
  nbo::v1::Value& message = messages_.emplace_back();
  const bool quoted = absl::StartsWith(text, "\"") || absl::StartsWith(text, "'");
  if (declared == Type::kString && !quoted) {
    message.set_string_value(std::string(text));
    return Set(name, Type::kString, Value::String(message.string_value()));
  }
  // Numbers need no point where a double is declared.
  auto compiled = rules::Expression::Compile(text, rules::Environment(), declared);
  if (const auto* mistakes = std::get_if<std::vector<rules::Mistake>>(&compiled)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": '", std::string(text), "': ", mistakes->front().message));
  }
  const rules::Expression& expression = std::get<rules::Expression>(compiled);
  const Value value = expression.Evaluate(*this);
  if (value.is_error()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": '", std::string(text), "': ", std::string(rules::EvalErrorText(value.error()))));
  }
  // Kept as a message: the value may lie in the expression.
  const Type type = declared == Type::kAny ? expression.type() : declared;
  server::FillValue(value, type, environment_, &message);
  const absl::StatusOr<Value> kept = server::ToRuleValue(message, &kept_);
  return kept.ok() ? Set(name, type, *kept) : kept.status();
}

}  // namespace nbo::ctl
