#include "tests/fuzz/rules/reference_functions.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>

#include "absl/time/time.h"
#include "re2/re2.h"

namespace nbo::fuzz {
namespace {

using rules::EvalError;
using rules::TimePart;
using rules::TokenKind;

constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kLongest = Nanos{315'576'000'000} * kSecond;
const Nanos kFirst = Nanos{-62'135'596'800} * kSecond;
const Nanos kLast = Nanos{253'402'300'799} * kSecond + kSecond - 1;

Nanos FloorDivide(Nanos a, Nanos b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

RefValue Timestamp(Nanos nanos) {
  if (nanos < kFirst || nanos > kLast) return {EvalError::kTimeOutOfRange};
  return {RefTimestamp{nanos}};
}

RefValue Duration(Nanos nanos) {
  if (nanos < -kLongest || nanos > kLongest) return {EvalError::kTimeOutOfRange};
  return {RefDuration{nanos}};
}

RefValue Whole(__int128 number) {
  if (number > std::numeric_limits<int64_t>::max() || number < std::numeric_limits<int64_t>::min()) {
    return {EvalError::kOverflow};
  }
  return {static_cast<int64_t>(number)};
}

RefValue IntArithmetic(TokenKind op, int64_t left, int64_t right) {
  const __int128 a = left, b = right;
  if (op == TokenKind::kPlus) return Whole(a + b);
  if (op == TokenKind::kMinus) return Whole(a - b);
  if (op == TokenKind::kTimes) return Whole(a * b);
  if (b == 0) return {EvalError::kDivideByZero};
  const RefValue quotient = Whole(a / b);
  return op == TokenKind::kDivide || quotient.failed() ? quotient : Whole(a % b);
}

RefValue DoubleArithmetic(TokenKind op, double a, double b) {
  if (op == TokenKind::kPlus) return {a + b};
  if (op == TokenKind::kMinus) return {a - b};
  return {op == TokenKind::kTimes ? a * b : a / b};
}

Nanos NanosOf(const RefValue& time) {
  return time.Is<RefTimestamp>() ? time.As<RefTimestamp>().nanos : time.As<RefDuration>().nanos;
}

RefValue TimeArithmetic(bool plus, const RefValue& left, const RefValue& right) {
  const Nanos a = NanosOf(left), b = NanosOf(right);
  if (plus) {
    const bool instant = left.Is<RefTimestamp>() || right.Is<RefTimestamp>();
    return instant ? Timestamp(a + b) : Duration(a + b);
  }
  if (left.Is<RefDuration>()) return Duration(a - b);
  if (right.Is<RefDuration>()) return Timestamp(a - b);
  const Nanos seconds = FloorDivide(a, kSecond) - FloorDivide(b, kSecond);
  if (seconds > 9'223'372'035 || seconds < -9'223'372'035) return {EvalError::kTimeOutOfRange};
  return Duration(a - b);
}

std::string Digits(Nanos number) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number > 0);
  return digits;
}

// ".5" of 500,000,000 nanoseconds.
std::string Fraction(Nanos nanos) {
  if (nanos == 0) return "";
  std::string digits = Digits(nanos);
  digits.insert(0, 9 - digits.size(), '0');
  while (digits.back() == '0') digits.pop_back();
  return "." + digits;
}

std::string TimestampText(Nanos nanos) {
  const Nanos seconds = FloorDivide(nanos, kSecond);
  const Nanos day = FloorDivide(seconds, 86'400);
  const int in_day = static_cast<int>(seconds - day * 86'400);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), in_day / 3600, in_day / 60 % 60,
                in_day % 60);
  return text + Fraction(nanos - seconds * kSecond) + "Z";
}

std::string DurationText(Nanos nanos) {
  const Nanos size = nanos < 0 ? -nanos : nanos;
  return (nanos < 0 ? "-" : "") + Digits(size / kSecond) + Fraction(size % kSecond) + "s";
}

RefValue ParseTimestamp(const std::string& text) {
  static const re2::RE2* const form = new re2::RE2(
      "(\\d{4})-(\\d\\d)-(\\d\\d)T(\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,9}))?(?:Z|([+-])(\\d\\d):(\\d\\d))");
  int year, month, day, hour, minute, second;
  std::string fraction, sign, east_hours, east_minutes;
  if (!re2::RE2::FullMatch(text, *form, &year, &month, &day, &hour, &minute, &second, &fraction, &sign, &east_hours,
                           &east_minutes)) {
    return {EvalError::kBadConversion};
  }
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return {EvalError::kBadConversion};
  Nanos seconds =
      Nanos{std::chrono::sys_days{date}.time_since_epoch().count()} * 86'400 + hour * 3600 + minute * 60 + second;
  if (!sign.empty()) {
    const int hours = std::atoi(east_hours.c_str()), minutes = std::atoi(east_minutes.c_str());
    if (hours > 23 || minutes > 59) return {EvalError::kBadConversion};
    seconds -= (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
  }
  fraction.resize(9, '0');
  return Timestamp(seconds * kSecond + std::atoi(fraction.c_str()));
}

// Each term is cut to whole nanoseconds.
RefValue ParseDuration(const std::string& text) {
  static const re2::RE2* const form = new re2::RE2("[-+]?(?:0|(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:ns|us|µs|μs|ms|s|m|h))+)");
  static const re2::RE2* const term = new re2::RE2("(\\d*)\\.?(\\d*)(ns|us|µs|μs|ms|s|m|h)");
  if (!re2::RE2::FullMatch(text, *form)) return {EvalError::kBadConversion};
  const bool negative = text[0] == '-';
  re2::StringPiece rest(text);
  if (negative || text[0] == '+') rest.remove_prefix(1);
  std::string whole, fraction, unit;
  Nanos sum = 0;
  while (re2::RE2::Consume(&rest, *term, &whole, &fraction, &unit)) {
    const Nanos size = unit == "h"    ? 3600 * kSecond
                       : unit == "m"  ? 60 * kSecond
                       : unit == "s"  ? kSecond
                       : unit == "ms" ? 1'000'000
                       : unit == "ns" ? 1
                                      : 1000;
    Nanos number = 0;
    for (const char c : whole) number = std::min<Nanos>(number * 10 + (c - '0'), kLongest + 1);
    Nanos part = 0, scale = 1;
    for (size_t i = 0; i < fraction.size() && i < 17; ++i, scale *= 10) part = part * 10 + (fraction[i] - '0');
    sum = std::min<Nanos>(sum + number * size + part * size / scale, kLongest + 1);
  }
  return Duration(negative ? -sum : sum);
}

// False if there is no such zone.
bool OffsetOf(const std::string& zone, Nanos seconds, int64_t* offset) {
  static const re2::RE2* const form = new re2::RE2("([+-]?)(\\d{1,2}):(\\d\\d)");
  std::string sign;
  int hours, minutes;
  if (re2::RE2::FullMatch(zone, *form, &sign, &hours, &minutes)) {
    *offset = (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
  }
  absl::TimeZone named;
  if (!rules::FindTimeZone(zone, &named)) return false;
  *offset = named.At(absl::FromUnixSeconds(static_cast<int64_t>(seconds))).offset;
  return true;
}

RefValue PartOfDuration(Nanos nanos, TimePart part) {
  switch (part) {
    case TimePart::kHours: return Whole(nanos / (3600 * kSecond));
    case TimePart::kMinutes: return Whole(nanos / (60 * kSecond));
    case TimePart::kSeconds: return Whole(nanos / kSecond);
    default: return Whole(nanos / 1'000'000 % 1000);
  }
}

}  // namespace

RefValue RefToBool(const RefValue& value) {
  if (value.Is<bool>()) return value;
  static const auto* const yes = new std::set<std::string>{"1", "t", "true", "TRUE", "True"};
  static const auto* const no = new std::set<std::string>{"0", "f", "false", "FALSE", "False"};
  const auto& text = value.As<std::string>();
  if (yes->count(text) != 0) return {true};
  if (no->count(text) != 0) return {false};
  return {EvalError::kBadConversion};
}

RefValue RefToInt(const RefValue& value) {
  if (value.Is<int64_t>()) return value;
  if (value.Is<RefTimestamp>()) return Whole(FloorDivide(value.As<RefTimestamp>().nanos, kSecond));
  if (value.Is<double>()) {
    const double cut = std::trunc(value.As<double>());
    if (!(std::abs(value.As<double>()) < 0x1p63)) return {EvalError::kOutOfRange};
    return {static_cast<int64_t>(cut)};
  }
  static const re2::RE2* const form = new re2::RE2("-?[0-9]+");
  const auto& text = value.As<std::string>();
  if (!re2::RE2::FullMatch(text, *form)) return {EvalError::kBadConversion};
  errno = 0;
  const long long number = std::strtoll(text.c_str(), nullptr, 10);
  if (errno == ERANGE) return {EvalError::kOutOfRange};
  return {static_cast<int64_t>(number)};
}

RefValue RefToDouble(const RefValue& value) {
  if (value.Is<double>()) return value;
  if (value.Is<int64_t>()) return {static_cast<double>(value.As<int64_t>())};
  static const re2::RE2* const form =
      new re2::RE2("(?i)-?(?:(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:e[-+]?[0-9]+)?|inf|infinity|nan(?:\\([0-9a-z_]*\\))?)");
  const auto& text = value.As<std::string>();
  if (!re2::RE2::FullMatch(text, *form)) return {EvalError::kBadConversion};
  const double number = std::strtod(text.c_str(), nullptr);
  const bool named = text.find_first_of("iInN") != std::string::npos;
  if (!named && std::isinf(number)) return {EvalError::kOutOfRange};
  return {number};
}

RefValue RefToString(const RefValue& value) {
  if (value.Is<bool>()) return {std::string(value.As<bool>() ? "true" : "false")};
  if (value.Is<int64_t>()) return {std::to_string(value.As<int64_t>())};
  if (value.Is<RefTimestamp>()) return {TimestampText(value.As<RefTimestamp>().nanos)};
  if (value.Is<RefDuration>()) return {DurationText(value.As<RefDuration>().nanos)};
  if (value.Is<std::string>()) return value;
  if (std::isnan(value.As<double>())) return {std::string("nan")};
  char text[64];
  return {std::string(text, std::to_chars(text, text + sizeof(text), value.As<double>()).ptr)};
}

RefValue RefToTimestamp(const RefValue& value) {
  if (value.Is<RefTimestamp>()) return value;
  if (value.Is<int64_t>()) return Timestamp(value.As<int64_t>() * kSecond);
  return ParseTimestamp(value.As<std::string>());
}

RefValue RefToDuration(const RefValue& value) {
  return value.Is<RefDuration>() ? value : ParseDuration(value.As<std::string>());
}

RefValue RefSize(const RefValue& value) {
  if (value.Is<std::shared_ptr<const RefList>>()) return {static_cast<int64_t>(value.items().size())};
  if (value.Is<std::shared_ptr<const RefMap>>()) return {static_cast<int64_t>(value.entries().size())};
  int64_t characters = 0;
  for (const unsigned char c : value.As<std::string>()) characters += (c & 0xC0) != 0x80 ? 1 : 0;
  return {characters};
}

RefValue RefArithmetic(TokenKind op, const RefValue& left, const RefValue& right) {
  if (left.Is<int64_t>()) return IntArithmetic(op, left.As<int64_t>(), right.As<int64_t>());
  if (left.Is<double>()) return DoubleArithmetic(op, left.As<double>(), right.As<double>());
  if (left.Is<std::string>()) return {left.As<std::string>() + right.As<std::string>()};
  if (left.Is<std::shared_ptr<const RefList>>()) {
    std::vector<RefValue> items = left.items();
    items.insert(items.end(), right.items().begin(), right.items().end());
    return RefListOf(std::move(items));
  }
  return TimeArithmetic(op == TokenKind::kPlus, left, right);
}

RefValue RefNegate(const RefValue& value) {
  if (value.Is<double>()) return {-value.As<double>()};
  return Whole(-static_cast<__int128>(value.As<int64_t>()));
}

RefValue RefTimePart(const RefValue& time, TimePart part, const std::string* zone) {
  if (time.Is<RefDuration>()) return PartOfDuration(time.As<RefDuration>().nanos, part);
  const Nanos nanos = time.As<RefTimestamp>().nanos;
  const Nanos instant = FloorDivide(nanos, kSecond);
  int64_t offset = 0;
  if (zone != nullptr && !OffsetOf(*zone, instant, &offset)) return {EvalError::kBadTimeZone};
  const Nanos local = instant + offset;
  const Nanos day = FloorDivide(local, 86'400);
  const int64_t in_day = static_cast<int64_t>(local - day * 86'400);
  const std::chrono::sys_days days{std::chrono::days{static_cast<int>(day)}};
  const std::chrono::year_month_day date{days};
  switch (part) {
    case TimePart::kFullYear: return {static_cast<int64_t>(static_cast<int>(date.year()))};
    case TimePart::kMonth: return {static_cast<int64_t>(static_cast<unsigned>(date.month())) - 1};
    case TimePart::kDate: return {static_cast<int64_t>(static_cast<unsigned>(date.day()))};
    case TimePart::kDayOfMonth: return {static_cast<int64_t>(static_cast<unsigned>(date.day())) - 1};
    case TimePart::kDayOfWeek: return {static_cast<int64_t>(std::chrono::weekday{days}.c_encoding())};
    case TimePart::kDayOfYear:
      return {static_cast<int64_t>((days - std::chrono::sys_days{date.year() / 1 / 1}).count())};
    case TimePart::kHours: return {in_day / 3600};
    case TimePart::kMinutes: return {in_day / 60 % 60};
    case TimePart::kSeconds: return {in_day % 60};
    case TimePart::kMilliseconds: return Whole((nanos - instant * kSecond) / 1'000'000);
  }
  return {};
}

}  // namespace nbo::fuzz
