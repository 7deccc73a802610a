// Civil days: what windows, recency and offer dates count in.
#ifndef NBO_CORE_BASE_CIVIL_H_
#define NBO_CORE_BASE_CIVIL_H_

#include <cstdint>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace nbo {

// A civil day as the number of days since 1970-01-01, which is day 0.
using Day = int32_t;

inline constexpr Day kNoDay = INT32_MIN;

inline Day DayOf(absl::CivilDay day) { return static_cast<Day>(day - absl::CivilDay(1970, 1, 1)); }

// The civil day of an instant in a zone.
inline Day DayIn(absl::Time time, absl::TimeZone zone) { return DayOf(absl::CivilDay(zone.At(time).cs)); }

// The civil day of an instant at a fixed offset from UTC.
inline Day DayAtOffset(absl::Time time, int utc_offset_minutes) {
  constexpr int64_t kSecondsPerDay = 86'400;
  const int64_t local = absl::ToUnixSeconds(time) + int64_t{utc_offset_minutes} * 60;
  return static_cast<Day>((local >= 0 ? local : local - kSecondsPerDay + 1) / kSecondsPerDay);
}

// The first instant of a civil day in a zone.
inline absl::Time StartOfDay(Day day, absl::TimeZone zone) { return zone.At(absl::CivilDay(1970, 1, 1) + day).pre; }

}  // namespace nbo

#endif  // NBO_CORE_BASE_CIVIL_H_
