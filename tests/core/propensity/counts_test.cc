#include "core/propensity/counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr OutcomeKey kTill{1, 9, Channel::kPos}, kApp{1, 9, Channel::kMobileApp}, kOther{2, 0, Channel::kPos};

TEST(OutcomeCounts, AddsUp) {
  OutcomeCounts counts;
  counts.Add(kTill, {1, 0});
  counts.Add(kApp, {2, 1});
  counts.Add(kTill, {1, 1});
  counts.Add(kTill, {0, 1});  // of the first one, late
  EXPECT_EQ(counts.Of(kTill), (OutcomeCount{2, 2}));
  EXPECT_EQ(counts.Of(kApp), (OutcomeCount{2, 1}));
  EXPECT_EQ(counts.Of(kOther), OutcomeCount());
}

TEST(OutcomeCounts, RowsAreInOrderAndLeaveOutNothings) {
  OutcomeCounts counts;
  counts.Add(kOther, {3, 1});
  counts.Add(kApp, {2, 1});
  counts.Add(kTill, {1, 0});
  counts.Add({5, 5, Channel::kWeb}, {0, 0});
  EXPECT_THAT(counts.Rows(),
              ElementsAre(OutcomeRow{kTill, {1, 0}}, OutcomeRow{kApp, {2, 1}}, OutcomeRow{kOther, {3, 1}}));
  EXPECT_THAT(OutcomeCounts().Rows(), IsEmpty());
}

TEST(OutcomeCounts, AreTheSameInWhateverOrderAndHoweverPartedTheyAreAdded) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<OutcomeRow> told(200);
    for (OutcomeRow& row : told) {
      row = {{1 + random() % 5, random() % 4, static_cast<Channel>(random() % kChannelCount)},
             {1, static_cast<int64_t>(random() % 2)}};
    }
    OutcomeCounts whole;
    for (const OutcomeRow& row : told) whole.Add(row.key, row.count);
    std::shuffle(told.begin(), told.end(), random);
    OutcomeCounts parts[3];
    for (const OutcomeRow& row : told) parts[random() % 3].Add(row.key, row.count);
    for (int i : {2, 1}) parts[0].Merge(parts[i]);
    EXPECT_EQ(parts[0].Rows(), whole.Rows()) << "seed " << seed;
    OutcomeCounts again;
    for (const OutcomeRow& row : whole.Rows()) again.Add(row.key, row.count);
    EXPECT_EQ(again.Rows(), whole.Rows()) << "seed " << seed;
  }
}

TEST(OutcomeCounts, MergedWithThemselvesAreTwice) {
  OutcomeCounts counts;
  counts.Add(kTill, {3, 1});
  counts.Merge(counts);
  EXPECT_EQ(counts.Of(kTill), (OutcomeCount{6, 2}));
}

}  // namespace
}  // namespace nbo
