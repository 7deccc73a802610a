// Values of the reference interpreter: plain, owning, slow. Nothing here is shared with core/rules but the names of
// types and errors.
#ifndef NBO_TESTS_FUZZ_RULES_REFERENCE_VALUE_H_
#define NBO_TESTS_FUZZ_RULES_REFERENCE_VALUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/rules/value.h"

namespace nbo::fuzz {

using Nanos = __int128;

struct RefTimestamp {
  Nanos nanos;  // since 1970
};
struct RefDuration {
  Nanos nanos;
};
struct RefNull {};
struct RefValue;
struct RefList {
  std::vector<RefValue> items;
};
struct RefMap {
  std::vector<std::pair<RefValue, RefValue>> entries;  // in order of the keys
};
struct RefObject {
  std::vector<RefValue> fields;
};

struct RefValue {
  std::variant<RefNull, rules::EvalError, bool, int64_t, double, std::string, RefTimestamp, RefDuration,
               std::shared_ptr<const RefList>, std::shared_ptr<const RefMap>, std::shared_ptr<const RefObject>>
      is;

  template <typename T>
  const T& As() const {
    return std::get<T>(is);
  }
  template <typename T>
  bool Is() const {
    return std::holds_alternative<T>(is);
  }
  bool failed() const { return Is<rules::EvalError>(); }
  rules::EvalError error() const { return As<rules::EvalError>(); }
  const std::vector<RefValue>& items() const { return As<std::shared_ptr<const RefList>>()->items; }
  const std::vector<std::pair<RefValue, RefValue>>& entries() const {
    return As<std::shared_ptr<const RefMap>>()->entries;
  }
  const std::vector<RefValue>& fields() const { return As<std::shared_ptr<const RefObject>>()->fields; }
};

RefValue RefListOf(std::vector<RefValue> items);
// Puts the entries in order; kDuplicateKey if two keys are the same.
RefValue RefMapOf(std::vector<std::pair<RefValue, RefValue>> entries);

// A value of the host.
RefValue RefOf(const rules::Value& value);

// -1, 0, 1; 2 if they have no order, as NaN. Of two numbers, bools, texts, timestamps or durations.
int RefCompare(const RefValue& a, const RefValue& b);
// In depth; numbers by value.
bool RefEqual(const RefValue& a, const RefValue& b);
// The value under a key; null if there is none.
const RefValue* RefFind(const RefValue& map, const RefValue& key);

// Whether `value` is what the reference gives, to the bit; NaNs are all alike.
bool IsSame(const RefValue& reference, const rules::Value& value);

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_REFERENCE_VALUE_H_
