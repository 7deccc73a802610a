#include "core/base/civil.h"

#include <gtest/gtest.h>

namespace nbo {
namespace {

absl::Time Utc(int y, int m, int d, int hh, int mm, int ss) {
  return absl::FromCivil(absl::CivilSecond(y, m, d, hh, mm, ss), absl::UTCTimeZone());
}

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name << ": is tzdata installed?";
  return zone;
}

TEST(Day, CountsFromTheFirstOfJanuary1970) {
  EXPECT_EQ(DayOf(absl::CivilDay(1970, 1, 1)), 0);
  EXPECT_EQ(DayOf(absl::CivilDay(1969, 12, 31)), -1);
  EXPECT_EQ(DayOf(absl::CivilDay(2000, 3, 1)), 11017);  // after a leap day of a century divisible by 400
}

TEST(DayAtOffset, ChangesExactlyAtUtcMidnight) {
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 23, 59, 59), 0), DayOf(absl::CivilDay(2024, 5, 1)));
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 2, 0, 0, 0), 0), DayOf(absl::CivilDay(2024, 5, 2)));
}

TEST(DayAtOffset, ReachesTheNextDayEastAndTheOneBeforeWest) {
  const Day day = DayOf(absl::CivilDay(2024, 5, 1));
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 22, 29, 59), 90), day);
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 22, 30, 0), 90), day + 1);
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 1, 30, 0), -90), day);
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 1, 29, 59), -90), day - 1);
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 12, 0, 0), 14 * 60), day + 1);
  EXPECT_EQ(DayAtOffset(Utc(2024, 5, 1, 12, 0, 0), -14 * 60), day - 1);
}

TEST(DayAtOffset, RoundsDownBefore1970) {
  EXPECT_EQ(DayAtOffset(absl::FromUnixSeconds(0), 0), 0);
  EXPECT_EQ(DayAtOffset(absl::FromUnixSeconds(-1), 0), -1);
  EXPECT_EQ(DayAtOffset(absl::FromUnixSeconds(-86'400), 0), -1);
  EXPECT_EQ(DayAtOffset(absl::FromUnixSeconds(-86'401), 0), -2);
  EXPECT_EQ(DayAtOffset(absl::FromUnixSeconds(0), -1), -1) << "one minute west of Greenwich it is still 1969";
  EXPECT_EQ(DayAtOffset(absl::FromUnixMillis(-1), 0), -1) << "part of a second before";
}

TEST(DayIn, FollowsTheZoneThroughSummerTime) {
  const absl::TimeZone berlin = Zone("Europe/Berlin");
  // 23:30 UTC is 00:30 in winter and 01:30 in summer; 22:30 UTC is the same day in winter, the next in summer.
  EXPECT_EQ(DayIn(Utc(2024, 1, 10, 22, 30, 0), berlin), DayOf(absl::CivilDay(2024, 1, 10)));
  EXPECT_EQ(DayIn(Utc(2024, 7, 10, 22, 30, 0), berlin), DayOf(absl::CivilDay(2024, 7, 11)));
}

TEST(StartOfDay, IsTheFirstInstantOfTheDay) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu"}) {
    const absl::TimeZone zone = Zone(name);
    for (Day day = DayOf(absl::CivilDay(2024, 1, 1)); day < DayOf(absl::CivilDay(2025, 1, 1)); ++day) {
      const absl::Time start = StartOfDay(day, zone);
      ASSERT_EQ(DayIn(start, zone), day) << name;
      ASSERT_EQ(DayIn(start - absl::Nanoseconds(1), zone), day - 1) << name;
    }
  }
}

TEST(StartOfDay, IsTheJumpWhereSummerTimeSkipsMidnight) {
  const absl::TimeZone sao_paulo = Zone("America/Sao_Paulo");
  const Day day = DayOf(absl::CivilDay(2017, 10, 15));  // 00:00 became 01:00
  EXPECT_EQ(DayIn(StartOfDay(day, sao_paulo), sao_paulo), day);
  EXPECT_EQ(DayIn(StartOfDay(day, sao_paulo) - absl::Seconds(1), sao_paulo), day - 1);
}

}  // namespace
}  // namespace nbo
