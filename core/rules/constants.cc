#include "core/rules/constants.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace nbo::rules {
namespace {

// Elements and entries in all depths; a large number if there is an object.
size_t SizeInDepth(const Value& value) {
  size_t size = 0;
  switch (value.kind()) {
    case Kind::kList:
      for (const Value& element : value.list()) size += 1 + SizeInDepth(element);
      return size;
    case Kind::kMap:
      for (const MapEntry& entry : value.map()) size += 1 + SizeInDepth(entry.value);
      return size;
    case Kind::kObject: return 2 * kMaxListElements;
    default: return 0;
  }
}

// `node` has its place in the text already.
Node LiteralOf(const Value& value, Node node) {
  node.kind = NodeKind::kLiteral;
  node.type = value.type();
  switch (value.kind()) {
    case Kind::kDouble: node.double_value = value.double_value(); break;
    case Kind::kString: node.text = std::string(value.string_value()); break;
    case Kind::kTimestamp:
    case Kind::kDuration:
      node.int_value = value.seconds();
      node.nanos = value.nanos();
      break;
    default: node.int_value = value.int_value();
  }
  return node;
}

// A node of the type that has the value. Adds the nodes below.
Node NodeOf(const Value& value, Type type, const Node& place, Ast* ast) {
  Node node;
  node.begin = place.begin;
  node.end = place.end;
  node.offset = place.offset;
  node.height = place.height;
  const auto add = [&](const Value& inner, Type inner_type) {
    Node child = NodeOf(inner, inner_type, place, ast);
    ast->nodes.push_back(std::move(child));
    node.children.push_back(static_cast<int>(ast->nodes.size()) - 1);
  };
  if (value.kind() == Kind::kList) {
    node.kind = NodeKind::kList;
    node.type = type;
    for (const Value& element : value.list()) add(element, type.element());
  } else if (value.kind() == Kind::kMap) {
    node.kind = NodeKind::kMap;
    node.type = type;
    for (const MapEntry& entry : value.map()) {
      add(entry.key, type.key());
      add(entry.value, type.value());
    }
  } else {
    node = LiteralOf(value, std::move(node));
  }
  return node;
}

}  // namespace

bool IsConstant(const Ast& ast, int node) {
  const Node& n = ast.nodes[node];
  if (n.kind == NodeKind::kLiteral) return true;
  if (n.kind != NodeKind::kList && n.kind != NodeKind::kMap) return false;
  return std::all_of(n.children.begin(), n.children.end(), [&](int child) { return IsConstant(ast, child); });
}

bool MakeConstant(const Ast& ast, int node, Program* program, Value* value) {
  const Node& n = ast.nodes[node];
  if (n.kind == NodeKind::kList || n.kind == NodeKind::kMap) {
    std::vector<Value> parts(n.children.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!MakeConstant(ast, n.children[i], program, &parts[i])) return false;
    }
    if (n.kind == NodeKind::kList) {
      *value = Value::List(program->lists.emplace_back(std::move(parts)));
      return true;
    }
    std::vector<MapEntry>& entries = program->maps.emplace_back();
    for (size_t i = 0; i < parts.size(); i += 2) entries.push_back({parts[i], parts[i + 1]});
    *value = Value::Map(entries);
    return SortEntries(absl::MakeSpan(entries));
  }
  switch (n.type.kind()) {
    case Kind::kNull: *value = Value::Null(); break;
    case Kind::kBool: *value = Value::Bool(n.int_value != 0); break;
    case Kind::kInt: *value = Value::Int(n.int_value); break;
    case Kind::kDouble: *value = Value::Double(n.double_value); break;
    case Kind::kTimestamp: *value = Value::Timestamp(n.int_value, n.nanos); break;
    case Kind::kDuration: *value = Value::Duration(n.int_value, n.nanos); break;
    default: *value = Value::String(program->strings.emplace_back(n.text));
  }
  return true;
}

bool BecomeConstant(const Value& value, int node, Ast* ast) {
  if (SizeInDepth(value) > kMaxListElements || value.kind() == Kind::kObject) return false;
  const Node place = ast->nodes[node];
  Node made = NodeOf(value, place.type, place, ast);
  ast->nodes[node] = std::move(made);
  return true;
}

}  // namespace nbo::rules
