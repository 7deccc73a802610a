#include "core/rules/times.h"

#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

std::string Timestamp(absl::string_view text) {
  const Value value = ParseTimestamp(text);
  return value.is_error() ? value.ToString() : FormatTimestamp(value);
}

std::string Duration(absl::string_view text) {
  const Value value = ParseDuration(text);
  return value.is_error() ? value.ToString() : FormatDuration(value);
}

const std::string kBad = Value::Error(EvalError::kBadConversion).ToString();
const std::string kRange = Value::Error(EvalError::kTimeOutOfRange).ToString();

TEST(TimesTest, ReadsAndWritesTimestamps) {
  EXPECT_EQ(Timestamp("2009-02-13T23:31:30Z"), "2009-02-13T23:31:30Z");
  EXPECT_EQ(Timestamp("2009-02-13T23:31:30.120Z"), "2009-02-13T23:31:30.12Z");
  EXPECT_EQ(Timestamp("2009-02-13T23:31:30.123456789+01:30"), "2009-02-13T22:01:30.123456789Z");
  EXPECT_EQ(Timestamp("1969-12-31T23:59:59.9-00:30"), "1970-01-01T00:29:59.9Z");
  EXPECT_EQ(Timestamp("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(Timestamp("9999-12-31T23:59:59.999999999Z"), "9999-12-31T23:59:59.999999999Z");
  EXPECT_EQ(Timestamp("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z");
  for (const absl::string_view bad :
       {"", "2009", "2009-02-13", "2009-02-13T23:31:30", "2009-02-13 23:31:30Z", "2009-02-13T23:31:30.Z",
        "2009-02-13T23:31:30.1234567890Z", "2009-13-13T23:31:30Z", "2009-02-30T23:31:30Z", "2009-02-13T24:00:00Z",
        "2009-02-13T23:60:00Z", "2009-02-13T23:59:60Z", "2009-02-13T23:31:30+24:00", "2009-02-13T23:31:30Z ",
        "2009-02-13T23:31:30z", "+009-02-13T23:31:30Z", "10000-01-01T00:00:00Z"}) {
    EXPECT_EQ(Timestamp(bad), kBad) << bad;
  }
  EXPECT_EQ(Timestamp("0000-12-31T23:59:59Z"), kRange);
  EXPECT_EQ(Timestamp("0001-01-01T00:00:00+00:01"), kRange);
  EXPECT_EQ(Timestamp("9999-12-31T23:59:59-00:01"), kRange);
}

TEST(TimesTest, ReadsAndWritesDurations) {
  EXPECT_EQ(Duration("1000000s"), "1000000s");
  EXPECT_EQ(Duration("1h30m"), "5400s");
  EXPECT_EQ(Duration("-1.5h"), "-5400s");
  EXPECT_EQ(Duration("+250ms"), "0.25s");
  EXPECT_EQ(Duration("-250ms"), "-0.25s");
  EXPECT_EQ(Duration("-1s750ms"), "-1.75s");
  EXPECT_EQ(Duration("1us1\xC2\xB5s1ns"), "0.000002001s");
  EXPECT_EQ(Duration(".5s"), "0.5s");
  EXPECT_EQ(Duration("0"), "0s");
  EXPECT_EQ(Duration("-0s"), "0s");
  EXPECT_EQ(Duration("0.000000000000000000000000001s"), "0s");
  for (const absl::string_view bad : {"", "s", "1", "1d", "1h 30m", "1.s2", "--1s", "1e3s", ".s", "-", "1S"}) {
    EXPECT_EQ(Duration(bad), kBad) << bad;
  }
  EXPECT_EQ(Duration("315576000000s"), "315576000000s");
  EXPECT_EQ(Duration("-315576000000s"), "-315576000000s");
  EXPECT_EQ(Duration("315576000000.000000001s"), kRange);
  EXPECT_EQ(Duration("-315576000001s"), kRange);
  EXPECT_EQ(Duration("99999999999999999999999999999999h"), kRange);
}

TEST(TimesTest, TakesTimesOfTheLibrary) {
  const absl::Time time = absl::FromUnixSeconds(-1) + absl::Milliseconds(250);
  EXPECT_EQ(FormatTimestamp(TimestampOf(time)), "1969-12-31T23:59:59.25Z");
  EXPECT_TRUE(TimestampOf(absl::InfiniteFuture()).is_error());
  EXPECT_TRUE(TimestampOf(absl::InfinitePast()).is_error());
  EXPECT_EQ(FormatDuration(DurationOf(absl::Milliseconds(-1500))), "-1.5s");
  EXPECT_TRUE(DurationOf(absl::InfiniteDuration()).is_error());
  EXPECT_TRUE(DurationOf(-absl::InfiniteDuration()).is_error());
}

TEST(TimesTest, FindsZonesByNameAndOffset) {
  absl::TimeZone zone;
  for (const absl::string_view name : {"UTC", "Europe/Berlin", "America/St_Johns", "+01:00", "1:00", "-09:30"}) {
    EXPECT_TRUE(FindTimeZone(name, &zone)) << name;
  }
  for (const absl::string_view name :
       {"", "Mars", "localtime", "file:/etc/localtime", "libc:UTC", "../etc/passwd", "/etc/localtime", "+25:00",
        "+01:60", "+1:0", "01:000", ":00", "+", "-", "Europe/Berlin\n"}) {
    EXPECT_FALSE(FindTimeZone(name, &zone)) << name;
  }
  EXPECT_FALSE(FindTimeZone(std::string(100, 'A'), &zone));
}

class TimesInRulesTest : public RuleTest {
 protected:
  std::string Any(absl::string_view text) const { return Result(text, Type::kAny); }
};

TEST_F(TimesInRulesTest, TellsThePartsOfAMoment) {
  EXPECT_EQ(Any("[now.getFullYear(), now.getMonth(), now.getDate(), now.getDayOfMonth(), now.getDayOfWeek(), "
                "now.getDayOfYear(), now.getHours(), now.getMinutes(), now.getSeconds(), now.getMilliseconds()]"),
            "[2026, 0, 2, 1, 5, 1, 15, 0, 0, 500]");
  EXPECT_EQ(Any("[now.getHours('Asia/Kathmandu'), now.getMinutes('Asia/Kathmandu'), now.getDate('+09:30')]"),
            "[20, 45, 3]");
}

TEST_F(TimesInRulesTest, KnowsSummerTime) {
  slots_[now_] = ParseTimestamp("2026-03-29T00:59:59Z");
  EXPECT_EQ(Any("now.getHours('Europe/Berlin')"), "1");
  EXPECT_EQ(Any("(now + duration('1s')).getHours('Europe/Berlin')"), "3");
  slots_[now_] = ParseTimestamp("2026-10-25T00:30:00Z");
  EXPECT_EQ(Any("[now.getHours('Europe/Berlin'), (now + duration('1h')).getHours('Europe/Berlin')]"), "[2, 2]");
}

TEST_F(TimesInRulesTest, TakesAZoneThatOnlyTheRequestKnows) {
  slots_[channel_] = Value::String("America/New_York");
  EXPECT_EQ(Any("now.getHours(request.channel)"), "10");
  slots_[channel_] = Value::String("Mars");
  EXPECT_EQ(Any("now.getHours(request.channel)"), ErrorText(EvalError::kBadTimeZone));
}

TEST_F(TimesInRulesTest, CalculatesWithTimes) {
  EXPECT_EQ(Any("now + duration('36h')"), "timestamp(\"2026-01-04T03:00:00.5Z\")");
  EXPECT_EQ(Any("duration('-1ns') + now"), "timestamp(\"2026-01-02T15:00:00.499999999Z\")");
  EXPECT_EQ(Any("now - timestamp('2026-01-01T00:00:00Z')"), "duration(\"140400.5s\")");
  EXPECT_EQ(Any("timestamp(0) - now < duration('0s')"), "true");
  EXPECT_EQ(Any("duration('1s') - duration('2.25s') + duration('500ms')"), "duration(\"-0.75s\")");
  EXPECT_EQ(Any("now + duration('300000000000s')"), ErrorText(EvalError::kTimeOutOfRange));
  EXPECT_EQ(Any("now - timestamp('1700-01-01T00:00:00Z')"), ErrorText(EvalError::kTimeOutOfRange));
  EXPECT_EQ(Any("int(now) + int(timestamp(int(now)))"), "3534732000");
  EXPECT_EQ(Any("timestamp(customer.recency_days * 1000000000000)"), ErrorText(EvalError::kTimeOutOfRange));
}

TEST_F(TimesInRulesTest, ComparesTimes) {
  EXPECT_TRUE(
      IsTrue("now > timestamp('2026-01-02T15:00:00.499999999Z') && now <= timestamp('2026-01-02T15:00:00.5Z')"));
  EXPECT_TRUE(IsTrue("now == timestamp('2026-01-02T16:00:00.5+01:00') && now != timestamp(0)"));
  EXPECT_TRUE(IsTrue("duration('-1.5s') < duration('-1.25s') && duration('60s') == duration('1m')"));
  EXPECT_TRUE(IsTrue("now in [timestamp(0), now] && now - now in [duration('0s')]"));
}

TEST_F(TimesInRulesTest, TellsThePartsOfADuration) {
  EXPECT_EQ(Any("[duration('-90.5m').getHours(), duration('-90.5m').getMinutes(), duration('-90.5m').getSeconds()]"),
            "[-1, -90, -5430]");
  EXPECT_EQ(Any("[duration('-1.2345s').getMilliseconds(), duration('-1.2345s').getSeconds()]"), "[-234, -1]");
  EXPECT_EQ(Any("(now - timestamp(0)).getHours()"), "490935");
}

}  // namespace
}  // namespace nbo::rules
