// Static types of the rule language, a subset of CEL (https://cel.dev).
#ifndef NBO_CORE_RULES_TYPE_H_
#define NBO_CORE_RULES_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace nbo::rules {

// What a value is, without what it holds.
enum class Kind : uint8_t {
  kAny,    // only of types: the element of [] and {}, which agrees with every type
  kError,  // the evaluation failed here; as a type: the author made a mistake here
  kNull,   // of values also: a variable or field without a value; using it is an error, has() is false
  kBool,
  kInt,  // 64 bits, overflow is an error
  kDouble,
  kString,     // UTF-8
  kTimestamp,  // an instant of the years 1 to 9999, to the nanosecond
  kDuration,   // at most 315,576,000,000 s either way, to the nanosecond
  kList,
  kMap,     // keys are bool, int or string
  kObject,  // has the declared fields of a class, see Environment::AddClass
};

// A type with the types in it: list(string), map(string, list(int)), an object of class 3. Nested kinds of four bits,
// the outermost lowest, so that types are compared as one number.
class Type {
 public:
  // kAny.
  constexpr Type() = default;
  constexpr explicit Type(Kind kind) : bits_(static_cast<uint64_t>(kind)) {}

  static const Type kAny;
  static const Type kError;
  static const Type kNull;
  static const Type kBool;
  static const Type kInt;
  static const Type kDouble;
  static const Type kString;
  static const Type kTimestamp;
  static const Type kDuration;
  // Those a host declares most.
  static const Type kBoolList;
  static const Type kIntList;
  static const Type kDoubleList;
  static const Type kStringList;
  static const Type kStringMap;  // map(string, string)

  // kError if the elements are nested too deeply to be told (about 13 levels).
  static constexpr Type List(Type element) { return Nest(element, static_cast<uint64_t>(Kind::kList), 4); }
  // `key` is bool, int, string or any. kError if the values are nested too deeply to be told.
  static constexpr Type Map(Type key, Type value) {
    return Nest(value, key.bits_ << 4 | static_cast<uint64_t>(Kind::kMap), 8);
  }
  // `number` as Environment::AddClass returned it.
  static constexpr Type Object(int number) {
    return Type(static_cast<uint64_t>(number) << 4 | static_cast<uint64_t>(Kind::kObject), 0);
  }

  constexpr Kind kind() const { return static_cast<Kind>(bits_ & 0xF); }
  // Of a list.
  constexpr Type element() const { return Type(bits_ >> 4, 0); }
  // Of a map.
  constexpr Type key() const { return Type(bits_ >> 4 & 0xF, 0); }
  constexpr Type value() const { return Type(bits_ >> 8, 0); }
  // Of an object.
  constexpr int class_number() const { return static_cast<int>(bits_ >> 4); }

  friend constexpr bool operator==(Type a, Type b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(Type a, Type b) { return a.bits_ != b.bits_; }
  template <typename H>
  friend H AbslHashValue(H h, Type type) {
    return H::combine(std::move(h), type.bits_);
  }

 private:
  constexpr Type(uint64_t bits, int) : bits_(bits) {}
  static constexpr Type Nest(Type inner, uint64_t outer, int bits) {
    const bool fits = inner.kind() != Kind::kError && inner.bits_ >> (64 - bits) == 0;
    return fits ? Type(inner.bits_ << bits | outer, 0) : Type(Kind::kError);
  }

  uint64_t bits_ = 0;
};

inline constexpr Type Type::kAny{Kind::kAny};
inline constexpr Type Type::kError{Kind::kError};
inline constexpr Type Type::kNull{Kind::kNull};
inline constexpr Type Type::kBool{Kind::kBool};
inline constexpr Type Type::kInt{Kind::kInt};
inline constexpr Type Type::kDouble{Kind::kDouble};
inline constexpr Type Type::kString{Kind::kString};
inline constexpr Type Type::kTimestamp{Kind::kTimestamp};
inline constexpr Type Type::kDuration{Kind::kDuration};
inline constexpr Type Type::kBoolList = Type::List(Type::kBool);
inline constexpr Type Type::kIntList = Type::List(Type::kInt);
inline constexpr Type Type::kDoubleList = Type::List(Type::kDouble);
inline constexpr Type Type::kStringList = Type::List(Type::kString);
inline constexpr Type Type::kStringMap = Type::Map(Type::kString, Type::kString);

inline bool IsNumber(Type type) { return type == Type::kInt || type == Type::kDouble; }
inline bool IsList(Type type) { return type.kind() == Kind::kList; }
inline bool IsMap(Type type) { return type.kind() == Kind::kMap; }
inline bool IsObject(Type type) { return type.kind() == Kind::kObject; }

// The name as written in messages: "int", "list(string)"; every object is "object", see Environment::NameOf.
std::string TypeName(Type type);

// The one type that both agree with: either, if they are the same or the other has kAny where this one has a type.
// nullopt if there is none.
std::optional<Type> Unify(Type a, Type b);

// Whether values of the two may be compared with ==: they unify, or differ only in int against double.
bool AreEquatable(Type a, Type b);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_TYPE_H_
