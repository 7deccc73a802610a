#include "server/ingest/memory_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

TEST(MemoryBudget, CountsUntilTheChargeEnds) {
  MemoryBudget budget(1000);
  {
    MemoryBudget::Charge first = budget.Take(100);
    EXPECT_EQ(budget.used(), 100u);
    MemoryBudget::Charge moved = std::move(first);
    EXPECT_EQ(budget.used(), 100u) << "moved, not doubled";
    moved = budget.Take(30);
    EXPECT_EQ(budget.used(), 30u) << "what it held before has ended";
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, RefusesWhatIsBeyondTheLimitAndSaysWhenToTryAgain) {
  MemoryBudget budget(2 << 20);
  auto first = budget.TryTake(2 << 20);
  ASSERT_TRUE(first.ok());
  const absl::Status refused = budget.TryTake(1).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("2048 KiB are waiting"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("ingest.max_queue_mb allows 2 MiB"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("again in 1 second"));
  EXPECT_EQ(budget.used(), size_t{2} << 20) << "a refusal counts nothing";
  *first = MemoryBudget::Charge();
  EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, TakesOneThatIsLargerThanTheWholeIfNothingElseIsThere) {
  MemoryBudget budget(1000);
  auto large = budget.TryTake(5000);
  EXPECT_TRUE(large.ok());
  EXPECT_FALSE(budget.TryTake(1).ok());
}

TEST(MemoryBudget, LeavesTheLastQuarterToWhatCanBeRefused) {
  MemoryBudget budget(1000);
  auto streamed = budget.Take(749);
  EXPECT_TRUE(budget.HasRoom());
  auto more = budget.Take(1);
  EXPECT_FALSE(budget.HasRoom());
  EXPECT_TRUE(budget.TryTake(250).ok());
  EXPECT_FALSE(budget.TryTake(251).ok());
}

TEST(MemoryBudget, TellsOnceThatThereIsRoomAgainAndOnlyIfAsked) {
  MemoryBudget budget(1000);
  int told = 0;
  budget.OnRoom([&] {
    ++told;
    EXPECT_LT(budget.used(), 750u) << "called outside the lock, when there is room";
  });
  { auto charge = budget.Take(1000); }
  EXPECT_EQ(told, 0) << "nobody had asked";
  {
    auto first = budget.Take(700);
    auto second = budget.Take(100);
    auto third = budget.Take(100);
    EXPECT_FALSE(budget.HasRoom());
    EXPECT_FALSE(budget.HasRoom());
    third = MemoryBudget::Charge();
    EXPECT_EQ(told, 0) << "still above";
    second = MemoryBudget::Charge();
    EXPECT_EQ(told, 1);
  }
  EXPECT_EQ(told, 1);
}

// Readers that wait for room as streams do. If a wake-up were lost, one of them would wait for ever.
TEST(MemoryBudget, LosesNoWakeUp) {
  constexpr int kReaders = 4, kEach = 20'000;
  MemoryBudget budget(400);
  absl::Mutex mutex;
  int64_t room = 0;  // how often there was room again
  budget.OnRoom([&] {
    absl::MutexLock lock(&mutex);
    ++room;
  });
  std::vector<MemoryBudget::Charge> queue;
  int readers = kReaders;
  std::vector<std::thread> threads;
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        absl::MutexLock lock(&mutex);
        while (true) {
          const int64_t before = room;
          if (budget.HasRoom()) break;
          auto again = [&room, before] { return room > before; };
          mutex.Await(absl::Condition(&again));
        }
        queue.push_back(budget.Take(100));
      }
      absl::MutexLock lock(&mutex);
      --readers;
    });
  }
  int64_t written = 0;
  size_t most = 0;
  while (written < int64_t{kReaders} * kEach) {
    std::vector<MemoryBudget::Charge> group;
    {
      auto work = [&] { return !queue.empty() || readers == 0; };
      absl::MutexLock lock(&mutex, absl::Condition(&work));
      group.swap(queue);
    }
    most = std::max(most, budget.used());
    written += static_cast<int64_t>(group.size());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_LE(most, 300u + kReaders * 100u);
}

}  // namespace
}  // namespace nbo::server
