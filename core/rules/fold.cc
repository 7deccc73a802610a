#include "core/rules/fold.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/rules/compiler.h"
#include "core/rules/evaluator.h"

namespace nbo::rules {
namespace {

// Constant parts ask for no fact.
class NoFacts : public Activation {
 public:
  Value Fact(int, uint64_t, int) const override { return Value::Null(); }
  void ForEachKey(int, absl::FunctionRef<void(uint64_t)>) const override {}
};

bool NamesSomething(Meaning meaning) {
  return meaning == Meaning::kVariable || meaning == Meaning::kFact || meaning == Meaning::kHasVariable ||
         meaning == Meaning::kHasFact || meaning == Meaning::kHasMapKey;
}

// `value` may lie in what the node is made from.
void MakeLiteral(const Value& value, Node* node) {
  node->kind = NodeKind::kLiteral;
  node->meaning = Meaning::kByKind;
  node->children.clear();
  node->type = value.type();
  if (value.type() == Type::kDouble) {
    node->double_value = value.double_value();
  } else if (value.type() == Type::kString) {
    node->text = std::string(value.string_value());
  } else {
    node->int_value = value.type() == Type::kBool ? value.bool_value() : value.int_value();
  }
}

class Folder {
 public:
  explicit Folder(Ast* ast) : ast_(*ast) {}

  void FoldNode(FoldScope scope, int node) {
    if (NamesSomething(At(node).meaning)) return;  // below are parts of the name, not values
    const bool is_list = At(node).kind == NodeKind::kList;
    for (const int child : At(node).children) FoldNode(is_list ? FoldScope::kEverything : scope, child);
    if (is_list) return CheckElements(node);
    if (scope == FoldScope::kListElementsOnly || At(node).kind == NodeKind::kLiteral) return;
    if (At(node).kind == NodeKind::kAnd || At(node).kind == NodeKind::kOr) return FoldJunction(node);
    if (At(node).kind == NodeKind::kConditional) return FoldConditional(node);
    const std::vector<int>& children = At(node).children;
    if (children.empty() || !std::all_of(children.begin(), children.end(), [this](int c) { return IsConstant(c); })) {
      return;
    }
    const Value value = Compute(node);
    if (!value.is_error()) MakeLiteral(value, &At(node));
  }

  std::vector<Mistake> TakeMistakes() { return std::move(mistakes_); }

 private:
  Node& At(int node) { return ast_.nodes[node]; }

  // Children are folded already.
  bool IsConstant(int node) { return At(node).kind == NodeKind::kLiteral || At(node).kind == NodeKind::kList; }
  bool IsBool(int node, bool value) {
    return At(node).kind == NodeKind::kLiteral && (At(node).int_value != 0) == value;
  }

  Value Compute(int node) {
    program_ = CompileNode(ast_, node);
    return Run(*program_, NoFacts());
  }

  void FoldJunction(int node) {
    const bool absorbing = At(node).kind == NodeKind::kOr;
    std::vector<int>& children = At(node).children;
    if (std::any_of(children.begin(), children.end(), [&](int c) { return IsBool(c, absorbing); })) {
      return MakeLiteral(Value::Bool(absorbing), &At(node));
    }
    children.erase(std::remove_if(children.begin(), children.end(), [&](int c) { return IsBool(c, !absorbing); }),
                   children.end());
    if (children.empty()) return MakeLiteral(Value::Bool(!absorbing), &At(node));
    if (children.size() == 1) Become(node, children[0]);
  }

  void FoldConditional(int node) {
    const int condition = At(node).children[0];
    if (At(condition).kind != NodeKind::kLiteral) return;
    Become(node, At(node).children[At(condition).int_value != 0 ? 1 : 2]);
  }

  void Become(int node, int other) {
    Node copy = At(other);
    At(node) = std::move(copy);
  }

  void CheckElements(int node) {
    for (const int child : At(node).children) {
      if (At(child).kind == NodeKind::kLiteral) continue;
      mistakes_.push_back({At(child).begin, absl::StrCat("this list element cannot be computed: ",
                                                         EvalErrorText(Compute(child).error()))});
    }
  }

  Ast& ast_;
  std::unique_ptr<Program> program_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

void Bind(absl::Span<const Constant> constants, Ast* ast) {
  for (Node& node : ast->nodes) {
    if (node.meaning != Meaning::kVariable) continue;
    for (const Constant& constant : constants) {
      if (constant.slot == node.slot) MakeLiteral(constant.value, &node);
    }
  }
}

std::vector<Mistake> Fold(FoldScope scope, Ast* ast) {
  Folder folder(ast);
  folder.FoldNode(scope, ast->root);
  return folder.TakeMistakes();
}

}  // namespace nbo::rules
