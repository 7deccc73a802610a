#include "server/maintenance/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "server/handlers/maintenance_handler.h"
#include "tests/server/maintenance/maintenance_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

// ---- Rebuilding

TEST_F(MaintenanceTest, ARebuildMendsWhatWasDamagedAndLeavesTheRest) {
  store_.damaged_receipts_of = Id(333);
  Fill();
  Digests expected = States();
  for (int c = 0; c < kCustomers; c += 13) Damage(c);  // 39
  Damage(333);
  expected[Id(333)] = States()[Id(333)];
  const int writes = store_.writes;
  auto maintenance = Make();
  EXPECT_EQ(maintenance->rebuild().start, absl::InfinitePast()) << "there was none";
  const WalkProgress ended = Rebuild(maintenance.get());
  EXPECT_EQ(ended.customers, kCustomers);
  EXPECT_EQ(ended.changed, 39);
  EXPECT_EQ(ended.failed, 1);
  EXPECT_EQ(ended.error, "receipt: not readable");
  EXPECT_EQ(ended.start, clock_.Now());
  EXPECT_EQ(ended.end, clock_.Now());
  EXPECT_EQ(States(), expected) << "that with unreadable receipts is left as it is";
  EXPECT_EQ(store_.writes, writes + 39);
  const WalkProgress again = Rebuild(maintenance.get());
  EXPECT_EQ(again.customers, kCustomers);
  EXPECT_EQ(again.changed, 0);
}

TEST_F(MaintenanceTest, AStateThatClaimsTooManyReceiptsIsMendedLikeAnyOther) {
  Fill(20);
  const Digests expected = States(20);
  for (int c = 0; c < 20; ++c) Damage(c, 5'000'000);
  auto maintenance = Make();
  const WalkProgress ended = Rebuild(maintenance.get());
  EXPECT_EQ(ended.error, "");
  EXPECT_EQ(ended.customers, 20);
  EXPECT_EQ(ended.changed, 20);
  EXPECT_EQ(States(20), expected);
}

TEST_F(MaintenanceTest, ARebuildShowsHowFarItIsAndCannotBeStartedTwice) {
  Fill(100);
  Damage(1);
  store_.pause_at_scan = 41;
  auto maintenance = Make();
  EXPECT_TRUE(maintenance->StartRebuild());
  store_.paused.WaitForNotification();
  const WalkProgress midway = maintenance->rebuild();
  EXPECT_TRUE(midway.running);
  EXPECT_EQ(midway.customers, 40);
  EXPECT_EQ(midway.start, clock_.Now());
  EXPECT_EQ(midway.end, absl::InfinitePast());
  EXPECT_FALSE(maintenance->StartRebuild()) << "it is under way";
  EXPECT_EQ(maintenance->rebuild().customers, 40) << "nothing was begun anew";
  store_.go_on.Notify();
  EXPECT_EQ(Ended(*maintenance, &Maintenance::rebuild).customers, 100);
  EXPECT_EQ(Rebuild(maintenance.get()).customers, 100) << "now it can";
}

TEST_F(MaintenanceTest, ReceiptsThatComeDuringARebuildCount) {
  Fill(100);
  for (int c = 0; c < 100; c += 3) Damage(c);  // 34
  auto maintenance = Make();
  EXPECT_TRUE(maintenance->StartRebuild());
  RandomReceipts random(6);
  std::atomic<int> recorded{0};
  for (int i = 0; i < 2000; ++i) {
    Receipt receipt = random.Next(Id(i % 100));
    receipt.receipt_id += "-during";
    pipeline_.Submit(receipt, [&](const auto& result, absl::string_view) { recorded += result.ok(); });
  }
  Ended(*maintenance, &Maintenance::rebuild);
  while (recorded < 2000) absl::SleepFor(absl::Milliseconds(1));
  const WalkProgress again = Rebuild(maintenance.get());
  EXPECT_EQ(again.changed, 0) << "every state is what its receipts say";
  EXPECT_EQ(again.error, "");
}

TEST_F(MaintenanceTest, AStoreThatFailsEndsTheRebuildWithItsReason) {
  Fill(40);
  store_.fail_scans = true;
  auto maintenance = Make();
  const WalkProgress ended = Rebuild(maintenance.get());
  EXPECT_FALSE(ended.running);
  EXPECT_EQ(ended.failed, 0);
  EXPECT_LT(ended.customers, 40);
  EXPECT_THAT(ended.error, HasSubstr("out of order"));
  store_.fail_scans = false;
  const WalkProgress again = Rebuild(maintenance.get());
  EXPECT_EQ(again.customers, 40);
  EXPECT_EQ(again.error, "");
}

TEST_F(MaintenanceTest, DestructionInTheMiddleBreaksOffBetweenCustomers) {
  Fill(300);
  const Digests expected = States(300);
  for (int c = 0; c < 300; ++c) Damage(c);
  store_.pause_at_scan = 10;
  auto maintenance = Make();
  EXPECT_TRUE(maintenance->StartRebuild());
  store_.paused.WaitForNotification();
  std::atomic<int> compacted{0};
  maintenance->Compact(
      [&](const absl::Status& status) { compacted += status.ok() || absl::IsUnavailable(status) ? 1 : 100; });
  std::thread destroyer([&] { maintenance.reset(); });
  absl::SleepFor(absl::Milliseconds(20));  // nearly always enough for the destructor to have begun; nothing hangs on it
  store_.go_on.Notify();
  destroyer.join();
  EXPECT_EQ(compacted, 1) << "called once, whatever the answer";
  int mended = 0;
  for (const auto& [id, digest] : States(300)) mended += digest == expected.at(id);
  EXPECT_GE(mended, 10);
  maintenance = Make();
  const WalkProgress rest = Rebuild(maintenance.get());
  EXPECT_EQ(rest.changed, 300 - mended) << "each state is either mended or as it was";
  EXPECT_EQ(States(300), expected);
}

// ---- Compaction, and the messages

TEST_F(MaintenanceTest, ACompactionTellsItsEnd) {
  auto maintenance = Make();
  MaintenanceHandler handler(maintenance.get(), [] { return int64_t{0}; });
  auto compact = [&] {
    absl::Status status;
    absl::Notification done;
    handler.CompactStore({}, [&](const absl::Status& s, const v1::CompactStoreResponse&) {
      status = s;
      done.Notify();
    });
    done.WaitForNotification();
    return status;
  };
  EXPECT_TRUE(compact().ok());
  EXPECT_EQ(compactions_, 1);
  compact_status_ = absl::UnavailableError("disk full");
  EXPECT_EQ(compact(), compact_status_);
}

TEST_F(MaintenanceTest, TheMessagesShowARebuild) {
  Fill(50);
  Damage(1);
  store_.damaged_receipts_of = Id(2);
  auto maintenance = Make();
  MaintenanceHandler handler(maintenance.get(), [] { return int64_t{40}; });
  v1::GetRebuildResponse shown;
  ASSERT_TRUE(handler.GetRebuild({}, &shown).ok());
  EXPECT_FALSE(shown.rebuild().running());
  EXPECT_FALSE(shown.rebuild().has_start_time()) << "none was ever started";
  EXPECT_EQ(shown.rebuild().estimated_customers_count(), 40);
  store_.pause_at_scan = 5;
  v1::RebuildStatesResponse started;
  ASSERT_TRUE(handler.RebuildStates({}, &started).ok());
  EXPECT_TRUE(started.started());
  EXPECT_TRUE(started.rebuild().running());
  EXPECT_EQ(started.rebuild().start_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_FALSE(started.rebuild().has_end_time());
  store_.paused.WaitForNotification();
  v1::RebuildStatesResponse again;
  ASSERT_TRUE(handler.RebuildStates({}, &again).ok());
  EXPECT_FALSE(again.started());
  EXPECT_EQ(again.rebuild().customers_count(), 4);
  store_.go_on.Notify();
  Ended(*maintenance, &Maintenance::rebuild);
  ASSERT_TRUE(handler.GetRebuild({}, &shown).ok());
  EXPECT_FALSE(shown.rebuild().running());
  EXPECT_TRUE(shown.rebuild().has_end_time());
  EXPECT_EQ(shown.rebuild().customers_count(), 50);
  EXPECT_EQ(shown.rebuild().estimated_customers_count(), 50) << "never below those done";
  EXPECT_EQ(shown.rebuild().changed_count(), 1);
  EXPECT_EQ(shown.rebuild().failed_count(), 1);
  EXPECT_EQ(shown.rebuild().error(), "receipt: not readable");
}

}  // namespace
}  // namespace nbo::server
