#include "server/decision/upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/core/ledger/ledger_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kSoon = absl::Milliseconds(1);
constexpr absl::Duration kNever = absl::Hours(10'000);

// Stands still until it is set, and counts who asks it.
class CountingClock : public Clock {
 public:
  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    return now_;
  }
  void Set(absl::Time now) {
    absl::MutexLock lock(&mutex_);
    now_ = now;
  }
  void AwaitAsked(int times) const {
    absl::MutexLock lock(&mutex_);
    const int until = asked_ + times;
    const auto over = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return asked_ >= until; };
    mutex_.Await(absl::Condition(&over));
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = kLedgerBegin;
  mutable int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

// On a disk that never says that anything is on it, unless it answers again.
class HangingLog : public MemoryDecisionLog {
 public:
  ~HangingLog() override { Answer(); }  // long after those who waited
  void WhenDurable(uint64_t position, std::function<void(const absl::Status&)> done) override {
    {
      absl::MutexLock lock(&mutex_);
      ++asked_;
      if (hangs_) return waiting_.push_back(std::move(done));
    }
    MemoryDecisionLog::WhenDurable(position, std::move(done));
  }
  void AwaitAsked() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* asked) { return *asked > 0; }, &asked_));
  }
  void Answer() {
    std::vector<std::function<void(const absl::Status&)>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      hangs_ = false;
      waiting.swap(waiting_);
    }
    for (auto& done : waiting) done(absl::OkStatus());
  }

 private:
  absl::Mutex mutex_;
  bool hangs_ ABSL_GUARDED_BY(mutex_) = true;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::function<void(const absl::Status&)>> waiting_ ABSL_GUARDED_BY(mutex_);
};

class LedgerUpkeepTest : public ::testing::Test {
 protected:
  LedgerUpkeepTest() { EXPECT_TRUE(ledger_.Recover().ok()); }
  void Decide(uint64_t number) {
    const DecisionRecord record = DecisionOf(number, "anna", {number});
    const auto done = ledger_.CommitDecision(*ledger_.Read("anna"), record);
    ASSERT_TRUE(done.ok() && done->result == ContactLedger::Commit::kDone);
  }
  std::unique_ptr<LedgerUpkeep> Make(const UpkeepOptions& options) {
    return std::make_unique<LedgerUpkeep>(
        options, &ledger_, &budgets_, &clock_,
        [this](absl::Time) {
          if (!dropped_.HasBeenNotified()) dropped_.Notify();
        },
        [this](const absl::Status& status) {
          absl::MutexLock lock(&mutex_);
          told_.push_back(status);
        });
  }
  void AwaitTold(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto over = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return told_.size() >= count; };
    mutex_.Await(absl::Condition(&over));
  }

  std::vector<absl::Status> Told() {
    absl::MutexLock lock(&mutex_);
    return told_;
  }

  CountingClock clock_;
  HangingLog log_;
  MemoryLedgerStore store_;
  BudgetBook budgets_;
  ContactLedger ledger_{&log_, &store_, &budgets_, LedgerOptions()};
  absl::Notification dropped_;
  absl::Mutex mutex_;
  std::vector<absl::Status> told_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(LedgerUpkeepTest, BudgetsAreGivenBackWhileACheckpointHangs) {
  Decide(1);
  OfferBudget budget;
  budget.offer = 1;
  budget.limits.count = 1;
  const auto gauge = budgets_.SetLimits(1, {&budget, 1}, kLedgerBegin);
  auto upkeep = Make({kSoon, kSoon, kNever, kNever});
  log_.AwaitAsked();  // the checkpoint waits now
  ASSERT_TRUE(budgets_.TryReserve({{{1, 0, kLedgerBegin + absl::Minutes(1)}}}, kLedgerBegin).empty());
  ASSERT_TRUE(gauge->IsExhausted(0));
  clock_.Set(kLedgerBegin + absl::Hours(1));
  clock_.AwaitAsked(2);  // the second time after the first one's work
  EXPECT_FALSE(gauge->IsExhausted(0));
  EXPECT_EQ(*store_.Position(), 0u);
  log_.Answer();
}

TEST_F(LedgerUpkeepTest, ItsEndDoesNotWaitForADiskThatHangs) {
  Decide(1);
  auto upkeep = Make({kSoon, kSoon, kNever, kSoon});
  log_.AwaitAsked();
  upkeep.reset();
  EXPECT_EQ(*store_.Position(), 0u);
  ASSERT_EQ(Told().size(), 1u) << "once, however often it fails";
  EXPECT_THAT(Told()[0].message(), HasSubstr("does not answer"));
}

TEST_F(LedgerUpkeepTest, TellsWhenCheckpointsFailAndWhenTheyWorkAgain) {
  Decide(1);
  auto upkeep = Make({kNever, kSoon, kNever, kSoon});
  AwaitTold(1);
  log_.Answer();
  AwaitTold(2);
  upkeep.reset();
  EXPECT_FALSE(Told()[0].ok());
  EXPECT_TRUE(Told()[1].ok());
  EXPECT_EQ(*store_.Position(), log_.end());
}

TEST_F(LedgerUpkeepTest, TheLastCheckpointHasEverything) {
  log_.Answer();
  auto upkeep = Make({kNever, kNever, kNever, kNever});
  dropped_.WaitForNotification();  // at its beginning
  for (uint64_t number = 1; number <= 10; ++number) Decide(number);
  EXPECT_EQ(*store_.Position(), 0u);
  upkeep.reset();
  EXPECT_EQ(*store_.Position(), log_.end());
  EXPECT_EQ(store_.Read("anna")->contacts.contacts().size(), 10u);
}

}  // namespace
}  // namespace nbo::server
