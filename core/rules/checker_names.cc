// The part of the checker that finds out what names and calls mean.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
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
  if (FindLocal(parts.back()) != nullptr) return "";  // hides every name that begins like it
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

void Checker::NoteLookup(int operand, int index) {
  const Node& map = At(operand);
  if (map.meaning != Meaning::kVariable || !IsMap(map.type)) return;
  const Node& key = At(index);
  if (key.kind != NodeKind::kLiteral || key.type != Type::kString) return NoteVariable(map.slot);
  NoteMapKey(map.slot, key.text, absl::StrCat("[", Value::String(key.text).ToString(), "]"));
}

Type Checker::CheckName(int node) {
  if (At(node).kind == NodeKind::kIdentifier) {
    if (const Local* local = FindLocal(At(node).text)) {
      At(node).meaning = Meaning::kLocal;
      At(node).slot = local->number;
      return local->type;
    }
  }
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
  if (IsObject(type)) return CheckField(node, type);
  if (IsMap(type) || type == Type::kAny) return CheckKey(node, type);
  const std::string nearest = path.empty() ? "" : environment_.NearestVariable(path);
  if (!nearest.empty()) return FailUnknownName(node, path);
  const bool is_time = type == Type::kTimestamp || type == Type::kDuration;
  return Fail(At(node).offset,
              absl::StrCat("'", Short(At(node).text), "' cannot be taken from ", environment_.NameOf(type), "; ",
                           is_time ? "write for example x.getHours()" : "only objects, maps and families have fields"));
}

Type Checker::CheckField(int node, Type object) {
  const std::vector<Field>& fields = environment_.ClassOf(object).fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name != At(node).text) continue;
    At(node).meaning = Meaning::kField;
    At(node).field = static_cast<int>(i);
    return fields[i].type;
  }
  return FailUnknownField(node, environment_.ClassOf(object).name, fields);
}

Type Checker::CheckKey(int node, Type map) {
  At(node).meaning = Meaning::kMapKey;
  if (map == Type::kAny || map.key() == Type::kAny) return Type::kAny;
  if (map.key() != Type::kString) {
    return Fail(At(node).offset, absl::StrCat("'.", Short(At(node).text), "' cannot be looked up in ",
                                              environment_.NameOf(map), "; write the key in brackets"));
  }
  const int operand = At(node).children[0];
  if (At(operand).meaning == Meaning::kVariable) {
    NoteMapKey(At(operand).slot, At(node).text, absl::StrCat(".", At(node).text));
  }
  return map.value();
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
  const bool is_map = IsMap(environment_.variables()[*slot].type);
  return At(node).type = UseVariable(node, *slot, /*note=*/!is_map);
}

Type Checker::FailUnknownName(int node, const std::string& path) {
  std::string message = absl::StrCat("unknown name '", Short(path), "'");
  const std::string nearest = environment_.NearestVariable(path);
  if (!nearest.empty()) {
    absl::StrAppend(&message, "; did you mean '", nearest, "'?");
  } else if (environment_.FindFamily(path).has_value()) {
    absl::StrAppend(&message, "; it is a family: write ", path, "(\"text\").field");
  } else if (std::string type_name = DescribeTypeName(path); !type_name.empty()) {
    message = std::move(type_name);
  } else if (const std::string small = absl::AsciiStrToLower(path); small == "true" || small == "false") {
    absl::StrAppend(&message, "; write ", small);
  } else if (path.find('.') != std::string::npos) {  // hardly a text whose quotes were forgotten
    absl::StrAppend(&message, "; 'nboctl rules vars' lists what there is");
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
  return FailUnknownField(node, family.name, family.fields);
}

Type Checker::FailUnknownField(int node, absl::string_view owner, const std::vector<Field>& fields) {
  const absl::string_view name = At(node).text;
  for (const Field& field : fields) {
    const int limit = EditLimit(name);
    if (EditDistance(name, field.name, limit) > limit) continue;
    return Fail(At(node).offset,
                absl::StrCat("'", owner, "' has no field '", Short(name), "'; did you mean '", field.name, "'?"));
  }
  const std::string known =
      absl::StrJoin(fields, ", ", [](std::string* out, const Field& field) { out->append(field.name); });
  return Fail(At(node).offset, absl::StrCat("'", owner, "' has no field '", Short(name), "'; its fields are ", known));
}

Type Checker::CheckIndex(int node) {
  const int operand = At(node).children[0];
  const int index = At(node).children[1];
  const Type type = CheckMapOperand(operand);
  const Type index_type = CheckNode(index);
  NoteLookup(operand, index);
  if (type == Type::kError || index_type == Type::kError) return Type::kError;
  if (type == Type::kAny) return type;
  const std::string types = absl::StrCat(environment_.NameOf(index_type), " in ", environment_.NameOf(type));
  if (IsMap(type)) {
    if (Unify(type.key(), index_type).has_value()) return type.value();
    return Fail(At(node).offset, absl::StrCat("'[]' cannot look up ", types, "; ",
                                              type.key() == Type::kString
                                                  ? "the key of a map is a text in quotes"
                                                  : absl::StrCat("the keys of this map are ", TypeName(type.key()))));
  }
  if (IsList(type)) {
    if (index_type == Type::kInt || index_type == Type::kAny) return type.element();
    return Fail(At(node).offset,
                absl::StrCat("'[]' cannot look up ", types, "; the place in a list is an int, 0 for the first"));
  }
  return Fail(At(node).offset,
              absl::StrCat("'[]' cannot look into ", environment_.NameOf(type), "; only lists and maps"));
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
  if (const Macro* macro = FindMacro(name)) return CheckMacro(node, *macro);
  // The arguments of an unknown function are not looked at: a macro's would be full of unknown names.
  if (!IsFunction(name)) return FailUnknownFunction(node);
  std::vector<Operand> operands;
  bool all_known = true;
  for (const int child : At(node).children) {
    all_known = CheckNode(child) != Type::kError && all_known;
    operands.push_back(OperandOf(child));
  }
  if (!all_known) return Type::kError;
  std::string message;
  const std::optional<Overload> overload = ResolveFunction(name, At(node).has_target, operands, &message);
  if (!overload.has_value()) return Fail(At(node).offset, std::move(message));
  At(node).meaning = overload->meaning;
  At(node).field = overload->field;
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
  switch (name.meaning) {
    case Meaning::kVariable: has.meaning = Meaning::kHasVariable; break;
    case Meaning::kFact: has.meaning = Meaning::kHasFact; break;
    case Meaning::kField: has.meaning = Meaning::kHasField; break;
    case Meaning::kMapKey:
      has.meaning = Meaning::kHasKey;
      if (At(name.children[0]).meaning != Meaning::kVariable) break;
      has.meaning = Meaning::kHasMapKey;
      has.slot = At(name.children[0]).slot;
      break;
    default:
      return Fail(name.begin, absl::StrCat("'", Short(name.text), "' always has a value; 'has' takes a field of it"));
  }
  return Type::kBool;
}

}  // namespace nbo::rules
