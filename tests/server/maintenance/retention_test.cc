#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/server/maintenance/maintenance_fixture.h"

namespace nbo::server {
namespace {

class RetentionTest : public MaintenanceTest {
 protected:
  static constexpr Day kHorizon = RandomReceipts::kNewest + 1 - 100;

  void Record(const Receipt& receipt) {
    const Receipt* one = &receipt;
    const auto result = Recorder(&store_).Record({&one, 1}).front();
    ASSERT_TRUE(result.ok()) << result.status();
  }
  std::vector<std::string> Kept(const std::string& customer) {
    std::vector<std::string> ids;
    EXPECT_TRUE(
        store_
            .ScanRecords(customer, [&](const ReceiptKey& key, const ReceiptRecord&) { ids.push_back(key.receipt_id); })
            .ok());
    return ids;
  }
};

TEST_F(RetentionTest, DropsOnlyWhatIsOlderAndLeavesTheStates) {
  Fill(kCustomers, 12);
  const Digests before = States();
  int64_t old = 0;
  std::map<std::string, std::vector<std::string>> stays;
  for (int c = 0; c < kCustomers; ++c) {
    ASSERT_TRUE(store_
                    .ScanRecords(Id(c),
                                 [&](const ReceiptKey& key, const ReceiptRecord& record) {
                                   if (record.content->day >= kHorizon ||
                                       !record.attached.empty()) {  // every return is young
                                     stays[Id(c)].push_back(key.receipt_id);
                                   } else {
                                     ++old;
                                   }
                                 })
                    .ok());
  }
  ASSERT_GT(old, 1000) << "or nothing is tested";
  auto maintenance = Make(100);
  const WalkProgress swept = Ended(*maintenance, &Maintenance::retention);
  EXPECT_EQ(swept.customers, kCustomers);
  EXPECT_EQ(swept.changed, old);
  EXPECT_EQ(swept.failed, 0);
  EXPECT_EQ(swept.error, "");
  EXPECT_EQ(States(), before);
  for (int c = 0; c < kCustomers; ++c) ASSERT_EQ(Kept(Id(c)), stays[Id(c)]) << c;
  EXPECT_EQ(Rebuild(maintenance.get()).changed, 0) << "what was dropped still counts";
  maintenance = Make(100);
  EXPECT_EQ(Ended(*maintenance, &Maintenance::retention).changed, 0);
}

TEST_F(RetentionTest, TheHorizonIsADayAndTiesHoldReceiptsBack) {
  Record(ReceiptOf("c", "at", kHorizon, {Bought("A", 1)}));
  Record(ReceiptOf("c", "before", kHorizon - 1, {Bought("A", 2)}));
  Record(ReceiptOf("c", "sale", kHorizon - 50, {Bought("A", 4)}));
  Receipt back = ReceiptOf("c", "back", kHorizon + 50, {});
  back.returns.push_back({"s1", "sale", false, {Returned("A", 3)}});
  Record(back);
  Record(ReceiptOf("c", "old sale", kHorizon - 60, {Bought("A", 5)}));
  back = ReceiptOf("c", "old back", kHorizon - 55, {});
  back.returns.push_back({"s1", "old sale", true, {}});
  back.returns.push_back({"s1", "never known", false, {Returned("A", 6)}});
  Record(back);
  CustomerState before, after;
  ASSERT_TRUE(*store_.ReadState("c", &before));
  auto maintenance = Make(100);
  EXPECT_EQ(Ended(*maintenance, &Maintenance::retention).changed, 3) << "before, old sale, old back";
  EXPECT_THAT(Kept("c"), ::testing::ElementsAre("at", "back", "sale"));
  ASSERT_TRUE(*store_.ReadState("c", &after));
  EXPECT_EQ(StateDigest(after), StateDigest(before));
}

TEST_F(RetentionTest, NothingIsDroppedWhereEverythingIsKept) {
  Fill(20, 12);
  auto maintenance = Make(0);
  Rebuild(maintenance.get());
  EXPECT_EQ(maintenance->retention().start, absl::InfinitePast());
  maintenance = Make(36'500);
  EXPECT_EQ(Ended(*maintenance, &Maintenance::retention).changed, 0);
}

}  // namespace
}  // namespace nbo::server
