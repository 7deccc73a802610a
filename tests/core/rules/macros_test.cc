// Macros, and the lists, maps, texts and objects they work on.
#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

class MacrosTest : public RuleTest {
 protected:
  std::string Any(absl::string_view text) const { return Result(text, Type::kAny); }
};

TEST_F(MacrosTest, GoThroughListsAndKeysOfMaps) {
  EXPECT_TRUE(IsTrue("customer.segments.exists(s, s.startsWith('par')) && !customer.segments.exists(s, s == 'x')"));
  EXPECT_TRUE(IsTrue("customer.stores.all(s, s > 0) && !customer.stores.all(s, s == 1)"));
  EXPECT_TRUE(IsTrue("customer.stores.exists_one(s, s == 1) && !customer.stores.exists_one(s, s > 0)"));
  EXPECT_TRUE(IsTrue("request.attributes.exists(k, request.attributes[k] == 'rain')"));
  EXPECT_EQ(Any("request.attributes.map(k, k + '=' + request.attributes[k])"), "[\"k=v\", \"weather=rain\"]");
  EXPECT_EQ(Any("customer.stores.filter(s, s != 1)"), "[9007199254740993]");
}

TEST_F(MacrosTest, MapMayTakeOnlySome) {
  EXPECT_EQ(Any("customer.stores.map(s, s > 1, s - 1)"), "[9007199254740992]");
  EXPECT_EQ(Any("customer.stores.map(s, s > 9.0e18, s)"), "[]");
  EXPECT_EQ(Any("customer.segments.map(s, {s: customer.recency_days})"), "[{\"vip\": 12}, {\"parents\": 12}]");
}

TEST_F(MacrosTest, WorkOnObjects) {
  EXPECT_TRUE(IsTrue("basket.lines.exists(l, l.category == 'DAIRY' && l.amount > 10.0)"));
  EXPECT_FALSE(IsTrue("basket.lines.exists(l, l.category == 'DAIRY' && l.amount > 12.5)"));
  EXPECT_EQ(Any("basket.lines.filter(l, has(l.category)).map(l, l.amount)"), "[12.5, 2.0]");
  EXPECT_EQ(Any("basket.lines.map(l, l.category)"), ErrorText(EvalError::kNoSuchValue));
  EXPECT_EQ(Any("basket.lines[1].category"), "\"BREAD\"");
  EXPECT_TRUE(IsTrue("basket.lines.exists(l, 'vip' in l.tags) && basket.lines[0].tags == customer.segments"));
  EXPECT_TRUE(IsTrue("basket.lines[0] == basket.lines[0] && basket.lines[0] != basket.lines[1]"));
  EXPECT_TRUE(IsTrue("!has(basket.lines[2].category) && has(basket.lines[2].amount)"));
  EXPECT_EQ(Result("has(basket.lines[3].category)"), ErrorText(EvalError::kOutOfRange));
}

TEST_F(MacrosTest, AllAndExistsAbsorbErrorsOfElements) {
  const std::string by_zero = ErrorText(EvalError::kDivideByZero);
  EXPECT_EQ(Result("customer.stores.exists(s, 1 / (s - 1) == 0)"), "true");  // the first element fails
  EXPECT_EQ(Result("customer.stores.exists(s, 1 / (s - 1) == 7)"), by_zero);
  EXPECT_EQ(Result("customer.stores.all(s, 1 / (s - 1) == 7)"), "false");
  EXPECT_EQ(Result("customer.stores.all(s, 1 / (s - 1) == 0)"), by_zero);
  EXPECT_EQ(Result("customer.stores.exists_one(s, 1 / (s - 1) == 0)"), by_zero);
  EXPECT_EQ(Any("customer.stores.filter(s, 1 / (s - 1) == 0)"), by_zero);
  EXPECT_EQ(Any("customer.stores.map(s, 1 / (s - 1))"), by_zero);
  EXPECT_EQ(Result("customer.stores.all(s, 1 / (s - 1) == 0) || customer.is_member"), "true");
  EXPECT_EQ(Result("customer.stores.map(s, 1 / (s - 1)) == [] || customer.is_member"), "true");
  EXPECT_EQ(Result("customer.stores.exists(s, s == 1 || customer.opted_in)"), "true");
  EXPECT_EQ(Result("customer.stores.all(s, customer.opted_in && s == 2)"), "false");
  EXPECT_EQ(Result("customer.segments.exists(s, customer.stores.exists(t, 1 / (t - 1) == 7) || s == 'parents')"),
            "true");
}

TEST_F(MacrosTest, KeepTheFirstErrorThatNothingAbsorbs) {
  EXPECT_EQ(Result("customer.stores.exists(s, s == 1 ? customer.opted_in : 1 / (s - s) == 0)"),
            ErrorText(EvalError::kNoSuchValue));
  slots_[stores_] = Value::Null();
  EXPECT_EQ(Result("customer.stores.all(s, false)"), ErrorText(EvalError::kNoSuchValue));
  slots_[stores_] = Value::List({});
  EXPECT_EQ(Result("customer.stores.all(s, 1 / (s - s) == 0)"), "true");
  EXPECT_EQ(Result("customer.stores.exists(s, true) || customer.stores.exists_one(s, true)"), "false");
}

TEST_F(MacrosTest, NestAndHideNames) {
  EXPECT_EQ(Any("[1, 2].map(a, [10, 20].map(b, a * b + customer.recency_days))"), "[[22, 32], [32, 52]]");
  EXPECT_EQ(Any("[[1, 2], [3]].map(a, a.map(a, a + customer.recency_days))"), "[[13, 14], [15]]");
  EXPECT_TRUE(IsTrue("customer.segments.exists(a, customer.stores.exists(b, b == 1 && a == 'parents'))"));
  EXPECT_TRUE(IsTrue("customer.stores.all(a, customer.stores.exists(b, a == b)) && customer.is_member"));
  // The element hides a declared name, and all that begin with it.
  EXPECT_TRUE(
      IsTrue("[{'recency_days': 7}].exists(customer, customer.recency_days == 7) && "
             "customer.recency_days == 12"));
  EXPECT_TRUE(IsTrue("[1, 2].exists(now, now == 2) && now > timestamp(0)"));
  EXPECT_EQ(Mistakes("[1].exists(request, request.channel == 'POS')"),
            "28: 'channel' cannot be taken from int; only objects, maps and families have fields");
  EXPECT_EQ(Result("1 + [1, 2].map(x, [x].filter(y, y > 1).size() + x)[1] * customer.frequency_30d", Type::kInt), "10");
}

TEST_F(MacrosTest, DeepNestingNeedsNoMoreThanTheStackHas) {
  std::string text = "customer.is_member";
  for (int i = 0; i < 20; ++i) text = "[1].all(x" + std::to_string(i) + ", 1 + 1 == 2 && " + text + ")";
  EXPECT_EQ(Result(text), "true");
  std::string list = "customer.recency_days";
  for (int i = 0; i < 12; ++i) list = "[" + list + ", 1]" + "[0] + 0";
  EXPECT_EQ(Result(list, Type::kInt), "12");
}

TEST_F(MacrosTest, ListsAndMapsMayHoldNames) {
  EXPECT_TRUE(IsTrue("customer.recency_days in [1, customer.frequency_30d * 4]"));
  EXPECT_EQ(Any("[customer.name, request.channel] + customer.segments"), "[\"Zoë\", \"KIOSK\", \"vip\", \"parents\"]");
  EXPECT_EQ(Any("{request.channel: [customer.recency_days], 'A': []}"), "{\"A\": [], \"KIOSK\": [12]}");
  EXPECT_EQ(Any("{request.channel: 1, 'KIOSK': 2}"), ErrorText(EvalError::kDuplicateKey));
  EXPECT_EQ(Any("{'KI' + 'OSK': 1, 'KIOSK': 2} == {} || customer.is_member"), "true");
  EXPECT_EQ(Any("[customer.recency_days, customer.birthday_in_days]"), ErrorText(EvalError::kNoSuchValue));
  EXPECT_TRUE(IsTrue("{1: 'a', 2: 'b'}[customer.frequency_30d - 1] == 'b' && {true: 1}[customer.is_member] == 1"));
  EXPECT_EQ(Any("{1: 'a'}[customer.recency_days]"), ErrorText(EvalError::kNoSuchKey));
  EXPECT_TRUE(IsTrue("3 in {3: 4} && !(4 in {3: 4}) && size({1: 2}) == 1 && {'a': {'b': 1}}.a.b == 1"));
  EXPECT_TRUE(IsTrue("has({'a': customer.recency_days}.a) && !has({'a': customer.recency_days}.b)"));
  EXPECT_TRUE(IsTrue("[[1, 2], [customer.recency_days]] == [[1.0, 2.0], [12.0]]"));
  EXPECT_TRUE(IsTrue("{'a': [1]} == {'a': [1.0]} && {'a': 1} != {'b': 1} && [null] == [null]"));
}

TEST_F(MacrosTest, TextsAreJoinedAndMade) {
  EXPECT_EQ(Any("customer.name + ', ' + string(customer.recency_days) + '!'"), "\"Zoë, 12!\"");
  EXPECT_EQ(Any("string(customer.spend) + string(customer.is_member) + string(now) + string(now - now)"),
            "\"99.5true2026-01-02T15:00:00.5Z0s\"");
  EXPECT_EQ(Any("string(1e100) + string(-0.1) + string(2.0)"), "\"1e+100-0.12\"");
  EXPECT_EQ(Any("bool(customer.name == 'Zoë' ? 'TRUE' : 'f')"), "true");
  EXPECT_EQ(Any("bool(customer.name)"), ErrorText(EvalError::kBadConversion));
  EXPECT_TRUE(
      IsTrue("customer.name.matches('^Z.ë$') && !customer.name.matches('z') && matches(customer.name, '(?i)zO')"));
}

TEST_F(MacrosTest, WhatAnEvaluationTakesItGivesBack) {
  const auto compiled = Expression::Compile("[customer.name + '!'].exists(n, n == 'Zoë!')", environment_, Type::kBool);
  const Expression& expression = std::get<Expression>(compiled);
  EXPECT_TRUE(expression.Evaluate(activation_).is_true());
  EXPECT_EQ(activation_.arena.bytes(), 0u);
  const auto making = Expression::Compile("customer.name + '!'", environment_, Type::kString);
  const Value first = std::get<Expression>(making).Evaluate(activation_);
  const Value second = std::get<Expression>(making).Evaluate(activation_);
  EXPECT_EQ(first.string_value(), "Zoë!");
  EXPECT_NE(first.string_value().data(), second.string_value().data());
  EXPECT_GT(activation_.arena.bytes(), 0u);
  activation_.arena.Reset();
  EXPECT_TRUE(expression.Evaluate(activation_).is_true());
}

TEST_F(MacrosTest, TooManyStepsAndTooMuchMemoryAreErrors) {
  // Longer than declared, as a careless host might have it: the estimate takes 50 lines.
  const std::vector<Value> lines(400, Value::Object(bread_));
  slots_[lines_] = Value::List(lines);
  const std::string loops = "basket.lines.all(a, basket.lines.all(b, a.amount == b.amount))";
  EXPECT_EQ(Result(loops), ErrorText(EvalError::kTooManySteps));
  EXPECT_EQ(Result(loops + " || customer.is_member"), "true");
  EXPECT_EQ(Result("basket.lines.map(a, basket.lines.map(b, b)) == []"), ErrorText(EvalError::kOutOfMemory));
  const std::string long_text(600'000, 'x');
  slots_[name_] = Value::String(long_text);
  EXPECT_EQ(Result("size(customer.name + '!')", Type::kInt), "600001");
  EXPECT_EQ(Result("size(customer.name + customer.name)", Type::kInt), ErrorText(EvalError::kOutOfMemory));
  EXPECT_EQ(activation_.arena.bytes(), 0u);
}

TEST_F(MacrosTest, AHostThatBreaksTheContractGetsAnErrorNotACrash) {
  const std::vector<Value> wrong = {Value::Int(3), Value::Null()};
  const std::string bad = ErrorText(EvalError::kBadConversion);
  slots_[segments_] = Value::List(wrong);
  EXPECT_EQ(Result("customer.segments.exists(s, s == 'x')"), bad);
  EXPECT_EQ(Result("customer.segments[0] == 'x'"), bad);
  EXPECT_EQ(Result("customer.segments[1] == 'x'"), ErrorText(EvalError::kNoSuchValue));
  EXPECT_FALSE(IsTrue("'x' in customer.segments"));
  slots_[lines_] = Value::List(wrong);
  EXPECT_EQ(Result("basket.lines.exists(l, l.category == 'x')"), bad);
  const std::vector<Value> no_fields = {Value::Object({})};
  slots_[lines_] = Value::List(no_fields);
  EXPECT_EQ(Result("basket.lines.exists(l, l.amount > 1.0)"), ErrorText(EvalError::kNoSuchValue));
  EXPECT_EQ(Result("has(basket.lines[0].amount)"), "false");
  const std::vector<Value> ints = {Value::Object(wrong)};
  slots_[lines_] = Value::List(ints);
  EXPECT_EQ(Result("basket.lines[0].category == 'x'"), bad);
}

TEST_F(MacrosTest, NamesWhatTheyUse) {
  const auto names = [&](absl::string_view text, int slot) {
    return std::get<Expression>(Expression::Compile(text, environment_, Type::kBool)).Names(slot);
  };
  EXPECT_TRUE(names("basket.lines.exists(l, l.amount > customer.spend)", lines_));
  EXPECT_TRUE(names("basket.lines.exists(l, l.amount > customer.spend)", spend_));
  EXPECT_TRUE(names("request.attributes[customer.name] == 'x'", attributes_));
  EXPECT_TRUE(names("customer.name in request.attributes", attributes_));
  EXPECT_FALSE(names("[{'recency_days': 7}].exists(customer, customer.recency_days == 7)", recency_));
}

}  // namespace
}  // namespace nbo::rules
