// Times as they stand in exports of tills and shops, and moving them by whole weeks.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo::ctl {

// When a receipt was closed. Plain value.
struct ReceiptTime {
  absl::Time time;
  // Local time minus UTC, -840 to 840.
  int utc_offset_minutes = 0;
  // The text named its own offset; otherwise the offset follows from the time zone of the import.
  bool has_own_offset = false;
};

// Reads "2017-01-28 14:06:53", "2017-01-28T14:06[:53[.25]][Z|+02:00]" or "2017-01-28" (noon). Without an offset it is
// local time of `zone`: a time that occurs twice is the first of them, one that is skipped is the moment of the skip.
// INVALID_ARGUMENT says what is wrong, without the text itself.
absl::StatusOr<ReceiptTime> ParseReceiptTime(absl::string_view text, const absl::TimeZone& zone);

// Moves by whole weeks. A local time keeps its hour and weekday, so that its offset may change with daylight saving; a
// time with its own offset keeps the offset.
ReceiptTime ShiftWeeks(const ReceiptTime& time, int64_t weeks, const absl::TimeZone& zone);

// The number of weeks that moves `last` into the 7 days before `now`, never after it; negative if `last` lies in the
// future.
int64_t WeeksUntilNow(const ReceiptTime& last, absl::Time now, const absl::TimeZone& zone);

// INVALID_ARGUMENT names the text and the form expected, e.g. "2026-01-31T12:00:00Z".
absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text);

// The time an option gives, or `now` where it is empty. Errors as ParseRfc3339, naming --time.
absl::StatusOr<absl::Time> ParseTimeOption(absl::string_view text, absl::Time now);

// A time zone by its IANA name, e.g. "Europe/Berlin". INVALID_ARGUMENT if it is unknown here.
absl::StatusOr<absl::TimeZone> LoadZone(const std::string& name);

}  // namespace nbo::ctl
