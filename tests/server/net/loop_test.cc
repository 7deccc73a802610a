#include "server/net/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;

TEST(LoopTest, RunsWhatManyThreadsPostOneAfterTheOther) {
  Loop loop;
  int64_t sum = 0;  // no lock: only the loop touches it
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) loop.Post([&] { sum += loop.IsHere() ? 1 : 1'000'000; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(loop.IsHere());
  loop.Stop();
  EXPECT_EQ(sum, 80'000) << "all that was posted before the stop has run";
}

TEST(LoopTest, TimersRunInTheirOrderUnlessTheyAreCancelled) {
  std::vector<int> ran;
  absl::Notification done;
  Loop loop;
  loop.Post([&] {
    const absl::Time now = absl::Now();
    loop.RunAt(now + absl::Milliseconds(30), [&] {
      ran.push_back(3);
      done.Notify();
    });
    loop.RunAt(now + absl::Milliseconds(10), [&] { ran.push_back(1); });
    const Loop::Timer cancelled = loop.RunAt(now + absl::Milliseconds(15), [&] { ran.push_back(9); });
    loop.RunAt(now + absl::Milliseconds(20), [&] { ran.push_back(2); });
    loop.Cancel(cancelled);
  });
  done.WaitForNotification();
  loop.Stop();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

// Calls itself back at the end of the turn, from within what runs after it.
class Follower : public Loop::Watcher {
 public:
  explicit Follower(Loop* loop) : loop_(loop) {}
  void OnReady(uint32_t) override {}
  void OnTurnEnd() override {
    if (++turn_ends == 5) return done.Notify();
    loop_->RunAfterTurn([this] { loop_->CallAtTurnEnd(this); });
  }
  int turn_ends = 0;
  absl::Notification done;

 private:
  Loop* const loop_;
};

TEST(LoopTest, WhatIsAskedForAtTheEndOfATurnIsDoneInIt) {
  Loop loop;
  Follower follower(&loop);
  loop.Post([&] { loop.CallAtTurnEnd(&follower); });
  // Nothing else wakes the loop.
  EXPECT_TRUE(follower.done.WaitForNotificationWithTimeout(absl::Seconds(20)));
}

}  // namespace
}  // namespace nbo::server
