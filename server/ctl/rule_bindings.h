// The names and values against which nboctl evaluates a rule by itself.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <list>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/rules/environment.h"
#include "nbo/v1/value.pb.h"

namespace nbo::ctl {

// The vocabulary of rules, at first without values, and further names. Not thread-safe.
class RuleBindings : public rules::Activation {
 public:
  RuleBindings();
  RuleBindings(const RuleBindings&) = delete;
  RuleBindings& operator=(const RuleBindings&) = delete;

  // Takes in {"bindings": [...], "type_env": [...]}, both optional, as in the conformance files of CEL, or "bindings"
  // as an object {"customer.recency_days": {"int64_value": "12"}}. INVALID_ARGUMENT names the field at fault.
  absl::Status Add(const google::protobuf::Value& json);

  // Takes in "customer.recency_days=12" or `category("MILK").visits=3`. The value is a constant of the rule language; a
  // text needs no quotes where a text is declared.
  absl::Status AddText(absl::string_view name_and_value);

  const rules::Environment& environment() const { return environment_; }
  rules::Value Fact(int family, uint64_t key, int field) const override;
  void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const override;

 private:
  absl::Status Declare(const google::protobuf::Value& entry);
  absl::Status AddBinding(const std::string& name, const google::protobuf::Value& value);
  // Gives a name a value; declares the name if it is new.
  absl::Status Set(const std::string& name, rules::Type type, rules::Value value);
  absl::Status SetFact(const std::string& name, rules::Type type, rules::Value value);
  rules::Type DeclaredType(const std::string& name) const;

  rules::Environment environment_;
  std::vector<rules::Value> values_;
  std::map<std::tuple<int, uint64_t, int>, rules::Value> facts_;
  // What values point into.
  std::list<nbo::v1::Value> messages_;
  rules::Arena kept_;
};

}  // namespace nbo::ctl
