#include "server/ctl/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace nbo::ctl {
namespace {

// The text in units of 10^-digits, or the error.
std::string Units(absl::string_view text, int digits) {
  const absl::StatusOr<Decimal> number = ParseDecimal(text);
  if (!number.ok()) return std::string(number.status().message());
  const absl::StatusOr<int64_t> units = ToUnits(*number, digits);
  return units.ok() ? std::to_string(*units) : std::string(units.status().message());
}

TEST(DecimalTest, ReadsMoneyExactly) {
  EXPECT_EQ(Units("1.59", 2), "159");
  EXPECT_EQ(Units("0.29", 2), "29");  // 28.999... in binary floating point
  EXPECT_EQ(Units("-12.5", 2), "-1250");
  EXPECT_EQ(Units("+.5", 2), "50");
  EXPECT_EQ(Units("3.", 2), "300");
  EXPECT_EQ(Units(" 7 ", 0), "7");
  EXPECT_EQ(Units("0", 2), "0");
  EXPECT_EQ(Units("-0.00", 2), "0");
}

TEST(DecimalTest, RoundsHalfAwayFromZero) {
  EXPECT_EQ(Units("0.005", 2), "1");
  EXPECT_EQ(Units("-0.005", 2), "-1");
  EXPECT_EQ(Units("0.004999999", 2), "0");
  EXPECT_EQ(Units("-1.235", 2), "-124");
  EXPECT_EQ(Units("1.5", 0), "2");
  EXPECT_EQ(Units("0.3505", 3), "351");
}

TEST(DecimalTest, UnderstandsTheExponentThatFloatingPointNoiseLeavesInExports) {
  EXPECT_EQ(Units("4.440892e-16", 2), "0");
  EXPECT_EQ(Units("1.5E3", 2), "150000");
  EXPECT_EQ(Units("12e-1", 1), "12");
}

TEST(DecimalTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"abc", "1,50", "1.2.3", "$5", "--1", ".", "-", "1e", "1e+", "1 2", "0x1", "nan", "1e 5"}) {
    EXPECT_EQ(Units(text, 2), "is not a decimal number such as 12.34") << text;
  }
  EXPECT_EQ(Units("", 2), "is empty");
  EXPECT_EQ(Units("  ", 2), "is empty");
}

TEST(DecimalTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(Units("9223372036854775807", 0), std::to_string(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(Units("-9223372036854775808", 0), std::to_string(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(Units("9223372036854775808", 0), "is too large");
  EXPECT_EQ(Units("92233720368547758.08", 2), "is too large");
  EXPECT_EQ(Units("1e40", 2), "is too large");
  EXPECT_EQ(Units("1e-40", 2), "has more than 30 digits");
  EXPECT_EQ(Units(std::string(31, '9'), 2), "has more than 30 digits");
}

TEST(DecimalTest, AddsAndMultipliesBeforeRounding) {
  const Decimal half_cent = *ParseDecimal("0.005");
  EXPECT_EQ(*ToUnits(*Add(half_cent, half_cent), 2), 1);
  EXPECT_EQ(*ToUnits(*Add(*ParseDecimal("1.1"), *ParseDecimal("-0.35")), 2), 75);
  EXPECT_EQ(*ToUnits(*Multiply(*ParseDecimal("3"), *ParseDecimal("0.335")), 2), 101);
  EXPECT_EQ(*ToUnits(*Multiply(*ParseDecimal("-6"), *ParseDecimal("2.55")), 2), -1530);
  const Decimal huge = *ParseDecimal(std::string(30, '9'));
  EXPECT_FALSE(Multiply(huge, huge).ok());
}

TEST(DecimalTest, FormatsUnitsForPeople) {
  EXPECT_EQ(FormatUnits(-1234, 2), "-12.34");
  EXPECT_EQ(FormatUnits(5, 2), "0.05");
  EXPECT_EQ(FormatUnits(0, 2), "0.00");
  EXPECT_EQ(FormatUnits(7, 0), "7");
  EXPECT_EQ(FormatUnits(std::numeric_limits<int64_t>::min(), 2), "-92233720368547758.08");
}

}  // namespace
}  // namespace nbo::ctl
