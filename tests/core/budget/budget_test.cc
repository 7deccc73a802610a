#include "core/budget/budget.h"

#include <gtest/gtest.h>

namespace nbo {
namespace {

TEST(Budget, TheEndOfAHoldIsRoundedUpToAWholeMinute) {
  EXPECT_EQ(HoldMinute(absl::FromUnixSeconds(120)), 2);
  EXPECT_EQ(HoldMinute(absl::FromUnixMicros(120'000'001)), 3);
  EXPECT_EQ(HoldMinute(absl::FromUnixMicros(179'999'999)), 3);
  EXPECT_EQ(HoldMinute(absl::FromUnixMicros(-1)), 0);
  EXPECT_EQ(HoldMinute(absl::FromUnixSeconds(-61)), -1);
}

TEST(Budget, AHoldIsOverWhenItsMinuteBegins) {
  EXPECT_EQ(OverMinute(absl::FromUnixMicros(179'999'999)), 2);
  EXPECT_EQ(OverMinute(absl::FromUnixSeconds(180)), 3);
  EXPECT_EQ(OverMinute(absl::FromUnixMicros(-1)), -1);
  for (int64_t end_us : {0, 1, 59'999'999, 60'000'000, 60'000'001}) {
    const absl::Time end = absl::FromUnixMicros(end_us);
    EXPECT_GT(HoldMinute(end), OverMinute(end - absl::Microseconds(1))) << end_us << ": over too early";
    EXPECT_LE(HoldMinute(end), OverMinute(end + absl::Minutes(1))) << end_us << ": over too late";
  }
}

TEST(Budget, TheEndsOfTimeAreMinutes) {
  EXPECT_EQ(HoldMinute(absl::InfinitePast()), INT32_MIN);
  EXPECT_EQ(OverMinute(absl::InfinitePast()), INT32_MIN);
  EXPECT_EQ(HoldMinute(absl::InfiniteFuture()), INT32_MAX);
}

TEST(Budget, ThePartOfTheSupplierIsRoundedHalfAwayFromZero) {
  EXPECT_EQ(PartOf(101, ShareMillionths(0.5)), 51);
  EXPECT_EQ(PartOf(-101, ShareMillionths(0.5)), -51);
  EXPECT_EQ(PartOf(100, ShareMillionths(0.333333)), 33);
  EXPECT_EQ(PartOf(3, ShareMillionths(0.1)), 0);
  EXPECT_EQ(PartOf(5, ShareMillionths(0.1)), 1) << "0.5";
  EXPECT_EQ(PartOf(1'000'000'000'000, kWholeShare), 1'000'000'000'000) << "the largest receipt";
  EXPECT_EQ(PartOf(-1'000'000'000'000, kWholeShare), -1'000'000'000'000);
  EXPECT_EQ(PartOf(12'345, 0), 0);
}

TEST(Budget, SharesThatBinaryFractionsMissAreExact) {
  for (int percent = 0; percent <= 100; ++percent) EXPECT_EQ(ShareMillionths(percent / 100.0), percent * 10'000);
}

TEST(Budget, WhatRemainsIsNeverNegative) {
  BudgetFigures figures;
  EXPECT_EQ(figures.remaining_count(), kNoLimit);
  figures.limits = {10, 500, kNoLimit};
  figures.spent_count = 4;
  figures.held_count = 3;
  figures.spent_minor = 450;
  figures.held_minor = 60;
  EXPECT_EQ(figures.remaining_count(), 3);
  EXPECT_EQ(figures.remaining_minor(), 0);
}

}  // namespace
}  // namespace nbo
