#include "storage/budget_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "core/budget/book.h"
#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

BudgetState RandomState(std::mt19937_64* random) {
  BudgetState state{(*random)(),
                    static_cast<int64_t>((*random)() % 100'000),
                    static_cast<int64_t>((*random)() % 10'000'000) - 1'000,
                    0,
                    {}};
  state.supplier_minor = state.spent_minor / 2;
  auto minute = static_cast<int32_t>(30'000'000 - (*random)() % 60'000'000);
  for (uint64_t holds = (*random)() % 50; holds > 0; --holds) {
    minute += 1 + static_cast<int32_t>((*random)() % 100);
    state.holds.push_back(
        {minute, 1 + static_cast<int64_t>((*random)() % 50), static_cast<int64_t>((*random)() % 5'000)});
  }
  return state;
}

TEST(BudgetCodec, DecodesWhatItEncoded) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    std::mt19937_64 random(seed);
    const BudgetState state = RandomState(&random);
    const auto decoded = DecodeBudget(state.offer, EncodeBudget(state));
    ASSERT_TRUE(decoded.ok()) << "seed " << seed;
    EXPECT_EQ(*decoded, state) << "seed " << seed;
  }
}

TEST(BudgetCodec, TakesWhatIsAtTheEnds) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();
  for (const BudgetState& state :
       {BudgetState{},
        BudgetState{~uint64_t{0}, kMost, kLeast, kMost, {{INT32_MIN, 1, 0}, {INT32_MAX, kMost - 1, kMost}}}}) {
    const auto decoded = DecodeBudget(state.offer, EncodeBudget(state));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, state);
  }
}

TEST(BudgetCodec, AWeekOfHoldsTakesSixBytesAMinuteAtMost) {
  BudgetState state{7, 12'345, 1'234'567, 600'000, {}};
  for (int32_t minute = 0; minute < 7 * 24 * 60; ++minute) state.holds.push_back({30'000'000 + minute, 40, 8'000});
  EXPECT_LE(EncodeBudget(state).size(), state.holds.size() * 6);
}

TEST(BudgetCodec, RefusesHoldsThatNoBudgetHas) {
  const auto refused = [](const auto& change) {
    v1::Budget message;
    message.set_spent_count(1);
    for (int i = 0; i < 2; ++i) {
      message.add_minute_steps(1);
      message.add_held_counts(1);
      message.add_held_minor(1);
    }
    EXPECT_TRUE(DecodeBudget(1, message.SerializeAsString()).ok());
    change(&message);
    return absl::IsDataLoss(DecodeBudget(1, message.SerializeAsString()).status());
  };
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_spent_count(-1); }));
  EXPECT_TRUE(refused([](v1::Budget* b) { b->add_held_minor(1); })) << "columns of different lengths";
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_minute_steps(1, 0); })) << "not ascending";
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_minute_steps(1, int64_t{1} << 32); })) << "beyond all minutes";
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_minute_steps(1, INT64_MAX); }));
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_held_counts(0, 0); })) << "empty";
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_held_minor(0, -1); }));
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_held_counts(0, INT64_MAX); })) << "the sum does not fit";
  EXPECT_TRUE(refused([](v1::Budget* b) { b->set_held_minor(1, INT64_MAX); }));
}

TEST(BudgetCodec, DamagedBytesAreRefusedOrHarmless) {
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    std::mt19937_64 random(seed);
    const BudgetState state = RandomState(&random);
    std::string bytes = EncodeBudget(state);
    if (bytes.empty()) continue;
    for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const auto decoded = DecodeBudget(state.offer, bytes);
    if (!decoded.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(decoded.status())) << "seed " << seed;
      continue;
    }
    BudgetBook book;
    book.Restore({*decoded}, absl::InfinitePast());
    const BudgetFigures figures = book.Figures(state.offer, absl::InfinitePast());
    EXPECT_GE(figures.held_count, 0) << "seed " << seed;
    EXPECT_GE(figures.held_minor, 0) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nbo::storage
