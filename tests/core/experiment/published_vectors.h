// GrowthBook's published vectors, which are not part of the repository.
#ifndef NBO_TESTS_CORE_EXPERIMENT_PUBLISHED_VECTORS_H_
#define NBO_TESTS_CORE_EXPERIMENT_PUBLISHED_VECTORS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/core/rules/small_json.h"

namespace nbo {

inline double Number(const rules::SmallJson& json) {
  double number = NAN;
  EXPECT_TRUE(absl::SimpleAtod(json.text, &number)) << json.text;
  return number;
}

inline const rules::SmallJson& At(const rules::SmallJson& list, size_t position) {
  return list.At(std::to_string(position));
}

// Skips its tests where the vectors are not there.
class PublishedVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("NBO_SHARED_DATA");
    const std::filesystem::path root(NBO_SOURCE_DIR);
    const auto path = (folder != nullptr ? std::filesystem::path(folder) : root / "../shared/data") /
                      "growthbook/hash_and_buckets.json";
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << "no published vectors at " << path;
    const std::string text(std::istreambuf_iterator<char>(file), {});
    vectors_ = rules::SmallJson::Parse(text);
  }
  const rules::SmallJson& Rows(const std::string& name) {
    const rules::SmallJson& rows = vectors_.At(name);
    EXPECT_FALSE(rows.members.empty());
    return rows;
  }
  rules::SmallJson vectors_;
};

}  // namespace nbo

#endif  // NBO_TESTS_CORE_EXPERIMENT_PUBLISHED_VECTORS_H_
