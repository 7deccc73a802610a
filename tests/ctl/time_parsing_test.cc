#include "server/ctl/time_parsing.h"

#include <gtest/gtest.h>

namespace nbo::ctl {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::StatusOr<absl::TimeZone> zone = LoadZone(name);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return zone.value_or(absl::UTCTimeZone());
}

std::string Utc(absl::Time time) { return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()); }

// "UTC time / offset", or the error.
std::string Parsed(absl::string_view text, const absl::TimeZone& zone) {
  const absl::StatusOr<ReceiptTime> time = ParseReceiptTime(text, zone);
  if (!time.ok()) return std::string(time.status().message());
  return Utc(time->time) + " / " + std::to_string(time->utc_offset_minutes);
}

TEST(TimeParsingTest, ReadsTheFormsThatExportsUse) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(Parsed("2017-01-28 14:06:53", utc), "2017-01-28T14:06:53+00:00 / 0");
  EXPECT_EQ(Parsed("2017-01-28T14:06", utc), "2017-01-28T14:06:00+00:00 / 0");
  EXPECT_EQ(Parsed("2017-01-28T14:06:53.25Z", utc), "2017-01-28T14:06:53.25+00:00 / 0");
  EXPECT_EQ(Parsed("2017-01-28T14:06:53+02:00", utc), "2017-01-28T12:06:53+00:00 / 120");
  EXPECT_EQ(Parsed("2017-01-28 23:30-03:30", utc), "2017-01-29T03:00:00+00:00 / -210");
  EXPECT_EQ(Parsed("2017-01-28", utc), "2017-01-28T12:00:00+00:00 / 0");
}

TEST(TimeParsingTest, TakesTheOffsetOfLocalTimesFromTheZone) {
  const absl::TimeZone london = Zone("Europe/London");
  EXPECT_EQ(Parsed("2011-01-28 08:26:00", london), "2011-01-28T08:26:00+00:00 / 0");
  EXPECT_EQ(Parsed("2011-07-28 08:26:00", london), "2011-07-28T07:26:00+00:00 / 60");
  EXPECT_EQ(Parsed("2011-07-28 08:26:00Z", london), "2011-07-28T08:26:00+00:00 / 0");
}

TEST(TimeParsingTest, RefusesTimesThatDoNotExist) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  for (const char* text : {"2017-02-30", "2017-13-01", "2017-01-28 24:00:00", "2017-01-28 10:60"}) {
    EXPECT_EQ(Parsed(text, utc), "is not a date or time of day that exists") << text;
  }
  for (const char* text : {"28.01.2017", "1485612413", "2017-01-28 14", "2017-01-28 14:06:53 PM", "2017-1-28",
                           "2017-01-28T14:06:53+15:00", "2017-01-28T14:06:53+0200", "2017-01-28 14:06:53."}) {
    EXPECT_EQ(Parsed(text, utc), "is not a time such as 2017-01-28 14:06:53 or 2017-01-28T14:06:53+01:00") << text;
  }
  EXPECT_EQ(Parsed("", utc), "is empty");
}

TEST(TimeParsingTest, ShiftKeepsTheLocalHourAcrossDaylightSaving) {
  const absl::TimeZone london = Zone("Europe/London");
  const ReceiptTime winter = *ParseReceiptTime("2011-01-05 08:26:00", london);
  const ReceiptTime summer = ShiftWeeks(winter, 26, london);
  EXPECT_EQ(Utc(summer.time), "2011-07-06T07:26:00+00:00");
  EXPECT_EQ(summer.utc_offset_minutes, 60);
  EXPECT_EQ(Utc(ShiftWeeks(summer, -26, london).time), Utc(winter.time));
}

TEST(TimeParsingTest, ShiftKeepsAnOffsetThatTheTextNamed) {
  const absl::TimeZone london = Zone("Europe/London");
  const ReceiptTime shifted = ShiftWeeks(*ParseReceiptTime("2011-01-05T08:26:00+01:00", london), 26, london);
  EXPECT_EQ(Utc(shifted.time), "2011-07-06T07:26:00+00:00");
  EXPECT_EQ(shifted.utc_offset_minutes, 60);
}

TEST(TimeParsingTest, WeeksUntilNowMovesTheLastReceiptIntoTheLastSevenDays) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::Time now = *ParseRfc3339("2026-11-22T22:00:00Z");
  for (const char* last : {"2017-12-31 23:59:59", "2017-01-01", "2026-11-22 22:00:00", "2026-11-22 22:00:01",
                           "2026-11-15 22:00:00", "2026-11-15 21:59:59", "2030-05-05", "1971-01-01"}) {
    const ReceiptTime time = *ParseReceiptTime(last, utc);
    const absl::Time moved = ShiftWeeks(time, WeeksUntilNow(time, now, utc), utc).time;
    EXPECT_LE(moved, now) << last;
    EXPECT_GT(moved, now - absl::Hours(7 * 24)) << last;
  }
  EXPECT_EQ(WeeksUntilNow(*ParseReceiptTime("2026-11-22 22:00:00", utc), now, utc), 0);
  EXPECT_EQ(WeeksUntilNow(*ParseReceiptTime("2026-11-22 22:00:01", utc), now, utc), -1);
  EXPECT_EQ(WeeksUntilNow(*ParseReceiptTime("2026-11-15 22:00:00", utc), now, utc), 1);
}

TEST(TimeParsingTest, NamesAZoneThatIsNotKnown) {
  EXPECT_FALSE(LoadZone("Mars/Olympus").ok());
  EXPECT_FALSE(ParseRfc3339("yesterday").ok());
}

}  // namespace
}  // namespace nbo::ctl
