// Values of the rule language.
#ifndef NBO_CORE_RULES_VALUE_H_
#define NBO_CORE_RULES_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/type.h"

namespace nbo::rules {

// Why an evaluation failed. Closed set, so that errors cost nothing to make.
enum class EvalError : uint8_t {
  kNone,
  kNoSuchValue,  // a variable without a value was used
  kNoSuchKey,    // map key absent
  kOverflow,     // int overflow
  kDivideByZero,
  kOutOfRange,      // list index, conversion
  kBadConversion,   // int("abc")
  kTimeOutOfRange,  // a timestamp outside of the years 1..9999, a duration beyond 10,000 years
  kBadTimeZone,     // getHours("Mars")
  kDuplicateKey,    // {"a": 1, "a": 2}
  kTooManySteps,    // kMaxEvaluationSteps
  kOutOfMemory,     // kMaxEvaluationBytes
};
absl::string_view EvalErrorText(EvalError error);

struct MapEntry;

// One value that says what it is; 16 bytes, trivially copyable. Owns nothing: the texts, elements, entries and fields
// it names must outlive it.
class Value {
 public:
  constexpr Value() : kind_(Kind::kNull), int_(0) {}
  static Value Null() { return Value(); }
  static Value Error(EvalError e) { return FromInt(Kind::kError, static_cast<int64_t>(e)); }
  static Value Bool(bool b) { return FromInt(Kind::kBool, b); }
  static Value Int(int64_t i) { return FromInt(Kind::kInt, i); }
  static Value Double(double d) {
    Value v;
    v.kind_ = Kind::kDouble;
    v.double_ = d;
    return v;
  }
  static Value String(absl::string_view s) { return FromSpan(Kind::kString, s.data(), s.size()); }
  // `seconds` since 1970-01-01T00:00:00Z, rounded down; `nanos` below 10^9 forward from there. Within the range of
  // Kind::kTimestamp, see times.h, which also makes it from an absl::Time.
  static Value Timestamp(int64_t seconds, uint32_t nanos) { return FromInt(Kind::kTimestamp, seconds, nanos); }
  // Likewise: -0.5 s is (-1, 500,000,000).
  static Value Duration(int64_t seconds, uint32_t nanos) { return FromInt(Kind::kDuration, seconds, nanos); }
  // Elements of one type.
  static Value List(absl::Span<const Value> elements) {
    return FromSpan(Kind::kList, elements.data(), elements.size());
  }
  // In order of the keys, each once: see SortEntries.
  static Value Map(absl::Span<const MapEntry> entries);
  // The fields of the class in the order of its declaration; Null for one without a value.
  static Value Object(absl::Span<const Value> fields) { return FromSpan(Kind::kObject, fields.data(), fields.size()); }

  Kind kind() const { return kind_; }
  // Without what is in it: that a list is one, not of what.
  Type type() const { return Type(kind_); }
  bool is_error() const { return kind_ == Kind::kError; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_true() const { return kind_ == Kind::kBool && int_ != 0; }
  // Each accessor requires the matching kind.
  EvalError error() const { return static_cast<EvalError>(int_); }
  bool bool_value() const { return int_ != 0; }
  int64_t int_value() const { return int_; }
  double double_value() const { return double_; }
  absl::string_view string_value() const { return {static_cast<const char*>(ptr_), size_}; }
  int64_t seconds() const { return int_; }  // of a timestamp or duration
  uint32_t nanos() const { return size_; }
  // Parentheses, because braces would make a list of the two arguments.
  absl::Span<const Value> list() const { return absl::Span<const Value>(static_cast<const Value*>(ptr_), size_); }
  absl::Span<const MapEntry> map() const;
  absl::Span<const Value> fields() const { return list(); }
  // Of a list or a map: elements or entries.
  size_t size() const { return size_; }

  // As a literal of the language, for explanations: 12, 3.5, "abc", ["a", "b"], {"k": true}, timestamp("..."). Null is
  // "no value", but null inside of a list or a map. The fields of an object stand in braces. Of long lists and maps
  // the first kShownElements.
  std::string ToString() const;

 private:
  static Value FromInt(Kind kind, int64_t i, uint32_t size = 0) {
    Value v;
    v.kind_ = kind;
    v.size_ = size;
    v.int_ = i;
    return v;
  }
  static Value FromSpan(Kind kind, const void* data, size_t size) {
    Value v;
    v.kind_ = kind;
    v.ptr_ = data;
    v.size_ = static_cast<uint32_t>(size);
    return v;
  }
  Kind kind_;
  uint32_t size_ = 0;
  union {
    int64_t int_;
    double double_;
    const void* ptr_;
  };
};
static_assert(sizeof(Value) == 16);

inline constexpr size_t kShownElements = 100;

struct MapEntry {
  Value key;  // bool, int or string; all keys of a map are of one kind
  Value value;
};

inline Value Value::Map(absl::Span<const MapEntry> entries) {
  return FromSpan(Kind::kMap, entries.data(), entries.size());
}
inline absl::Span<const MapEntry> Value::map() const {
  return absl::Span<const MapEntry>(static_cast<const MapEntry*>(ptr_), size_);
}

// Puts entries into the order that Value::Map asks for. False if two keys are the same.
bool SortEntries(absl::Span<MapEntry> entries);

// The value under `key` of a map; null if there is none.
const Value* FindKey(const Value& map, const Value& key);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_VALUE_H_
