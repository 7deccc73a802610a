#include "tests/fuzz/rules/reference.h"

#include <algorithm>

#include "core/rules/expression.h"
#include "re2/re2.h"
#include "tests/fuzz/rules/reference_functions.h"

namespace nbo::fuzz {
namespace {

using rules::EvalError;
using rules::Kind;
using rules::Meaning;
using rules::Node;
using rules::NodeKind;
using rules::TokenKind;
using rules::Type;

constexpr int64_t kMostNodes = 2'000'000;  // then the reference gives up

bool HasKind(const RefValue& value, Kind kind) {
  switch (kind) {
    case Kind::kNull: return value.Is<RefNull>();
    case Kind::kBool: return value.Is<bool>();
    case Kind::kInt: return value.Is<int64_t>();
    case Kind::kDouble: return value.Is<double>();
    case Kind::kString: return value.Is<std::string>();
    case Kind::kTimestamp: return value.Is<RefTimestamp>();
    case Kind::kDuration: return value.Is<RefDuration>();
    case Kind::kList: return value.Is<std::shared_ptr<const RefList>>();
    case Kind::kMap: return value.Is<std::shared_ptr<const RefMap>>();
    case Kind::kObject: return value.Is<std::shared_ptr<const RefObject>>();
    default: return false;
  }
}

// What the host gave for something of a declared type: nothing is an error, an int does for a double.
RefValue Declared(RefValue value, Type type) {
  if (value.failed() || HasKind(value, type.kind())) return value;
  if (value.Is<RefNull>()) return {EvalError::kNoSuchValue};
  if (value.Is<int64_t>() && type == Type::kDouble) return {static_cast<double>(value.As<int64_t>())};
  return {EvalError::kBadConversion};
}

RefValue Literal(const Node& n) {
  switch (n.type.kind()) {
    case Kind::kBool: return {n.int_value != 0};
    case Kind::kInt: return {n.int_value};
    case Kind::kDouble: return {n.double_value};
    case Kind::kString: return {n.text};
    default: return {};  // null; times are never written as literals
  }
}

bool Holds(TokenKind op, int order) {
  switch (op) {
    case TokenKind::kLess: return order == -1;
    case TokenKind::kLessEqual: return order == -1 || order == 0;
    case TokenKind::kGreater: return order == 1;
    default: return order == 1 || order == 0;
  }
}

RefValue Lookup(const RefValue& map, const RefValue& key, Type type) {
  const RefValue* const found = RefFind(map, key);
  return found == nullptr ? RefValue{EvalError::kNoSuchKey} : Declared(*found, type);
}

}  // namespace

void Reference::Spend(int64_t bytes) {
  bytes_ += bytes;
  if (bytes_ > static_cast<int64_t>(rules::kMaxEvaluationBytes / 2)) exhausted_ = true;
}

RefValue Reference::Of(int node) {
  if (++nodes_ > kMostNodes) exhausted_ = true;
  if (exhausted_) return {EvalError::kTooManySteps};
  const Node& n = At(node);
  if (n.meaning == Meaning::kByKind) return OfKind(n);
  return rules::IsMacro(n.meaning) ? OfMacro(n) : OfMeaning(n);
}

RefValue Reference::OfKind(const Node& n) {
  switch (n.kind) {
    case NodeKind::kLiteral: return Literal(n);
    case NodeKind::kIndex: return OfIndex(n);
    case NodeKind::kBinary: return OfBinary(n);
    case NodeKind::kAnd:
    case NodeKind::kOr: return OfJunction(n);
    case NodeKind::kList:
    case NodeKind::kMap: return OfElements(n);
    case NodeKind::kConditional: {
      const RefValue condition = Of(n.children[0]);
      if (condition.failed()) return condition;
      return Of(n.children[condition.As<bool>() ? 1 : 2]);
    }
    default: {  // unary
      const RefValue operand = Of(n.children[0]);
      if (operand.failed()) return operand;
      return n.op == TokenKind::kNot ? RefValue{!operand.As<bool>()} : RefNegate(operand);
    }
  }
}

RefValue Reference::OfMeaning(const Node& n) {
  const auto slot = [&] { return RefOf(activation_.slots[n.slot]); };
  const auto fact = [&] { return RefOf(activation_.Fact(n.family, n.key, n.field)); };
  switch (n.meaning) {
    case Meaning::kVariable: return Declared(slot(), n.type);
    case Meaning::kFact: return Declared(fact(), n.type);
    case Meaning::kLocal: return locals_[n.slot];
    case Meaning::kHasVariable: return {!slot().Is<RefNull>()};
    case Meaning::kHasFact: return {!fact().Is<RefNull>()};
    case Meaning::kHasMapKey: {
      const RefValue map = slot();
      return {HasKind(map, Kind::kMap) && RefFind(map, {At(n.children[0]).text}) != nullptr};
    }
    case Meaning::kHasKey: {
      const RefValue map = Of(At(n.children[0]).children[0]);
      return map.failed() ? map : RefValue{RefFind(map, {At(n.children[0]).text}) != nullptr};
    }
    case Meaning::kHasField: {
      const RefValue object = Of(At(n.children[0]).children[0]);
      return object.failed() ? object : RefValue{!object.fields()[n.field].Is<RefNull>()};
    }
    case Meaning::kMapKey: {
      const RefValue map = Of(n.children[0]);
      return map.failed() ? map : Lookup(map, {n.text}, n.type);
    }
    case Meaning::kField: {
      const RefValue object = Of(n.children[0]);
      return object.failed() ? object : Declared(object.fields()[n.field], n.type);
    }
    default: return OfFunction(n);
  }
}

RefValue Reference::OfFunction(const Node& n) {
  std::vector<RefValue> arguments;
  for (const int child : n.children) {
    arguments.push_back(Of(child));
    if (arguments.back().failed()) return arguments.back();
  }
  const auto text = [&](size_t i) -> const std::string& { return arguments[i].As<std::string>(); };
  const RefValue& first = arguments[0];
  switch (n.meaning) {
    case Meaning::kSize: return RefSize(first);
    case Meaning::kToBool: return RefToBool(first);
    case Meaning::kToInt: return RefToInt(first);
    case Meaning::kToDouble: return RefToDouble(first);
    case Meaning::kToString: Spend(64); return RefToString(first);
    case Meaning::kToTimestamp: return RefToTimestamp(first);
    case Meaning::kToDuration: return RefToDuration(first);
    case Meaning::kTimePart:
      return RefTimePart(first, static_cast<rules::TimePart>(n.field), arguments.size() == 2 ? &text(1) : nullptr);
    case Meaning::kStartsWith: return {text(0).rfind(text(1), 0) == 0};
    case Meaning::kEndsWith:
      return {text(0).size() >= text(1).size() && text(0).substr(text(0).size() - text(1).size()) == text(1)};
    case Meaning::kContains: return {text(0).find(text(1)) != std::string::npos};
    default: return {re2::RE2::PartialMatch(text(0), re2::RE2(text(1), re2::RE2::Quiet))};
  }
}

RefValue Reference::OfJunction(const Node& n) {
  const bool decides = n.kind == NodeKind::kOr;
  RefValue result{!decides};
  for (const int child : n.children) {
    const RefValue operand = Of(child);
    if (!operand.failed() && operand.As<bool>() == decides) return operand;
    if (operand.failed() && !result.failed()) result = operand;
  }
  return result;
}

RefValue Reference::OfBinary(const Node& n) {
  const RefValue left = Of(n.children[0]);
  if (left.failed()) return left;
  const RefValue right = Of(n.children[1]);
  if (right.failed()) return right;
  if (n.op == TokenKind::kIn) {
    if (HasKind(right, Kind::kMap)) return {RefFind(right, left) != nullptr};
    const auto& items = right.items();
    return {std::any_of(items.begin(), items.end(), [&](const RefValue& item) { return RefEqual(item, left); })};
  }
  if (n.op == TokenKind::kEqual) return {RefEqual(left, right)};
  if (n.op == TokenKind::kNotEqual) return {!RefEqual(left, right)};
  if (n.op < TokenKind::kPlus) return {Holds(n.op, RefCompare(left, right))};
  RefValue result = RefArithmetic(n.op, left, right);
  if (result.Is<std::string>()) Spend(static_cast<int64_t>(result.As<std::string>().size()) + 16);
  if (HasKind(result, Kind::kList)) Spend(static_cast<int64_t>(result.items().size()) * 16);
  return result;
}

RefValue Reference::OfIndex(const Node& n) {
  const RefValue all = Of(n.children[0]);
  if (all.failed()) return all;
  const RefValue index = Of(n.children[1]);
  if (index.failed()) return index;
  if (HasKind(all, Kind::kMap)) return Lookup(all, index, n.type);
  const int64_t at = index.As<int64_t>();
  if (at < 0 || at >= static_cast<int64_t>(all.items().size())) return {EvalError::kOutOfRange};
  return Declared(all.items()[at], n.type);
}

RefValue Reference::OfElements(const Node& n) {
  std::vector<RefValue> values;
  Spend(static_cast<int64_t>(n.children.size()) * 16 + 16);
  for (const int child : n.children) {
    values.push_back(Of(child));
    if (values.back().failed()) return values.back();
  }
  if (n.kind == NodeKind::kList) return RefListOf(std::move(values));
  std::vector<std::pair<RefValue, RefValue>> entries;
  for (size_t i = 0; i < values.size(); i += 2) entries.push_back({values[i], values[i + 1]});
  return RefMapOf(std::move(entries));
}

RefValue Reference::OfMacro(const Node& n) {
  const RefValue all = Of(n.children[0]);
  if (all.failed()) return all;
  std::vector<RefValue> range;
  if (HasKind(all, Kind::kMap)) {
    for (const auto& [key, value] : all.entries()) range.push_back(key);
  } else {
    range = all.items();
  }
  if (static_cast<int>(locals_.size()) <= n.slot) locals_.resize(n.slot + 1);
  const bool collects = n.meaning == Meaning::kFilter || n.meaning == Meaning::kTransform;
  return collects ? OfCollecting(n, range) : OfTesting(n, range);
}

RefValue Reference::Enter(const Node& n, const RefValue& element) {
  if (++steps_ > rules::kMaxEvaluationSteps) exhausted_ = true;
  return locals_[n.slot] = Declared(element, At(n.children[1]).type);
}

// filter and map: the first error ends them.
RefValue Reference::OfCollecting(const Node& n, const std::vector<RefValue>& range) {
  std::vector<RefValue> result;
  Spend(static_cast<int64_t>(range.size()) * 16 + 16);
  for (const RefValue& item : range) {
    const RefValue element = Enter(n, item);
    if (element.failed()) return element;
    const bool filters = n.meaning == Meaning::kFilter;
    if (filters || n.children.size() == 4) {
      const RefValue condition = Of(n.children[2]);
      if (condition.failed()) return condition;
      if (!condition.As<bool>()) continue;
    }
    result.push_back(filters ? element : Of(n.children.back()));
    if (result.back().failed()) return result.back();
  }
  return RefListOf(std::move(result));
}

// all, exists: as a row of && or ||. exists_one: the first error ends it.
RefValue Reference::OfTesting(const Node& n, const std::vector<RefValue>& range) {
  const bool decides = n.meaning == Meaning::kExists;
  RefValue result{!decides};
  int64_t count = 0;
  for (const RefValue& item : range) {
    const RefValue element = Enter(n, item);
    if (element.failed() && n.meaning == Meaning::kExistsOne) return element;
    const RefValue found = element.failed() ? element : Of(n.children.back());
    if (n.meaning == Meaning::kExistsOne) {
      if (found.failed()) return found;
      count += found.As<bool>() ? 1 : 0;
    } else if (found.failed()) {
      if (!result.failed()) result = found;
    } else if (found.As<bool>() == decides) {
      return found;
    }
  }
  return n.meaning == Meaning::kExistsOne ? RefValue{count == 1} : result;
}

}  // namespace nbo::fuzz
