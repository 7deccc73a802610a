#include "tests/fuzz/rules/reference_value.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nbo::fuzz {
namespace {

using rules::EvalError;
using rules::Kind;
using rules::Value;

bool IsNumber(const RefValue& value) { return value.Is<int64_t>() || value.Is<double>(); }

// 64 bits of mantissa: holds every int64 and every double.
long double NumberOf(const RefValue& value) {
  static_assert(sizeof(long double) > sizeof(double));
  return value.Is<int64_t>() ? static_cast<long double>(value.As<int64_t>()) : value.As<double>();
}

template <typename T>
int Sign(const T& a, const T& b) {
  return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}

bool AllEqual(const std::vector<RefValue>& a, const std::vector<RefValue>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!RefEqual(a[i], b[i])) return false;
  }
  return true;
}

bool AllSame(const std::vector<RefValue>& a, absl::Span<const Value> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), &IsSame);
}

Nanos NanosOf(const Value& time) { return Nanos{time.seconds()} * 1'000'000'000 + time.nanos(); }

std::vector<RefValue> AllOf(absl::Span<const Value> values) {
  std::vector<RefValue> all;
  for (const Value& value : values) all.push_back(RefOf(value));
  return all;
}

}  // namespace

RefValue RefListOf(std::vector<RefValue> items) { return {std::make_shared<const RefList>(RefList{std::move(items)})}; }

RefValue RefMapOf(std::vector<std::pair<RefValue, RefValue>> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return RefCompare(a.first, b.first) < 0; });
  for (size_t i = 1; i < entries.size(); ++i) {
    if (RefCompare(entries[i - 1].first, entries[i].first) == 0) return {EvalError::kDuplicateKey};
  }
  return {std::make_shared<const RefMap>(RefMap{std::move(entries)})};
}

RefValue RefOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kError: return {value.error()};
    case Kind::kBool: return {value.bool_value()};
    case Kind::kInt: return {value.int_value()};
    case Kind::kDouble: return {value.double_value()};
    case Kind::kString: return {std::string(value.string_value())};
    case Kind::kTimestamp: return {RefTimestamp{NanosOf(value)}};
    case Kind::kDuration: return {RefDuration{NanosOf(value)}};
    case Kind::kList: return RefListOf(AllOf(value.list()));
    case Kind::kObject: return {std::make_shared<const RefObject>(RefObject{AllOf(value.fields())})};
    case Kind::kMap: {
      std::vector<std::pair<RefValue, RefValue>> entries;
      for (const rules::MapEntry& entry : value.map()) entries.push_back({RefOf(entry.key), RefOf(entry.value)});
      return RefMapOf(std::move(entries));
    }
    default: return {};
  }
}

int RefCompare(const RefValue& a, const RefValue& b) {
  if (IsNumber(a) && IsNumber(b)) return Sign(NumberOf(a), NumberOf(b));
  if (a.is.index() != b.is.index()) return Sign(a.is.index(), b.is.index());
  if (a.Is<bool>()) return Sign(a.As<bool>(), b.As<bool>());
  if (a.Is<std::string>()) return Sign(a.As<std::string>(), b.As<std::string>());
  if (a.Is<RefTimestamp>()) return Sign(a.As<RefTimestamp>().nanos, b.As<RefTimestamp>().nanos);
  if (a.Is<RefDuration>()) return Sign(a.As<RefDuration>().nanos, b.As<RefDuration>().nanos);
  return 2;
}

bool RefEqual(const RefValue& a, const RefValue& b) {
  if (a.Is<RefNull>() || b.Is<RefNull>()) return a.Is<RefNull>() && b.Is<RefNull>();
  if (a.is.index() != b.is.index() && !(IsNumber(a) && IsNumber(b))) return false;
  if (a.Is<std::shared_ptr<const RefList>>()) return AllEqual(a.items(), b.items());
  if (a.Is<std::shared_ptr<const RefObject>>()) return AllEqual(a.fields(), b.fields());
  if (!a.Is<std::shared_ptr<const RefMap>>()) return RefCompare(a, b) == 0;
  if (a.entries().size() != b.entries().size()) return false;
  for (const auto& [key, value] : a.entries()) {
    const RefValue* const other = RefFind(b, key);
    if (other == nullptr || !RefEqual(value, *other)) return false;
  }
  return true;
}

const RefValue* RefFind(const RefValue& map, const RefValue& key) {
  for (const auto& [own, value] : map.entries()) {
    if (own.is.index() == key.is.index() && RefCompare(own, key) == 0) return &value;
  }
  return nullptr;
}

bool IsSame(const RefValue& reference, const Value& value) {
  switch (value.kind()) {
    case Kind::kError: return reference.failed() && reference.error() == value.error();
    case Kind::kNull: return reference.Is<RefNull>();
    case Kind::kBool: return reference.Is<bool>() && reference.As<bool>() == value.bool_value();
    case Kind::kInt: return reference.Is<int64_t>() && reference.As<int64_t>() == value.int_value();
    case Kind::kDouble: {
      if (!reference.Is<double>()) return false;
      const double a = reference.As<double>();
      const double b = value.double_value();
      return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(a)) == 0;
    }
    case Kind::kString: return reference.Is<std::string>() && reference.As<std::string>() == value.string_value();
    case Kind::kTimestamp: return reference.Is<RefTimestamp>() && reference.As<RefTimestamp>().nanos == NanosOf(value);
    case Kind::kDuration: return reference.Is<RefDuration>() && reference.As<RefDuration>().nanos == NanosOf(value);
    case Kind::kList: return reference.Is<std::shared_ptr<const RefList>>() && AllSame(reference.items(), value.list());
    case Kind::kObject:
      return reference.Is<std::shared_ptr<const RefObject>>() && AllSame(reference.fields(), value.fields());
    case Kind::kMap: {
      if (!reference.Is<std::shared_ptr<const RefMap>>()) return false;
      const auto& entries = reference.entries();
      return std::equal(
          entries.begin(), entries.end(), value.map().begin(), value.map().end(),
          [](const auto& a, const rules::MapEntry& b) { return IsSame(a.first, b.key) && IsSame(a.second, b.value); });
    }
    default: return false;
  }
}

}  // namespace nbo::fuzz
