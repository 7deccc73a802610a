#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/condition.h"

namespace nbo::rules {
namespace {

constexpr size_t kMostAlternatives = 5;  // of an `or` that are told

class Explainer {
 public:
  Explainer(const Condition& condition, const Activation& activation)
      : condition_(condition), activation_(activation) {}

  Value ValueOf(int part) const {
    const Condition::Part& p = condition_.parts()[part];
    switch (p.kind) {
      case Condition::Kind::kAtom: return condition_.ExpressionOf(part).Evaluate(activation_);
      case Condition::Kind::kNot: {
        const Value value = ValueOf(p.children[0]);
        return value.is_error() ? value : Value::Bool(!value.bool_value());
      }
      default: return ValueOfJunction(p);
    }
  }

  // Why a part is not true; or, if `wanted` is false, why it is not false.
  std::string Why(int part, bool wanted) const {
    const Condition::Part& p = condition_.parts()[part];
    switch (p.kind) {
      case Condition::Kind::kAtom: return WhyAtom(part, wanted);
      case Condition::Kind::kNot: return Why(p.children[0], !wanted);
      default: break;
    }
    // One part is to blame where all had to be as wanted, else all are.
    const bool needs_all = (p.kind == Condition::Kind::kAnd) == wanted;
    if (needs_all) return Why(FirstToBlame(p, wanted), wanted);
    std::vector<std::string> reasons;
    for (const int child : p.children) {
      if (reasons.size() == kMostAlternatives) {
        reasons.push_back(absl::StrCat("and ", p.children.size() - kMostAlternatives, " more"));
        break;
      }
      reasons.push_back(Why(child, wanted));
    }
    return absl::StrCat("none of: ", absl::StrJoin(reasons, "; "));
  }

 private:
  Value ValueOfJunction(const Condition::Part& part) const {
    const bool deciding = part.kind == Condition::Kind::kOr;
    Value result = Value::Bool(!deciding);
    for (const int child : part.children) {
      const Value value = ValueOf(child);
      if (!value.is_error() && value.bool_value() == deciding) return value;
      if (value.is_error() && !result.is_error()) result = value;
    }
    return result;
  }

  // A part that is plainly otherwise than wanted; else the first that cannot be said.
  int FirstToBlame(const Condition::Part& part, bool wanted) const {
    int unsaid = part.children[0];
    bool found = false;
    for (const int child : part.children) {
      const Value value = ValueOf(child);
      if (!value.is_error() && value.bool_value() != wanted) return child;
      if (value.is_error() && !found) {
        unsaid = child;
        found = true;
      }
    }
    return unsaid;
  }

  std::string WhyAtom(int atom, bool wanted) const {
    const Expression expression = condition_.ExpressionOf(atom);
    const Value value = expression.Evaluate(activation_);
    std::string text(condition_.TextOf(atom));
    if (!wanted) text = absl::StrCat("!(", text, ")");
    if (value.is_error()) absl::StrAppend(&text, " cannot be said: ", EvalErrorText(value.error()));
    const std::vector<std::string> inputs = expression.DescribeEachInput(activation_);
    const size_t sign = inputs.empty() ? 0 : inputs[0].find(" = ");
    const bool alone = inputs.size() == 1;
    if (inputs.empty() || (alone && value.is_error() && absl::EndsWith(inputs[0], " = no value"))) return text;
    // "(it is 12)" reads better, where it is clear what is meant.
    if (alone && absl::StartsWith(condition_.TextOf(atom), inputs[0].substr(0, sign))) {
      return absl::StrCat(text, " (it is ", inputs[0].substr(sign + 3), ")");
    }
    return absl::StrCat(text, " (", absl::StrJoin(inputs, ", "), ")");
  }

  const Condition& condition_;
  const Activation& activation_;
};

}  // namespace

std::string ExplainFailure(const Condition& condition, const Activation& activation) {
  return Explainer(condition, activation).Why(condition.root(), true);
}

}  // namespace nbo::rules
