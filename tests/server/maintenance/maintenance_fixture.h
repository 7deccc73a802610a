// Maintenance over a store in memory that can be told to fail or to wait, with customers of which all is known.
#ifndef NBO_TESTS_SERVER_MAINTENANCE_MAINTENANCE_FIXTURE_H_
#define NBO_TESTS_SERVER_MAINTENANCE_MAINTENANCE_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "server/maintenance/maintenance.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/server/fakes.h"

namespace nbo::server {

inline constexpr int kCustomers = 500;

// A store that can stop a walk at a customer.
class PausingStore : public FlakyStore {
 public:
  absl::Status ScanRecords(absl::string_view customer_id,
                           absl::FunctionRef<void(const ReceiptKey&, ReceiptRecord)> visit) const override {
    if (pause_at_scan > 0 && ++scanned == pause_at_scan) {
      paused.Notify();
      go_on.WaitForNotification();
    }
    return FlakyStore::ScanRecords(customer_id, visit);
  }
  std::atomic<int> pause_at_scan{0};  // 0: never
  mutable std::atomic<int> scanned{0};
  mutable absl::Notification paused, go_on;
};

class MaintenanceTest : public ::testing::Test {
 protected:
  using Digests = std::map<std::string, uint64_t>;

  // A clock one day after the newest receipt.
  MaintenanceTest() : clock_(StartOfDay(RandomReceipts::kNewest + 1, absl::UTCTimeZone())) {}

  std::unique_ptr<Maintenance> Make(int retention_days = 0) {
    return std::make_unique<Maintenance>(MaintenanceOptions{retention_days, absl::UTCTimeZone()}, &store_, &pipeline_,
                                         &clock_, [this] {
                                           ++compactions_;
                                           return compact_status_;
                                         });
  }
  static std::string Id(int customer) { return absl::StrCat("customer-", customer); }

  // Some receipts for each customer; every seventh has a return, a correction and a consent.
  void Fill(int customers = kCustomers, size_t receipts = 4) {
    RandomReceipts random(5);
    Recorder recorder(&store_);
    Registry registry(&store_);
    for (int c = 0; c < customers; ++c) {
      std::vector<Receipt> all = random.Many(receipts, Id(c));
      if (c % 7 == 0) {
        Receipt corrected = all[0];
        corrected.revision = 1;
        corrected.lines[0].amount_minor += 1;
        Receipt back = ReceiptOf(Id(c), "back", RandomReceipts::kNewest, {Bought("A", 10)});
        back.returns.push_back({all[1].store_id, all[1].receipt_id, true, {}});
        all.push_back(corrected);
        all.push_back(back);
        ASSERT_TRUE(registry.RecordConsent(Id(c), {Channel::kEmail, true, absl::FromUnixSeconds(c), "x"}).ok());
        ASSERT_TRUE(registry.RecordAttributes(Id(c), {{"tier", "gold", absl::FromUnixSeconds(c), "x"}}).ok());
      }
      for (const auto& result : recorder.Record(Pointers(all))) ASSERT_TRUE(result.ok()) << result.status();
    }
  }
  Digests States(int customers = kCustomers) {
    Digests digests;
    for (int c = 0; c < customers; ++c) {
      CustomerState state;
      EXPECT_TRUE(*store_.ReadState(Id(c), &state)) << c;
      digests[Id(c)] = StateDigest(state);
    }
    return digests;
  }
  // Makes the state of a customer what no receipts say.
  void Damage(int customer, int64_t receipts = 77) {
    CustomerState state;
    ASSERT_TRUE(*store_.ReadState(Id(customer), &state));
    state.receipts = receipts;
    if (!state.days.empty()) state.days.back().revenue_minor += 1;
    WriteGroup group;
    const std::string id = Id(customer);
    group.states.push_back({id, &state});
    ASSERT_TRUE(store_.Write(group).ok());
  }
  // Waits for the end of a walk.
  static WalkProgress Ended(const Maintenance& maintenance, WalkProgress (Maintenance::*walk)() const) {
    while ((maintenance.*walk)().running || (maintenance.*walk)().end == absl::InfinitePast()) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    return (maintenance.*walk)();
  }
  WalkProgress Rebuild(Maintenance* maintenance) {
    EXPECT_TRUE(maintenance->StartRebuild());
    return Ended(*maintenance, &Maintenance::rebuild);
  }

  PausingStore store_;
  CountingObserver observer_;
  FakeClock clock_;
  std::atomic<int> compactions_{0};
  absl::Status compact_status_;
  IngestPipeline pipeline_{{}, &store_, &observer_};
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_MAINTENANCE_MAINTENANCE_FIXTURE_H_
