#include "core/catalog/constraints.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nbo {
namespace {

using rules::Ast;
using rules::Node;
using rules::NodeKind;
using rules::TokenKind;
using rules::Type;

bool IsComparison(TokenKind op) {
  return op == TokenKind::kEqual || op == TokenKind::kNotEqual || op == TokenKind::kLess ||
         op == TokenKind::kLessEqual || op == TokenKind::kGreater || op == TokenKind::kGreaterEqual;
}

// The comparison with its sides exchanged.
TokenKind Mirrored(TokenKind op) {
  switch (op) {
    case TokenKind::kLess: return TokenKind::kGreater;
    case TokenKind::kLessEqual: return TokenKind::kGreaterEqual;
    case TokenKind::kGreater: return TokenKind::kLess;
    case TokenKind::kGreaterEqual: return TokenKind::kLessEqual;
    default: return op;
  }
}

TokenKind Negated(TokenKind op) {
  switch (op) {
    case TokenKind::kEqual: return TokenKind::kNotEqual;
    case TokenKind::kNotEqual: return TokenKind::kEqual;
    case TokenKind::kLess: return TokenKind::kGreaterEqual;
    case TokenKind::kLessEqual: return TokenKind::kGreater;
    case TokenKind::kGreater: return TokenKind::kLessEqual;
    case TokenKind::kGreaterEqual: return TokenKind::kLess;
    default: return TokenKind::kNotEqual;  // in
  }
}

// Appends a literal to the condition; false if it is none that conditions know. Ints that a double cannot hold are not.
bool AddLiteral(const Node& node, Condition* condition) {
  if (node.kind != NodeKind::kLiteral) return false;
  if (node.type == Type::kString) {
    condition->kind = Condition::Kind::kText;
    condition->texts.push_back(node.text);
    return true;
  }
  constexpr int64_t kExact = int64_t{1} << 53;
  condition->kind = Condition::Kind::kNumber;
  if (node.type == Type::kInt && node.int_value > -kExact && node.int_value < kExact) {
    condition->numbers.push_back(static_cast<double>(node.int_value));
    return true;
  }
  if (node.type == Type::kDouble && std::isfinite(node.double_value)) {
    condition->numbers.push_back(node.double_value);
    return true;
  }
  return false;
}

// subject == 1, 1 < subject, subject in [1, 2].
bool FillComparison(const Ast& ast, const Node& node, Condition* condition) {
  const Node& left = ast.nodes[node.children[0]];
  const Node& right = ast.nodes[node.children[1]];
  const Node* subject = &left;
  condition->op = node.op;
  if (node.op == TokenKind::kIn) {
    if (right.kind != NodeKind::kList || right.children.empty()) return false;
    for (const int element : right.children) {
      if (!AddLiteral(ast.nodes[element], condition)) return false;
    }
  } else if (!IsComparison(node.op)) {
    return false;
  } else if (!AddLiteral(right, condition)) {
    if (!AddLiteral(left, condition)) return false;
    subject = &right;
    condition->op = Mirrored(node.op);
  }
  if (subject->kind == NodeKind::kLiteral) return false;
  if (condition->kind == Condition::Kind::kText && IsComparison(condition->op) && condition->op != TokenKind::kEqual &&
      condition->op != TokenKind::kNotEqual) {
    return false;  // texts in order: too rare to reason about
  }
  condition->subject = ast.SourceOf(*subject);
  condition->whole_numbers = subject->type == Type::kInt;
  return true;
}

}  // namespace

std::optional<Condition> ConditionOf(const Ast& ast, int node, bool wanted) {
  const Node* at = &ast.nodes[node];
  Condition condition;
  condition.source = ast.SourceOf(*at);
  condition.offset = at->begin;
  while (at->kind == NodeKind::kUnary && at->op == TokenKind::kNot) {
    wanted = !wanted;
    at = &ast.nodes[at->children[0]];
  }
  if (at->kind == NodeKind::kLiteral || at->kind == NodeKind::kAnd || at->kind == NodeKind::kOr) return std::nullopt;
  if (at->kind == NodeKind::kBinary && FillComparison(ast, *at, &condition)) {
    if (!wanted) condition.op = Negated(condition.op);
    return condition;
  }
  condition.kind = Condition::Kind::kTruth;
  condition.subject = ast.SourceOf(*at);
  condition.truth = wanted;
  return condition;
}

std::optional<Constraints::Clash> Constraints::AddNumber(const Condition& condition, Known* known) {
  const auto [least, greatest] = std::minmax_element(condition.numbers.begin(), condition.numbers.end());
  std::optional<Bound> low, high;
  switch (condition.op) {
    case TokenKind::kEqual:
    case TokenKind::kIn:
      low = Bound{*least, false, condition};
      high = Bound{*greatest, false, condition};
      break;
    case TokenKind::kLess: high = Bound{*least, true, condition}; break;
    case TokenKind::kLessEqual: high = Bound{*least, false, condition}; break;
    case TokenKind::kGreater: low = Bound{*least, true, condition}; break;
    case TokenKind::kGreaterEqual: low = Bound{*least, false, condition}; break;
    default: known->excluded_numbers.insert(known->excluded_numbers.end(), least, condition.numbers.end());
  }
  if (condition.whole_numbers) {  // the nearest whole numbers inside
    if (low) low = Bound{low->open ? std::floor(low->value) + 1 : std::ceil(low->value), false, condition};
    if (high) high = Bound{high->open ? std::ceil(high->value) - 1 : std::floor(high->value), false, condition};
  }
  auto narrower = [](const std::optional<Bound>& a, const std::optional<Bound>& b, bool low_end) {
    if (!a || !b) return a.has_value();
    if (a->value != b->value) return (a->value > b->value) == low_end;
    return a->open && !b->open;
  };
  if (narrower(low, known->low, true)) known->low = low;
  if (narrower(high, known->high, false)) known->high = high;
  if (!known->low || !known->high) return std::nullopt;
  const bool point = known->low->value == known->high->value;
  const bool excluded =
      point && std::count(known->excluded_numbers.begin(), known->excluded_numbers.end(), known->low->value) > 0;
  const bool empty =
      known->low->value > known->high->value || (point && (known->low->open || known->high->open || excluded));
  if (!empty) return std::nullopt;
  const bool low_is_new = known->low->by.offset == condition.offset;
  Condition earlier = low_is_new ? known->high->by : known->low->by;
  if (earlier.offset == condition.offset) earlier = known->latest;
  return Clash{std::move(earlier), condition};
}

std::optional<Constraints::Clash> Constraints::AddText(const Condition& condition, Known* known) {
  const std::set<std::string> texts(condition.texts.begin(), condition.texts.end());
  if (condition.op == TokenKind::kNotEqual) {
    known->excluded.insert(texts.begin(), texts.end());
  } else if (!known->allowed) {
    known->allowed = texts;
  } else {
    std::set<std::string> both;
    std::set_intersection(texts.begin(), texts.end(), known->allowed->begin(), known->allowed->end(),
                          std::inserter(both, both.begin()));
    known->allowed = std::move(both);
  }
  if (!known->allowed) return std::nullopt;
  for (const std::string& text : *known->allowed) {
    if (known->excluded.count(text) == 0) return std::nullopt;
  }
  return Clash{known->latest, condition};
}

std::optional<Constraints::Clash> Constraints::Add(const Condition& condition) {
  auto [it, is_new] = known_.try_emplace(std::string(condition.subject));
  Known& known = it->second;
  if (is_new) known.latest = condition;
  std::optional<Clash> clash;
  switch (condition.kind) {
    case Condition::Kind::kNumber: clash = AddNumber(condition, &known); break;
    case Condition::Kind::kText: clash = AddText(condition, &known); break;
    case Condition::Kind::kTruth:
      if (known.truth.value_or(condition.truth) != condition.truth) clash = Clash{known.latest, condition};
      known.truth = condition.truth;
  }
  known.latest = condition;
  return clash;
}

}  // namespace nbo
