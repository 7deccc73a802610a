// Values and types of the rule language, a subset of CEL (https://cel.dev).
#ifndef NBO_CORE_RULES_VALUE_H_
#define NBO_CORE_RULES_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace nbo::rules {

// Static types. Lists have one element type; the only map is from string to string.
enum class Type : uint8_t {
  kError,  // only of values: the evaluation failed here
  kNull,   // a declared variable without a value now; using it is an error, has() is false
  kBool,
  kInt,  // 64 bits, overflow is an error
  kDouble,
  kString,  // UTF-8
  kBoolList,
  kIntList,
  kDoubleList,
  kStringList,
  kStringMap,
};

// The name as written in messages: "int", "list(string)".
absl::string_view TypeName(Type type);

// A map from string to string that the host owns, e.g. the free attributes of a request.
class StringMap {
 public:
  virtual ~StringMap() = default;
  // Sets *value and returns true if the key is there. The view lives as long as the map.
  virtual bool Find(absl::string_view key, absl::string_view* value) const = 0;
};

// Why an evaluation failed. Closed set, so that errors cost nothing to make.
enum class EvalError : uint8_t {
  kNone,
  kNoSuchValue,  // a variable without a value was used
  kNoSuchKey,    // map key absent
  kOverflow,     // int overflow
  kDivideByZero,
  kOutOfRange,     // list index, conversion
  kBadConversion,  // int("abc")
};
absl::string_view EvalErrorText(EvalError error);

// One value, 24 bytes at most, trivially copyable, owns nothing: strings, lists and maps must outlive it.
class Value {
 public:
  constexpr Value() : type_(Type::kNull), int_(0) {}
  static Value Null() { return Value(); }
  static Value Error(EvalError e) {
    Value v;
    v.type_ = Type::kError;
    v.int_ = static_cast<int64_t>(e);
    return v;
  }
  static Value Bool(bool b) {
    Value v;
    v.type_ = Type::kBool;
    v.int_ = b;
    return v;
  }
  static Value Int(int64_t i) {
    Value v;
    v.type_ = Type::kInt;
    v.int_ = i;
    return v;
  }
  static Value Double(double d) {
    Value v;
    v.type_ = Type::kDouble;
    v.double_ = d;
    return v;
  }
  static Value String(absl::string_view s) {
    Value v;
    v.type_ = Type::kString;
    v.ptr_ = s.data();
    v.size_ = static_cast<uint32_t>(s.size());
    return v;
  }
  static Value StringList(absl::Span<const absl::string_view> l) {
    return FromList(Type::kStringList, l.data(), l.size());
  }
  static Value IntList(absl::Span<const int64_t> l) { return FromList(Type::kIntList, l.data(), l.size()); }
  static Value DoubleList(absl::Span<const double> l) { return FromList(Type::kDoubleList, l.data(), l.size()); }
  static Value BoolList(absl::Span<const bool> l) { return FromList(Type::kBoolList, l.data(), l.size()); }
  static Value Map(const StringMap* m) {
    Value v;
    v.type_ = Type::kStringMap;
    v.ptr_ = m;
    return v;
  }

  Type type() const { return type_; }
  bool is_error() const { return type_ == Type::kError; }
  bool is_null() const { return type_ == Type::kNull; }
  bool is_true() const { return type_ == Type::kBool && int_ != 0; }
  // Each accessor requires the matching type.
  EvalError error() const { return static_cast<EvalError>(int_); }
  bool bool_value() const { return int_ != 0; }
  int64_t int_value() const { return int_; }
  double double_value() const { return double_; }
  absl::string_view string_value() const { return {static_cast<const char*>(ptr_), size_}; }
  absl::Span<const absl::string_view> string_list() const {
    return {static_cast<const absl::string_view*>(ptr_), size_};
  }
  absl::Span<const int64_t> int_list() const { return {static_cast<const int64_t*>(ptr_), size_}; }
  absl::Span<const double> double_list() const { return {static_cast<const double*>(ptr_), size_}; }
  // Parentheses, because braces would make a list of the two arguments.
  absl::Span<const bool> bool_list() const { return absl::Span<const bool>(static_cast<const bool*>(ptr_), size_); }
  const StringMap* map() const { return static_cast<const StringMap*>(ptr_); }

  // As a literal of the language, for explanations: 12, 3.5, "abc", ["a", "b"], no value.
  std::string ToString() const;

 private:
  static Value FromList(Type type, const void* data, size_t size) {
    Value v;
    v.type_ = type;
    v.ptr_ = data;
    v.size_ = static_cast<uint32_t>(size);
    return v;
  }
  Type type_;
  uint32_t size_ = 0;
  union {
    int64_t int_;
    double double_;
    const void* ptr_;
  };
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_VALUE_H_
