#include "core/rules/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

using ::testing::HasSubstr;

class ConditionTest : public RuleTest {
 protected:
  Condition Take(const std::string& text) {
    auto result = Condition::Compile(text, environment_);
    if (auto* mistakes = std::get_if<std::vector<Mistake>>(&result))
      ADD_FAILURE() << text << ": " << (*mistakes)[0].message;
    return std::get<Condition>(std::move(result));
  }
  // The skeleton as a text: and(a, not(b)).
  std::string Shape(const Condition& condition, int part) {
    const Condition::Part& p = condition.parts()[part];
    if (p.kind == Condition::Kind::kAtom) return std::string(condition.TextOf(part));
    const char* name = p.kind == Condition::Kind::kAnd ? "and" : p.kind == Condition::Kind::kOr ? "or" : "not";
    return absl::StrCat(
        name, "(",
        absl::StrJoin(p.children, ", ", [&](std::string* out, int child) { out->append(Shape(condition, child)); }),
        ")");
  }
  std::string Shape(const std::string& text) {
    const Condition condition = Take(text);
    return Shape(condition, condition.root());
  }
  std::string Key(const std::string& atom) {
    const Condition condition = Take(atom);
    return condition.KeyOf(condition.root());
  }
  std::string Why(const std::string& text) { return ExplainFailure(Take(text), activation_); }
};

TEST_F(ConditionTest, IsTakenApartAtAndOrAndNot) {
  EXPECT_EQ(Shape("customer.recency_days > 3 && !(customer.is_member || customer.spend < 1.0)"),
            "and(customer.recency_days > 3, not(or(customer.is_member, customer.spend < 1.0)))");
  EXPECT_EQ(Shape("customer.recency_days > 3"), "customer.recency_days > 3");
  EXPECT_EQ(Shape("(customer.is_member ? customer.spend : 0.0) > 2.0"),
            "(customer.is_member ? customer.spend : 0.0) > 2.0")
      << "what is inside of an atom stays there";
  EXPECT_EQ(Shape("1 < 2 && customer.is_member"), "customer.is_member") << "constant parts are computed";
}

TEST_F(ConditionTest, SameComputationHasSameKey) {
  EXPECT_EQ(Key("customer.recency_days > 3"), Key(" ( customer.recency_days   > (1 + 2))"));
  EXPECT_EQ(Key("customer.name == \"a\""), Key("customer.name == 'a'"));
  const std::vector<std::string> different = {
      "customer.recency_days > 3",  "customer.recency_days >= 3",     "customer.recency_days > 4",
      "customer.recency_days > -3", "customer.frequency_30d > 3",     "customer.spend > 3.0",
      "customer.spend > 3",         "customer.name == \"a\"",         "customer.name == \"b\"",
      "customer.name != \"a\"",     "customer.name in [\"a\"]",       "customer.name in [\"a\", \"b\"]",
      "customer.name in [\"ab\"]",  "has(customer.birthday_in_days)", "customer.birthday_in_days > 3"};
  for (const std::string& a : different) {
    for (const std::string& b : different) EXPECT_EQ(Key(a) == Key(b), a == b) << a << " and " << b;
  }
}

TEST_F(ConditionTest, TellsWhatAnAtomDependsOn) {
  const Condition condition = Take("customer.recency_days + customer.frequency_30d * customer.recency_days > 3");
  const Dependencies named = condition.DependenciesOf(condition.root());
  EXPECT_THAT(named.slots, ::testing::UnorderedElementsAre(recency_, frequency_));
  EXPECT_TRUE(named.facts.empty());
}

TEST_F(ConditionTest, MacrosHaveTheSameKeyWhateverTheirElementIsCalled) {
  EXPECT_EQ(Key("customer.segments.exists(s, s == 'a')"), Key("customer.segments.exists(t, t == 'a')"));
  EXPECT_NE(Key("customer.segments.exists(s, s == 'a')"), Key("customer.segments.all(s, s == 'a')"));
  EXPECT_NE(Key("customer.segments.exists(s, s == 'a')"), Key("customer.segments.exists(s, s == 'b')"));
  EXPECT_NE(Key("[1, 2].exists(a, customer.stores.exists(b, a == 1))"),
            Key("[1, 2].exists(a, customer.stores.exists(b, b == 1))"))
      << "which element is meant";
  // The second macro of a rule is the first of its atom.
  const Condition both = Take("customer.stores.all(s, s > 0) && customer.segments.exists(s, s == 'a')");
  const Condition::Part& root = both.parts()[both.root()];
  ASSERT_EQ(root.children.size(), 2u);
  EXPECT_EQ(both.KeyOf(root.children[1]), Key("customer.segments.exists(x, x == 'a')"));
  EXPECT_TRUE(both.ExpressionOf(root.children[0]).Evaluate(activation_).is_true());
  EXPECT_FALSE(both.ExpressionOf(root.children[1]).Evaluate(activation_).is_true());
}

TEST_F(ConditionTest, KeysTellFieldsPartsAndNanosecondsApart) {
  EXPECT_NE(Key("basket.lines[0].amount > 1.0"), Key("basket.lines[0].amount >= 1.0"));
  EXPECT_NE(Key("has(basket.lines[0].amount)"), Key("has(basket.lines[0].category)"));
  EXPECT_NE(Key("now.getHours() == 3"), Key("now.getMinutes() == 3"));
  EXPECT_NE(Key("now == timestamp('2026-01-01T00:00:00.1Z')"), Key("now == timestamp('2026-01-01T00:00:00.2Z')"));
}

TEST_F(ConditionTest, FindsTestsOfTexts) {
  const auto test = [&](const std::string& text) {
    const Condition condition = Take(text);
    return condition.TextTestOf(condition.root());
  };
  ASSERT_TRUE(test("customer.name == \"a\"").has_value());
  EXPECT_EQ(test("\"a\" == customer.name")->slot, name_);
  EXPECT_THAT(test("customer.name in [\"a\", \"b\"]")->values, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(test("customer.name in [\"a\"]")->in, TextTest::In::kText);
  for (const char* text : {"request.attributes['weather'] == 'rain'", "'rain' == request.attributes.weather",
                           "request.attributes.weather in ['rain']"}) {
    const auto found = test(text);
    ASSERT_TRUE(found.has_value()) << text;
    EXPECT_EQ(found->slot, attributes_);
    EXPECT_EQ(found->in, TextTest::In::kMap);
    EXPECT_EQ(found->map_key, "weather");
    EXPECT_THAT(found->values, ::testing::ElementsAre("rain"));
  }
  EXPECT_EQ(test("'vip' in customer.segments")->in, TextTest::In::kList);
  for (const char* other : {"customer.name != \"a\"", "customer.name in []", "customer.recency_days == 3",
                            "customer.recency_days in [1, 2]", "customer.name < \"a\"",
                            "customer.name == customer.name", "request.attributes[customer.name] == 'rain'",
                            "{'a': 'b'}.a == customer.name + ''", "'weather' in request.attributes"}) {
    EXPECT_FALSE(test(other).has_value()) << other;
  }
}

TEST_F(ConditionTest, KnowsWhatIsAlwaysOrNeverTrue) {
  const auto constant = [&](const std::string& text) {
    const Condition condition = Take(text);
    return condition.ConstantOf(condition.root());
  };
  EXPECT_EQ(constant("true || customer.is_member"), true);
  EXPECT_EQ(constant("1 > 2"), false);
  EXPECT_EQ(constant("customer.is_member"), std::nullopt);
}

TEST_F(ConditionTest, ExplainsByThePartsThatDecide) {
  EXPECT_EQ(Why("customer.recency_days > 45"), "customer.recency_days > 45 (it is 12)");
  EXPECT_EQ(Why("customer.is_member && customer.recency_days > 45 && customer.spend > 1000.0"),
            "customer.recency_days > 45 (it is 12)")
      << "one is enough";
  EXPECT_EQ(Why("customer.recency_days > 45 || customer.frequency_30d > 4"),
            "none of: customer.recency_days > 45 (it is 12); customer.frequency_30d > 4 (it is 3)");
  EXPECT_EQ(Why("!customer.is_member"), "!(customer.is_member) (it is true)");
  EXPECT_EQ(Why("!(customer.recency_days > 45 || customer.is_member)"), "!(customer.is_member) (it is true)");
  EXPECT_EQ(Why("!(customer.recency_days < 45 && customer.is_member)"),
            "none of: !(customer.recency_days < 45) (it is 12); !(customer.is_member) (it is true)");
  EXPECT_EQ(
      Why("customer.recency_days > customer.frequency_30d * 10"),
      "customer.recency_days > customer.frequency_30d * 10 (customer.recency_days = 12, customer.frequency_30d = 3)");
}

TEST_F(ConditionTest, ExplainsWhatCannotBeSaid) {
  EXPECT_THAT(Why("customer.birthday_in_days < 7"), HasSubstr("customer.birthday_in_days < 7 cannot be said: "));
  EXPECT_EQ(Why("customer.birthday_in_days < 7 && customer.recency_days > 45"), "customer.recency_days > 45 (it is 12)")
      << "what is plainly otherwise goes first";
  EXPECT_THAT(Why("customer.recency_days / (customer.frequency_30d - 3) > 1"), HasSubstr("cannot be said: "));
}

}  // namespace
}  // namespace nbo::rules
