#include "server/ctl/time_parsing.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace nbo::ctl {
namespace {

constexpr int kMaxOffsetMinutes = 840;

absl::Status NotTime() {
  return absl::InvalidArgumentError("is not a time such as 2017-01-28 14:06:53 or 2017-01-28T14:06:53+01:00");
}

// Takes fixed pieces off the front of a text.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool Take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `count` digits.
  bool TakeNumber(int count, int* value) {
    *value = 0;
    for (int i = 0; i < count; ++i) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(peek()))) return false;
      *value = *value * 10 + (peek() - '0');
      rest_.remove_prefix(1);
    }
    return true;
  }

  // One or more digits after a decimal point, cut to nanoseconds.
  bool TakeFraction(absl::Duration* value) {
    int64_t nanos = 0;
    int64_t unit = 100'000'000;
    bool any = false;
    while (absl::ascii_isdigit(static_cast<unsigned char>(peek()))) {
      nanos += unit * (peek() - '0');
      unit /= 10;
      any = true;
      rest_.remove_prefix(1);
    }
    *value = absl::Nanoseconds(nanos);
    return any;
  }

 private:
  absl::string_view rest_;
};

// "Z" or "+HH:MM"; nothing leaves `offset_minutes` unset.
bool TakeOffset(Scanner& scanner, std::optional<int>* offset_minutes) {
  if (scanner.done()) return true;
  if (scanner.Take('Z') || scanner.Take('z')) {
    *offset_minutes = 0;
    return true;
  }
  const bool negative = scanner.peek() == '-';
  if (!scanner.Take('-') && !scanner.Take('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!scanner.TakeNumber(2, &hours) || !scanner.Take(':') || !scanner.TakeNumber(2, &minutes) || minutes > 59) {
    return false;
  }
  const int total = hours * 60 + minutes;
  *offset_minutes = negative ? -total : total;
  return total <= kMaxOffsetMinutes;
}

int OffsetMinutes(absl::Time time, const absl::TimeZone& zone) { return zone.At(time).offset / 60; }

}  // namespace

absl::StatusOr<ReceiptTime> ParseReceiptTime(absl::string_view text, const absl::TimeZone& zone) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty()) return absl::InvalidArgumentError("is empty");
  Scanner scanner(text);
  int year = 0, month = 0, day = 0;
  if (!scanner.TakeNumber(4, &year) || !scanner.Take('-') || !scanner.TakeNumber(2, &month) || !scanner.Take('-') ||
      !scanner.TakeNumber(2, &day)) {
    return NotTime();
  }
  int hour = 12, minute = 0, second = 0;
  absl::Duration fraction;
  std::optional<int> own_offset;
  if (!scanner.done()) {
    if (!scanner.Take('T') && !scanner.Take(' ')) return NotTime();
    if (!scanner.TakeNumber(2, &hour) || !scanner.Take(':') || !scanner.TakeNumber(2, &minute)) return NotTime();
    if (scanner.Take(':')) {
      if (!scanner.TakeNumber(2, &second)) return NotTime();
      if (scanner.Take('.') && !scanner.TakeFraction(&fraction)) return NotTime();
    }
    if (!TakeOffset(scanner, &own_offset) || !scanner.done()) return NotTime();
  }
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  if (civil.month() != month || civil.day() != day || civil.hour() != hour || civil.minute() != minute ||
      civil.second() != second) {
    return absl::InvalidArgumentError("is not a date or time of day that exists");
  }
  if (own_offset.has_value()) {
    const absl::Time time = absl::FromCivil(civil, absl::UTCTimeZone()) - absl::Minutes(*own_offset) + fraction;
    return ReceiptTime{time, *own_offset, true};
  }
  const absl::Time time = absl::FromCivil(civil, zone) + fraction;
  return ReceiptTime{time, OffsetMinutes(time, zone), false};
}

ReceiptTime ShiftWeeks(const ReceiptTime& time, int64_t weeks, const absl::TimeZone& zone) {
  if (weeks == 0) return time;
  if (time.has_own_offset) {
    return ReceiptTime{time.time + absl::Hours(7 * 24) * weeks, time.utc_offset_minutes, true};
  }
  const absl::TimeZone::CivilInfo info = zone.At(time.time);
  const absl::CivilDay day = absl::CivilDay(info.cs) + 7 * weeks;
  const absl::CivilSecond civil(day.year(), day.month(), day.day(), info.cs.hour(), info.cs.minute(), info.cs.second());
  const absl::Time moved = absl::FromCivil(civil, zone) + info.subsecond;
  return ReceiptTime{moved, OffsetMinutes(moved, zone), false};
}

int64_t WeeksUntilNow(const ReceiptTime& last, absl::Time now, const absl::TimeZone& zone) {
  absl::Duration rest;
  int64_t weeks = absl::IDivDuration(now - last.time, absl::Hours(7 * 24), &rest);
  // One more than the quotient, then down: covers truncation toward zero and hours moved by daylight saving.
  ++weeks;
  while (ShiftWeeks(last, weeks, zone).time > now) --weeks;
  return weeks;
}

absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a time in the form 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+01:00"));
  }
  return time;
}

absl::StatusOr<absl::Time> ParseTimeOption(absl::string_view text, absl::Time now) {
  if (text.empty()) return now;
  absl::StatusOr<absl::Time> time = ParseRfc3339(text);
  if (!time.ok()) return absl::InvalidArgumentError(absl::StrCat("--time: ", std::string(time.status().message())));
  return time;
}

absl::StatusOr<absl::TimeZone> LoadZone(const std::string& name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) {
    return absl::InvalidArgumentError(absl::StrCat("time zone \"", name,
                                                   "\" is not known here; give an IANA name such as Europe/Berlin or "
                                                   "UTC (the package tzdata must be installed)"));
  }
  return zone;
}

}  // namespace nbo::ctl
