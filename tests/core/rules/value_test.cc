#include "core/rules/value.h"

#include "core/rules/compare.h"
#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

TEST(ValueTest, PrintsLiteralsOfTheLanguage) {
  const std::vector<absl::string_view> texts = {"a", "b\""};
  const bool flags[] = {true, false};
  const std::vector<double> doubles = {1, 0.1};
  EXPECT_EQ(Value::Int(-3).ToString(), "-3");
  EXPECT_EQ(Value::Double(3).ToString(), "3.0");
  EXPECT_EQ(Value::Double(0.1).ToString(), "0.1");
  EXPECT_EQ(Value::Double(1e300).ToString(), "1e+300");
  EXPECT_EQ(Value::Bool(true).ToString(), "true");
  EXPECT_EQ(Value::String("Zoë \"\n").ToString(), "\"Zoë \\\"\\n\"");
  EXPECT_EQ(Value::StringList(texts).ToString(), "[\"a\", \"b\\\"\"]");
  EXPECT_EQ(Value::BoolList(flags).ToString(), "[true, false]");
  EXPECT_EQ(Value::DoubleList(doubles).ToString(), "[1.0, 0.1]");
  EXPECT_EQ(Value::IntList({}).ToString(), "[]");
  EXPECT_EQ(Value::Null().ToString(), "no value");
  EXPECT_EQ(Value::Error(EvalError::kDivideByZero).ToString(), "error: division by zero");
}

TEST(ValueTest, IsSmallAndTrivial) {
  EXPECT_LE(sizeof(Value), 24u);
  EXPECT_TRUE(std::is_trivially_copyable_v<Value>);
}

TEST(CompareTest, IsExactAtTheEndsOfInt) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(Compare(kMax, 9223372036854775808.0), kLess);
  EXPECT_EQ(Compare(kMin, -9223372036854775808.0), kSame);
  EXPECT_EQ(Compare(kMin, -9223372036854777856.0), kGreater);
  EXPECT_EQ(Compare(int64_t{-1}, -1.5), kGreater);
  EXPECT_EQ(Compare(int64_t{0}, -0.5), kGreater);
  EXPECT_EQ(Compare(0.5, int64_t{0}), kGreater);
  EXPECT_EQ(Compare(int64_t{0}, -0.0), kSame);
  EXPECT_EQ(Compare(int64_t{0}, std::numeric_limits<double>::quiet_NaN()), kUnordered);
}

TEST(EnvironmentTest, FindsTheNearestName) {
  Environment environment;
  EXPECT_EQ(environment.AddVariable({"customer.recency_days", Type::kInt, false, ""}), 0);
  EXPECT_EQ(environment.AddVariable({"customer.spend", Type::kDouble, false, ""}), 1);
  EXPECT_EQ(environment.FindVariable("customer.spend"), 1);
  EXPECT_EQ(environment.FindVariable("customer"), std::nullopt);
  EXPECT_EQ(environment.NearestVariable("Customer.Spent"), "customer.spend");
  EXPECT_EQ(environment.NearestVariable("spend"), "customer.spend");
  EXPECT_EQ(environment.NearestVariable("weather"), "");
  EXPECT_EQ(environment.NearestVariable(std::string(4000, 'x')), "");
}

}  // namespace
}  // namespace nbo::rules
