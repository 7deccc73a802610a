// Compiles a rule once and evaluates it many times.
//
// The language is a subset of CEL; LANGUAGE.md in this folder says what is in and what is out.
#ifndef NBO_CORE_RULES_EXPRESSION_H_
#define NBO_CORE_RULES_EXPRESSION_H_

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/environment.h"
#include "core/rules/value.h"

namespace nbo::rules {

// Limits of one expression; beyond them compilation fails with a located message.
inline constexpr int kMaxExpressionBytes = 4096;
inline constexpr int kMaxExpressionDepth = 64;
inline constexpr int kMaxListElements = 1000;           // also entries of a map
inline constexpr int64_t kMaxExpressionCost = 250'000;  // steps, see cost.h
// Limits of one evaluation; beyond them it ends in an error.
inline constexpr int64_t kMaxEvaluationSteps = 100'000;     // elements that macros go through
inline constexpr size_t kMaxEvaluationBytes = 1024 * 1024;  // of texts and lists that it makes

// A mistake of the author, at a place in the text.
struct Mistake {
  int offset = 0;       // byte of the text, from 0
  std::string message;  // what is wrong and what to do
};

// A variable that keeps one value wherever an expression will be used; of the variable's type, not null.
struct Constant {
  int slot = 0;
  Value value;
};

struct Program;  // the flat code; private to the room

// A compiled, type-checked expression. Immutable: any number of threads may evaluate it at once. Movable, cheap to
// copy. A moved-from expression may only be assigned to or destroyed.
class Expression {
 public:
  // Parses, checks and compiles. `expected` is the type the result must have (kDouble also takes an int result, kAny
  // any). Returns every mistake found, in order of place. What `constants` make computable is computed now, in the
  // order of the text: the result is the same to the bit as with these values in their slots.
  static std::variant<Expression, std::vector<Mistake>> Compile(absl::string_view text, const Environment& environment,
                                                                Type expected,
                                                                absl::Span<const Constant> constants = {});

  // The result, of the expected type, or an error value; Null only where kNull was expected. An int becomes a double
  // where kDouble was expected. Allocates nothing, except in the activation's arena if the rule makes texts or lists:
  // by string(), +, filter, map, and lists or maps with names in them. A resulting string, list or map lies in the
  // expression, in the activation or in its arena. `activation` must be laid out by the environment given to Compile.
  Value Evaluate(const Activation& activation) const;

  // The text it was compiled from.
  const std::string& text() const;

  // The type of the result.
  Type type() const;
  // The estimated steps of one evaluation, at most kMaxExpressionCost. About 5 ns each.
  int64_t cost() const;

  // True if the text names the variable of this slot, evaluated or not. For callers that fill slots only where needed.
  bool Names(int slot) const;

  // For people: the variables and facts the expression names with their values now, in order of first mention, such as
  // `customer.recency_days = 12, category("YOGURT").share = no value`. Empty if it names none.
  std::string DescribeInputs(const Activation& activation) const;
  // The same, one by one.
  std::vector<std::string> DescribeEachInput(const Activation& activation) const;

 private:
  friend class Condition;
  friend class DirectInput;
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_EXPRESSION_H_
