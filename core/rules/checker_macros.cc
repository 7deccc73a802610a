// The part of the checker for macros, which bring names of their own, and for lists and maps.
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/rules/checker_internal.h"
#include "core/rules/compare.h"

namespace nbo::rules {

const Checker::Local* Checker::FindLocal(absl::string_view name) const {
  for (auto local = locals_.rbegin(); local != locals_.rend(); ++local) {
    if (local->name == name) return &*local;
  }
  return nullptr;
}

Type Checker::CheckMacro(int node, const Macro& macro) {
  const size_t most = macro.meaning == Meaning::kTransform ? 4 : 3;
  const size_t size = At(node).children.size();
  if (!At(node).has_target || size < 3 || size > most) {
    return Fail(At(node).offset, absl::StrCat("'", macro.name, "' is not called this way; ", macro.usage));
  }
  const int name = At(node).children[1];
  if (At(name).kind != NodeKind::kIdentifier) {
    return Fail(At(name).begin,
                absl::StrCat("the first argument of '", macro.name, "' must be a new name such as x; ", macro.usage));
  }
  const Type element = CheckRange(At(node).children[0], macro);
  if (element == Type::kError) return element;
  const int number = macros_++;
  At(node).meaning = macro.meaning;
  At(node).slot = number;
  At(name).meaning = Meaning::kLocal;
  At(name).slot = number;
  At(name).type = element;
  locals_.push_back({At(name).text, number, element});
  const int body = At(node).children.back();
  Type result = Type::kBool;
  if (macro.meaning == Meaning::kTransform) {
    if (size == 4) CheckCondition(At(node).children[2], macro);
    result = CheckNode(body);
  } else {
    CheckCondition(body, macro);
  }
  locals_.pop_back();
  if (macro.meaning == Meaning::kFilter) result = element;
  if (macro.meaning != Meaning::kFilter && macro.meaning != Meaning::kTransform) return Type::kBool;
  if (result == Type::kError) return result;
  const Type list = Type::List(result);
  return list != Type::kError ? list : Fail(At(node).offset, "the lists are nested too deeply; make fewer levels");
}

Type Checker::CheckRange(int node, const Macro& macro) {
  const Type range = CheckNode(node);
  if (range == Type::kError || range == Type::kAny) return range;
  if (IsList(range)) return range.element();
  if (IsMap(range)) return range.key();
  return Fail(At(node).begin, absl::StrCat("'", macro.name, "' goes through a list or the keys of a map, but this is ",
                                           environment_.NameOf(range)));
}

void Checker::CheckCondition(int node, const Macro& macro) {
  const Type type = CheckNode(node);
  if (type == Type::kBool || type == Type::kAny || type == Type::kError) return;
  Fail(At(node).begin, absl::StrCat("'", macro.name, "' needs a bool as condition, but this is ",
                                    environment_.NameOf(type), "; ", HowToMakeBool(OperandOf(node))));
}

Type Checker::Join(int node, Type so_far, Type type, absl::string_view what) {
  if (const std::optional<Type> joined = Unify(so_far, type)) return *joined;
  const absl::string_view remedy =
      IsNumber(type) && IsNumber(so_far) ? "; write all numbers with a point, such as 1.0" : "; write all values alike";
  return Fail(At(node).begin, absl::StrCat(what, " of one type, but this is ", environment_.NameOf(type),
                                           " and the first is ", environment_.NameOf(so_far), remedy));
}

Type Checker::CheckList(int node) {
  Type element = Type::kAny;
  bool correct = true;
  for (const int child : At(node).children) {
    const Type type = CheckNode(child);
    const Type joined = type == Type::kError ? type : Join(child, element, type, "a list holds values");
    if (joined == Type::kError) {
      correct = false;
    } else {
      element = joined;
    }
  }
  if (!correct) return Type::kError;
  const Type list = Type::List(element);
  return list != Type::kError ? list : Fail(At(node).begin, "the lists are nested too deeply; make fewer levels");
}

Type Checker::CheckMapKey(int node) {
  const Type type = CheckNode(node);
  switch (type.kind()) {
    case Kind::kAny:
    case Kind::kError:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kString: return type;
    default:
      return Fail(At(node).begin,
                  absl::StrCat("a key of a map is a text, an int or a bool, but this is ", environment_.NameOf(type)));
  }
}

Type Checker::CheckMap(int node) {
  Type key = Type::kAny;
  Type value = Type::kAny;
  bool correct = true;
  const std::vector<int> children = At(node).children;
  for (size_t i = 0; i < children.size(); ++i) {
    const bool is_key = i % 2 == 0;
    Type& so_far = is_key ? key : value;
    const Type type = is_key ? CheckMapKey(children[i]) : CheckNode(children[i]);
    const Type joined =
        type == Type::kError ? type : Join(children[i], so_far, type, is_key ? "a map has keys" : "a map holds values");
    if (joined == Type::kError) {
      correct = false;
    } else {
      so_far = joined;
    }
  }
  if (!correct) return Type::kError;
  CheckDuplicates(node);
  const Type map = Type::Map(key, value);
  return map != Type::kError ? map : Fail(At(node).begin, "the maps are nested too deeply; make fewer levels");
}

void Checker::CheckDuplicates(int node) {
  std::vector<MapEntry> seen;
  for (size_t i = 0; i < At(node).children.size(); i += 2) {
    const Node& key = At(At(node).children[i]);
    if (key.kind != NodeKind::kLiteral) continue;
    const Value value = key.type == Type::kString ? Value::String(key.text)
                        : key.type == Type::kInt  ? Value::Int(key.int_value)
                                                  : Value::Bool(key.int_value != 0);
    for (const MapEntry& entry : seen) {
      if (Compare(entry.key, value) != kSame) continue;
      Fail(key.begin, absl::StrCat("the key ", value.ToString(), " stands twice in the map; leave one out"));
      break;
    }
    seen.push_back({value, Value()});
  }
}

}  // namespace nbo::rules
