#include "core/catalog/constraints.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
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

bool IsOrdering(TokenKind op) { return IsComparison(op) && op != TokenKind::kEqual && op != TokenKind::kNotEqual; }

// A NaN is neither below 5 nor at least 5. What is computed may be one: 0.0 / 0.0.
bool MayBeNan(const Node& subject) { return subject.type == Type::kDouble && !rules::NamesHost(subject.meaning); }

// Of flag == true, false != flag: the position of the flag in the children; nullopt for anything else.
std::optional<int> ComparedFlag(const Ast& ast, const Node& node, bool* wanted) {
  if (node.kind != NodeKind::kBinary || (node.op != TokenKind::kEqual && node.op != TokenKind::kNotEqual)) return {};
  for (const int side : {0, 1}) {
    const Node& literal = ast.nodes[node.children[1 - side]];
    if (literal.kind != NodeKind::kLiteral || literal.type != Type::kBool) continue;
    if ((literal.int_value != 0) != (node.op == TokenKind::kEqual)) *wanted = !*wanted;
    return side;
  }
  return std::nullopt;
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
bool FillComparison(const Ast& ast, const Node& node, bool wanted, Condition* condition) {
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
  if (condition->kind == Condition::Kind::kText && IsOrdering(condition->op)) return false;  // too rare to reason about
  if (!wanted) {
    if (IsOrdering(condition->op) && MayBeNan(*subject)) return false;
    condition->op = Negated(condition->op);
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
  while (true) {
    if (at->kind == NodeKind::kUnary && at->op == TokenKind::kNot) {
      wanted = !wanted;
      at = &ast.nodes[at->children[0]];
    } else if (const std::optional<int> side = ComparedFlag(ast, *at, &wanted)) {
      at = &ast.nodes[at->children[*side]];
    } else {
      break;
    }
  }
  if (at->kind == NodeKind::kLiteral || at->kind == NodeKind::kAnd || at->kind == NodeKind::kOr) return std::nullopt;
  if (at->kind == NodeKind::kBinary && FillComparison(ast, *at, wanted, &condition)) return condition;
  condition.kind = Condition::Kind::kTruth;
  condition.subject = ast.SourceOf(*at);
  condition.truth = wanted;
  return condition;
}

bool Constraints::NarrowNumber(const Condition& condition, Known* known) {
  const auto [least, greatest] = std::minmax_element(condition.numbers.begin(), condition.numbers.end());
  std::optional<Bound> low, high;
  switch (condition.op) {
    case TokenKind::kEqual:
    case TokenKind::kIn:
      low = Bound{*least, false};
      high = Bound{*greatest, false};
      break;
    case TokenKind::kLess: high = Bound{*least, true}; break;
    case TokenKind::kLessEqual: high = Bound{*least, false}; break;
    case TokenKind::kGreater: low = Bound{*least, true}; break;
    case TokenKind::kGreaterEqual: low = Bound{*least, false}; break;
    default:
      known->excluded_numbers.insert(known->excluded_numbers.end(), condition.numbers.begin(), condition.numbers.end());
  }
  if (condition.whole_numbers) {  // the nearest whole numbers inside
    if (low) low = Bound{low->open ? std::floor(low->value) + 1 : std::ceil(low->value), false};
    if (high) high = Bound{high->open ? std::ceil(high->value) - 1 : std::floor(high->value), false};
  }
  auto narrower = [](const std::optional<Bound>& a, const std::optional<Bound>& b, bool low_end) {
    if (!a || !b) return a.has_value();
    if (a->value != b->value) return (a->value > b->value) == low_end;
    return a->open && !b->open;
  };
  if (narrower(low, known->low, true)) known->low = low;
  if (narrower(high, known->high, false)) known->high = high;
  if (!known->low || !known->high) return true;
  if (known->low->value != known->high->value) return known->low->value < known->high->value;
  const std::vector<double>& excluded = known->excluded_numbers;
  return !known->low->open && !known->high->open &&
         std::find(excluded.begin(), excluded.end(), known->low->value) == excluded.end();
}

bool Constraints::NarrowText(const Condition& condition, Known* known) {
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
  return !known->allowed || std::any_of(known->allowed->begin(), known->allowed->end(),
                                        [known](const std::string& t) { return known->excluded.count(t) == 0; });
}

bool Constraints::Narrow(const Condition& condition, Known* known) {
  switch (condition.kind) {
    case Condition::Kind::kNumber: return NarrowNumber(condition, known);
    case Condition::Kind::kText: return NarrowText(condition, known);
    case Condition::Kind::kTruth: break;
  }
  if (!known->truth) known->truth = condition.truth;
  return *known->truth == condition.truth;
}

bool Constraints::CanHold(const std::vector<Condition>& earlier, const Condition& later) {
  Known known;
  for (const Condition& condition : earlier) {
    if (!Narrow(condition, &known)) return false;
  }
  return Narrow(later, &known);
}

Constraints::Clash Constraints::Blame(std::vector<Condition> earlier, const Condition& later) {
  if (!CanHold({}, later)) return {{}, later};
  for (const Condition& condition : earlier) {
    if (!CanHold({condition}, later)) return {{condition}, later};
  }
  constexpr size_t kMany = 32;  // leaving out one after the other takes a time that grows with the square
  for (size_t i = 0; earlier.size() <= kMany && i < earlier.size();) {
    std::vector<Condition> fewer = earlier;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (CanHold(fewer, later)) {
      ++i;
    } else {
      earlier = std::move(fewer);
    }
  }
  return {std::move(earlier), later};
}

std::optional<Constraints::Clash> Constraints::Add(const Condition& condition) {
  Subject& subject = subjects_[std::string(condition.subject)];
  if (!Narrow(condition, &subject.known)) return Blame(std::move(subject.conditions), condition);
  subject.conditions.push_back(condition);
  return std::nullopt;
}

}  // namespace nbo
