// What the review claims of a rule is so, whatever the values: random rules over a small world, tried with random
// values of it.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/catalog/rule_review.h"
#include "core/rules/expression.h"

namespace nbo {
namespace {

using rules::Type;
using rules::Value;

class World : public rules::Activation {
 public:
  explicit World(std::mt19937* random) : random_(*random) {
    for (const char* name : {"a", "b"}) environment.AddVariable({name, Type::kInt, true, ""});
    for (const char* name : {"d", "e"}) environment.AddVariable({name, Type::kDouble, true, ""});
    for (const char* name : {"s", "t"}) environment.AddVariable({name, Type::kString, true, ""});
    for (const char* name : {"p", "q"}) environment.AddVariable({name, Type::kBool, true, ""});
    environment.AddVariable({"tags", Type::kStringList, false, ""});
    Shake();
  }

  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  std::string Word() { return std::string(1, static_cast<char>('x' + Below(3))); }

  // Gives every variable another value; now and then none.
  void Shake() {
    values_.clear();
    for (int i = 0; i < 2; ++i) values_.push_back(Value::Int(Below(7) - 1));
    for (int i = 0; i < 2; ++i) values_.push_back(Value::Double(Below(9) * 0.5 - 1));
    words_ = {Word(), Word()};
    for (int i = 0; i < 2; ++i) values_.push_back(Value::String(words_[i]));
    for (int i = 0; i < 2; ++i) values_.push_back(Value::Bool(Below(2) == 0));
    if (Below(10) == 0) values_[Below(static_cast<int>(values_.size()))] = Value::Null();
    tags_.assign(static_cast<size_t>(Below(3)), Value::String(words_[0]));
    values_.push_back(Value::List(tags_));
    slots = values_;
  }

  Value Fact(int, uint64_t, int) const override { return Value::Null(); }
  void ForEachKey(int, absl::FunctionRef<void(uint64_t)>) const override {}

  rules::Environment environment;

 private:
  std::mt19937& random_;
  std::vector<Value> values_, tags_;
  std::vector<std::string> words_;
};

class RandomRules {
 public:
  explicit RandomRules(World* world) : world_(*world) {}

  std::string Rule(int depth) {
    if (depth == 0) return Atom();
    std::vector<std::string> parts;
    for (int i = 0; i <= Pick(3); ++i) parts.push_back(Rule(depth - 1));
    const std::string rule = absl::StrCat("(", absl::StrJoin(parts, Pick(3) == 0 ? " || " : " && "), ")");
    return Pick(5) == 0 ? "!" + rule : rule;
  }

 private:
  int Pick(int end) { return world_.Below(end); }
  std::string OneOf(const std::vector<std::string>& list) { return list[static_cast<size_t>(Pick(list.size()))]; }
  std::string Comparison() { return OneOf({"==", "!=", "<", "<=", ">", ">="}); }
  std::string Int() { return absl::StrCat(Pick(6) - 1); }
  std::string Double() { return OneOf({"-0.5", "0.0", "0.5", "1.0", "1.5", "2.0"}); }
  std::string Text() { return absl::StrCat("\"", world_.Word(), "\""); }

  std::string Atom() {
    switch (Pick(11)) {
      case 0: return absl::StrCat("a ", Comparison(), " ", Pick(3) == 0 ? Double() : Int());
      case 1: return absl::StrCat(Int(), " ", Comparison(), " a");
      case 2: return absl::StrCat("a in [", Int(), ", ", Int(), ", ", Int(), "]");
      case 3: return absl::StrCat("d ", Comparison(), " ", Pick(3) == 0 ? Int() : Double());
      case 4: return absl::StrCat("d / e ", Comparison(), " ", Double());  // often no number
      case 5: return absl::StrCat("a / b ", Comparison(), " ", Int());     // often an error
      case 6: return absl::StrCat("s ", OneOf({"==", "!="}), " ", Text());
      case 7: return absl::StrCat(Pick(2) == 0 ? "" : "!", "(s in [", Text(), ", ", Text(), "])");
      case 8: return absl::StrCat(Text(), " in tags");
      case 9: return OneOf({"p", "!p", "p == true", "p == false", "true", "has(a)", "!has(a)"});
      default: return absl::StrCat("s ", OneOf({"<", ">="}), " ", Text());
    }
  }

  World& world_;
};

TEST(ReviewRule, ClaimsNothingThatAnyValuesDisprove) {
  std::mt19937 random(20240131);
  World world(&random);
  RandomRules rules(&world);
  int never = 0, always = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string rule = rules.Rule(1 + i % 3);
    const RuleReview review = ReviewRule(rule, world.environment, {});
    never += review.always_false.has_value();
    always += review.always_true.has_value();
    if (!review.always_false && !review.always_true) continue;
    const auto compiled = rules::Expression::Compile(rule, world.environment, Type::kBool);
    const auto* expression = std::get_if<rules::Expression>(&compiled);
    ASSERT_NE(expression, nullptr) << rule;
    for (int values = 0; values < 500; ++values) {
      world.Shake();
      const Value value = expression->Evaluate(world);
      if (review.always_false) {
        ASSERT_FALSE(value.is_true()) << rule << "\n" << review.always_false->why << expression->DescribeInputs(world);
      }
      if (review.always_true) {
        ASSERT_TRUE(value.is_true() || value.is_error())
            << rule << "\n"
            << review.always_true->why << ": " << expression->DescribeInputs(world);
      }
    }
  }
  EXPECT_GT(never, 600);
  EXPECT_GT(always, 60);
}

}  // namespace
}  // namespace nbo
