#include "core/propensity/belief.h"

#include <gtest/gtest.h>

#include <random>

namespace nbo {
namespace {

// Gelman et al., Bayesian Data Analysis, 3rd ed., section 5.1: tumors in rats, Beta(1.4, 8.6) and 4 of 14.
TEST(RateBelief, OfTheRatsWithTumors) {
  const RateBelief after = Update({1.4 / 10, 10}, 14, 4);
  EXPECT_DOUBLE_EQ(after.mean * after.evidence, 5.4);
  EXPECT_DOUBLE_EQ((1 - after.mean) * after.evidence, 18.6);
  EXPECT_DOUBLE_EQ(after.evidence, 24);
}

// The book's mean 0.223 and deviation 0.083 are those before (1.4, 8.6) was rounded: of the Beta with the mean 0.136
// and the deviation 0.103 of the 70 earlier groups.
TEST(RateBelief, OfTheRatsWithTumorsToThreeDigits) {
  const double mean = 0.136, deviation = 0.103;
  const RateBelief prior{mean, mean * (1 - mean) / (deviation * deviation) - 1};
  EXPECT_NEAR(prior.mean * prior.evidence, 1.4, 0.05);
  EXPECT_NEAR((1 - prior.mean) * prior.evidence, 8.6, 0.15);
  EXPECT_NEAR(prior.Deviation(), 0.103, 1e-12);
  const RateBelief after = Update(prior, 14, 4);
  EXPECT_NEAR(after.mean, 0.223, 0.0005);
  EXPECT_NEAR(after.Deviation(), 0.083, 0.0005);
}

// The same book, section 2.4: 437 girls of 980 births with placenta previa, uniform prior.
TEST(RateBelief, OfTheGirlsBornWithPlacentaPrevia) {
  const RateBelief after = Update({0.5, 2}, 980, 437);
  EXPECT_DOUBLE_EQ(after.mean * after.evidence, 438);
  EXPECT_DOUBLE_EQ((1 - after.mean) * after.evidence, 544);
  EXPECT_NEAR(after.mean, 0.446, 0.0005);
  EXPECT_NEAR(after.Deviation(), 0.016, 0.0005);
}

// Its table 2.1: the surer the prior of 0.485, the nearer to it the posterior, whose median is the mean to three
// digits.
TEST(RateBelief, LeansOnThePriorTheSurerItIs) {
  struct Line {
    double evidence, median;
  };
  for (const Line& line : {Line{2, 0.446}, {5, 0.446}, {10, 0.446}, {20, 0.447}, {100, 0.450}, {200, 0.453}}) {
    EXPECT_NEAR(Update({0.485, line.evidence}, 980, 437).mean, line.median, 0.0005) << line.evidence;
  }
}

TEST(RateBelief, WithoutTrialsIsThePriorToTheLastBit) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const RateBelief prior{std::uniform_real_distribution<>(0, 1)(random), 1 + 0.1 * i};
    EXPECT_EQ(Update(prior, 0, 0), prior);
  }
}

TEST(RateBelief, WithManyTrialsIsTheirRate) {
  EXPECT_NEAR(Update({0.9, 20}, 100'000'000, 12'345'678).mean, 0.12345678, 1e-6);
}

TEST(RateBelief, LiesBetweenPriorAndRateAndGrowsWithSuccesses) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const double p = std::uniform_real_distribution<>(0, 1)(random);
    const int64_t trials = 1 + static_cast<int64_t>(random() % (i % 2 == 0 ? 10 : 1'000'000));
    const int64_t successes = static_cast<int64_t>(random() % static_cast<uint64_t>(trials));
    const double rate = static_cast<double>(successes) / static_cast<double>(trials);
    const RateBelief after = Update({i % 7 == 0 ? rate : p, 20}, trials, successes);
    EXPECT_GE(after.mean, std::min(i % 7 == 0 ? rate : p, rate)) << i;
    EXPECT_LE(after.mean, std::max(i % 7 == 0 ? rate : p, rate)) << i;
    EXPECT_LT(after.mean, Update({i % 7 == 0 ? rate : p, 20}, trials, successes + 1).mean) << i;
    EXPECT_EQ(after.evidence, 20 + static_cast<double>(trials));
  }
}

}  // namespace
}  // namespace nbo
