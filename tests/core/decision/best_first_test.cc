#include "core/decision/best_first.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace nbo {
namespace {

TEST(BestFirst, OfNothingIsNothing) { EXPECT_EQ(BestFirst({}).Next(), BestFirst::kNone); }

TEST(BestFirst, GivesAllInTheOrderOfAStableSort) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<double> scores(random() % 200);
    const uint64_t distinct = 1 + random() % 100;
    for (double& score : scores) score = static_cast<double>(random() % distinct) - 20;
    std::vector<size_t> expected(scores.size());
    std::iota(expected.begin(), expected.end(), 0);
    std::stable_sort(expected.begin(), expected.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
    std::vector<size_t> given;
    BestFirst best(scores);
    for (size_t next = best.Next(); next != BestFirst::kNone; next = best.Next()) given.push_back(next);
    EXPECT_EQ(given, expected);
    EXPECT_EQ(best.Next(), BestFirst::kNone);
  }
}

}  // namespace
}  // namespace nbo
