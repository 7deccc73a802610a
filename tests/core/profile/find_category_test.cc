// CustomerState::FindCategory, whatever the keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "core/profile/state.h"

namespace nbo {
namespace {

TEST(FindCategory, FindsEveryKeyAndNoOther) {
  constexpr uint64_t kLast = std::numeric_limits<uint64_t>::max();
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    // Spread evenly as hashes are, or all of them at one end.
    const int shift = seed % 3 == 0 ? static_cast<int>(random() % 60) : 0;
    std::vector<uint64_t> keys(random() % 80);
    for (uint64_t& key : keys) key = random() >> shift;
    if (random() % 2 == 0) keys.insert(keys.end(), {0, kLast});
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    CustomerState state;
    for (const uint64_t key : keys) {
      CategoryTotals totals;
      totals.category = key;
      state.categories.push_back(totals);
    }
    const auto is_known = [&](uint64_t key) { return std::binary_search(keys.begin(), keys.end(), key); };
    for (const uint64_t key : keys) {
      for (const uint64_t asked : {key - 1, key, key + 1}) {
        const CategoryTotals* found = state.FindCategory(asked);
        ASSERT_EQ(found != nullptr, is_known(asked)) << asked;
        if (found != nullptr) {
          ASSERT_EQ(found->category, asked);
        }
      }
    }
    for (const uint64_t asked : {uint64_t{0}, kLast, random()}) {
      ASSERT_EQ(state.FindCategory(asked) != nullptr, is_known(asked)) << asked;
    }
  }
}

}  // namespace
}  // namespace nbo
