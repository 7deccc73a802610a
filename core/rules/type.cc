#include "core/rules/type.h"

#include "absl/strings/str_cat.h"

namespace nbo::rules {

std::string TypeName(Type type) {
  switch (type.kind()) {
    case Kind::kAny: return "any";
    case Kind::kError: return "error";
    case Kind::kNull: return "null";
    case Kind::kBool: return "bool";
    case Kind::kInt: return "int";
    case Kind::kDouble: return "double";
    case Kind::kString: return "string";
    case Kind::kTimestamp: return "timestamp";
    case Kind::kDuration: return "duration";
    case Kind::kList:
      return type.element() == Type::kAny ? "list" : absl::StrCat("list(", TypeName(type.element()), ")");
    case Kind::kMap:
      if (type.key() == Type::kAny) return "map";
      return absl::StrCat("map(", TypeName(type.key()), ", ", TypeName(type.value()), ")");
    case Kind::kObject: return "object";
  }
  return "unknown type";
}

std::optional<Type> Unify(Type a, Type b) {
  if (a == b || b == Type::kAny) return a;
  if (a == Type::kAny) return b;
  if (a.kind() != b.kind()) return std::nullopt;
  if (IsList(a)) {
    const std::optional<Type> element = Unify(a.element(), b.element());
    return element.has_value() ? std::optional<Type>(Type::List(*element)) : std::nullopt;
  }
  if (!IsMap(a)) return std::nullopt;
  const std::optional<Type> key = Unify(a.key(), b.key());
  const std::optional<Type> value = Unify(a.value(), b.value());
  return key.has_value() && value.has_value() ? std::optional<Type>(Type::Map(*key, *value)) : std::nullopt;
}

bool AreEquatable(Type a, Type b) {
  if (a == b || a == Type::kAny || b == Type::kAny || (IsNumber(a) && IsNumber(b))) return true;
  if (a.kind() != b.kind()) return false;
  if (IsList(a)) return AreEquatable(a.element(), b.element());
  return IsMap(a) && Unify(a.key(), b.key()).has_value() && AreEquatable(a.value(), b.value());
}

}  // namespace nbo::rules
