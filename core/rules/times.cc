#include "core/rules/times.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"

namespace nbo::rules {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr absl::CivilSecond kEpoch(1970, 1, 1);

// `nanos` may lie outside of a second.
Value MakeTime(Kind kind, int64_t seconds, int64_t nanos) {
  seconds += nanos / kNanosPerSecond;
  nanos %= kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  if (kind == Kind::kTimestamp) {
    if (seconds < kMinTimestampSeconds || seconds > kMaxTimestampSeconds) {
      return Value::Error(EvalError::kTimeOutOfRange);
    }
    return Value::Timestamp(seconds, static_cast<uint32_t>(nanos));
  }
  const bool too_long =
      seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds || (seconds == kMaxDurationSeconds && nanos > 0);
  if (too_long) return Value::Error(EvalError::kTimeOutOfRange);
  return Value::Duration(seconds, static_cast<uint32_t>(nanos));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `count` digits from the front.
bool TakeNumber(absl::string_view* text, size_t count, int* number) {
  if (text->size() < count) return false;
  *number = 0;
  for (const char c : text->substr(0, count)) {
    if (!IsDigit(c)) return false;
    *number = *number * 10 + (c - '0');
  }
  text->remove_prefix(count);
  return true;
}

// Takes ".5" as 500,000,000; leaves `nanos` if there is no point.
bool TakeFraction(absl::string_view* text, int64_t* nanos) {
  if (!absl::ConsumePrefix(text, ".")) return true;
  int64_t unit = kNanosPerSecond;
  while (!text->empty() && IsDigit(text->front()) && unit > 1) {
    unit /= 10;
    *nanos += unit * (text->front() - '0');
    text->remove_prefix(1);
  }
  return unit < kNanosPerSecond;
}

// Takes Z, +hh:mm or -hh:mm.
bool TakeOffset(absl::string_view* text, int64_t* seconds) {
  *seconds = 0;
  if (absl::ConsumePrefix(text, "Z")) return true;
  const bool west = absl::ConsumePrefix(text, "-");
  if (!west && !absl::ConsumePrefix(text, "+")) return false;
  int hours = 0;
  int minutes = 0;
  if (!TakeNumber(text, 2, &hours) || !absl::ConsumePrefix(text, ":") || !TakeNumber(text, 2, &minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  *seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

struct Unit {
  absl::string_view name;
  int64_t nanos;
};

// Longer names first.
constexpr Unit kUnits[] = {
    {"ns", 1},        {"us", 1000},           {"\xC2\xB5s", 1000},         {"\xCE\xBCs", 1000},
    {"ms", 1000'000}, {"s", kNanosPerSecond}, {"m", 60 * kNanosPerSecond}, {"h", 3600 * kNanosPerSecond},
};

// Takes "1.5h" and adds its nanoseconds. Numbers too large for any duration stay too large.
bool TakeTerm(absl::string_view* text, absl::int128* total) {
  constexpr int64_t kHuge = 1'000'000'000'000'000'000;
  int64_t whole = 0;
  int64_t fraction = 0;
  int64_t scale = 1;
  bool digits = false;
  for (; !text->empty() && IsDigit(text->front()); text->remove_prefix(1), digits = true) {
    whole = whole < kHuge / 10 ? whole * 10 + (text->front() - '0') : kHuge;
  }
  if (absl::ConsumePrefix(text, ".")) {
    for (; !text->empty() && IsDigit(text->front()); text->remove_prefix(1), digits = true) {
      if (scale >= kHuge / 10) continue;  // beyond any nanosecond
      fraction = fraction * 10 + (text->front() - '0');
      scale *= 10;
    }
  }
  if (!digits) return false;
  for (const Unit& unit : kUnits) {
    if (!absl::ConsumePrefix(text, unit.name)) continue;
    *total += absl::int128(whole) * unit.nanos + absl::int128(fraction) * unit.nanos / scale;
    return true;
  }
  return false;
}

std::string FractionText(uint32_t nanos) {
  if (nanos == 0) return "";
  std::string text = absl::StrFormat(".%09d", nanos);
  text.resize(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace

Value TimestampOf(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);  // rounded down
  if (seconds < kMinTimestampSeconds || seconds > kMaxTimestampSeconds) {
    return Value::Error(EvalError::kTimeOutOfRange);
  }
  return MakeTime(Kind::kTimestamp, seconds, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
}

Value DurationOf(absl::Duration duration) {
  absl::Duration rest;
  const int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &rest);  // cut towards zero
  if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds) {
    return Value::Error(EvalError::kTimeOutOfRange);
  }
  return MakeTime(Kind::kDuration, seconds, absl::ToInt64Nanoseconds(rest));
}

Value TimestampFromSeconds(int64_t seconds) { return MakeTime(Kind::kTimestamp, seconds, 0); }

Value ParseTimestamp(absl::string_view text) {
  const Value bad = Value::Error(EvalError::kBadConversion);
  int year, month, day, hour, minute, second;
  if (!TakeNumber(&text, 4, &year) || !absl::ConsumePrefix(&text, "-") || !TakeNumber(&text, 2, &month) ||
      !absl::ConsumePrefix(&text, "-") || !TakeNumber(&text, 2, &day) || !absl::ConsumePrefix(&text, "T") ||
      !TakeNumber(&text, 2, &hour) || !absl::ConsumePrefix(&text, ":") || !TakeNumber(&text, 2, &minute) ||
      !absl::ConsumePrefix(&text, ":") || !TakeNumber(&text, 2, &second)) {
    return bad;
  }
  int64_t nanos = 0;
  int64_t offset = 0;
  if (!TakeFraction(&text, &nanos) || !TakeOffset(&text, &offset) || !text.empty()) return bad;
  // A civil time that does not exist is turned into another.
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  if (civil.month() != month || civil.day() != day || civil.hour() != hour || civil.minute() != minute ||
      civil.second() != second) {
    return bad;
  }
  return MakeTime(Kind::kTimestamp, civil - kEpoch - offset, nanos);
}

Value ParseDuration(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  if (text == "0") return Value::Duration(0, 0);
  absl::int128 nanos = 0;
  const absl::int128 limit = absl::int128(kMaxDurationSeconds) * kNanosPerSecond;
  do {
    if (!TakeTerm(&text, &nanos)) return Value::Error(EvalError::kBadConversion);
    if (nanos > limit) nanos = limit + 1;
  } while (!text.empty());
  if (nanos > limit) return Value::Error(EvalError::kTimeOutOfRange);
  if (negative) nanos = -nanos;
  return MakeTime(Kind::kDuration, static_cast<int64_t>(nanos / kNanosPerSecond),
                  static_cast<int64_t>(nanos % kNanosPerSecond));
}

std::string FormatTimestamp(const Value& timestamp) {
  const absl::CivilSecond civil = kEpoch + timestamp.seconds();
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d%sZ", civil.year(), civil.month(), civil.day(), civil.hour(),
                         civil.minute(), civil.second(), FractionText(timestamp.nanos()));
}

std::string FormatDuration(const Value& duration) {
  const bool negative = duration.seconds() < 0;
  int64_t seconds = duration.seconds();
  int64_t nanos = duration.nanos();
  if (negative) {
    seconds = nanos > 0 ? -(seconds + 1) : -seconds;
    nanos = nanos > 0 ? kNanosPerSecond - nanos : 0;
  }
  return absl::StrCat(negative ? "-" : "", seconds, FractionText(static_cast<uint32_t>(nanos)), "s");
}

Value AddTimes(const Value& a, const Value& b, Kind kind) {
  return MakeTime(kind, a.seconds() + b.seconds(), int64_t{a.nanos()} + b.nanos());
}

Value SubtractTimes(const Value& a, const Value& b, Kind kind) {
  if (b.kind() == Kind::kTimestamp && std::abs(a.seconds() - b.seconds()) > kMaxDifferenceSeconds) {
    return Value::Error(EvalError::kTimeOutOfRange);
  }
  return MakeTime(kind, a.seconds() - b.seconds(), int64_t{a.nanos()} - b.nanos());
}

int64_t PartOfTimestamp(const Value& timestamp, TimePart part, absl::TimeZone zone) {
  const absl::CivilSecond civil = zone.At(absl::FromUnixSeconds(timestamp.seconds())).cs;
  switch (part) {
    case TimePart::kFullYear: return civil.year();
    case TimePart::kMonth: return civil.month() - 1;
    case TimePart::kDate: return civil.day();
    case TimePart::kDayOfMonth: return civil.day() - 1;
    case TimePart::kDayOfWeek: return (static_cast<int>(absl::GetWeekday(civil)) + 1) % 7;  // absl: Monday is 0
    case TimePart::kDayOfYear: return absl::GetYearDay(absl::CivilDay(civil)) - 1;
    case TimePart::kHours: return civil.hour();
    case TimePart::kMinutes: return civil.minute();
    case TimePart::kSeconds: return civil.second();
    case TimePart::kMilliseconds: return timestamp.nanos() / 1'000'000;
  }
  return 0;
}

int64_t PartOfDuration(const Value& duration, TimePart part) {
  int64_t milliseconds = duration.seconds() * 1000 + duration.nanos() / 1'000'000;
  // Towards zero, not down.
  if (milliseconds < 0 && duration.nanos() % 1'000'000 > 0) ++milliseconds;
  switch (part) {
    case TimePart::kHours: return milliseconds / 3'600'000;
    case TimePart::kMinutes: return milliseconds / 60'000;
    case TimePart::kSeconds: return milliseconds / 1000;
    default: return milliseconds % 1000;
  }
}

}  // namespace nbo::rules
