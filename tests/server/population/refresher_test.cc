// The refresher over a store in memory: what it computes, when, and that it never does two things at once.
#include "server/population/refresher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/profile/fold.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

using Result = absl::StatusOr<std::shared_ptr<const Population>>;
constexpr Day kToday = 19'888;  // of FakeClock

// A store whose scans can be held up in the middle.
class HeldStore : public FlakyStore {
 public:
  absl::StatusOr<int64_t> ScanStates(
      absl::FunctionRef<bool(absl::string_view, const CustomerState&)> each) const override {
    const int running = ++running_;
    EXPECT_EQ(running, 1) << "two scans at once";
    ++scans;
    {
      absl::MutexLock lock(&mutex_);
      if (held_) {
        ++waiting_;
        const auto released = [this]() { return !held_; };
        mutex_.Await(absl::Condition(&released));
        --waiting_;
      }
    }
    absl::StatusOr<int64_t> unreadable = FlakyStore::ScanStates(each);
    --running_;
    return unreadable;
  }
  void Hold(bool held) {
    absl::MutexLock lock(&mutex_);
    held_ = held;
  }
  void AwaitScan() {
    absl::MutexLock lock(&mutex_);
    const auto waits = [this]() { return waiting_ > 0; };
    mutex_.Await(absl::Condition(&waits));
  }
  mutable std::atomic<int> scans{0};

 private:
  mutable std::atomic<int> running_{0};
  mutable absl::Mutex mutex_;
  bool held_ = false;
  mutable int waiting_ = 0;
};

class UnwritableArchive : public MemoryPopulationArchive {
 public:
  absl::Status Keep(const Population&) override { return absl::UnavailableError("disk full"); }
};

class RefresherTest : public ::testing::Test {
 protected:
  RefresherTest() { options_.interval = absl::ZeroDuration(); }

  void AddCustomer(const std::string& customer, Day day, int visits = 1, int64_t cents = 100) {
    CustomerState state;
    for (int i = 0; i < visits; ++i) {
      Fold(ReceiptOf(customer, absl::StrCat("r", i), day, {Bought("MILK", cents)}), &state);
    }
    WriteGroup group;
    group.states.push_back({customer, &state});
    ASSERT_TRUE(store_.Write(group).ok());
  }
  void AddCustomers(int count) {
    for (int i = 0; i < count; ++i) AddCustomer(absl::StrCat("c", i), kToday - 10 * i, i % 7 + 1, 100 * i);
  }
  void Start() {
    refresher_ = std::make_unique<PopulationRefresher>(options_, &store_, archive_, &active_, &clock_, &metrics_);
  }
  Result Refresh(std::optional<Day> as_of_day = std::nullopt) {
    Result result = absl::UnknownError("never called back");
    absl::Notification called;
    refresher_->Refresh(as_of_day, [&](const Result& r) {
      result = r;
      called.Notify();
    });
    called.WaitForNotification();
    return result;
  }
  // Waits until a refresh by itself has put something into force.
  std::shared_ptr<const Population> AwaitActive() {
    while (active_.Pin() == nullptr) absl::SleepFor(absl::Milliseconds(1));
    return active_.Pin();
  }

  PopulationOptions options_;
  HeldStore store_;
  MemoryPopulationArchive memory_archive_;
  PopulationArchive* archive_ = &memory_archive_;
  ActivePopulation active_;
  FakeClock clock_;
  Metrics metrics_;
  std::unique_ptr<PopulationRefresher> refresher_;
};

TEST_F(RefresherTest, OnDemandItComputesActivatesAndKeeps) {
  AddCustomers(10);
  CustomerState returns_only;
  Fold(ReceiptOf("r", "1", kToday, {Returned("MILK", 100)}), &returns_only);
  WriteGroup group;
  group.states.push_back({"r", &returns_only});
  ASSERT_TRUE(store_.Write(group).ok());
  Start();
  EXPECT_EQ(active_.Pin(), nullptr) << "interval 0: nothing by itself";
  const Result result = Refresh();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, active_.Pin());
  EXPECT_EQ((*result)->customers, 10) << "who has only returned is not in it";
  EXPECT_EQ((*result)->as_of_day, kToday);
  EXPECT_EQ((*result)->compute_time, clock_.Now());
  EXPECT_EQ((*result)->recency_days.lower_fifths[0], 5 * (18 + 1));
  EXPECT_EQ((*memory_archive_.Read())->customers, 10);
}

TEST_F(RefresherTest, AnotherDayLeavesOutWhoOnlyCameLater) {
  AddCustomer("before", kToday - 100);
  AddCustomer("after", kToday - 10);
  Start();
  EXPECT_EQ((*Refresh(kToday - 50))->customers, 1);
  EXPECT_EQ(active_.Pin()->as_of_day, kToday - 50);
  EXPECT_EQ((*Refresh())->customers, 2);
}

TEST_F(RefresherTest, EveryCustomerIsReadOverManyPauses) {
  AddCustomers(200);
  options_.block_customers = 7;
  Start();
  EXPECT_EQ((*Refresh())->customers, 200);
}

TEST_F(RefresherTest, ByItselfItBeginsAtOnceIfNothingIsKept) {
  AddCustomers(3);
  options_.interval = absl::Hours(24);
  Start();
  EXPECT_EQ(AwaitActive()->customers, 3);
}

TEST_F(RefresherTest, AfterAStartWhatWasKeptIsInForceAndIsRefreshedWhenItIsOld) {
  PopulationBuilder builder;
  builder.Add({1, 1, 100});
  Population kept = builder.Build(kToday - 1, 100);
  kept.compute_time = clock_.Now() - absl::Hours(23);
  ASSERT_TRUE(memory_archive_.Keep(kept).ok());
  AddCustomers(3);
  options_.interval = absl::Hours(24);
  store_.Hold(true);
  Start();
  ASSERT_NE(active_.Pin(), nullptr);
  EXPECT_EQ(active_.Pin()->customers, 1) << "not due yet";
  refresher_.reset();
  EXPECT_EQ(store_.scans, 0);
  clock_.Set(clock_.Now() + absl::Hours(1));
  Start();
  store_.AwaitScan();
  EXPECT_EQ(active_.Pin()->customers, 1) << "the old one holds until the new one is there";
  store_.Hold(false);
  while (active_.Pin()->customers == 1) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(active_.Pin()->customers, 3);
}

TEST_F(RefresherTest, CallersDuringARefreshWaitForTheNextAndShareIt) {
  AddCustomers(5);
  store_.Hold(true);
  Start();
  std::atomic<int> first{0}, later{0}, other_day{0};
  refresher_->Refresh(std::nullopt, [&](const Result& r) { first = static_cast<int>((*r)->customers); });
  store_.AwaitScan();
  absl::Notification done;
  for (int i = 0; i < 10; ++i) {
    refresher_->Refresh(std::nullopt, [&](const Result& r) { later += static_cast<int>((*r)->customers); });
  }
  refresher_->Refresh(kToday - 1000, [&](const Result& r) {
    other_day = static_cast<int>((*r)->customers) + 1;
    done.Notify();
  });
  store_.Hold(false);
  done.WaitForNotification();
  EXPECT_EQ(first, 5);
  EXPECT_EQ(later, 50);
  EXPECT_EQ(other_day, 1) << "nobody had come by then";
  EXPECT_EQ(store_.scans, 3);
}

TEST_F(RefresherTest, ACallBeyondTheLimitIsRefused) {
  options_.max_waiting = 2;
  store_.Hold(true);
  Start();
  std::atomic<int> answered{0};
  refresher_->Refresh(std::nullopt, [&](const Result&) { ++answered; });
  store_.AwaitScan();
  for (int i = 0; i < 2; ++i) refresher_->Refresh(std::nullopt, [&](const Result&) { ++answered; });
  EXPECT_EQ(Refresh().status().code(), absl::StatusCode::kResourceExhausted);
  store_.Hold(false);
  while (answered < 3) absl::SleepFor(absl::Milliseconds(1));  // would hang if one were never answered
  EXPECT_TRUE(Refresh().ok()) << "room again";
}

TEST_F(RefresherTest, AFailureLeavesWhatIsInForce) {
  AddCustomers(4);
  Start();
  ASSERT_TRUE(Refresh().ok());
  store_.fail_scans = true;
  AddCustomer("new", kToday);
  EXPECT_EQ(Refresh().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(active_.Pin()->customers, 4);
  store_.fail_scans = false;
  EXPECT_EQ((*Refresh())->customers, 5);
}

TEST_F(RefresherTest, AFullDiskKeepsNoPopulationButOneIsInForce) {
  UnwritableArchive unwritable;
  archive_ = &unwritable;
  AddCustomers(4);
  Start();
  EXPECT_TRUE(Refresh().ok());
  EXPECT_EQ(active_.Pin()->customers, 4);
  refresher_.reset();
}

TEST_F(RefresherTest, StoppingBreaksOffAndTellsEverybody) {
  AddCustomers(100);
  options_.block_customers = 1;
  options_.max_waiting = 1 << 20;
  store_.Hold(true);
  Start();
  std::vector<absl::StatusCode> codes;
  const auto note = [&codes](const Result& r) { codes.push_back(r.status().code()); };
  refresher_->Refresh(std::nullopt, note);
  store_.AwaitScan();
  refresher_->Refresh(std::nullopt, note);
  refresher_->Refresh(kToday - 1, note);
  std::thread stopper([this] { refresher_->Stop(); });
  // Stop marks the end before it waits for the scan: from then on callers are refused at once.
  auto refused = std::make_shared<std::atomic<bool>>(false);
  while (!*refused) {
    refresher_->Refresh(kToday - 2, [refused](const Result& r) { *refused = absl::IsUnavailable(r.status()); });
    absl::SleepFor(absl::Milliseconds(1));
  }
  store_.Hold(false);
  stopper.join();
  EXPECT_THAT(codes, ::testing::ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable,
                                            absl::StatusCode::kUnavailable));
  EXPECT_EQ(active_.Pin(), nullptr);
  EXPECT_EQ(store_.scans, 1);
}

}  // namespace
}  // namespace nbo::server
