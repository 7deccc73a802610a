#include "tests/fuzz/rules/generator.h"

#include <initializer_list>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/rules/environment.h"
#include "tests/fuzz/rules/world.h"

namespace nbo::fuzz {

using absl::StrCat;
using rules::Kind;
using rules::Type;

const char* Generator::Pick(std::initializer_list<const char*> choices) {
  return choices.begin()[source_.Below(static_cast<int>(choices.size()))];
}

std::string Generator::Word() { return Words()[source_.Below(static_cast<int>(Words().size()))]; }
std::string Generator::Quoted(const std::string& text) { return StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }

Type Generator::Scalar() {
  static constexpr Kind kKinds[] = {Kind::kInt,      Kind::kDouble, Kind::kString, Kind::kString, Kind::kTimestamp,
                                    Kind::kDuration, Kind::kBool,   Kind::kInt,    Kind::kNull};
  return Type(kKinds[source_.Below(9)]);
}

Type Generator::KeyType() {
  static constexpr Kind kKinds[] = {Kind::kString, Kind::kInt, Kind::kBool};
  return Type(kKinds[source_.Below(3)]);
}

Type Generator::AnyType(int depth) {
  switch (depth <= 0 ? 0 : source_.Below(8)) {
    case 4: return Type::List(AnyType(depth - 1));
    case 5: return Type::Map(KeyType(), AnyType(depth - 1));
    case 6: return Type::Object(source_.Below(2));
    default: return Scalar();
  }
}

std::string Generator::Of(Type type, int depth) {
  if (++parts_ > kMostParts || depth <= 0) return Leaf(type);
  if (source_.Byte() == 255) type = AnyType(2);  // a slip
  switch (source_.Below(12)) {
    case 0:
    case 1: return Leaf(type);
    case 2: return StrCat("(", Of(Type::kBool, depth - 1), " ? ", Of(type, depth - 1), " : ", Of(type, depth - 1), ")");
    case 3: return Taken(type, depth);
    default: break;
  }
  switch (type.kind()) {
    case Kind::kBool: return Bool(depth);
    case Kind::kInt: return Int(depth);
    case Kind::kDouble: return Double(depth);
    case Kind::kString: return Text(depth);
    case Kind::kTimestamp:
    case Kind::kDuration: return Time(type, depth);
    case Kind::kList: return List(type, depth);
    case Kind::kMap: return Map(type, depth);
    default: return Leaf(type);
  }
}

std::string Generator::Leaf(Type type) {
  if (source_.OneIn(3)) return Literal(type);
  return Name(type);
}

std::string Generator::Literal(Type type) {
  switch (type.kind()) {
    case Kind::kBool: return Pick({"true", "false"});
    case Kind::kInt:
      return Pick({"0", "1", "2", "-1", "7", "0x1F", "9223372036854775807", "-9223372036854775808", "9007199254740993",
                   "100", "253402300799"});
    case Kind::kDouble: return Pick({"0.0", "1.0", "-0.0", "0.5", "1e308", "-2.5", "9007199254740992.0", "1e-320"});
    case Kind::kString: return Quoted(Word());
    case Kind::kTimestamp:
      return Pick({"timestamp(\"2026-03-29T00:30:00.25Z\")", "timestamp(0)", "timestamp(\"9999-12-31T23:59:59Z\")"});
    case Kind::kDuration: return Pick({"duration(\"1h\")", "duration(\"-1ns\")", "duration(\"315576000000s\")"});
    case Kind::kList:
      return source_.OneIn(2) ? "[]" : StrCat("[", Literal(type.element()), ", ", Literal(type.element()), "]");
    case Kind::kMap:
      return source_.OneIn(2) ? "{}" : StrCat("{", Literal(type.key()), ": ", Literal(type.value()), "}");
    case Kind::kObject: return Name(type);
    default: return "null";
  }
}

// Something that has a name: a variable, an element of a macro, a fact, a field.
std::string Generator::Name(Type type) {
  std::vector<std::string> names;
  const rules::Environment& environment = WorldEnvironment();
  for (const rules::Variable& variable : environment.variables()) {
    if (variable.type == type) names.push_back(variable.name);
  }
  for (const auto& [name, own] : locals_) {
    if (own == type) names.push_back(name);
    if (rules::IsObject(own)) {
      for (const rules::Field& field : environment.ClassOf(own).fields) {
        if (field.type == type) names.push_back(StrCat(name, ".", field.name));
      }
    }
  }
  for (const rules::Family& family : environment.families()) {
    for (const rules::Field& field : family.fields) {
      if (field.type == type)
        names.push_back(StrCat(family.name, "(\"", Words()[source_.Below(4)], "\").", field.name));
    }
  }
  for (const rules::Field& field : environment.classes()[1].fields) {
    if (field.type == type) names.push_back(StrCat(Pick({"item.", "items[0].", "by_name.a."}), field.name));
  }
  if (names.empty()) return rules::IsObject(type) ? "item" : Literal(type);
  return names[source_.Below(static_cast<int>(names.size()))];
}

// Out of a list or map.
std::string Generator::Taken(Type type, int depth) {
  if (source_.OneIn(2)) {
    const Type map = Type::Map(KeyType(), type);
    if (map == Type::kError) return Leaf(type);
    return StrCat(Of(map, depth - 1), "[", Of(map.key(), depth - 2), "]");
  }
  const Type list = Type::List(type);
  if (list == Type::kError) return Leaf(type);
  return StrCat(Of(list, depth - 1), "[", source_.OneIn(2) ? Of(Type::kInt, depth - 2) : Pick({"0", "1", "2"}), "]");
}

std::string Generator::Bool(int depth) {
  switch (source_.Below(8)) {
    case 0: return StrCat("(", Of(Type::kBool, depth - 1), " && ", Of(Type::kBool, depth - 1), ")");
    case 1: return StrCat("(", Of(Type::kBool, depth - 1), " || ", Of(Type::kBool, depth - 1), ")");
    case 2: return StrCat("!", Of(Type::kBool, depth - 1));
    case 3: return Test(depth);
    case 4: return Macro(Pick({"all", "exists", "exists_one"}), Type::kBool, depth);
    case 5:
      return StrCat("(", Of(Type::kBool, depth - 1), Pick({" || ", " && "}), Of(Type::kBool, depth - 1),
                    Pick({" || ", " && "}), Of(Type::kBool, depth - 1), ")");
    default: return Relation(depth);
  }
}

std::string Generator::Test(int depth) {
  switch (source_.Below(6)) {
    case 0: return Has();
    case 1: return StrCat("bool(", Of(Type::kString, depth - 1), ")");
    case 2:
      return StrCat(Of(Type::kString, depth - 1), ".matches(",
                    Pick({"\"a.*\"", "\"^[a-z]+$\"", "\"\"", "\"(?i)B|\\\\d\"", "\"a\" + \"b\"", "\"^\\\\pL{1,3}$\""}),
                    ")");
    default:
      return StrCat(Of(Type::kString, depth - 1), Pick({".startsWith(", ".endsWith(", ".contains("}),
                    Of(Type::kString, depth - 1), ")");
  }
}

std::string Generator::Relation(int depth) {
  switch (source_.Below(4)) {
    case 0: {
      const Type type = AnyType(2);
      return StrCat("(", Of(type, depth - 1), Pick({" == ", " != "}), Of(type, depth - 1), ")");
    }
    case 1: {
      const Type type = AnyType(1);
      const Type list = Type::List(type);
      return StrCat("(", Of(type, depth - 1), " in ", Of(list, depth - 1), ")");
    }
    case 2: {
      const Type key = KeyType();
      return StrCat("(", Of(key, depth - 1), " in ", Of(Type::Map(key, Scalar()), depth - 1), ")");
    }
    default: {
      const Type type = Scalar();
      const bool mixed = rules::IsNumber(type) && source_.OneIn(2);
      const Type other = !mixed ? type : type == Type::kInt ? Type::kDouble : Type::kInt;
      const char* op = type == Type::kNull ? " == " : Pick({" < ", " <= ", " > ", " >= ", " == ", " != "});
      return StrCat("(", Of(type, depth - 1), op, Of(other, depth - 1), ")");
    }
  }
}

std::string Generator::Has() {
  const std::string name = Pick({"other.n", "other.s", "flag", "words", "words.a", "deep.a.b", "deep.a", "p.q",
                                 "p.name", "item.name", "item.pair.b", "items[0].count", "by_name.a.tags", "by_name.b",
                                 "fact(\"a\").share", "other.fact(\"b\").since", "ints"});
  return StrCat("has(", name, ")");
}

std::string Generator::Int(int depth) {
  switch (source_.Below(8)) {
    case 0: return StrCat("size(", Of(Type::kString, depth - 1), ")");
    case 1:
      return StrCat(Of(source_.OneIn(2) ? Type::Map(KeyType(), Scalar()) : Type::List(Scalar()), depth - 1), ".size()");
    case 2: {
      static constexpr Kind kFrom[] = {Kind::kDouble, Kind::kString, Kind::kTimestamp, Kind::kInt};
      return StrCat("int(", Of(Type(kFrom[source_.Below(4)]), depth - 1), ")");
    }
    case 3: return TimePart(depth);
    case 4: return StrCat("(-(", Of(Type::kInt, depth - 1), "))");
    default:
      return StrCat("(", Of(Type::kInt, depth - 1), Pick({" + ", " - ", " * ", " / ", " % "}),
                    Of(Type::kInt, depth - 1), ")");
  }
}

std::string Generator::TimePart(int depth) {
  if (source_.OneIn(3)) {
    return StrCat(Of(Type::kDuration, depth - 1),
                  Pick({".getHours()", ".getMinutes()", ".getSeconds()", ".getMilliseconds()"}));
  }
  const char* part = Pick({"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
                           "getHours", "getMinutes", "getSeconds", "getMilliseconds"});
  std::string zone;
  if (source_.OneIn(3))
    zone = Pick({"\"Europe/Berlin\"", "\"+01:30\"", "\"-9:30\"", "\"Mars\"", "\"America/New_York\""});
  if (source_.OneIn(8)) zone = Of(Type::kString, depth - 1);
  return StrCat(Of(Type::kTimestamp, depth - 1), ".", part, "(", zone, ")");
}

std::string Generator::Double(int depth) {
  switch (source_.Below(5)) {
    case 0: {
      static constexpr Kind kFrom[] = {Kind::kInt, Kind::kString, Kind::kDouble};
      return StrCat("double(", Of(Type(kFrom[source_.Below(3)]), depth - 1), ")");
    }
    case 1: return StrCat("(-", Of(Type::kDouble, depth - 1), ")");
    default:
      return StrCat("(", Of(Type::kDouble, depth - 1), Pick({" + ", " - ", " * ", " / "}), Of(Type::kDouble, depth - 1),
                    ")");
  }
}

std::string Generator::Text(int depth) {
  if (source_.OneIn(2)) return StrCat("(", Of(Type::kString, depth - 1), " + ", Of(Type::kString, depth - 1), ")");
  static constexpr Kind kFrom[] = {Kind::kBool,      Kind::kInt,      Kind::kDouble,
                                   Kind::kTimestamp, Kind::kDuration, Kind::kString};
  return StrCat("string(", Of(Type(kFrom[source_.Below(6)]), depth - 1), ")");
}

std::string Generator::Time(Type type, int depth) {
  const Type span = Type::kDuration;
  if (type == Type::kDuration) {
    switch (source_.Below(4)) {
      case 0: return StrCat("(", Of(Type::kTimestamp, depth - 1), " - ", Of(Type::kTimestamp, depth - 1), ")");
      case 1: return StrCat("duration(", Of(source_.OneIn(4) ? span : Type::kString, depth - 1), ")");
      default: return StrCat("(", Of(span, depth - 1), Pick({" + ", " - "}), Of(span, depth - 1), ")");
    }
  }
  switch (source_.Below(4)) {
    case 0: return StrCat("timestamp(", Of(source_.OneIn(2) ? Type::kInt : Type::kString, depth - 1), ")");
    case 1: return StrCat("(", Of(span, depth - 1), " + ", Of(type, depth - 1), ")");
    default: return StrCat("(", Of(type, depth - 1), Pick({" + ", " - "}), Of(span, depth - 1), ")");
  }
}

std::string Generator::List(Type type, int depth) {
  const Type element = type.element();
  switch (source_.Below(5)) {
    case 0: return StrCat("(", Of(type, depth - 1), " + ", Of(type, depth - 1), ")");
    case 1: return Macro("map", element, depth);
    case 2: {
      const std::string range = Of(type, depth - 1);
      locals_.push_back({StrCat("e", locals_.size()), element});
      const std::string name = locals_.back().first;
      const std::string body = Of(Type::kBool, depth - 1);
      locals_.pop_back();
      return StrCat(range, ".filter(", name, ", ", body, ")");
    }
    default: {
      std::string list;
      for (int size = source_.Below(4); size >= 0; --size)
        absl::StrAppend(&list, list.empty() ? "" : ", ", Of(element, depth - 1));
      return StrCat("[", list, "]");
    }
  }
}

std::string Generator::Map(Type type, int depth) {
  std::string map;
  for (int size = source_.Below(4); size > 0; --size) {
    absl::StrAppend(&map, map.empty() ? "" : ", ", Of(type.key(), depth - 2), ": ", Of(type.value(), depth - 1));
  }
  return StrCat("{", map, "}");
}

std::string Generator::Macro(const std::string& name, Type body_type, int depth) {
  const Type type = AnyType(1);
  const Type key = KeyType();
  const bool over_map = source_.OneIn(3);
  const std::string range = Of(over_map ? Type::Map(key, type) : Type::List(type), depth - 1);
  // The name may hide a declared one, or all names that begin with it.
  std::string element = source_.OneIn(4) ? Pick({"n", "p", "other"}) : StrCat("e", locals_.size());
  locals_.push_back({element, over_map ? key : type});
  std::string condition;
  if (name == "map" && source_.OneIn(3)) condition = StrCat(Of(Type::kBool, depth - 1), ", ");
  const std::string body = Of(body_type, depth - 1);
  locals_.pop_back();
  return StrCat(range, ".", name, "(", element, ", ", condition, body, ")");
}

}  // namespace nbo::fuzz
