#include "core/rules/fold.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/rules/compiler.h"
#include "core/rules/constants.h"
#include "core/rules/cost.h"
#include "core/rules/evaluator.h"
#include "core/rules/times.h"
#include "re2/re2.h"

namespace nbo::rules {
namespace {

constexpr int64_t kMaxPatternBytes = 1 << 20;  // of memory for one compiled pattern

// Constant parts ask for no fact.
class NoFacts : public Activation {
 public:
  Value Fact(int, uint64_t, int) const override { return Value::Null(); }
  void ForEachKey(int, absl::FunctionRef<void(uint64_t)>) const override {}
};

class Folder {
 public:
  explicit Folder(Ast* ast) : ast_(*ast) {}

  void FoldNode(int node) {
    if (NamesHost(At(node).meaning) || At(node).kind == NodeKind::kLiteral) return;
    for (const int part : PartsOf(node)) FoldNode(part);
    if (At(node).kind == NodeKind::kAnd || At(node).kind == NodeKind::kOr) return FoldJunction(node);
    if (At(node).kind == NodeKind::kConditional) return FoldConditional(node);
    if (!IsClosed(node)) return;
    // A list of constants is one already; a map may have a key twice.
    if (At(node).kind == NodeKind::kList) return;
    // A macro that is too dear to be evaluated is too dear to be computed now: whoever looks at the cost refuses it.
    if (IsMacro(At(node).meaning) && EstimateClosedSteps(ast_, node) > kMaxExpressionCost) return;
    const std::unique_ptr<Program> program = CompileNode(ast_, node);
    const NoFacts no_facts;
    const Value value = rules::Run(*program, no_facts);
    if (value.is_error()) {
      failing_[node] = value.error();
    } else if (At(node).kind != NodeKind::kMap) {
      BecomeConstant(value, node, &ast_);
    }
  }

  // Folds and compiles the patterns of all matches() in the tree.
  void FoldPatterns(int node) {
    if (NamesHost(At(node).meaning)) return;
    const std::vector<int> parts = PartsOf(node);
    for (const int part : parts) FoldPatterns(part);
    if (At(node).meaning != Meaning::kMatches) return;
    const int text = At(node).children[1];
    FoldNode(text);
    if (At(text).kind != NodeKind::kLiteral) {
      mistakes_.push_back({At(text).begin,
                           "the pattern of 'matches' must be a fixed text, which is compiled when the rule is; write "
                           "it in quotes"});
      return;
    }
    re2::RE2::Options options;
    options.set_max_mem(kMaxPatternBytes);
    options.set_log_errors(false);
    auto pattern = std::make_shared<re2::RE2>(re2::StringPiece(At(text).text.data(), At(text).text.size()), options);
    if (!pattern->ok()) {
      mistakes_.push_back({At(text).begin, absl::StrCat("this is not a valid pattern: ", pattern->error(),
                                                        "; see RE2's syntax of regular expressions")});
    }
    At(node).pattern = std::move(pattern);
  }

  // Notes what makes the whole tree fail, if something does.
  void FindFailure() {
    const std::optional<Failure> failure = FailureOf(ast_.root);
    if (!failure.has_value()) return;
    mistakes_.push_back({At(failure->node).begin, absl::StrCat("this always fails, and the rule with it: ",
                                                               EvalErrorText(failure->error), "; correct it")});
  }

  std::vector<Mistake> TakeMistakes() { return std::move(mistakes_); }

 private:
  struct Failure {
    int node;
    EvalError error;
  };

  Node& At(int node) { return ast_.nodes[node]; }

  // The nodes below that stand for values: not the name in a macro, not the name that has() asks for.
  std::vector<int> PartsOf(int node) {
    const Node& n = At(node);
    if (n.meaning == Meaning::kHasKey || n.meaning == Meaning::kHasField) return At(n.children[0]).children;
    std::vector<int> parts = n.children;
    if (IsMacro(n.meaning)) parts.erase(parts.begin() + 1);
    return parts;
  }

  bool IsBool(int node, bool value) {
    return At(node).kind == NodeKind::kLiteral && (At(node).int_value != 0) == value;
  }

  // Whether nothing below names anything from outside, so that it can be computed. Fails fast: what has failed before
  // or was too large to become a constant is not computed again.
  bool IsClosed(int node) {
    bound_.clear();
    if (!IsMacro(At(node).meaning)) {
      const std::vector<int> parts = PartsOf(node);
      return At(node).meaning != Meaning::kLocal &&
             std::all_of(parts.begin(), parts.end(), [this](int part) { return IsKnown(part); });
    }
    return IsKnown(At(node).children[0]) && NamesOnlyBound(node);
  }

  bool IsKnown(int node) { return IsConstant(ast_, node) && failing_.count(node) == 0; }

  bool NamesOnlyBound(int node) {
    const Node& n = At(node);
    if (NamesHost(n.meaning)) return false;
    if (n.meaning == Meaning::kLocal) return std::find(bound_.begin(), bound_.end(), n.slot) != bound_.end();
    if (IsMacro(n.meaning)) bound_.push_back(n.slot);
    const std::vector<int> parts = PartsOf(node);
    return std::all_of(parts.begin(), parts.end(), [this](int part) { return NamesOnlyBound(part); });
  }

  void FoldJunction(int node) {
    const bool absorbing = At(node).kind == NodeKind::kOr;
    std::vector<int>& children = At(node).children;
    if (std::any_of(children.begin(), children.end(), [&](int c) { return IsBool(c, absorbing); })) {
      BecomeConstant(Value::Bool(absorbing), node, &ast_);
      return;
    }
    children.erase(std::remove_if(children.begin(), children.end(), [&](int c) { return IsBool(c, !absorbing); }),
                   children.end());
    if (children.empty()) {
      BecomeConstant(Value::Bool(!absorbing), node, &ast_);
    } else if (children.size() == 1) {
      Become(node, children[0]);
    }
  }

  void FoldConditional(int node) {
    const int condition = At(node).children[0];
    if (At(condition).kind != NodeKind::kLiteral) return;
    const Type type = At(node).type;
    Become(node, At(node).children[At(condition).int_value != 0 ? 1 : 2]);
    At(node).type = type;  // [] keeps the type of the other outcome
  }

  void Become(int node, int other) {
    Node copy = At(other);
    At(node) = std::move(copy);
    if (const auto failed = failing_.find(other); failed != failing_.end()) failing_[node] = failed->second;
  }

  std::optional<Failure> FirstFailureOf(const std::vector<int>& nodes) {
    for (const int node : nodes) {
      if (std::optional<Failure> failure = FailureOf(node)) return failure;
    }
    return std::nullopt;
  }

  // Fails only if all fail; then as the first one does.
  std::optional<Failure> CommonFailureOf(const std::vector<int>& nodes) {
    std::optional<Failure> first;
    for (const int node : nodes) {
      const std::optional<Failure> failure = FailureOf(node);
      if (!failure.has_value()) return std::nullopt;
      if (!first.has_value()) first = failure;
    }
    return first;
  }

  // Why the node fails whatever its names stand for; nullopt if it need not.
  std::optional<Failure> FailureOf(int node) {
    if (const auto failed = failing_.find(node); failed != failing_.end()) {
      const std::optional<Failure> below = FirstFailureOf(PartsOf(node));
      return below.has_value() ? below : Failure{node, failed->second};
    }
    const Node& n = At(node);
    if (NamesHost(n.meaning)) return std::nullopt;
    if (IsMacro(n.meaning)) return FailureOf(n.children[0]);
    if (n.kind == NodeKind::kAnd || n.kind == NodeKind::kOr) return CommonFailureOf(n.children);
    if (n.kind == NodeKind::kConditional) {
      const std::optional<Failure> condition = FailureOf(n.children[0]);
      return condition.has_value() ? condition : CommonFailureOf({n.children[1], n.children[2]});
    }
    if (n.meaning == Meaning::kTimePart && n.children.size() == 2) {
      const Node& zone = At(n.children[1]);
      absl::TimeZone ignored;
      if (zone.kind == NodeKind::kLiteral && !FindTimeZone(zone.text, &ignored)) {
        return Failure{n.children[1], EvalError::kBadTimeZone};
      }
    }
    return FirstFailureOf(PartsOf(node));
  }

  Ast& ast_;
  std::map<int, EvalError> failing_;  // nodes that were computed and failed
  std::vector<int> bound_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

void Bind(absl::Span<const Constant> constants, Ast* ast) {
  for (size_t i = 0, size = ast->nodes.size(); i < size; ++i) {
    if (ast->nodes[i].meaning != Meaning::kVariable) continue;
    const int slot = ast->nodes[i].slot;
    for (const Constant& constant : constants) {
      if (constant.slot == slot) BecomeConstant(constant.value, static_cast<int>(i), ast);
    }
  }
}

std::vector<Mistake> Fold(FoldScope scope, Ast* ast) {
  Folder folder(ast);
  folder.FoldPatterns(ast->root);
  std::vector<Mistake> mistakes = folder.TakeMistakes();
  if (scope == FoldScope::kPatternsOnly || !mistakes.empty()) return mistakes;
  folder.FoldNode(ast->root);
  folder.FindFailure();
  return folder.TakeMistakes();
}

}  // namespace nbo::rules
