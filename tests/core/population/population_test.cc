#include "core/population/population.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace nbo {
namespace {

using ::testing::ElementsAre;

constexpr Day kDay = 13'513;  // 2006-12-31

// Ten customers: i came i * 10 days ago, i times, and left i * 10.50.
Population Ten() {
  PopulationBuilder builder;
  for (int i = 10; i >= 1; --i) builder.Add({i * 10, i, i * 1050});
  return builder.Build(kDay, 100);
}

CustomerFeatures FeaturesOf(int recency_days, int64_t frequency, int64_t revenue_minor) {
  CustomerFeatures features;
  features.recency_days = recency_days;
  features.windows[kLifetimeWindow] = {frequency, revenue_minor, 0};
  return features;
}

TEST(Population, ComputesBoundsAndCells) {
  const Population population = Ten();
  EXPECT_EQ(population.as_of_day, kDay);
  EXPECT_EQ(population.customers, 10);
  // Quantiles 28, 46, 64, 82 and a day; 2.8, 4.6, 6.4, 8.2 and a visit; 29.40, 48.30, 67.20, 86.10 and 1.00.
  EXPECT_THAT(population.recency_days.lower_fifths, ElementsAre(145, 235, 325, 415));
  EXPECT_THAT(population.frequency.lower_fifths, ElementsAre(19, 28, 37, 46));
  EXPECT_THAT(population.revenue_minor.lower_fifths, ElementsAre(15'200, 24'650, 34'100, 43'550));
  // Frequency: 1..3 score 1, 4 and 5 score 2, ... Recency: 10 and 20 days score 5, ...
  const RfmTotals& third = population.cells[RfmScores{4, 1, 2}.Cell()];
  EXPECT_EQ(third.customers, 1) << "30 days, 3 visits, 31.50";
  EXPECT_EQ(third.orders, 3);
  EXPECT_EQ(third.revenue_minor, 3150);
  const RfmTotals& first_two = population.cells[RfmScores{5, 1, 1}.Cell()];
  EXPECT_EQ(first_two.customers, 2);
  EXPECT_EQ(first_two.orders, 3);
  EXPECT_EQ(first_two.revenue_minor, 3150);
  RfmTotals all;
  for (const RfmTotals& cell : population.cells) all.Add(cell);
  EXPECT_EQ(all.customers, 10);
  EXPECT_EQ(all.orders, 55);
  EXPECT_EQ(all.revenue_minor, 57'750);
}

TEST(Population, TheUnitOfMoneyIsAMajorOne) {
  PopulationBuilder builder;
  for (int64_t revenue_minor : {25'400, 25'500, 25'600, 25'700, 25'800, 25'900}) builder.Add({1, 1, revenue_minor});
  const Population population = builder.Build(kDay, 100);
  EXPECT_EQ(population.ScoresOf({1, 1, 25'599}).monetary, 1) << "the quantile is 255.00, the bound 256.00";
  EXPECT_EQ(population.ScoresOf({1, 1, 25'600}).monetary, 2);
}

TEST(Population, ScoresACustomerAsOfItsOwnDay) {
  const Population population = Ten();
  RfmScores scores = ScoresOf(&population, FeaturesOf(30, 3, 3150), kDay);
  EXPECT_EQ(scores.Cell(), (RfmScores{4, 1, 2}.Cell()));
  scores = ScoresOf(&population, FeaturesOf(40, 3, 3150), kDay + 10);
  EXPECT_EQ(scores.recency, 4) << "ten days on and no visit: the score stays until the next population";
  scores = ScoresOf(&population, FeaturesOf(0, 4, 4000), kDay + 10);
  EXPECT_EQ(scores.recency, 5) << "has come since";
  EXPECT_EQ(scores.frequency, 2);
}

TEST(Population, ScoresNobodyWithoutAVisitOrAPopulation) {
  const Population population = Ten();
  EXPECT_FALSE(ScoresOf(&population, CustomerFeatures(), kDay).known());
  EXPECT_FALSE(ScoresOf(nullptr, FeaturesOf(1, 1, 1), kDay).known());
  const Population empty = PopulationBuilder().Build(kDay, 100);
  EXPECT_EQ(empty.customers, 0);
  EXPECT_FALSE(ScoresOf(&empty, FeaturesOf(1, 1, 1), kDay).known());
}

TEST(Population, ABuilderCanBeUsedAgain) {
  PopulationBuilder builder;
  builder.Add({1, 1, 1});
  EXPECT_EQ(builder.Build(kDay, 100).customers, 1);
  EXPECT_EQ(builder.Build(kDay, 100).customers, 0);
}

TEST(Population, SizesOfAnyDefinitionAreSumsOfCells) {
  const Population population = Ten();
  const RfmSegmentation late_and_rest({{"late", "Late", {1, 2}, {}, {}}});
  const std::vector<RfmTotals> sizes = SegmentSizes(population, late_and_rest);
  ASSERT_EQ(sizes.size(), 2u);
  EXPECT_EQ(sizes[0].customers, 4) << "70 to 100 days";
  EXPECT_EQ(sizes[0].orders, 34);
  EXPECT_EQ(sizes[0].revenue_minor, 35'700);
  EXPECT_EQ(sizes[1].customers, 6);
}

TEST(RfmTotals, RevenueStopsAtItsEnds) {
  constexpr int64_t kMost = 1'000'000'000'000'000'000;
  RfmTotals rich, poor;
  for (int i = 0; i < 20; ++i) {
    rich.Add({1, 1, kMost});
    poor.Add({1, 1, -kMost});
  }
  EXPECT_EQ(rich.revenue_minor, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(poor.revenue_minor, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(rich.customers, 20);
}

}  // namespace
}  // namespace nbo
