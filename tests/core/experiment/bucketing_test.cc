#include "core/experiment/bucketing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/core/experiment/published_vectors.h"

namespace nbo {
namespace {

std::vector<BucketRange> RangesOf(const rules::SmallJson& json) {
  std::vector<BucketRange> ranges;
  for (size_t i = 0; i < json.members.size(); ++i) {
    ranges.push_back({Number(At(At(json, i), 0)), Number(At(At(json, i), 1))});
  }
  return ranges;
}

TEST_F(PublishedVectors, Hash) {
  const rules::SmallJson& rows = Rows("hash");
  int checked = 0;
  for (size_t i = 0; i < rows.members.size(); ++i) {
    const rules::SmallJson& row = At(rows, i);
    const double version = Number(At(row, 2));
    if (version > 2) continue;  // "unknown version": not representable here
    const BucketHash hash = version == 1 ? BucketHash::kVersion1 : BucketHash::kVersion2;
    EXPECT_DOUBLE_EQ(BucketOf(At(row, 0).text, At(row, 1).text, hash), Number(At(row, 3))) << i;
    ++checked;
  }
  EXPECT_EQ(checked, 14);
}

TEST_F(PublishedVectors, BucketRanges) {
  const rules::SmallJson& rows = Rows("getBucketRange");
  for (size_t i = 0; i < rows.members.size(); ++i) {
    const rules::SmallJson& arguments = At(At(rows, i), 1);
    std::vector<double> weights;
    for (size_t w = 0; w < At(arguments, 2).members.size(); ++w) weights.push_back(Number(At(At(arguments, 2), w)));
    const auto ranges = BucketRanges(static_cast<int>(Number(At(arguments, 0))), Number(At(arguments, 1)), weights);
    const auto expected = RangesOf(At(At(rows, i), 2));
    ASSERT_EQ(ranges.size(), expected.size()) << i;
    for (size_t r = 0; r < ranges.size(); ++r) {
      EXPECT_NEAR(ranges[r].begin, expected[r].begin, 1e-9) << At(At(rows, i), 0).text;
      EXPECT_NEAR(ranges[r].end, expected[r].end, 1e-9) << At(At(rows, i), 0).text;
    }
  }
}

TEST_F(PublishedVectors, Variation) {
  const rules::SmallJson& rows = Rows("chooseVariation");
  for (size_t i = 0; i < rows.members.size(); ++i) {
    const rules::SmallJson& row = At(rows, i);
    EXPECT_EQ(ChooseVariation(Number(At(row, 1)), RangesOf(At(row, 2))), Number(At(row, 3))) << At(row, 0).text;
  }
}

TEST_F(PublishedVectors, Namespace) {
  const rules::SmallJson& rows = Rows("inNamespace");
  for (size_t i = 0; i < rows.members.size(); ++i) {
    const rules::SmallJson& row = At(rows, i);
    const rules::SmallJson& space = At(row, 2);
    const BucketNamespace own{At(space, 0).text, {Number(At(space, 1)), Number(At(space, 2))}};
    EXPECT_EQ(IsIn(own, At(row, 1).text), At(row, 3).text == "true") << At(row, 0).text;
  }
}

TEST_F(PublishedVectors, EqualWeights) {
  const rules::SmallJson& rows = Rows("getEqualWeights");
  for (size_t i = 0; i < rows.members.size(); ++i) {
    const auto ranges = BucketRanges(static_cast<int>(Number(At(At(rows, i), 0))), 1, {});
    const rules::SmallJson& expected = At(At(rows, i), 1);
    ASSERT_EQ(ranges.size(), expected.members.size());
    for (size_t r = 0; r < ranges.size(); ++r) {
      EXPECT_NEAR(ranges[r].end - ranges[r].begin, Number(At(expected, r)), 1e-8);
    }
  }
}

// Chi-squared of 100 equal cells over 100,000 ids has 99 degrees of freedom: above 148 with a chance of 0.1 %.
TEST(BucketingTest, SpreadsIdsEvenlyAndSeedsIndependently) {
  constexpr int kIds = 100'000;
  int cells[10][10] = {};
  for (int i = 0; i < kIds; ++i) {
    const std::string id = absl::StrCat("customer-", i);
    ++cells[static_cast<int>(BucketOf("2026", id) * 10)][static_cast<int>(BucketOf("2027", id) * 10)];
  }
  double chi_squared = 0;
  for (const auto& row : cells) {
    for (const int count : row) chi_squared += std::pow(count - kIds / 100.0, 2) / (kIds / 100.0);
  }
  EXPECT_LT(chi_squared, 148);
}

TEST(BucketingTest, ShortensEveryArmToTheCoverage) {
  const auto ranges = BucketRanges(2, 0.5, {});
  EXPECT_EQ(ChooseVariation(0.1, ranges), 0);
  EXPECT_EQ(ChooseVariation(0.3, ranges), -1);
  EXPECT_EQ(ChooseVariation(0.6, ranges), 1);
  EXPECT_EQ(ChooseVariation(0.9, ranges), -1);
}

}  // namespace
}  // namespace nbo
