#include "core/rules/cost.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nbo::rules {
namespace {

constexpr int64_t kMost = int64_t{1} << 50;  // so that products of two need no care
constexpr int64_t kBytesPerStep = 16;        // of texts that are compared or copied
constexpr int64_t kSearchSteps = 8;          // for a key of a map
constexpr int64_t kMakingSteps = 8;          // to begin a text or list
constexpr int64_t kTextSteps = 20;           // to read or write a number or a time, to look up a zone
constexpr int64_t kPatternSteps = 20;

int64_t Times(int64_t a, int64_t b) { return a != 0 && b > kMost / a ? kMost : a * b; }
int64_t Plus(int64_t a, int64_t b) { return std::min(a + b, kMost); }

// Of a node: its steps, and the elements or bytes that its value has.
struct Estimate {
  int64_t steps = 0;
  int64_t size = 0;
};

class Estimator {
 public:
  Estimator(const Environment& environment, const Ast& ast) : environment_(environment), ast_(ast) {}

  Estimate Of(int node) {
    Estimate estimate = Reckon(At(node));
    estimate.steps = Plus(estimate.steps, 1);
    if (estimate.steps > kMaxExpressionCost && dearest_ < 0) dearest_ = node;
    return estimate;
  }

  int dearest() const { return dearest_; }

 private:
  const Node& At(int node) const { return ast_.nodes[node]; }

  // The size of what the host has under a name.
  static int64_t SizeOf(Type type, int max_size) {
    switch (type.kind()) {
      case Kind::kString: return max_size > 0 ? max_size : kAssumedTextBytes;
      case Kind::kList:
      case Kind::kMap: return max_size > 0 ? max_size : kAssumedElements;
      default: return 1;
    }
  }

  // Objects may be named of which there are none: in a macro over an empty list. Then their class may be unknown.
  int BoundOfField(Type object, int field) const {
    const bool known = IsObject(object) && static_cast<size_t>(object.class_number()) < environment_.classes().size();
    return known ? environment_.ClassOf(object).fields[field].max_size : 0;
  }

  Estimate Reckon(const Node& n) {
    if (IsMacro(n.meaning)) return ReckonMacro(n);
    if (n.meaning != Meaning::kByKind) return ReckonMeaning(n);
    switch (n.kind) {
      case NodeKind::kLiteral: return {0, n.type == Type::kString ? static_cast<int64_t>(n.text.size()) : 1};
      case NodeKind::kList:
      case NodeKind::kMap: return ReckonElements(n);
      case NodeKind::kBinary: return ReckonBinary(n);
      case NodeKind::kIndex: {
        const Estimate all = Sum(n.children);
        return {Plus(all.steps, kSearchSteps), SizeOf(n.type, 0)};
      }
      case NodeKind::kConditional: {
        const Estimate condition = Of(n.children[0]);
        const Estimate then = Of(n.children[1]);
        const Estimate otherwise = Of(n.children[2]);
        return {Plus(condition.steps, std::max(then.steps, otherwise.steps)), std::max(then.size, otherwise.size)};
      }
      default: return {Sum(n.children).steps, 1};
    }
  }

  // Steps and sizes added up.
  Estimate Sum(const std::vector<int>& nodes) {
    Estimate sum;
    for (const int node : nodes) {
      const Estimate one = Of(node);
      sum = {Plus(sum.steps, one.steps), Plus(sum.size, one.size)};
    }
    return sum;
  }

  // A constant list or map is there already.
  Estimate ReckonElements(const Node& n) {
    const int64_t size = static_cast<int64_t>(n.kind == NodeKind::kMap ? n.children.size() / 2 : n.children.size());
    const Estimate all = Sum(n.children);
    const bool constant = std::all_of(n.children.begin(), n.children.end(),
                                      [this](int child) { return At(child).kind == NodeKind::kLiteral; });
    return {constant ? 0 : Plus(all.steps, kMakingSteps), size};
  }

  Estimate ReckonMacro(const Node& n) {
    constexpr int64_t kLoopSteps = 3;
    const Estimate range = Of(n.children[0]);
    int64_t body = kLoopSteps;
    int64_t size = range.size;
    for (size_t i = 2; i < n.children.size(); ++i) body = Plus(body, Of(n.children[i]).steps);
    if (n.meaning != Meaning::kFilter && n.meaning != Meaning::kTransform) size = 1;
    return {Plus(range.steps, Times(range.size, body)), size};
  }

  Estimate ReckonMeaning(const Node& n) {
    switch (n.meaning) {
      case Meaning::kVariable: {
        const Variable& variable = environment_.variables()[n.slot];
        return {0, SizeOf(variable.type, variable.max_size)};
      }
      case Meaning::kFact: {
        const Field& field = environment_.families()[n.family].fields[n.field];
        return {kSearchSteps, SizeOf(field.type, field.max_size)};
      }
      case Meaning::kField: {
        const Estimate object = Of(n.children[0]);
        return {object.steps, SizeOf(n.type, BoundOfField(At(n.children[0]).type, n.field))};
      }
      case Meaning::kLocal: return {0, SizeOf(n.type, 0)};
      case Meaning::kMapKey: return {Plus(Of(n.children[0]).steps, kSearchSteps), SizeOf(n.type, 0)};
      case Meaning::kHasVariable: return {0, 1};
      case Meaning::kHasFact:
      case Meaning::kHasMapKey: return {kSearchSteps, 1};
      case Meaning::kHasKey:
      case Meaning::kHasField: return {Plus(Of(At(n.children[0]).children[0]).steps, kSearchSteps), 1};
      default: return ReckonCall(n);
    }
  }

  Estimate ReckonCall(const Node& n) {
    const Estimate all = Sum(n.children);
    switch (n.meaning) {
      case Meaning::kSize: return {Plus(all.steps, TextSteps(At(n.children[0]).type, all.size)), 1};
      case Meaning::kMatches: return {Plus(all.steps, Plus(kPatternSteps, all.size)), 1};
      case Meaning::kStartsWith:
      case Meaning::kEndsWith:
      case Meaning::kContains: return {Plus(all.steps, all.size / kBytesPerStep), 1};
      default: return {Plus(all.steps, kTextSteps), SizeOf(n.type, 0)};
    }
  }

  static int64_t TextSteps(Type type, int64_t size) { return type == Type::kString ? size / kBytesPerStep : 0; }

  Estimate ReckonBinary(const Node& n) {
    const Estimate left = Of(n.children[0]);
    const Estimate right = Of(n.children[1]);
    const Type type = At(n.children[1]).type;
    const int64_t steps = Plus(left.steps, right.steps);
    if (n.op == TokenKind::kIn) {
      // A constant list of many texts is searched by hash.
      const bool hashed = IsMap(type) || At(n.children[1]).kind == NodeKind::kList;
      return {Plus(steps, hashed ? kSearchSteps : right.size), 1};
    }
    const bool joins = n.op == TokenKind::kPlus && (n.type == Type::kString || IsList(n.type));
    const int64_t per_step = type == Type::kString ? kBytesPerStep : 1;
    if (joins) return {Plus(steps, Plus(kMakingSteps, Plus(left.size, right.size) / per_step)), left.size + right.size};
    const bool compares = n.type == Type::kBool && (type == Type::kString || IsList(type) || IsMap(type));
    return {compares ? Plus(steps, std::min(left.size, right.size) / per_step) : steps, 1};
  }

  const Environment& environment_;
  const Ast& ast_;
  int dearest_ = -1;
};

}  // namespace

Cost EstimateCost(const Environment& environment, const Ast& ast) {
  Estimator estimator(environment, ast);
  const int64_t steps = estimator.Of(ast.root).steps;
  return {steps, estimator.dearest()};
}

int64_t EstimateClosedSteps(const Ast& ast, int node) {
  const Environment nothing;
  return Estimator(nothing, ast).Of(node).steps;
}

Mistake DescribeCost(const Cost& cost, const Ast& ast) {
  const int node = cost.dearest < 0 ? ast.root : cost.dearest;
  return {ast.nodes[node].begin,
          absl::StrCat("this could take ", cost.steps, " steps each time, more than the ", kMaxExpressionCost,
                       " allowed; go through shorter lists, or not through one list for each element of another")};
}

}  // namespace nbo::rules
