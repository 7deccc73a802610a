#include "core/rules/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/compare.h"
#include "core/rules/times.h"

namespace nbo::rules {
namespace {

// Shortest digits that read back as the same double, always recognisable as a double.
std::string DoubleText(double d) {
  if (std::isnan(d)) return "nan";  // whatever its sign
  char buffer[32];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), d);
  std::string text(buffer, end.ptr);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string StringText(absl::string_view s) { return absl::StrCat("\"", absl::Utf8SafeCEscape(s), "\""); }

std::string InnerText(const Value& value) { return value.is_null() ? "null" : value.ToString(); }

std::string Elements(absl::Span<const Value> elements) {
  return absl::StrCat(absl::StrJoin(elements.subspan(0, kShownElements), ", ",
                                    [](std::string* out, const Value& item) { out->append(InnerText(item)); }),
                      elements.size() > kShownElements ? ", ..." : "");
}

std::string Entries(absl::Span<const MapEntry> entries) {
  return absl::StrCat(absl::StrJoin(entries.subspan(0, kShownElements), ", ",
                                    [](std::string* out, const MapEntry& entry) {
                                      absl::StrAppend(out, entry.key.ToString(), ": ", InnerText(entry.value));
                                    }),
                      entries.size() > kShownElements ? ", ..." : "");
}

// A map of at most this many entries is searched one by one.
constexpr size_t kFewEntries = 8;

bool KeyBefore(const MapEntry& entry, const Value& key) { return Compare(entry.key, key) == kLess; }

}  // namespace

absl::string_view EvalErrorText(EvalError error) {
  switch (error) {
    case EvalError::kNone: return "no error";
    case EvalError::kNoSuchValue: return "a variable without a value was used";
    case EvalError::kNoSuchKey: return "the map has no such key";
    case EvalError::kOverflow: return "a whole number became too large";
    case EvalError::kDivideByZero: return "division by zero";
    case EvalError::kOutOfRange: return "an index or a number is out of range";
    case EvalError::kBadConversion: return "a text cannot be read as this type, or a value has the wrong type";
    case EvalError::kTimeOutOfRange:
      return "a timestamp lies outside of the years 1 to 9999, or a duration is too long";
    case EvalError::kBadTimeZone: return "there is no such time zone";
    case EvalError::kDuplicateKey: return "a map has the same key twice";
    case EvalError::kTooManySteps: return "the rule went through too many elements";
    case EvalError::kOutOfMemory: return "the rule made too long texts or lists";
  }
  return "unknown error";
}

std::string Value::ToString() const {
  switch (kind_) {
    case Kind::kAny: break;
    case Kind::kError: return absl::StrCat("error: ", EvalErrorText(error()));
    case Kind::kNull: return "no value";
    case Kind::kBool: return bool_value() ? "true" : "false";
    case Kind::kInt: return absl::StrCat(int_value());
    case Kind::kDouble: return DoubleText(double_value());
    case Kind::kString: return StringText(string_value());
    case Kind::kTimestamp: return absl::StrCat("timestamp(\"", FormatTimestamp(*this), "\")");
    case Kind::kDuration: return absl::StrCat("duration(\"", FormatDuration(*this), "\")");
    case Kind::kList: return absl::StrCat("[", Elements(list()), "]");
    case Kind::kMap: return absl::StrCat("{", Entries(map()), "}");
    case Kind::kObject: return absl::StrCat("{", Elements(fields()), "}");
  }
  return "";
}

bool SortEntries(absl::Span<MapEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const MapEntry& a, const MapEntry& b) { return KeyBefore(a, b.key); });
  return std::adjacent_find(entries.begin(), entries.end(), [](const MapEntry& a, const MapEntry& b) {
           return Compare(a.key, b.key) == kSame;
         }) == entries.end();
}

const Value* FindKey(const Value& map, const Value& key) {
  const absl::Span<const MapEntry> entries = map.map();
  const MapEntry* found = entries.begin();
  if (entries.size() <= kFewEntries) {
    while (found != entries.end() && Compare(found->key, key) != kSame) ++found;
  } else {
    found = std::lower_bound(entries.begin(), entries.end(), key, KeyBefore);
  }
  return found != entries.end() && Compare(found->key, key) == kSame ? &found->value : nullptr;
}

}  // namespace nbo::rules
