// A rule taken apart at its `&&`, `||` and `!`, so that many rules can share what they have in common.
#ifndef NBO_CORE_RULES_CONDITION_H_
#define NBO_CORE_RULES_CONDITION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/environment.h"
#include "core/rules/expression.h"

namespace nbo::rules {

// A fact that an atom names: families()[family] under `key`, whichever field.
struct FactName {
  int family = 0;
  uint64_t key = 0;
};

// What an atom's value depends on.
struct Dependencies {
  std::vector<int> slots;
  std::vector<FactName> facts;
};

// An atom that asks for texts: `slot == "a"`, `slot in ["a", "b"]`; the same of `slot["key"]`; or `"a" in slot`.
struct TextTest {
  enum class In : uint8_t { kText, kMap, kList };  // what the slot is
  int slot = 0;
  In in = In::kText;
  std::string map_key;              // kMap
  std::vector<std::string> values;  // at least one
};

// An atom that compares a number with a constant: many rules ask the same with another number. It is true if the bit
// of compare.h's Ordering of the left side's value and the constant is in `orderings`; an error if the left side is
// one.
struct NumberTest {
  std::string left_key;  // as Condition::KeyOf, of the left side
  uint8_t orderings = 0;
  Value constant;  // int or double
};

// A bool rule as a tree of and, or and not over atoms: the parts that hold none of these, or hold them out of reach (in
// a conditional, a macro, a comparison). Constant parts are computed; a rule that is constant as a whole is one atom.
// Truth is three-valued, with errors as the third value, and absorbs them as the language says: an `and` is false if
// any part is, else an error if any is; an `or` likewise; the `not` of an error is an error. So parts may be evaluated
// in any order. Immutable.
class Condition {
 public:
  enum class Kind : uint8_t { kAtom, kAnd, kOr, kNot };
  struct Part {
    Kind kind = Kind::kAtom;
    std::vector<int> children;  // numbers of parts; none for an atom
    int node = 0;               // for this class alone
  };

  // As Expression::Compile for a bool.
  static std::variant<Condition, std::vector<Mistake>> Compile(absl::string_view text, const Environment& environment,
                                                               absl::Span<const Constant> constants = {});

  const std::vector<Part>& parts() const { return parts_; }
  int root() const { return root_; }

  // The text a part was written as, without enclosing parentheses.
  absl::string_view TextOf(int part) const;

  // The rest is for atoms.

  // Bytes that are the same for two atoms only if they are the same computation, however they were written. Of one
  // environment.
  std::string KeyOf(int atom) const;
  Dependencies DependenciesOf(int atom) const;
  Expression ExpressionOf(int atom) const;
  std::optional<TextTest> TextTestOf(int atom) const;
  std::optional<NumberTest> NumberTestOf(int atom) const;
  // The left side of an atom that is a NumberTest.
  Expression LeftOf(int atom) const;
  // The value of an atom that depends on nothing and does not fail.
  std::optional<bool> ConstantOf(int atom) const;

 private:
  struct Tree;
  explicit Condition(std::shared_ptr<const Tree> tree);
  Expression ExpressionOfNode(int node) const;
  int AddPart(int node);

  std::shared_ptr<const Tree> tree_;
  std::vector<Part> parts_;
  int root_ = 0;
};

// Why the condition does not hold: the parts that decide it with the values they have now, such as
// `customer.recency_days > 45 (it is 12)`. Requires one that is not true.
std::string ExplainFailure(const Condition& condition, const Activation& activation);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_CONDITION_H_
