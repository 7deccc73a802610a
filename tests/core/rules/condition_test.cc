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

TEST_F(ConditionTest, FindsTestsOfTexts) {
  const auto test = [&](const std::string& text) {
    const Condition condition = Take(text);
    return condition.TextTestOf(condition.root());
  };
  ASSERT_TRUE(test("customer.name == \"a\"").has_value());
  EXPECT_EQ(test("\"a\" == customer.name")->slot, name_);
  EXPECT_THAT(test("customer.name in [\"a\", \"b\"]")->values, ::testing::ElementsAre("a", "b"));
  EXPECT_FALSE(test("customer.name in [\"a\"]")->contains);
  for (const char* other :
       {"customer.name != \"a\"", "customer.name in []", "customer.recency_days == 3",
        "customer.recency_days in [1, 2]", "customer.name < \"a\"", "customer.name == customer.name"}) {
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
