#include "core/propensity/model.h"

#include <gtest/gtest.h>

#include <random>

namespace nbo {
namespace {

constexpr uint64_t kCoffee = 11, kBread = 22, kGone = 33;
constexpr uint64_t kChampions = 101, kLost = 102, kOld = 103;
constexpr PropensityPrior kOffers[] = {{kCoffee, 0.10, 20}, {kBread, 0.30, 50}};
constexpr uint64_t kSegments[] = {kChampions, kLost};
constexpr int kInChampions = 0, kInLost = 1;

OutcomeCounts Counts(std::initializer_list<OutcomeRow> rows) {
  OutcomeCounts counts;
  for (const OutcomeRow& row : rows) counts.Add(row.key, row.count);
  return counts;
}

TEST(PropensityModel, WithoutTrialsIsThePriorExactly) {
  const PropensityModel model(kOffers, kSegments, {});
  for (int channel = 0; channel < kChannelCount; ++channel) {
    for (int segment : {kNoRfmSegment, kInChampions, kInLost}) {
      const auto means = model.Means(static_cast<Channel>(channel), segment);
      ASSERT_EQ(means.size(), 2u);
      EXPECT_EQ(means[0], 0.10);
      EXPECT_EQ(means[1], 0.30);
      const Propensity bread = model.Get(1, static_cast<Channel>(channel), segment);
      EXPECT_EQ(bread.belief, (RateBelief{0.30, 50}));
      EXPECT_EQ(bread.level, PropensityLevel::kPrior);
    }
  }
}

TEST(PropensityModel, PoolsUpwards) {
  const PropensityModel model(
      kOffers, kSegments,
      Counts({{{kCoffee, kChampions, Channel::kPos}, {40, 10}},
              {{kCoffee, kLost, Channel::kPos}, {40, 2}},
              {{kCoffee, 0, Channel::kPos}, {10, 0}},     // of people without scores
              {{kCoffee, kOld, Channel::kPos}, {10, 8}},  // of a segment that the catalog has no more
              {{kCoffee, kLost, Channel::kMobileApp}, {80, 0}},
              {{kGone, kLost, Channel::kPos}, {1'000, 1'000}}}));
  // By hand: the offer (2 + 20) / (20 + 180), at the till (20 m + 20) / (20 + 100), ...
  const double offer = 22.0 / 200, till = (20 * offer + 20) / 120, app = (20 * offer + 0) / 100;
  auto mean = [&](Channel channel, int segment) { return model.Means(channel, segment)[0]; };
  EXPECT_DOUBLE_EQ(mean(Channel::kWeb, kInLost), offer);
  EXPECT_DOUBLE_EQ(mean(Channel::kPos, kNoRfmSegment), till);
  EXPECT_DOUBLE_EQ(mean(Channel::kPos, kInChampions), (20 * till + 10) / 60);
  EXPECT_DOUBLE_EQ(mean(Channel::kPos, kInLost), (20 * till + 2) / 60);
  EXPECT_DOUBLE_EQ(mean(Channel::kMobileApp, kInChampions), app);
  EXPECT_DOUBLE_EQ(mean(Channel::kMobileApp, kInLost), (20 * app + 0) / 100);
  EXPECT_EQ(model.Get(1, Channel::kPos, kInLost).belief, (RateBelief{0.30, 50})) << "the bread has no part in it";
}

TEST(PropensityModel, StatesTheFinestLevelWithTrialsAndItsEvidence) {
  const PropensityModel model(kOffers, kSegments, Counts({{{kCoffee, kLost, Channel::kPos}, {40, 2}}}));
  const Propensity lost = model.Get(0, Channel::kPos, kInLost), champions = model.Get(0, Channel::kPos, kInChampions),
                   web = model.Get(0, Channel::kWeb, kInLost), bread = model.Get(1, Channel::kPos, kInLost);
  EXPECT_EQ(lost.level, PropensityLevel::kSegment);
  EXPECT_EQ(lost.belief.evidence, 60);
  EXPECT_EQ(champions.level, PropensityLevel::kChannel);
  EXPECT_EQ(champions.belief.evidence, 60);
  EXPECT_EQ(web.level, PropensityLevel::kOffer);
  EXPECT_EQ(web.belief.evidence, 60);
  EXPECT_EQ(bread.level, PropensityLevel::kPrior);
  EXPECT_EQ(bread.belief.evidence, 50);
}

TEST(PropensityModel, FollowsThePositionsOfItsCatalog) {
  const auto counts = Counts({{{kCoffee, kLost, Channel::kPos}, {1'000, 500}}});
  const PropensityModel one(kOffers, kSegments, counts);
  const PropensityPrior other_offers[] = {kOffers[1], kOffers[0]};
  const uint64_t other_segments[] = {kLost, kChampions};
  const PropensityModel other(other_offers, other_segments, counts);
  EXPECT_EQ(one.Means(Channel::kPos, kInLost)[0], other.Means(Channel::kPos, 0)[1]);
  EXPECT_EQ(other.Means(Channel::kPos, 0)[0], 0.30);
  EXPECT_EQ(other.Get(1, Channel::kPos, 1).level, PropensityLevel::kChannel);
}

TEST(PropensityModel, MoreSuccessesThanTrialsAreARateOfOne) {
  const PropensityModel model(kOffers, kSegments, Counts({{{kCoffee, kLost, Channel::kPos}, {10, 11}}}));
  EXPECT_DOUBLE_EQ(model.Means(Channel::kWeb, kInLost)[0], 12.0 / 30);
}

TEST(PropensityModel, ACatalogWithoutOffersHasNoMeans) {
  const PropensityModel model({}, {}, Counts({{{kCoffee, kLost, Channel::kPos}, {10, 1}}}));
  EXPECT_TRUE(model.Means(Channel::kPos, kNoRfmSegment).empty());
}

double Beta(double a, double b, std::mt19937_64* random) {
  const double x = std::gamma_distribution<>(a, 1)(*random), y = std::gamma_distribution<>(b, 1)(*random);
  return x / (x + y);
}

// Squared errors against the truth, summed over cells.
struct Errors {
  double pooled = 0, raw = 0, prior = 0;
};

// True rates that differ by offer, channel and segment from what an author guessed, and trials: few in most cells.
Errors Simulate(uint64_t seed) {
  constexpr size_t kOfferCount = 60, kSegmentCount = 6;
  constexpr Channel kChannels[] = {Channel::kPos, Channel::kMobileApp, Channel::kPush};
  std::mt19937_64 random(seed);
  std::vector<PropensityPrior> offers;
  std::vector<uint64_t> segments;
  for (uint64_t s = 1; s <= kSegmentCount; ++s) segments.push_back(s);
  OutcomeCounts counts;
  std::vector<double> truths;  // offer, channel, segment
  for (size_t o = 0; o < kOfferCount; ++o) {
    offers.push_back({1'000 + o, std::uniform_real_distribution<>(0.05, 0.4)(random), 20});
    const double of_offer = Beta(20 * offers[o].mean, 20 * (1 - offers[o].mean), &random);
    for (const Channel channel : kChannels) {
      const double of_channel = Beta(25 * of_offer, 25 * (1 - of_offer), &random);
      for (size_t s = 0; s < kSegmentCount; ++s) {
        truths.push_back(Beta(25 * of_channel, 25 * (1 - of_channel), &random));
        const auto trials = static_cast<int64_t>(random() % 40 + 1);
        const int64_t successes = std::binomial_distribution<int64_t>(trials, truths.back())(random);
        counts.Add({offers[o].offer, segments[s], channel}, {trials, successes});
      }
    }
  }
  const PropensityModel model(offers, segments, counts);
  Errors errors;
  auto truth = truths.begin();
  for (size_t o = 0; o < kOfferCount; ++o) {
    for (const Channel channel : kChannels) {
      for (size_t s = 0; s < kSegmentCount; ++s, ++truth) {
        const OutcomeCount count = counts.Of({offers[o].offer, segments[s], channel});
        const double raw = static_cast<double>(count.successes) / static_cast<double>(count.trials);
        const double pooled = model.Means(channel, static_cast<int>(s))[o];
        errors.pooled += (pooled - *truth) * (pooled - *truth);
        errors.raw += (raw - *truth) * (raw - *truth);
        errors.prior += (offers[o].mean - *truth) * (offers[o].mean - *truth);
      }
    }
  }
  return errors;
}

TEST(PropensityModel, PooledEstimatesErrLessThanRawRatesAndThanThePriorAlone) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Errors errors = Simulate(seed);
    EXPECT_LT(errors.pooled, 0.7 * errors.raw) << "seed " << seed;
    EXPECT_LT(errors.pooled, 0.7 * errors.prior) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nbo
