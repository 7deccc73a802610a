#include <limits>

#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

class EvaluatorTest : public RuleTest {};

TEST_F(EvaluatorTest, EvaluatesTheTypicalRule) {
  const std::string rule =
      "customer.recency_days > 30 && category(\"YOGURT\").share > 0.1 && request.channel in [\"POS\",\"KIOSK\"]";
  EXPECT_EQ(Result(rule), "false");
  slots_[recency_] = Value::Int(31);
  EXPECT_EQ(Result(rule), "true");
}

TEST_F(EvaluatorTest, BindsOperatorsAsCelDoes) {
  EXPECT_EQ(Result("1 + 2 * 3", Type::kInt), "7");
  EXPECT_EQ(Result("(1 + 2) * 3", Type::kInt), "9");
  EXPECT_EQ(Result("7 - 2 - 1", Type::kInt), "4");
  EXPECT_EQ(Result("-7 / 2", Type::kInt), "-3");
  EXPECT_EQ(Result("-7 % 2", Type::kInt), "-1");
  EXPECT_EQ(Result("2 * -customer.recency_days", Type::kInt), "-24");
  EXPECT_TRUE(IsTrue("true || false && false"));
  EXPECT_TRUE(IsTrue("!false && 1 + 1 == 2"));
  EXPECT_TRUE(IsTrue("!!customer.is_member"));
  EXPECT_EQ(Result("false ? 1 : true ? 2 : 3", Type::kInt), "2");
  EXPECT_TRUE(IsTrue("1 < 2 == true"));
}

TEST_F(EvaluatorTest, ReadsEveryKindOfLiteral) {
  EXPECT_EQ(Result("0x10", Type::kInt), "16");
  EXPECT_EQ(Result("-0x10", Type::kInt), "-16");
  EXPECT_EQ(Result("-9223372036854775808", Type::kInt), "-9223372036854775808");
  EXPECT_EQ(Result("9223372036854775807", Type::kInt), "9223372036854775807");
  EXPECT_EQ(Result("1.5e3", Type::kDouble), "1500.0");
  EXPECT_EQ(Result(".5", Type::kDouble), "0.5");
  EXPECT_EQ(Result("'it''s'"), "4: unexpected ''s''; expected an operator such as '&&' or '==' before it");
  EXPECT_TRUE(IsTrue("'a\"b' == \"a\\\"b\""));
  EXPECT_TRUE(IsTrue("'\\u00eb\\x41\\101\\n' == 'ëAA\\n'"));
  EXPECT_TRUE(IsTrue("r'\\n' == '\\\\n'"));
  EXPECT_TRUE(IsTrue("'''a'b\nc''' == \"a'b\\nc\""));
  EXPECT_TRUE(IsTrue("1 < 2 // a remark\n && true"));
}

TEST_F(EvaluatorTest, FailsOnOverflowAndDivisionByZero) {
  slots_[recency_] = Value::Int(std::numeric_limits<int64_t>::max());
  slots_[frequency_] = Value::Int(std::numeric_limits<int64_t>::min());
  const std::string overflow = ErrorText(EvalError::kOverflow);
  EXPECT_EQ(Result("customer.recency_days + 1", Type::kInt), overflow);
  EXPECT_EQ(Result("customer.recency_days * 2", Type::kInt), overflow);
  EXPECT_EQ(Result("customer.frequency_30d - 1", Type::kInt), overflow);
  EXPECT_EQ(Result("-customer.frequency_30d", Type::kInt), overflow);
  EXPECT_EQ(Result("customer.frequency_30d / -1", Type::kInt), overflow);
  EXPECT_EQ(Result("customer.frequency_30d % -1", Type::kInt), overflow);
  EXPECT_EQ(Result("customer.recency_days / 0", Type::kInt), ErrorText(EvalError::kDivideByZero));
  EXPECT_EQ(Result("customer.recency_days % 0", Type::kInt), ErrorText(EvalError::kDivideByZero));
  EXPECT_EQ(Result("1.0 / 0.0", Type::kDouble), "inf");
}

TEST_F(EvaluatorTest, AndAndOrAbsorbErrorsOnEitherSide) {
  EXPECT_EQ(Result("1 / 0 > 0 || true"), "true");
  EXPECT_EQ(Result("true || 1 / 0 > 0"), "true");
  EXPECT_EQ(Result("1 / 0 > 0 && false"), "false");
  EXPECT_EQ(Result("customer.opted_in || customer.is_member"), "true");
  EXPECT_EQ(Result("customer.opted_in && !customer.is_member"), "false");
  EXPECT_EQ(Result("customer.opted_in && 1 / 0 > 0 && customer.recency_days == 0"), "false");
  EXPECT_EQ(Result("customer.opted_in || 1 / 0 > 0 || customer.recency_days == 12"), "true");
}

TEST_F(EvaluatorTest, AndAndOrKeepTheFirstErrorThatNothingAbsorbs) {
  const std::string no_value = ErrorText(EvalError::kNoSuchValue);
  EXPECT_EQ(Result("customer.opted_in || !customer.is_member"), no_value);
  EXPECT_EQ(Result("customer.is_member && customer.opted_in"), no_value);
  EXPECT_EQ(Result("customer.opted_in && 1 / 0 > 0"), no_value);
  EXPECT_EQ(Result("customer.recency_days / 0 > 0 && customer.opted_in"), ErrorText(EvalError::kDivideByZero));
  EXPECT_EQ(Result("!(customer.opted_in && customer.is_member)"), no_value);
  EXPECT_EQ(Result("(customer.opted_in && customer.is_member) || customer.is_member"), "true");
  EXPECT_EQ(Result("(customer.opted_in || !customer.is_member) ? 1 : 2", Type::kInt), no_value);
  EXPECT_EQ(Result("1 + (customer.opted_in || customer.is_member ? 1 : 2)", Type::kInt), "2");
}

TEST_F(EvaluatorTest, StopsAtTheOperandThatDecides) {
  EXPECT_EQ(Result("!customer.is_member && category('YOGURT').share > 0.0"), "false");
  EXPECT_EQ(Result("customer.is_member || category('YOGURT').share > 0.0"), "true");
  EXPECT_EQ(Result("customer.is_member ? 1 : category('YOGURT').orders", Type::kInt), "1");
  EXPECT_EQ(activation_.facts_asked, 0);
}

TEST_F(EvaluatorTest, ComparesIntWithDoubleExactly) {
  slots_[recency_] = Value::Int(9007199254740993);  // 2^53 + 1 has no double of its own
  EXPECT_EQ(Result("customer.recency_days == 9007199254740992.0"), "false");
  EXPECT_EQ(Result("customer.recency_days > 9007199254740992.0"), "true");
  EXPECT_EQ(Result("9007199254740992.0 < customer.recency_days"), "true");
  EXPECT_EQ(Result("customer.recency_days < 1e300 && customer.recency_days > -1e300"), "true");
  EXPECT_EQ(Result("customer.frequency_30d == 3.0 && 2.5 < customer.frequency_30d"), "true");
  slots_[spend_] = Value::Double(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Result("customer.spend == customer.spend || customer.spend < 1 || customer.spend >= 1"), "false");
  EXPECT_EQ(Result("customer.spend != 1"), "true");
}

TEST_F(EvaluatorTest, ComparesTextsAndBools) {
  EXPECT_TRUE(IsTrue("customer.name == 'Zoë' && customer.name != 'Zoe' && 'a' < 'b' && 'b' >= 'ab'"));
  EXPECT_TRUE(IsTrue("customer.is_member == true && false < customer.is_member"));
}

TEST_F(EvaluatorTest, LooksIntoLists) {
  EXPECT_TRUE(IsTrue("'vip' in customer.segments && !('x' in customer.segments)"));
  EXPECT_TRUE(IsTrue("1 in customer.stores && 1.0 in customer.stores && !(1.5 in customer.stores)"));
  EXPECT_FALSE(IsTrue("9007199254740992.0 in customer.stores"));
  EXPECT_TRUE(IsTrue("2 in customer.shares && false in customer.flags"));
  EXPECT_TRUE(IsTrue("customer.segments == ['vip', 'parents'] && customer.segments != ['vip']"));
  EXPECT_TRUE(IsTrue("customer.shares == [0.5, 2.0] && [1, 2] == [1.0, 2.0] && [] == []"));
  EXPECT_TRUE(IsTrue("customer.segments[1] == 'parents' && [4, 5, 6][customer.frequency_30d - 1] == 6"));
  EXPECT_EQ(Result("customer.stores[2]", Type::kInt), ErrorText(EvalError::kOutOfRange));
  EXPECT_EQ(Result("customer.stores[-1]", Type::kInt), ErrorText(EvalError::kOutOfRange));
  EXPECT_FALSE(IsTrue("customer.recency_days in []"));
  EXPECT_TRUE(IsTrue("customer.recency_days in [3 * 4]"));
  EXPECT_FALSE(IsTrue("customer.recency_days in (customer.is_member ? [] : [12])"));
}

TEST_F(EvaluatorTest, LooksIntoLongListsOfTexts) {
  std::string list = "[";
  for (int i = 0; i < 100; ++i) list += "'STORE" + std::to_string(i) + "', ";
  EXPECT_FALSE(IsTrue("request.channel in " + list + "'POS']"));
  EXPECT_TRUE(IsTrue("request.channel in " + list + "'KIOSK']"));
}

TEST_F(EvaluatorTest, LooksIntoMaps) {
  EXPECT_TRUE(IsTrue("request.attributes.weather == 'rain' && request.attributes['weather'] == 'rain'"));
  EXPECT_TRUE(IsTrue("'k' in request.attributes && !('z' in request.attributes)"));
  EXPECT_TRUE(IsTrue("has(request.attributes.k) && !has(request.attributes.z)"));
  EXPECT_EQ(Result("request.attributes.z == ''"), ErrorText(EvalError::kNoSuchKey));
  EXPECT_TRUE(IsTrue("request.attributes[customer.is_member ? 'k' : 'z'] == 'v'"));
  slots_[attributes_] = Value::Null();
  EXPECT_EQ(Result("has(request.attributes.k)"), "false");
  EXPECT_EQ(Result("request.attributes.k == 'v'"), ErrorText(EvalError::kNoSuchValue));
}

TEST_F(EvaluatorTest, TheLongestNameWins) {
  Declare("request.attributes.k", Type::kInt, Value::Int(5));
  EXPECT_TRUE(IsTrue("request.attributes.k == 5 && request.attributes['k'] == 'v'"));
}

TEST_F(EvaluatorTest, AVariableWithoutValueIsAnErrorAndHasTells) {
  EXPECT_EQ(Result("customer.birthday_in_days < 7"), ErrorText(EvalError::kNoSuchValue));
  EXPECT_EQ(Result("customer.birthday_in_days + 1", Type::kInt), ErrorText(EvalError::kNoSuchValue));
  EXPECT_EQ(Result("has(customer.birthday_in_days)"), "false");
  EXPECT_EQ(Result("has(customer.recency_days)"), "true");
  EXPECT_EQ(Result("has(customer.birthday_in_days) && customer.birthday_in_days < 7"), "false");
  EXPECT_EQ(Result("has(category('YOGURT').share) && !has(category('BEER').share)"), "true");
  EXPECT_EQ(Result("category('BEER').share > 0.0"), ErrorText(EvalError::kNoSuchValue));
  EXPECT_EQ(Result("category('YOGURT').orders >= 4 && category(\"YOGURT\").share == 0.25"), "true");
}

TEST_F(EvaluatorTest, CallsFunctions) {
  EXPECT_EQ(Result("size(customer.name)", Type::kInt), "3");
  EXPECT_EQ(Result("customer.segments.size()", Type::kInt), "2");
  EXPECT_TRUE(IsTrue("customer.name.startsWith('Zo') && customer.name.endsWith('ë') && customer.name.contains('o')"));
  EXPECT_FALSE(IsTrue("customer.name.startsWith('oë')"));
  EXPECT_EQ(Result("int(customer.spend)", Type::kInt), "99");
  EXPECT_EQ(Result("int(-1.9)", Type::kInt), "-1");
  EXPECT_EQ(Result("int('-42')", Type::kInt), "-42");
  EXPECT_EQ(Result("int(7)", Type::kInt), "7");
  EXPECT_EQ(Result("int(customer.spend * 1e17)", Type::kInt), ErrorText(EvalError::kOutOfRange));
  EXPECT_EQ(Result("int(customer.name)", Type::kInt), ErrorText(EvalError::kBadConversion));
  EXPECT_EQ(Result("int('9223372036854775808' + customer.name)", Type::kInt), ErrorText(EvalError::kBadConversion));
  EXPECT_EQ(Result("double('1e999' + customer.name)", Type::kDouble), ErrorText(EvalError::kBadConversion));
  EXPECT_EQ(Result("int(customer.is_member ? '99999999999999999999' : '')", Type::kInt),
            ErrorText(EvalError::kOutOfRange));
  EXPECT_EQ(Result("double('1.5')", Type::kDouble), "1.5");
  EXPECT_EQ(Result("string(0.0 / (customer.spend - customer.spend))", Type::kString), "\"nan\"");
  EXPECT_EQ(Result("string(-(0.0 / (customer.spend - customer.spend)))", Type::kString), "\"nan\"");
  EXPECT_EQ(Result("double(customer.name)", Type::kDouble), ErrorText(EvalError::kBadConversion));
  EXPECT_EQ(Result("double(customer.frequency_30d) * 0.5", Type::kDouble), "1.5");
}

TEST_F(EvaluatorTest, GivesADoubleWhereOneIsExpected) {
  EXPECT_EQ(Result("customer.frequency_30d", Type::kDouble), "3.0");
  EXPECT_EQ(Result("customer.frequency_30d + 1", Type::kDouble), "4.0");
  slots_[spend_] = Value::Int(7);  // a careless host
  EXPECT_EQ(Result("customer.spend / 2.0", Type::kDouble), "3.5");
  EXPECT_EQ(Result("customer.spend == 7.0"), "true");
}

TEST_F(EvaluatorTest, AHostThatBreaksTheContractGetsAnErrorNotACrash) {
  slots_[name_] = Value::Int(7);
  EXPECT_EQ(Result("customer.name == 'x'"), ErrorText(EvalError::kBadConversion));
  slots_[recency_] = Value::String("7");
  EXPECT_EQ(Result("customer.recency_days > 1"), ErrorText(EvalError::kBadConversion));
  activation_.slots = absl::Span<const Value>(slots_.data(), 1);
  EXPECT_EQ(Result("customer.is_member"), ErrorText(EvalError::kNoSuchValue));
}

TEST_F(EvaluatorTest, DescribesItsInputsInOrderOfFirstMention) {
  const std::string rule =
      "customer.recency_days > 1 && category('YOGURT').share > 0.1 || customer.birthday_in_days == 1 || "
      "request.attributes.k == 'v' || request.attributes['z'] == 'v' || customer.recency_days < 5 || "
      "has(category(\"a \\\"b\\\"\").orders) || request.channel in ['A'] || 'vip' in customer.segments";
  const auto compiled = Expression::Compile(rule, environment_, Type::kBool);
  ASSERT_EQ(Mistakes(rule), "");
  EXPECT_EQ(std::get<Expression>(compiled).text(), rule);
  EXPECT_EQ(std::get<Expression>(compiled).DescribeInputs(activation_),
            "customer.recency_days = 12, category(\"YOGURT\").share = 0.25, customer.birthday_in_days = no value, "
            "request.attributes.k = \"v\", request.attributes[\"z\"] = no value, "
            "category(\"a \\\"b\\\"\").orders = no value, request.channel = \"KIOSK\", "
            "customer.segments = [\"vip\", \"parents\"]");
  EXPECT_EQ(std::get<Expression>(Expression::Compile("1 < 2", environment_, Type::kBool)).DescribeInputs(activation_),
            "");
}

TEST_F(EvaluatorTest, AnExpressionOutlivesItsTextAndCopiesShareIt) {
  std::variant<Expression, std::vector<Mistake>> compiled = std::vector<Mistake>();
  {
    std::string text = "request.channel in ['KIOSK', 'a long text that lives on the heap']";
    compiled = Expression::Compile(text, environment_, Type::kBool);
    text.assign(text.size(), 'x');
  }
  const Expression copy = std::get<Expression>(compiled);
  compiled = std::vector<Mistake>();
  EXPECT_TRUE(copy.Evaluate(activation_).is_true());
}

}  // namespace
}  // namespace nbo::rules
