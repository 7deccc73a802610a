// The part of the checker that finds out what names and calls mean.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/checker_internal.h"
#include "core/rules/edit_distance.h"
#include "core/rules/functions.h"

namespace nbo::rules {
namespace {

constexpr absl::string_view kHasUsage = "write has(name), has(family(\"text\").field) or has(map.key)";

// A name inside a message; a very long one would bury the rest.
std::string Short(absl::string_view name) {
  constexpr size_t kLongest = 80;
  return name.size() <= kLongest ? std::string(name) : absl::StrCat(name.substr(0, kLongest), "...");
}

}  // namespace

std::string Checker::PathOf(int node) const {
  std::vector<absl::string_view> parts;
  for (int i = node;; i = At(i).children[0]) {
    if (At(i).kind != NodeKind::kIdentifier && At(i).kind != NodeKind::kSelect) return "";
    parts.push_back(At(i).text);
    if (At(i).kind == NodeKind::kIdentifier) break;
  }
  std::reverse(parts.begin(), parts.end());
  return absl::StrJoin(parts, ".");
}

bool Checker::BeginsWithVariable(int node) const {
  for (int i = node;; i = At(i).children[0]) {
    if (environment_.FindVariable(PathOf(i)).has_value()) return true;
    if (At(i).kind == NodeKind::kIdentifier) return false;
  }
}

bool Checker::IsFamilyCall(int node) const {
  return At(node).kind == NodeKind::kCall && environment_.FindFamily(CalleeOf(node)).has_value();
}

std::string Checker::CalleeOf(int node) const {
  if (!At(node).has_target) return At(node).text;
  const std::string target = PathOf(At(node).children[0]);
  return target.empty() ? "" : absl::StrCat(target, ".", At(node).text);
}

void Checker::NoteInput(Input input) {
  for (const Input& known : result_.inputs) {
    if (known.text == input.text) return;
  }
  result_.inputs.push_back(std::move(input));
}

void Checker::NoteVariable(int slot) {
  Input input;
  input.text = environment_.variables()[slot].name;
  input.slot = slot;
  NoteInput(std::move(input));
}

void Checker::NoteMapKey(int slot, absl::string_view key, absl::string_view written) {
  Input input;
  input.kind = Input::Kind::kMapKey;
  input.text = absl::StrCat(environment_.variables()[slot].name, written);
  input.slot = slot;
  input.map_key = std::string(key);
  NoteInput(std::move(input));
}

Type Checker::CheckName(int node) {
  const std::string path = PathOf(node);
  if (!path.empty()) {
    const std::optional<int> slot = environment_.FindVariable(path);
    if (slot.has_value()) return UseVariable(node, *slot);
    if (At(node).kind == NodeKind::kIdentifier || !BeginsWithVariable(At(node).children[0])) {
      return FailUnknownName(node, path);
    }
  }
  const int operand = At(node).children[0];
  if (IsFamilyCall(operand)) return CheckFact(node);
  const Type type = CheckMapOperand(operand);
  if (type == Type::kError) return type;
  if (type != Type::kStringMap) {
    const std::string nearest = path.empty() ? "" : environment_.NearestVariable(path);
    if (!nearest.empty()) return FailUnknownName(node, path);
    return Fail(At(node).offset, absl::StrCat("'", Short(At(node).text), "' cannot be taken from ", TypeName(type),
                                              "; only maps and families have fields"));
  }
  At(node).meaning = Meaning::kMapKey;
  if (At(operand).meaning == Meaning::kVariable) {
    NoteMapKey(At(operand).slot, At(node).text, absl::StrCat(".", At(node).text));
  }
  return Type::kString;
}

Type Checker::UseVariable(int node, int slot, bool note) {
  At(node).meaning = Meaning::kVariable;
  At(node).slot = slot;
  if (note) NoteVariable(slot);
  return environment_.variables()[slot].type;
}

Type Checker::CheckMapOperand(int node) {
  const std::string path = PathOf(node);
  const std::optional<int> slot = path.empty() ? std::nullopt : environment_.FindVariable(path);
  if (!slot.has_value()) return CheckNode(node);
  const bool is_map = environment_.variables()[*slot].type == Type::kStringMap;
  return At(node).type = UseVariable(node, *slot, /*note=*/!is_map);
}

Type Checker::FailUnknownName(int node, const std::string& path) {
  std::string message = absl::StrCat("unknown name '", Short(path), "'");
  const std::string nearest = environment_.NearestVariable(path);
  if (!nearest.empty()) {
    absl::StrAppend(&message, "; did you mean '", nearest, "'?");
  } else if (environment_.FindFamily(path).has_value()) {
    absl::StrAppend(&message, "; it is a family: write ", path, "(\"text\").field");
  } else {
    absl::StrAppend(&message, "; a text must stand in quotes");
  }
  return Fail(At(node).begin, std::move(message));
}

Type Checker::CheckFact(int node) {
  const int call = At(node).children[0];
  const int number = *environment_.FindFamily(CalleeOf(call));
  const Family& family = environment_.families()[number];
  const size_t first = At(call).has_target ? 1 : 0;
  const std::vector<int>& arguments = At(call).children;
  if (arguments.size() != first + 1 || At(arguments[first]).kind != NodeKind::kLiteral ||
      At(arguments[first]).type != Type::kString) {
    return Fail(At(call).offset, absl::StrCat("'", family.name, "' needs one text in quotes; write ", family.name,
                                              "(\"text\").", At(node).text));
  }
  const std::string& argument = At(arguments[first]).text;
  for (size_t i = 0; i < family.fields.size(); ++i) {
    if (family.fields[i].name != At(node).text) continue;
    Node& fact = At(node);
    fact.meaning = Meaning::kFact;
    fact.family = number;
    fact.field = static_cast<int>(i);
    fact.key = family.key_of(argument);
    Input input;
    input.kind = Input::Kind::kFact;
    input.text = absl::StrCat(family.name, "(", Value::String(argument).ToString(), ").", fact.text);
    input.family = fact.family;
    input.field = fact.field;
    input.key = fact.key;
    NoteInput(std::move(input));
    return family.fields[i].type;
  }
  return FailUnknownField(node, family);
}

Type Checker::FailUnknownField(int node, const Family& family) {
  const absl::string_view name = At(node).text;
  for (const FamilyField& field : family.fields) {
    const int limit = EditLimit(name);
    if (EditDistance(name, field.name, limit) > limit) continue;
    return Fail(At(node).offset,
                absl::StrCat("'", family.name, "' has no field '", Short(name), "'; did you mean '", field.name, "'?"));
  }
  const std::string known =
      absl::StrJoin(family.fields, ", ", [](std::string* out, const FamilyField& field) { out->append(field.name); });
  return Fail(At(node).offset,
              absl::StrCat("'", family.name, "' has no field '", Short(name), "'; its fields are ", known));
}

Type Checker::CheckIndex(int node) {
  const int operand = At(node).children[0];
  const int index = At(node).children[1];
  const Type type = CheckMapOperand(operand);
  const Type index_type = CheckNode(index);
  if (type == Type::kError || index_type == Type::kError) return Type::kError;
  if (type == Type::kStringMap) {
    if (index_type != Type::kString) {
      return Fail(At(node).offset, absl::StrCat("'[]' cannot look up ", TypeName(index_type), " in ", TypeName(type),
                                                "; the key of a map is a text in quotes"));
    }
    if (At(operand).meaning == Meaning::kVariable && At(index).kind == NodeKind::kLiteral) {
      NoteMapKey(At(operand).slot, At(index).text, absl::StrCat("[", Value::String(At(index).text).ToString(), "]"));
    }
    return Type::kString;
  }
  if (IsList(type)) {
    if (index_type == Type::kInt) return type.element();
    return Fail(At(node).offset, absl::StrCat("'[]' cannot look up ", TypeName(index_type), " in ", TypeName(type),
                                              "; the place in a list is an int, 0 for the first"));
  }
  return Fail(At(node).offset, absl::StrCat("'[]' cannot look into ", TypeName(type), "; only lists and maps"));
}

Type Checker::CheckCall(int node) {
  const std::string callee = CalleeOf(node);
  if (const std::optional<int> family = environment_.FindFamily(callee)) {
    const std::vector<FamilyField>& fields = environment_.families()[*family].fields;
    return Fail(At(node).offset, absl::StrCat("'", callee, "' needs a field; write ", Short(ast_.SourceOf(At(node))),
                                              ".", fields.empty() ? "field" : fields[0].name));
  }
  const std::string& name = At(node).text;
  if (name == "has" && !At(node).has_target) return CheckHas(node);
  // The arguments of an unknown function are not looked at: a macro's would be full of unknown names.
  if (!IsFunction(name)) return FailUnknownFunction(node);
  std::vector<Type> types;
  bool all_known = true;
  for (const int child : At(node).children) {
    types.push_back(CheckNode(child));
    all_known = all_known && types.back() != Type::kError;
  }
  if (!all_known) return Type::kError;
  std::string message;
  const std::optional<Overload> overload = ResolveFunction(name, At(node).has_target, types, &message);
  if (!overload.has_value()) return Fail(At(node).offset, std::move(message));
  At(node).meaning = overload->meaning;
  return overload->result;
}

Type Checker::FailUnknownFunction(int node) {
  const std::string& name = At(node).text;
  for (const Family& family : environment_.families()) {
    const int limit = EditLimit(name);
    if (EditDistance(name, family.name, limit) > limit) continue;
    return Fail(At(node).offset, absl::StrCat("unknown name '", Short(name), "'; did you mean '", family.name, "'?"));
  }
  return Fail(At(node).offset, DescribeUnknownFunction(Short(name)));
}

Type Checker::CheckHas(int node) {
  if (At(node).children.size() != 1) {
    return Fail(At(node).offset, absl::StrCat("'has' takes one name; ", kHasUsage));
  }
  const int argument = At(node).children[0];
  const NodeKind kind = At(argument).kind;
  if (kind != NodeKind::kIdentifier && kind != NodeKind::kSelect) {
    const bool is_index = kind == NodeKind::kIndex;
    return Fail(At(argument).begin, is_index ? "'has' takes a name; write \"key\" in map to look for a key"
                                             : absl::StrCat("'has' takes a name, not a value; ", kHasUsage));
  }
  if (CheckNode(argument) == Type::kError) return Type::kError;
  const Node& name = At(argument);
  Node& has = At(node);
  has.slot = name.slot;
  has.family = name.family;
  has.field = name.field;
  has.key = name.key;
  if (name.meaning == Meaning::kVariable) {
    has.meaning = Meaning::kHasVariable;
  } else if (name.meaning == Meaning::kFact) {
    has.meaning = Meaning::kHasFact;
  } else if (At(name.children[0]).meaning == Meaning::kVariable) {
    has.meaning = Meaning::kHasMapKey;
    has.slot = At(name.children[0]).slot;
  } else {
    return Fail(name.begin, absl::StrCat("'has' takes a name, not a value; ", kHasUsage));
  }
  return Type::kBool;
}

}  // namespace nbo::rules
