// A small world for tests of rules: declarations, and values that a test may change.
#ifndef NBO_TESTS_CORE_RULES_RULE_FIXTURE_H_
#define NBO_TESTS_CORE_RULES_RULE_FIXTURE_H_

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "core/rules/environment.h"
#include "core/rules/expression.h"
#include "gtest/gtest.h"

namespace nbo::rules {

inline uint64_t TestKey(absl::string_view argument) {
  uint64_t key = 7;
  for (const char c : argument) key = key * 31 + static_cast<unsigned char>(c);
  return key;
}

class TestActivation : public Activation {
 public:
  Value Fact(int family, uint64_t key, int field) const override {
    ++facts_asked;
    const auto found = facts.find({family, key, field});
    return found == facts.end() ? Value::Null() : found->second;
  }
  void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const override {
    for (const auto& [name, value] : facts) {
      if (std::get<0>(name) == family) visit(std::get<1>(name));
    }
  }
  std::map<std::tuple<int, uint64_t, int>, Value> facts;
  mutable int facts_asked = 0;
};

class RuleTest : public ::testing::Test {
 protected:
  RuleTest() {
    recency_ = Declare("customer.recency_days", Type::kInt, Value::Int(12));
    frequency_ = Declare("customer.frequency_30d", Type::kInt, Value::Int(3));
    spend_ = Declare("customer.spend", Type::kDouble, Value::Double(99.5));
    name_ = Declare("customer.name", Type::kString, Value::String("Zoë"));
    member_ = Declare("customer.is_member", Type::kBool, Value::Bool(true));
    absent_ = Declare("customer.birthday_in_days", Type::kInt, Value::Null());
    absent_flag_ = Declare("customer.opted_in", Type::kBool, Value::Null());
    channel_ = Declare("request.channel", Type::kString, Value::String("KIOSK"));
    segments_ = Declare("customer.segments", Type::kStringList, Value::List(segment_list_));
    stores_ = Declare("customer.stores", Type::kIntList, Value::List(store_list_));
    Declare("customer.shares", Type::kDoubleList, Value::List(share_list_));
    Declare("customer.flags", Type::kBoolList, Value::List(flag_list_));
    attributes_ = Declare("request.attributes", Type::kStringMap, Value::Map(entries_));
    now_ = Declare("now", Type::kTimestamp, Value::Timestamp(1767366000, 500000000));  // 2026-01-02T15:00:00.5Z
    const Type line = environment_.AddClass({"basket_line",
                                             "a line of the basket",
                                             {{"category", Type::kString, true, ""},
                                              {"amount", Type::kDouble, false, ""},
                                              {"tags", Type::kStringList, false, ""}}});
    lines_ = Declare("basket.lines", Type::List(line), Value::List(line_list_), 50);
    category_ = environment_.AddFamily(
        {"category",
         "what the customer buys",
         {{"share", Type::kDouble, true, "share of spend"}, {"orders", Type::kInt, true, "receipts"}},
         &TestKey});
    activation_.facts[{category_, TestKey("YOGURT"), 0}] = Value::Double(0.25);
    activation_.facts[{category_, TestKey("YOGURT"), 1}] = Value::Int(4);
  }

  int Declare(std::string name, Type type, Value value, int max_size = 0) {
    slots_.push_back(value);
    activation_.slots = slots_;
    return environment_.AddVariable({std::move(name), type, true, "", max_size});
  }

  // All mistakes, one "offset: message" a line; empty if the rule is correct.
  std::string Mistakes(absl::string_view text, Type expected = Type::kBool) const {
    const auto compiled = Expression::Compile(text, environment_, expected);
    std::string out;
    if (const auto* mistakes = std::get_if<std::vector<Mistake>>(&compiled)) {
      for (const Mistake& mistake : *mistakes) {
        out += (out.empty() ? "" : "\n") + std::to_string(mistake.offset) + ": " + mistake.message;
      }
      if (out.empty()) out = "failed without a mistake";
    }
    return out;
  }

  // The result as text; the mistakes if it does not compile.
  std::string Result(absl::string_view text, Type expected = Type::kBool) const {
    const auto compiled = Expression::Compile(text, environment_, expected);
    if (const auto* expression = std::get_if<Expression>(&compiled)) {
      return expression->Evaluate(activation_).ToString();
    }
    return Mistakes(text, expected);
  }

  bool IsTrue(absl::string_view text) const { return Result(text) == "true"; }

  std::string ErrorText(EvalError error) const { return Value::Error(error).ToString(); }

  const std::vector<Value> segment_list_ = {Value::String("vip"), Value::String("parents")};
  const std::vector<Value> store_list_ = {Value::Int(1), Value::Int(9007199254740993)};
  const std::vector<Value> share_list_ = {Value::Double(0.5), Value::Double(2.0)};
  const std::vector<Value> flag_list_ = {Value::Bool(true), Value::Bool(false)};
  const std::vector<MapEntry> entries_ = {{Value::String("k"), Value::String("v")},
                                          {Value::String("weather"), Value::String("rain")}};
  const std::vector<Value> dairy_ = {Value::String("DAIRY"), Value::Double(12.5), Value::List(segment_list_)};
  const std::vector<Value> bread_ = {Value::String("BREAD"), Value::Double(2.0), Value::List({})};
  const std::vector<Value> bag_ = {Value::Null(), Value::Double(0.1), Value::List({})};
  const std::vector<Value> line_list_ = {Value::Object(dairy_), Value::Object(bread_), Value::Object(bag_)};
  Environment environment_;
  TestActivation activation_;
  std::vector<Value> slots_;
  int now_, lines_;
  int recency_, frequency_, spend_, name_, member_, absent_, absent_flag_, channel_, segments_, stores_, attributes_;
  int category_;
};

}  // namespace nbo::rules

#endif  // NBO_TESTS_CORE_RULES_RULE_FIXTURE_H_
