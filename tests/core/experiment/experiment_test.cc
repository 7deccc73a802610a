#include "core/experiment/experiment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "tests/core/experiment/published_vectors.h"

namespace nbo {
namespace {

constexpr int kIds = 200'000;

std::string Id(int i) { return absl::StrCat("customer-", i); }

Experiment ScriptTest(double coverage = 1, std::optional<BucketNamespace> space = std::nullopt) {
  return Experiment("script-test", {{"control", 0.2, true}, {"plain", 0.4}, {"bold", 0.4}}, coverage, std::move(space));
}

void ExpectBinomial(int count, int draws, double share, const std::string& what) {
  EXPECT_NEAR(count, draws * share, 4.5 * std::sqrt(draws * share * (1 - share))) << what;
}

// How many of kIds are in each variant; the last: in none.
std::vector<int> CountsOf(const Experiment& experiment) {
  std::vector<int> counts(experiment.variants().size() + 1);
  for (int i = 0; i < kIds; ++i) {
    const int variant = experiment.Assign(Id(i));
    ++counts[variant == kNoVariant ? counts.size() - 1 : static_cast<size_t>(variant)];
  }
  return counts;
}

TEST(Experiment, AssignsByWeight) {
  const std::vector<int> counts = CountsOf(ScriptTest());
  ExpectBinomial(counts[0], kIds, 0.2, "control");
  ExpectBinomial(counts[1], kIds, 0.4, "plain");
  ExpectBinomial(counts[2], kIds, 0.4, "bold");
  EXPECT_EQ(counts[3], 0) << "everybody takes part";
}

TEST(Experiment, TakesTheCoveredShareAndKeepsThemAsItGrows) {
  const Experiment half = ScriptTest(0.5), all = ScriptTest(1);
  const std::vector<int> counts = CountsOf(half);
  ExpectBinomial(counts[3], kIds, 0.5, "take no part");
  ExpectBinomial(counts[0], kIds, 0.1, "control");
  for (int i = 0; i < 10'000; ++i) {
    const int variant = half.Assign(Id(i));
    EXPECT_TRUE(variant == kNoVariant || all.Assign(Id(i)) == variant) << Id(i);
  }
}

TEST(Experiment, OfOneNamespaceWithDisjointRangesSharesNobody) {
  Experiment first("first", {{"a", 0.5}, {"b", 0.5}}, 1, BucketNamespace{"scripts", {0, 0.5}});
  Experiment second("second", {{"a", 0.5}, {"b", 0.5}}, 1, BucketNamespace{"scripts", {0.5, 1}});
  EXPECT_TRUE(ExcludeEachOther(first, second));
  int in_first = 0;
  for (int i = 0; i < kIds; ++i) {
    const bool one = first.Assign(Id(i)) != kNoVariant, other = second.Assign(Id(i)) != kNoVariant;
    EXPECT_NE(one, other) << Id(i);
    in_first += one ? 1 : 0;
  }
  ExpectBinomial(in_first, kIds, 0.5, "the first half of the namespace");
}

TEST(Experiment, ExcludesAnotherOnlyIfTheirRangesDoNotTouchOneAnother) {
  auto with = [](std::optional<BucketNamespace> space) { return ScriptTest(1, std::move(space)); };
  const Experiment low = with(BucketNamespace{"n", {0, 0.5}});
  EXPECT_TRUE(ExcludeEachOther(low, with(BucketNamespace{"n", {0.5, 0.7}})));
  EXPECT_TRUE(ExcludeEachOther(with(BucketNamespace{"n", {0.5, 0.7}}), low));
  EXPECT_FALSE(ExcludeEachOther(low, with(BucketNamespace{"n", {0.499, 0.7}})));
  EXPECT_FALSE(ExcludeEachOther(low, with(BucketNamespace{"other", {0.5, 0.7}})));
  EXPECT_FALSE(ExcludeEachOther(low, with(std::nullopt)));
}

// Chi-squared of a table of three by three has 4 degrees of freedom: above 18.5 with a chance of 0.1 %.
TEST(Experiment, IsIndependentOfOthers) {
  const Experiment one = ScriptTest();
  const Experiment other("value-formula", one.variants(), 1, std::nullopt);
  int cells[3][3] = {};
  for (int i = 0; i < kIds; ++i) ++cells[one.Assign(Id(i))][other.Assign(Id(i))];
  double chi_squared = 0;
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) {
      const double expected = kIds * one.variants()[a].weight * one.variants()[b].weight;
      chi_squared += std::pow(cells[a][b] - expected, 2) / expected;
    }
  }
  EXPECT_LT(chi_squared, 18.5);
}

TEST(Experiment, KnowsItsVariantsByIdAndByKey) {
  const Experiment experiment = ScriptTest();
  EXPECT_EQ(experiment.FindVariant("bold"), 2);
  EXPECT_EQ(experiment.FindVariant("italic"), kNoVariant);
  EXPECT_EQ(experiment.key(), Hash64("script-test"));
  EXPECT_EQ(VariantKey("bold"), static_cast<uint32_t>(Hash64("bold")));
}

// An id whose published bucket is b falls behind a first variant as wide as b, and into one that is a bucket wider.
TEST_F(PublishedVectors, AgreeWithTheVariant) {
  const rules::SmallJson& rows = Rows("hash");
  int checked = 0;
  for (size_t i = 0; i < rows.members.size(); ++i) {
    const rules::SmallJson& row = At(rows, i);
    if (Number(At(row, 2)) != 2) continue;
    const std::string seed = At(row, 0).text, id = At(row, 1).text;
    const double bucket = Number(At(row, 3));
    auto variant = [&](double width) {
      return Experiment(seed, {{"first", width}, {"second", 1 - width}}, 1, std::nullopt).Assign(id);
    };
    EXPECT_EQ(variant(bucket), 1) << seed << " " << id;
    EXPECT_EQ(variant(bucket + 0.0001), 0) << seed << " " << id;
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace nbo
