// What was learned of propensities: its bytes, and the contract of core's archive of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/learned_codec.h"
#include "tests/storage/store_contract.h"

namespace nbo {
namespace {

LearnedState RandomState(uint64_t seed, size_t trials) {
  std::mt19937_64 random(seed);
  const auto random_key = [&]() -> OutcomeKey {
    return {1 + random() % 20, random() % 5 * (uint64_t{1} << 62), static_cast<Channel>(random() % kChannelCount)};
  };
  OutcomeCounts counts;
  for (int i = 0; i < 50; ++i) counts.Add(random_key(), {static_cast<int64_t>(random() % 1'000), 1});
  LearnedState state;
  state.position = random();
  state.counts = counts.Rows();
  for (size_t i = 0; i < trials; ++i) {
    OpenTrial trial;
    trial.id = {{static_cast<int64_t>(1'700'000'000'000 + random() % 1'000'000), random()},
                static_cast<uint16_t>(1 + random() % 100)};
    trial.key = random_key();
    trial.end_us = trial.id.decision.unix_ms * 1000 + static_cast<int64_t>(random() % 1'000'000'000'000);
    state.open.push_back(trial);
  }
  std::sort(state.open.begin(), state.open.end(), [](const OpenTrial& a, const OpenTrial& b) { return a.id < b.id; });
  return state;
}

TEST(LearnedCodec, ComesBackAsItWasInWhateverParts) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const LearnedState state = RandomState(seed, seed * 7);
    for (const size_t per_part : {1u, 10u, 1000u}) {
      const storage::EncodedLearned encoded = storage::EncodeLearned(state, per_part);
      EXPECT_EQ(encoded.parts.size(), (state.open.size() + per_part - 1) / per_part);
      EXPECT_EQ(*storage::PartsOfLearned(encoded.head), encoded.parts.size());
      const auto decoded = storage::DecodeLearned(encoded);
      ASSERT_TRUE(decoded.ok()) << decoded.status() << " seed " << seed;
      EXPECT_EQ(*decoded, state) << "seed " << seed;
    }
  }
}

TEST(LearnedCodec, ExtremesComeBackAsTheyWere) {
  LearnedState state;
  state.position = std::numeric_limits<uint64_t>::max();
  for (const int64_t unix_ms : {int64_t{0}, kMaxDecisionUnixMs}) {
    OpenTrial trial;
    trial.id = {{unix_ms, std::numeric_limits<uint64_t>::max()}, 100};
    trial.end_us = unix_ms * 1000 - 5;
    state.open.push_back(trial);
  }
  EXPECT_EQ(*storage::DecodeLearned(storage::EncodeLearned(state)), state);
}

TEST(LearnedCodec, ATrialIsSmall) {
  const storage::EncodedLearned encoded = storage::EncodeLearned(RandomState(1, 10'000));
  EXPECT_LT(encoded.parts.at(0).size(), 220'000u);
}

TEST(LearnedCodec, WhatIsNoneIsRefusedAndNeverHarms) {
  const storage::EncodedLearned whole = storage::EncodeLearned(RandomState(1, 30), 10);
  ASSERT_TRUE(storage::DecodeLearned(whole).ok());
  storage::EncodedLearned less = whole;
  less.parts.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(storage::DecodeLearned(less).status()));
  storage::EncodedLearned swapped = whole;
  std::swap(swapped.parts[0], swapped.parts[1]);
  EXPECT_TRUE(absl::IsDataLoss(storage::DecodeLearned(swapped).status()));
  storage::EncodedLearned torn = whole;
  torn.parts[1].resize(torn.parts[1].size() / 2);
  EXPECT_TRUE(absl::IsDataLoss(storage::DecodeLearned(torn).status()));
  std::mt19937_64 random(2);
  for (int i = 0; i < 5'000; ++i) {
    storage::EncodedLearned damaged = whole;
    std::string& bytes = i % 4 == 0 ? damaged.head : damaged.parts[static_cast<size_t>(i) % 3];
    bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto decoded = storage::DecodeLearned(damaged);
    EXPECT_TRUE(decoded.ok() || absl::IsDataLoss(decoded.status()));
  }
}

TEST_P(StoreContract, WhatWasLearnedIsKeptAndReplacedWhole) {
  PropensityArchive& archive = stores_->propensities();
  const auto none = archive.Read();
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_value());
  // More parts, fewer, none, and more again.
  for (const size_t trials : {250'001u, 3u, 0u, 100'001u}) {
    const LearnedState state = RandomState(trials, trials);
    ASSERT_TRUE(archive.Keep(state).ok());
    const auto read = archive.Read();
    ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
    EXPECT_TRUE(**read == state) << trials;
  }
}

}  // namespace
}  // namespace nbo
