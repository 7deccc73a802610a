// What a power cut takes: everything that was not synced, and nothing that was acknowledged after a sync.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/faulty_store.h"

namespace nbo::storage {
namespace {

class PowerCutTest : public FaultyStoreTest {};

TEST_F(PowerCutTest, ASyncedWriteSurvives) {
  Open(/*hold_back=*/true);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(*Record(i), RecordResult::kAccepted);
  CutPower();
  Open(/*hold_back=*/true);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Has(i)) << i;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*Record(i), RecordResult::kDuplicate) << i;
}

TEST_F(PowerCutTest, AnUnsyncedWriteIsLostSoThatTheTestAboveCanFail) {
  Open(/*hold_back=*/true);
  ASSERT_EQ(*Record(1), RecordResult::kAccepted);
  CutPower();
  Open(/*hold_back=*/true, /*sync=*/false);
  ASSERT_EQ(*Record(2), RecordResult::kAccepted);
  EXPECT_TRUE(Has(2)) << "the process itself reads what it wrote";
  EXPECT_GT(files_->HeldBytes(), 0u);
  CutPower();
  Open(/*hold_back=*/true);
  EXPECT_TRUE(Has(1));
  EXPECT_FALSE(Has(2));
}

TEST_F(PowerCutTest, WithoutHoldingBackAnUnsyncedWriteSurvives) {
  Open(/*hold_back=*/false, /*sync=*/false);
  ASSERT_EQ(*Record(1), RecordResult::kAccepted);
  CutPower();
  Open(/*hold_back=*/true);
  EXPECT_TRUE(Has(1)) << "the page cache outlives the process";
}

TEST_F(PowerCutTest, ACatalogIsSyncedWhateverThePolicyForReceipts) {
  Open(/*hold_back=*/true, /*sync=*/false);
  PublishedCatalog catalog{1, "catalog: x", "x.yaml", 3, "me", "why", absl::FromUnixSeconds(9)};
  catalog.yaml_bytes = static_cast<int64_t>(catalog.yaml.size());
  ASSERT_TRUE(storage_->catalogs().Write(&catalog, {}).ok());
  CutPower();
  Open(/*hold_back=*/true);
  EXPECT_EQ((*storage_->catalogs().Read(0))->yaml, "catalog: x");
}

TEST_F(PowerCutTest, ASwitchIsSyncedWhateverThePolicyForReceipts) {
  Open(/*hold_back=*/true, /*sync=*/false);
  const Switch what{{SwitchScope::kOffer, "a"}, "anna", "why", absl::FromUnixSeconds(9)};
  ASSERT_TRUE(storage_->switches().Append({1, true, what}).ok());
  CutPower();
  Open(/*hold_back=*/true);
  EXPECT_EQ(storage_->switches().Read()->paused.count(what.target), 1u);
}

// Tables are written, logs dropped and the manifest extended meanwhile: what replaces a log must be on the disk first.
TEST_F(PowerCutTest, SurvivesAmongFlushesAndNewLogs) {
  Open(/*hold_back=*/true);
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 200; ++i) {
      const auto recorded = Record(round * 200 + i, /*lines=*/300);
      ASSERT_TRUE(recorded.ok()) << recorded.status();
    }
    if (round % 2 == 0) {
      ASSERT_TRUE(storage_->Close().ok());  // flushes
      storage_.reset();
    } else {
      CutPower();
    }
    Open(/*hold_back=*/true);
    for (int i = 0; i < (round + 1) * 200; ++i) ASSERT_TRUE(Has(i)) << round << ": " << i;
  }
}

}  // namespace
}  // namespace nbo::storage
