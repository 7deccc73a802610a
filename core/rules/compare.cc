#include "core/rules/compare.h"

#include <algorithm>

namespace nbo::rules {
namespace {

template <typename T, typename U>
bool SpansEqual(absl::Span<const T> a, absl::Span<const U> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& x, const U& y) { return Compare(x, y) == kSame; });
}

template <typename T, typename U>
bool SpanContains(absl::Span<const T> span, U value) {
  return std::any_of(span.begin(), span.end(), [&](const T& x) { return Compare(x, value) == kSame; });
}

size_t SizeOf(const Value& list) {
  switch (list.type()) {
    case Type::kBoolList: return list.bool_list().size();
    case Type::kIntList: return list.int_list().size();
    case Type::kDoubleList: return list.double_list().size();
    default: return list.string_list().size();
  }
}

}  // namespace

bool ListsEqual(const Value& a, const Value& b) {
  if (SizeOf(a) != SizeOf(b)) return false;
  if (SizeOf(a) == 0) return true;
  switch (a.type()) {
    case Type::kBoolList: return b.type() == a.type() && a.bool_list() == b.bool_list();
    case Type::kStringList: return b.type() == a.type() && a.string_list() == b.string_list();
    case Type::kIntList:
      if (b.type() == Type::kIntList) return a.int_list() == b.int_list();
      return b.type() == Type::kDoubleList && SpansEqual(a.int_list(), b.double_list());
    case Type::kDoubleList:
      if (b.type() == Type::kIntList) return SpansEqual(a.double_list(), b.int_list());
      return b.type() == Type::kDoubleList && SpansEqual(a.double_list(), b.double_list());
    default: return false;
  }
}

bool ListContains(const Value& list, const Value& value) {
  switch (list.type()) {
    case Type::kBoolList: {
      const absl::Span<const bool> items = list.bool_list();
      return value.type() == Type::kBool && std::find(items.begin(), items.end(), value.bool_value()) != items.end();
    }
    case Type::kStringList: {
      const absl::Span<const absl::string_view> items = list.string_list();
      return value.type() == Type::kString &&
             std::find(items.begin(), items.end(), value.string_value()) != items.end();
    }
    case Type::kIntList:
      if (value.type() == Type::kInt) return SpanContains(list.int_list(), value.int_value());
      return value.type() == Type::kDouble && SpanContains(list.int_list(), value.double_value());
    case Type::kDoubleList:
      if (value.type() == Type::kInt) return SpanContains(list.double_list(), value.int_value());
      return value.type() == Type::kDouble && SpanContains(list.double_list(), value.double_value());
    default: return false;
  }
}

}  // namespace nbo::rules
