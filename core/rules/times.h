// Timestamps and durations of the rule language, by the rules of CEL (google.protobuf.Timestamp and Duration).
#ifndef NBO_CORE_RULES_TIMES_H_
#define NBO_CORE_RULES_TIMES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/rules/value.h"

namespace nbo::rules {

inline constexpr int64_t kMinTimestampSeconds = -62'135'596'800;  // 0001-01-01T00:00:00Z
inline constexpr int64_t kMaxTimestampSeconds = 253'402'300'799;  // 9999-12-31T23:59:59Z
inline constexpr int64_t kMaxDurationSeconds = 315'576'000'000;   // about 10,000 years
// Two timestamps further apart than 2^63 ns, 292 years, cannot be subtracted: so the conformance suite of CEL has it.
inline constexpr int64_t kMaxDifferenceSeconds = 9'223'372'035;

// The value, or kTimeOutOfRange.
Value TimestampOf(absl::Time time);
Value DurationOf(absl::Duration duration);
Value TimestampFromSeconds(int64_t seconds);

// RFC 3339 as 2009-02-13T23:31:30.5Z or ...+01:00, with at most nine digits of a second: the value, or kBadConversion
// or kTimeOutOfRange.
Value ParseTimestamp(absl::string_view text);
// Numbers with a unit, as Go writes them: 90s, 1h30m, -1.5h, 250ms; units h, m, s, ms, us, ns.
Value ParseDuration(absl::string_view text);

// What the parsers read: 2009-02-13T23:31:30.5Z, 5400s, -0.25s.
std::string FormatTimestamp(const Value& timestamp);
std::string FormatDuration(const Value& duration);

// Sums and differences of two times of which the result has `kind`: its value, or kTimeOutOfRange.
Value AddTimes(const Value& a, const Value& b, Kind kind);
Value SubtractTimes(const Value& a, const Value& b, Kind kind);

// What the accessors give. Of a timestamp: the wall clock in a zone, months and days from 0 except kDate, the week from
// Sunday. Of a duration: all of it in whole hours, minutes or seconds, but kMilliseconds beyond the last second.
enum class TimePart : uint8_t {
  kFullYear,
  kMonth,
  kDate,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kHours,
  kMinutes,
  kSeconds,
  kMilliseconds,
};
int64_t PartOfTimestamp(const Value& timestamp, TimePart part, absl::TimeZone zone);
// `part` is one of the last four.
int64_t PartOfDuration(const Value& duration, TimePart part);

// A zone by its IANA name ("Europe/Berlin") or its offset ("+01:00", "02:00", "-02:30"). False if there is none of
// the name. Loads a zone at its first use; at most kMaxZoneNames names are ever tried, so that names that come from
// outside cannot fill the memory. Thread-safe.
inline constexpr size_t kMaxZoneNames = 2000;
bool FindTimeZone(absl::string_view name, absl::TimeZone* zone);

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_TIMES_H_
