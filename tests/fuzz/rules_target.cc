// A rule and values for its names are made of bytes. Then
// - the checked tree, walked as it was written by a simple reference interpreter,
// - the program of this tree, nothing folded,
// - the program that Expression::Compile makes, folded,
// - the same with some variables bound to their values,
// - a number over columns, row by row,
// - and, of a bool, its Condition, the matcher's terms and index
// must agree on the value, to the bit, or on the error.
//
// Bytes that begin with '=' are a rule as text, up to a zero byte, then bytes for values. From others both are made,
// the rule by a grammar.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/rules/checker.h"
#include "core/rules/compiler.h"
#include "core/rules/cost.h"
#include "core/rules/evaluator.h"
#include "core/rules/expression.h"
#include "core/rules/fold.h"
#include "core/rules/parser.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/rules/byte_source.h"
#include "tests/fuzz/rules/columns_check.h"
#include "tests/fuzz/rules/generator.h"
#include "tests/fuzz/rules/matching_check.h"
#include "tests/fuzz/rules/reference.h"
#include "tests/fuzz/rules/world.h"
#include "tests/fuzz/targets.h"

namespace nbo::fuzz {
namespace {

using rules::Ast;
using rules::Expression;
using rules::Mistake;
using rules::Type;
using rules::Value;

using Compiled = std::variant<Expression, std::vector<Mistake>>;

void CheckMistakes(const std::string& rule, const std::vector<Mistake>& mistakes) {
  const auto context = [&] { return mistakes.empty() ? rule : absl::StrCat(rule, "\n", mistakes[0].message); };
  Require(!mistakes.empty(), "a refusal has a reason", context);
  int last = 0;
  for (const Mistake& mistake : mistakes) {
    Require(mistake.offset >= last && mistake.offset <= static_cast<int>(rule.size()),
            "mistakes lie in the rule, in order of place", context);
    Require(!mistake.message.empty() && IsUtf8(mistake.message), "a mistake is told", context);
    last = mistake.offset;
  }
}

// What the rule is by the reference, and whether that is to be relied on.
struct Expected {
  RefValue value;
  bool known = true;
  Type type;
};

// Checks evaluation after evaluation of one rule against one expectation.
class Agreement {
 public:
  Agreement(const std::string& rule, const World& world, const Expected& expected)
      : rule_(rule), world_(world), expected_(expected) {}

  void Of(const char* what, const Value& value) const {
    if (!expected_.known) return;
    Require(IsSame(expected_.value, value), what, [&] {
      return absl::StrCat(
          rule_, "\ngives ", value.ToString(), "\nmust be ",
          expected_.value.failed() ? Value::Error(expected_.value.error()).ToString() : "another value");
    });
  }

  // Evaluates; twice gives the same, and nothing of the arena is kept but for a result that lies there.
  void Of(const char* what, const Expression& expression) const {
    world_.arena.Reset();
    const Value value = expression.Evaluate(world_);
    Of(what, value);
    const bool lies_elsewhere = value.kind() >= rules::Kind::kList || value.kind() == rules::Kind::kString;
    Require(lies_elsewhere || world_.arena.bytes() == 0, "an evaluation gives back what it took",
            [&] { return rule_; });
    Of("the second evaluation", expression.Evaluate(world_));
    Require(IsUtf8(value.ToString()) && IsUtf8(expression.DescribeInputs(world_)), "values are told as text",
            [&] { return rule_; });
  }

 private:
  const std::string& rule_;
  const World& world_;
  const Expected& expected_;
};

// An int where a double is expected becomes one.
void CheckAsDouble(const std::string& rule, const World& world, const Expected& expected) {
  const Compiled compiled = Expression::Compile(rule, WorldEnvironment(), Type::kDouble);
  Require(std::holds_alternative<Expression>(compiled), "an int is taken for a double", [&] { return rule; });
  Expected as_double = expected;
  if (!expected.value.failed()) as_double.value = {static_cast<double>(expected.value.As<int64_t>())};
  Agreement(rule, world, as_double).Of("as a double", std::get<Expression>(compiled));
}

void CheckBound(const std::string& rule, const World& world, const Expected& expected) {
  const Compiled bound = Expression::Compile(rule, WorldEnvironment(), Type::kAny, world.constants());
  Require(std::holds_alternative<Expression>(bound), "a rule compiles with constants", [&] { return rule; });
  Agreement(rule, world, expected).Of("bound", std::get<Expression>(bound));
  if (expected.type == Type::kBool && expected.known) {
    CheckMatching(rule, world, world.constants(), std::get<Expression>(bound).Evaluate(world));
  }
}

void CheckRule(const std::string& rule, const World& world) {
  const Compiled compiled = Expression::Compile(rule, WorldEnvironment(), Type::kAny);
  if (const auto* mistakes = std::get_if<std::vector<Mistake>>(&compiled)) CheckMistakes(rule, *mistakes);

  std::variant<Ast, Mistake> parsed = rules::Parse(rule);
  if (std::holds_alternative<Mistake>(parsed)) return;
  Ast& ast = std::get<Ast>(parsed);
  if (!rules::Check(WorldEnvironment(), Type::kAny, &ast).mistakes.empty()) return;
  Reference reference(ast, world);
  Ast unfolded = ast;
  if (!rules::Fold(rules::FoldScope::kPatternsOnly, &unfolded).empty()) return;
  const int64_t cost = rules::EstimateCost(WorldEnvironment(), unfolded).steps;
  if (cost > rules::kMaxExpressionCost) return;

  const auto context = [&] { return rule; };
  Expected expected{reference.Evaluate(), true, ast.nodes[ast.root].type};
  expected.known = !reference.exhausted();
  Require(!expected.known || reference.steps() <= cost, "macros go through no more than was estimated", context);
  const Agreement agreement(rule, world, expected);
  world.arena.Reset();
  agreement.Of("nothing folded", rules::Run(*rules::CompileTree(unfolded, Type::kAny), world));
  if (std::holds_alternative<std::vector<Mistake>>(compiled)) {
    const bool refused = !rules::Fold(rules::FoldScope::kEverything, &ast).empty();
    const bool dear = rules::EstimateCost(WorldEnvironment(), ast).steps > rules::kMaxExpressionCost;
    Require(refused || dear, "only what always fails or is too dear is refused now", context);
    Require(!refused || !expected.known || expected.value.failed(), "what is refused as always failing fails", context);
    return;
  }
  const Expression& expression = std::get<Expression>(compiled);
  Require(expression.cost() <= rules::kMaxExpressionCost, "the cost is bounded", context);
  agreement.Of("folded", expression);
  if (expected.type == Type::kInt) CheckAsDouble(rule, world, expected);
  if (expected.type == Type::kInt || expected.type == Type::kDouble) CheckColumns(rule, world, Hash64(rule));
  if (expected.type == Type::kBool && expected.known) CheckMatching(rule, world, {}, expression.Evaluate(world));
  CheckBound(rule, world, expected);
}

}  // namespace

void FuzzRules(absl::string_view bytes) {
  std::string rule;
  if (!bytes.empty() && bytes[0] == '=') {
    const size_t end = bytes.find('\0');
    rule = std::string(bytes.substr(1, end == absl::string_view::npos ? end : end - 1));
    ByteSource source(end == absl::string_view::npos ? absl::string_view() : bytes.substr(end + 1));
    return CheckRule(rule, World(&source));
  }
  ByteSource source(bytes);
  const uint64_t seed = source.Byte();  // how many bytes go to values
  const size_t for_values = std::min<size_t>(bytes.size() / 2, 32 + seed);
  ByteSource values(bytes.substr(bytes.size() - for_values));
  const World world(&values);
  ByteSource grammar(bytes.substr(0, bytes.size() - for_values));
  grammar.Byte();
  Generator generator(&grammar);
  const Type type = grammar.OneIn(3) ? generator.AnyType(2) : Type::kBool;
  CheckRule(generator.Make(type), world);
}

}  // namespace nbo::fuzz
