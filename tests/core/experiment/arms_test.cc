#include "core/experiment/arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'770'000'000);

std::vector<Experiment> Experiments(int count) {
  std::vector<Experiment> experiments;
  for (int i = 0; i < count; ++i) {
    experiments.emplace_back(absl::StrCat("e", i), std::vector<Variant>{{"held", 0.5, true}, {"shown", 0.5}}, 1,
                             std::nullopt);
  }
  return experiments;
}

// An id that falls into these variants of the first experiments.
std::string IdWith(const std::vector<Experiment>& experiments, const std::vector<int>& variants) {
  for (int i = 0;; ++i) {
    const std::string id = absl::StrCat("id", i);
    bool right = true;
    for (size_t e = 0; e < variants.size(); ++e) right &= experiments[e].Assign(id) == variants[e];
    if (right) return id;
  }
}

TEST(Arms, OfNobodyAreNone) {
  Arms arms;
  EXPECT_EQ(arms.global().arm, GlobalArm::kUnspecified);
  EXPECT_FALSE(arms.in_control());
  EXPECT_EQ(arms.VariantOf(3), kNoVariant);
  EXPECT_EQ(arms.Withholding({1, 2}), -1);
  EXPECT_THAT(arms.Records(), IsEmpty());
}

TEST(Arms, AreThoseOfTheGroupAndTheExperiments) {
  const std::vector<Experiment> experiments = Experiments(100);
  const GlobalControl control({0.5, "2026"});
  for (int i = 0; i < 200; ++i) {
    const std::string id = absl::StrCat("id", i);
    Arms arms(&control, experiments, id, kNow);
    EXPECT_EQ(arms.global().arm, control.ArmOf(id, kNow).arm);
    EXPECT_EQ(arms.in_control(), control.ArmOf(id, kNow).arm == GlobalArm::kControl);
    for (int e = 0; e < 100; ++e) EXPECT_EQ(arms.VariantOf(e), experiments[e].Assign(id));
  }
  Arms without(nullptr, experiments, "id1", kNow);
  EXPECT_EQ(without.global().arm, GlobalArm::kUnspecified);
}

TEST(Arms, RecordWhatWasAskedForAndNothingElse) {
  const std::vector<Experiment> experiments = Experiments(100);
  const std::string id = IdWith(experiments, {1, 0, 1});
  Arms arms(nullptr, experiments, id, kNow);
  EXPECT_THAT(arms.Records(), IsEmpty());
  arms.VariantOf(2);
  arms.VariantOf(0);
  arms.VariantOf(0);
  EXPECT_THAT(arms.Records(), ElementsAre(ArmRecord{experiments[0].key(), VariantKey("shown")},
                                          ArmRecord{experiments[2].key(), VariantKey("shown")}));
}

TEST(Arms, RecordNothingOfExperimentsInWhichTheCustomerTakesNoPart) {
  const std::vector<Experiment> none = {Experiment("e", {{"a", 0.5}, {"b", 0.5}}, 0, std::nullopt)};
  Arms arms(nullptr, none, "id", kNow);
  EXPECT_EQ(arms.VariantOf(0), kNoVariant);
  EXPECT_EQ(arms.Withholding({0}), -1);
  EXPECT_THAT(arms.Records(), IsEmpty());
}

TEST(Arms, WithholdWhereOneExperimentDoesAndRecordTheOthersAlike) {
  const std::vector<Experiment> experiments = Experiments(3);
  const std::string id = IdWith(experiments, {1, 0, 1});
  Arms arms(nullptr, experiments, id, kNow);
  EXPECT_EQ(arms.Withholding({}), -1);
  EXPECT_EQ(arms.Withholding({0, 2}), -1);
  EXPECT_EQ(arms.Withholding({0, 1}), 1);
  Arms first(nullptr, experiments, id, kNow), last(nullptr, experiments, id, kNow);
  EXPECT_EQ(first.Withholding({1, 0, 2}), 1);
  EXPECT_EQ(last.Withholding({0, 2, 1}), 1);
  EXPECT_EQ(first.Records(), last.Records());
  EXPECT_EQ(first.Records().size(), 3u);
}

}  // namespace
}  // namespace nbo
