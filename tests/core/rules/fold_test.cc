#include "core/rules/fold.h"

#include <random>

#include "core/rules/checker.h"
#include "core/rules/compiler.h"
#include "core/rules/evaluator.h"
#include "core/rules/parser.h"
#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

// Makes random correct rules.
class RuleMaker {
 public:
  explicit RuleMaker(uint32_t seed) : random_(seed) {}

  std::string Bool(int depth) {
    if (depth == 0) return Pick({"true", "false", "customer.is_member", "customer.opted_in", "has(customer.opted_in)"});
    switch (random_() % 10) {
      case 0: return "!" + Paren(Bool(depth - 1));
      case 1: return Paren(Bool(depth - 1)) + " && " + Paren(Bool(depth - 1));
      case 2: return Paren(Bool(depth - 1)) + " || " + Paren(Bool(depth - 1));
      case 3: return Paren(Bool(depth - 1)) + " && " + Paren(Bool(depth - 1)) + " && " + Paren(Bool(depth - 1));
      case 4: return Paren(Bool(depth - 1)) + " || " + Paren(Bool(depth - 1)) + " || " + Paren(Bool(depth - 1));
      case 5: return Paren(Bool(depth - 1)) + " ? " + Paren(Bool(depth - 1)) + " : " + Paren(Bool(depth - 1));
      case 6: return Paren(Int(depth - 1)) + Relation() + Paren(Int(depth - 1));
      case 7: return Paren(Double(depth - 1)) + Relation() + Paren(random_() % 2 ? Int(depth - 1) : Double(depth - 1));
      case 8: return Paren(Int(depth - 1)) + " in " + Pick({"[]", "[0, 3, 12]", "customer.stores", "[0.5, 3.0]"});
      default: return Paren(String(depth - 1)) + Relation() + Paren(String(depth - 1));
    }
  }

  std::string Int(int depth) {
    if (depth == 0) {
      return Pick({"0", "1", "-1", "3", "9223372036854775807", "-9223372036854775808", "customer.recency_days",
                   "customer.frequency_30d", "customer.birthday_in_days", "category('YOGURT').orders"});
    }
    switch (random_() % 6) {
      case 0: return "-" + Paren(Int(depth - 1));
      case 1: return Paren(Bool(depth - 1)) + " ? " + Paren(Int(depth - 1)) + " : " + Paren(Int(depth - 1));
      case 2: return "int(" + Double(depth - 1) + ")";
      case 3: return "size(" + String(depth - 1) + ")";
      case 4: return "[3, 1 + 1, 7][" + Int(depth - 1) + "]";
      default: return Paren(Int(depth - 1)) + Pick({" + ", " - ", " * ", " / ", " % "}) + Paren(Int(depth - 1));
    }
  }

  std::string Double(int depth) {
    if (depth == 0) return Pick({"0.0", "1.5", "-2.0", "1e300", "customer.spend", "category('BEER').share"});
    if (random_() % 3 == 0) return "double(" + Int(depth - 1) + ")";
    return Paren(Double(depth - 1)) + Pick({" + ", " - ", " * ", " / "}) + Paren(Double(depth - 1));
  }

  std::string String(int depth) {
    if (depth == 0) {
      return Pick({"''", "'Zoë'", "'12'", "customer.name", "request.attributes.k", "request.attributes.z"});
    }
    return Paren(Bool(depth - 1)) + " ? " + Paren(String(depth - 1)) + " : " + Paren(String(depth - 1));
  }

 private:
  static std::string Paren(const std::string& text) { return "(" + text + ")"; }
  std::string Relation() { return Pick({" == ", " != ", " < ", " <= ", " > ", " >= "}); }
  std::string Pick(const std::vector<std::string>& choices) { return choices[random_() % choices.size()]; }

  std::mt19937 random_;
};

class FoldTest : public RuleTest {
 protected:
  std::unique_ptr<Program> CompileWith(FoldScope scope, const std::string& text) {
    std::variant<Ast, Mistake> parsed = Parse(text);
    if (!std::holds_alternative<Ast>(parsed)) return nullptr;
    Ast& ast = std::get<Ast>(parsed);
    const CheckResult checked = Check(environment_, Type::kBool, &ast);
    if (!checked.mistakes.empty()) ADD_FAILURE() << text << "\n" << checked.mistakes[0].message;
    if (!checked.mistakes.empty() || !Fold(scope, &ast).empty()) return nullptr;
    return CompileTree(ast, Type::kBool);
  }
};

TEST_F(FoldTest, FoldedAndUnfoldedProgramsAgree) {
  constexpr uint32_t kSeed = 20261122;
  RuleMaker maker(kSeed);
  int compiled = 0;
  int shorter = 0;
  for (int round = 0; round < 8000; ++round) {
    const std::string text = maker.Bool(1 + round % 5);
    if (text.size() > kMaxExpressionBytes) continue;
    const std::unique_ptr<Program> folded = CompileWith(FoldScope::kEverything, text);
    const std::unique_ptr<Program> unfolded = CompileWith(FoldScope::kPatternsOnly, text);
    ASSERT_NE(unfolded, nullptr) << text;
    if (folded == nullptr) {  // refused, because it always fails
      ASSERT_TRUE(rules::Run(*unfolded, activation_).is_error()) << text;
      continue;
    }
    ++compiled;
    shorter += folded->code.size() < unfolded->code.size();
    ASSERT_EQ(rules::Run(*folded, activation_).ToString(), rules::Run(*unfolded, activation_).ToString())
        << "seed " << kSeed << " round " << round << "\n"
        << text;
  }
  EXPECT_GT(compiled, 6000);
  EXPECT_GT(shorter, 2000);
}

TEST_F(FoldTest, ValuesPutInBeforehandGiveTheSameResultAsValuesInTheirSlots) {
  constexpr uint32_t kSeed = 20261123;
  RuleMaker maker(kSeed);
  const Constant constants[] = {{recency_, Value::Int(12)},
                                {spend_, Value::Double(99.5)},
                                {name_, Value::String("Zoë")},
                                {member_, Value::Bool(true)}};
  int compiled = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::string text = maker.Bool(1 + round % 5);
    auto plain = Expression::Compile(text, environment_, Type::kBool);
    auto bound = Expression::Compile(text, environment_, Type::kBool, constants);
    if (!std::holds_alternative<Expression>(plain)) continue;
    ASSERT_TRUE(std::holds_alternative<Expression>(bound)) << text;
    ++compiled;
    ASSERT_EQ(std::get<Expression>(bound).Evaluate(activation_).ToString(),
              std::get<Expression>(plain).Evaluate(activation_).ToString())
        << "seed " << kSeed << " round " << round << "\n"
        << text;
  }
  EXPECT_GT(compiled, 3000);
}

TEST_F(FoldTest, ConstantRulesBecomeOneConstant) {
  for (const std::string text : {"1 + 2 * 3 == 7", "'abc'.startsWith('a') && 3 in [1, 3]", "true || 1 / 0 > 0",
                                 "customer.is_member || true", "size('abc') > 2 ? true : customer.is_member"}) {
    const std::unique_ptr<Program> program = CompileWith(FoldScope::kEverything, text);
    ASSERT_NE(program, nullptr) << text;
    EXPECT_EQ(program->code.size(), 2u) << text;  // the constant and the return
  }
}

TEST_F(FoldTest, WhatFailsIsLeftToFailWhenItIsEvaluated) {
  EXPECT_EQ(Result("1 / 0 == 1 || customer.is_member"), "true");
  EXPECT_EQ(Result("(1 / 0 == 1 || false) && customer.is_member"), ErrorText(EvalError::kDivideByZero));
}

TEST_F(FoldTest, WhatIsTooDearToEvaluateIsNotComputedEither) {
  std::string list = "[1";
  for (int i = 1; i < 300; ++i) list += ", 1";
  list += "]";
  const std::string dear = list + ".all(a, " + list + ".all(b, " + list + ".all(c, a + b + c == 3)))";
  ASSERT_LT(dear.size(), size_t{kMaxExpressionBytes});
  EXPECT_NE(Mistakes(dear).find("could take"), std::string::npos) << Mistakes(dear);
  EXPECT_EQ(Mistakes("customer.is_member || " + dear).find("always fails"), std::string::npos);
  EXPECT_EQ(Result("true || " + dear), "true") << "what is not needed is not refused";
}

}  // namespace
}  // namespace nbo::rules
