#include "core/population/rfm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

QuintileBounds BoundsOf(std::vector<int64_t> values, int64_t unit = 0) {
  return SelectQuintiles(values.begin(), values.end(), unit, [](int64_t value) { return value; });
}
std::vector<double> Lowers(const QuintileBounds& bounds) {
  return {bounds.Lower(2), bounds.Lower(3), bounds.Lower(4), bounds.Lower(5)};
}

TEST(SelectQuintiles, GivesTheQuantilesThatRGives) {
  // quantile(x, c(.2, .4, .6, .8)) of R.
  EXPECT_THAT(Lowers(BoundsOf({10, 9, 8, 7, 6, 5, 4, 3, 2, 1})), ElementsAre(2.8, 4.6, 6.4, 8.2));
  EXPECT_THAT(Lowers(BoundsOf({1, 2, 4, 8, 16, 32})), ElementsAre(2, 4, 8, 16));
  EXPECT_THAT(Lowers(BoundsOf({100, 1})), ElementsAre(20.8, 40.6, 60.4, 80.2));
  EXPECT_THAT(Lowers(BoundsOf({-5, 5, 0})), ElementsAre(-3, -1, 1, 3));
  EXPECT_THAT(Lowers(BoundsOf({7})), ElementsAre(7, 7, 7, 7));
  EXPECT_THAT(Lowers(BoundsOf({})), ElementsAre(0, 0, 0, 0));
}

TEST(SelectQuintiles, AddsTheUnit) {
  EXPECT_THAT(Lowers(BoundsOf({1, 2, 4, 8, 16, 32}, 1)), ElementsAre(3, 5, 9, 17));
  EXPECT_THAT(Lowers(BoundsOf({100, 1}, 100)), ElementsAre(120.8, 140.6, 160.4, 180.2));
}

TEST(SelectQuintiles, EqualsASortOfRandomValuesWithTies) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<int64_t> values(1 + random() % 60);
    for (int64_t& value : values) value = static_cast<int64_t>(random() % 40) - 20;
    const QuintileBounds bounds = BoundsOf(values, 1);
    std::sort(values.begin(), values.end());
    std::vector<int64_t> wanted;
    for (size_t k = 1; k < 5; ++k) {
      const size_t at = (values.size() - 1) * k;
      const int64_t low = values[at / 5], high = values[std::min(at / 5 + 1, values.size() - 1)];
      wanted.push_back(5 * low + static_cast<int64_t>(at % 5) * (high - low) + 5);
    }
    ASSERT_THAT(bounds.lower_fifths, ElementsAreArray(wanted)) << "round " << round;
  }
}

TEST(SelectQuintiles, HoldsTheLargestRevenueThereIs) {
  constexpr int64_t kMost = 1'000'000'000'000'000'000;
  EXPECT_THAT(Lowers(BoundsOf({kMost, kMost, -kMost, -kMost}, 10'000)),
              ElementsAre(-1e18 + 1e4, -6e17 + 1e4, 6e17 + 1e4, 1e18 + 1e4));
}

TEST(QuintileBounds, TheLowerBoundBelongsToTheScoreTheUpperToTheNext) {
  const QuintileBounds bounds{{20, 40, 61, 80}};  // 4, 8, 12.2, 16
  const std::pair<int64_t, int> scores[] = {{-9, 1}, {3, 1},  {4, 2},  {7, 2},  {8, 3},
                                            {12, 3}, {13, 4}, {15, 4}, {16, 5}, {1'000'000'000'000'000'000, 5}};
  for (const auto& [value, score] : scores) EXPECT_EQ(bounds.ScoreOf(value), score) << value;
}

TEST(QuintileBounds, WhereBoundsAreEqualTheScoreBetweenThemIsGivenToNobody) {
  const QuintileBounds bounds = BoundsOf({1, 1, 1, 1, 1, 2, 2, 3, 9, 9, 9}, 1);  // quantiles 1, 1, 2, 9
  EXPECT_THAT(bounds.lower_fifths, ElementsAre(10, 10, 15, 50));
  EXPECT_EQ(bounds.ScoreOf(1), 1);
  EXPECT_EQ(bounds.ScoreOf(2), 3);
  EXPECT_EQ(bounds.ScoreOf(3), 4);
  EXPECT_EQ(bounds.ScoreOf(9), 4) << "on a quantile: the lower score";
}

TEST(RfmValuesOf, NeedsAVisit) {
  CustomerFeatures features;
  EXPECT_FALSE(RfmValuesOf(features).has_value());
  features.windows[kLifetimeWindow] = {3, 1234, 0};
  EXPECT_FALSE(RfmValuesOf(features).has_value()) << "all visits lie after the day";
  features.recency_days = 7;
  const auto values = RfmValuesOf(features);
  ASSERT_TRUE(values.has_value());
  EXPECT_EQ(values->recency_days, 7);
  EXPECT_EQ(values->frequency, 3);
  EXPECT_EQ(values->revenue_minor, 1234);
}

TEST(RfmScores, EveryCellHasItsScores) {
  for (int cell = 0; cell < kRfmCells; ++cell) {
    const RfmScores scores = RfmScores::OfCell(cell);
    ASSERT_EQ(scores.Cell(), cell);
    for (int score : {scores.recency, scores.frequency, scores.monetary}) ASSERT_TRUE(score >= 1 && score <= 5);
  }
  EXPECT_FALSE(RfmScores().known());
}

std::string SegmentOf(const RfmSegmentation& segmentation, int recency, int frequency, int monetary) {
  return segmentation.segments()[segmentation.PositionOf({recency, frequency, monetary})].name;
}

TEST(RfmSegmentation, ThePublishedSegmentsHoldInTheirOrder) {
  const RfmSegmentation published;
  ASSERT_EQ(published.segments().size(), 11u);
  // Rows of the table published with the package.
  EXPECT_EQ(SegmentOf(published, 5, 5, 5), "Champions");
  EXPECT_EQ(SegmentOf(published, 3, 5, 5), "Potential Loyalist");
  EXPECT_EQ(SegmentOf(published, 3, 5, 4), "Potential Loyalist");
  EXPECT_EQ(SegmentOf(published, 1, 2, 2), "Lost");
  EXPECT_EQ(SegmentOf(published, 4, 1, 2), "New Customers");
  EXPECT_EQ(SegmentOf(published, 5, 2, 2), "New Customers");
  EXPECT_EQ(SegmentOf(published, 4, 2, 2), "Loyal Customers") << "before New Customers";
  EXPECT_EQ(SegmentOf(published, 1, 5, 5), "At Risk");
  EXPECT_EQ(SegmentOf(published, 1, 4, 5), "Can't Lose Them");
  EXPECT_EQ(SegmentOf(published, 2, 1, 5), "Others");
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(published.Reachable(i)) << i;
}

TEST(RfmSegmentation, ASegmentBehindAWiderOneIsNotReachable) {
  const RfmSegmentation segmentation({{"wide", "Wide", {2, 5}, {1, 5}, {1, 5}}, {"narrow", "Narrow", {3, 3}, {}, {}}});
  EXPECT_TRUE(segmentation.Reachable(0));
  EXPECT_FALSE(segmentation.Reachable(1));
  EXPECT_TRUE(segmentation.Reachable(2)) << "others";
  EXPECT_EQ(segmentation.segments()[2].id, kOtherRfmSegment);
}

}  // namespace
}  // namespace nbo
