#include "core/catalog/rule_review.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/catalog/constraints.h"
#include "core/rules/checker.h"
#include "core/rules/fold.h"
#include "core/rules/parser.h"

namespace nbo {
namespace {

using rules::Ast;
using rules::Meaning;
using rules::Node;
using rules::NodeKind;
using rules::TokenKind;
using rules::Type;

class Reviewer {
 public:
  Reviewer(const Ast& ast, RuleReview* review) : ast_(ast), review_(*review) {}

  void Review() {
    const Node& root = ast_.nodes[ast_.root];
    if (IsBool(root)) {
      (root.int_value != 0 ? review_.always_true : review_.always_false) =
          RuleFinding{0, root.int_value != 0 ? "it names nothing that could make it false"
                                             : "it names nothing that could make it true"};
      return;
    }
    review_.always_false = Clash(ast_.root, true);
    if (!review_.always_false) {
      review_.always_true = Clash(ast_.root, false);
      DeadParts(ast_.root);
    }
  }

 private:
  static bool IsBool(const Node& node) { return node.kind == NodeKind::kLiteral && node.type == Type::kBool; }

  // Why `node` cannot be `wanted`; nullopt: nothing speaks against it. What must hold at once: all operands of && that
  // is to be true, all operands of || that is to be false.
  std::optional<RuleFinding> Clash(int node, bool wanted) const {
    const NodeKind kind = ast_.nodes[node].kind;
    if (kind == (wanted ? NodeKind::kOr : NodeKind::kAnd)) {
      std::optional<RuleFinding> first;
      for (const int child : ast_.nodes[node].children) {
        std::optional<RuleFinding> found = Clash(child, wanted);
        if (!found) return std::nullopt;
        if (!first) first = std::move(found);
      }
      return first;
    }
    Constraints constraints;
    return AddAll(node, wanted, &constraints);
  }

  std::optional<RuleFinding> AddAll(int node, bool wanted, Constraints* constraints) const {
    const NodeKind kind = ast_.nodes[node].kind;
    if (kind == (wanted ? NodeKind::kAnd : NodeKind::kOr)) {
      for (const int child : ast_.nodes[node].children) {
        if (auto found = AddAll(child, wanted, constraints)) return found;
      }
      return std::nullopt;
    }
    if (kind == (wanted ? NodeKind::kOr : NodeKind::kAnd)) return Clash(node, wanted);
    const auto condition = ConditionOf(ast_, node, wanted);
    if (!condition) return std::nullopt;
    const auto clash = constraints->Add(*condition);
    if (!clash) return std::nullopt;
    return RuleFinding{clash->later.offset, Words(*clash, wanted)};
  }

  static std::string Words(const Constraints::Clash& clash, bool wanted) {
    const auto quoted = [](std::string* out, const Condition& c) { absl::StrAppend(out, "'", c.source, "'"); };
    const std::string later = absl::StrCat("'", clash.later.source, "'");
    if (clash.earlier.empty()) return absl::StrCat(later, wanted ? " never holds" : " holds always");
    const std::string earlier = absl::StrJoin(clash.earlier, wanted ? " and " : " or ", quoted);
    return wanted ? absl::StrCat(later, " contradicts ", earlier)
                  : absl::StrCat(earlier, " or ", later, " holds always");
  }

  void DeadParts(int node) {
    const Node& at = ast_.nodes[node];
    if (at.kind != NodeKind::kAnd && at.kind != NodeKind::kOr) return;
    for (const int child : at.children) {
      auto found = at.kind == NodeKind::kOr ? Clash(child, true) : std::nullopt;
      if (found) {
        review_.dead_parts.push_back(*std::move(found));
      } else {
        DeadParts(child);
      }
    }
  }

  const Ast& ast_;
  RuleReview& review_;
};

bool IsWatched(const Node& node, const std::vector<int>& watched) {
  return node.meaning == Meaning::kVariable && std::find(watched.begin(), watched.end(), node.slot) != watched.end();
}

void AddReferences(const Ast& ast, const std::vector<int>& watched, std::vector<RuleReference>* references) {
  for (const Node& node : ast.nodes) {
    if (node.kind != NodeKind::kBinary) continue;
    for (const int side : {0, 1}) {
      const Node& variable = ast.nodes[node.children[side]];
      const Node& other = ast.nodes[node.children[1 - side]];
      if (!IsWatched(variable, watched)) continue;
      std::vector<const Node*> literals = {&other};
      if (other.kind == NodeKind::kList) {
        literals.clear();
        for (const int element : other.children) literals.push_back(&ast.nodes[element]);
      }
      for (const Node* literal : literals) {
        if (literal->kind != NodeKind::kLiteral || literal->type != Type::kString) continue;
        references->push_back({variable.slot, literal->begin, literal->text});
      }
    }
  }
  std::sort(references->begin(), references->end(),
            [](const RuleReference& a, const RuleReference& b) { return a.offset < b.offset; });
}

}  // namespace

std::vector<RuleReference> ReviewFormula(absl::string_view text, const rules::Environment& environment,
                                         const std::vector<int>& watched_slots) {
  std::vector<RuleReference> references;
  std::variant<Ast, rules::Mistake> parsed = rules::Parse(text);
  if (!std::holds_alternative<Ast>(parsed)) return references;
  Ast& ast = std::get<Ast>(parsed);
  if (!rules::Check(environment, Type::kDouble, &ast).mistakes.empty()) return references;
  AddReferences(ast, watched_slots, &references);
  return references;
}

RuleReview ReviewRule(absl::string_view text, const rules::Environment& environment,
                      const std::vector<int>& watched_slots) {
  RuleReview review;
  std::variant<Ast, rules::Mistake> parsed = rules::Parse(text);
  if (!std::holds_alternative<Ast>(parsed)) return review;
  Ast& ast = std::get<Ast>(parsed);
  if (!rules::Check(environment, Type::kBool, &ast).mistakes.empty()) return review;
  AddReferences(ast, watched_slots, &review.references);  // before folding, which leaves orphans behind
  if (!rules::Fold(rules::FoldScope::kEverything, &ast).empty()) return review;
  Reviewer(ast, &review).Review();
  return review;
}

}  // namespace nbo
