#include "core/rules/compare.h"

#include <algorithm>

namespace nbo::rules {
namespace {

bool AllEqual(absl::Span<const Value> a, absl::Span<const Value> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), &AreEqual);
}

bool NumbersEqual(const Value& a, const Value& b) {
  if (a.kind() == Kind::kInt && b.kind() == Kind::kDouble) return Compare(a.int_value(), b.double_value()) == kSame;
  if (a.kind() == Kind::kDouble && b.kind() == Kind::kInt) return Compare(a.double_value(), b.int_value()) == kSame;
  return false;
}

bool MapsEqual(absl::Span<const MapEntry> a, absl::Span<const MapEntry> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const MapEntry& x, const MapEntry& y) {
    return AreEqual(x.key, y.key) && AreEqual(x.value, y.value);
  });
}

}  // namespace

Ordering Compare(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return Compare(static_cast<int64_t>(a.kind()), static_cast<int64_t>(b.kind()));
  switch (a.kind()) {
    case Kind::kString: return Compare(a.string_value(), b.string_value());
    case Kind::kTimestamp:
    case Kind::kDuration:
      if (a.seconds() == b.seconds()) return Compare(int64_t{a.nanos()}, int64_t{b.nanos()});
      return Compare(a.seconds(), b.seconds());
    default: return Compare(a.int_value(), b.int_value());
  }
}

bool AreEqual(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return NumbersEqual(a, b);
  switch (a.kind()) {
    case Kind::kNull: return true;
    case Kind::kDouble: return a.double_value() == b.double_value();
    case Kind::kString: return a.string_value() == b.string_value();
    case Kind::kList: return AllEqual(a.list(), b.list());
    case Kind::kMap: return MapsEqual(a.map(), b.map());
    case Kind::kObject: return AllEqual(a.fields(), b.fields());
    default: return Compare(a, b) == kSame;
  }
}

bool ListContains(const Value& list, const Value& value) {
  const absl::Span<const Value> elements = list.list();
  return std::any_of(elements.begin(), elements.end(), [&](const Value& item) { return AreEqual(item, value); });
}

}  // namespace nbo::rules
