// Exact comparisons, also between int and double, as CEL defines them.
#ifndef NBO_CORE_RULES_COMPARE_H_
#define NBO_CORE_RULES_COMPARE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/rules/value.h"

namespace nbo::rules {

// One bit each, so that an operator is the set of orderings for which it is true: <= is kLess | kSame.
enum Ordering : uint8_t { kLess = 1, kSame = 2, kGreater = 4, kUnordered = 8 };

inline Ordering Compare(int64_t a, int64_t b) { return a < b ? kLess : a > b ? kGreater : kSame; }

// Unordered if one is not a number.
inline Ordering Compare(double a, double b) { return a < b ? kLess : a > b ? kGreater : a == b ? kSame : kUnordered; }

// Loses no precision: the double is cut to an int, which is exact within the range of int, and the rest decides a tie.
inline Ordering Compare(int64_t a, double b) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (b != b) return kUnordered;
  if (b >= kLimit) return kLess;
  if (b < -kLimit) return kGreater;
  const int64_t whole = static_cast<int64_t>(b);
  if (a != whole) return Compare(a, whole);
  return Compare(static_cast<double>(whole), b);
}

inline Ordering Mirror(Ordering ordering) {
  return ordering == kLess ? kGreater : ordering == kGreater ? kLess : ordering;
}

inline Ordering Compare(double a, int64_t b) { return Mirror(Compare(b, a)); }

// By bytes, which for UTF-8 is by code points.
inline Ordering Compare(absl::string_view a, absl::string_view b) { return Compare(int64_t{a.compare(b)}, int64_t{0}); }

// Keys of maps, timestamps and durations, each with its like. Values of different kinds by kind.
Ordering Compare(const Value& a, const Value& b);

// Whether they are the same in depth; numbers by value whatever their kind. Values of different kinds are unequal.
bool AreEqual(const Value& a, const Value& b);
// Whether `list` holds a value equal to `value`.
bool ListContains(const Value& list, const Value& value);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_COMPARE_H_
