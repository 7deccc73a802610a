#include "server/decision/disk_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace nbo::server {
namespace {

using End = DiskRead::End;

// A disk that answers when it is told to.
class HeldRead : public DiskRead {
 public:
  void Read() override {
    began.Notify();  // aborts if it is read twice
    go_on.WaitForNotification();
  }
  void Done(End how) override {
    end = how;
    told.Notify();  // aborts if it is told twice
  }
  End Await() {
    told.WaitForNotification();
    return end;
  }

  absl::Notification began, go_on, told;

 private:
  End end = End::kRead;
};

std::shared_ptr<HeldRead> Started(DiskReads* reads, absl::Time deadline = absl::InfiniteFuture()) {
  auto read = std::make_shared<HeldRead>();
  EXPECT_TRUE(reads->Start(deadline, read));
  return read;
}

TEST(DiskReads, TellsWhenItHasRead) {
  DiskReads reads(1, 10);
  auto read = Started(&reads);
  read->began.WaitForNotification();
  EXPECT_EQ(reads.GetFigures().waiting, 1u);
  EXPECT_EQ(reads.GetFigures().stalled, 0u);
  read->go_on.Notify();
  EXPECT_EQ(read->Await(), End::kRead);
  EXPECT_EQ(reads.GetFigures().waiting, 0u);
}

// Begun before its deadline, however long the thread takes to come: a read that was late in the queue is none.
std::shared_ptr<HeldRead> BegunBeforeItsDeadline(DiskReads* reads) {
  for (absl::Duration patience = absl::Milliseconds(1);; patience *= 2) {
    auto read = Started(reads, absl::Now() + patience);
    read->told.WaitForNotification();
    if (read->began.HasBeenNotified()) return read;
    read->go_on.Notify();  // in case it begins just now
  }
}

TEST(DiskReads, TellsAtTheDeadlineThoughTheDiskIsSilent) {
  DiskReads reads(1, 10);
  auto read = BegunBeforeItsDeadline(&reads);
  EXPECT_EQ(read->Await(), End::kLate);
  EXPECT_EQ(reads.GetFigures().waiting, 0u);
  EXPECT_EQ(reads.GetFigures().stalled, 1u);
  auto next = Started(&reads);
  read->go_on.Notify();  // the thread comes back, tells nobody, and takes the next
  next->began.WaitForNotification();
  EXPECT_EQ(reads.GetFigures().stalled, 0u);
  next->go_on.Notify();
  EXPECT_EQ(next->Await(), End::kRead);
}

TEST(DiskReads, OneThatIsLateInTheQueueIsNeverRead) {
  DiskReads reads(1, 10);
  auto first = Started(&reads);
  first->began.WaitForNotification();
  auto late = Started(&reads, absl::InfinitePast());
  EXPECT_EQ(late->Await(), End::kLate);
  auto last = Started(&reads);
  first->go_on.Notify();
  last->go_on.Notify();
  EXPECT_EQ(last->Await(), End::kRead);
  EXPECT_FALSE(late->began.HasBeenNotified());
}

TEST(DiskReads, DeadlinesAreKeptInTheirOrderNotInThatOfStarting) {
  DiskReads reads(1, 10);
  auto distant = Started(&reads, absl::Now() + absl::Hours(1));
  auto near = Started(&reads, absl::Now() + absl::Milliseconds(1));
  EXPECT_EQ(near->Await(), End::kLate);
  EXPECT_FALSE(distant->told.HasBeenNotified());
  distant->go_on.Notify();
  EXPECT_EQ(distant->Await(), End::kRead);
}

TEST(DiskReads, RefusesMoreThanMayWait) {
  DiskReads reads(1, 2);
  auto first = Started(&reads), second = Started(&reads);
  auto third = std::make_shared<HeldRead>();
  EXPECT_FALSE(reads.Start(absl::InfinitePast(), third));
  first->go_on.Notify();
  EXPECT_EQ(first->Await(), End::kRead);
  EXPECT_FALSE(third->told.HasBeenNotified()) << "who was refused is not told";
  EXPECT_TRUE(reads.Start(absl::InfiniteFuture(), third));
  second->go_on.Notify();
  third->go_on.Notify();
  EXPECT_EQ(third->Await(), End::kRead);
}

TEST(DiskReads, ThreadsThatAreStalledDoNotCountAsWaiting) {
  DiskReads reads(1, 1);
  auto stalled = BegunBeforeItsDeadline(&reads);
  for (int i = 0; i < 10; ++i) {  // none of them is ever read, each is told
    EXPECT_EQ(Started(&reads, absl::Now() + absl::Milliseconds(1))->Await(), End::kLate);
  }
  stalled->go_on.Notify();
}

TEST(DiskReads, WhoIsCancelledIsToldOnce) {
  DiskReads reads(1, 10);
  auto reading = Started(&reads), queued = Started(&reads);
  reading->began.WaitForNotification();
  reads.Cancel(queued);
  EXPECT_EQ(queued->Await(), End::kCancelled);
  reads.Cancel(reading);
  EXPECT_EQ(reading->Await(), End::kCancelled);
  reads.Cancel(reading);
  EXPECT_EQ(reads.GetFigures().stalled, 1u);
  reading->go_on.Notify();
  auto never_started = std::make_shared<HeldRead>();
  reads.Cancel(never_started);
  EXPECT_FALSE(never_started->told.HasBeenNotified());
}

TEST(DiskReads, DrainingLetsNobodyWaitBeyondIt) {
  DiskReads reads(1, 10);
  auto first = Started(&reads), second = Started(&reads, absl::Now() + absl::Hours(1));
  first->began.WaitForNotification();
  reads.Drain(absl::Now());
  EXPECT_EQ(first->Await(), End::kLate);
  EXPECT_EQ(second->Await(), End::kLate);
  EXPECT_EQ(Started(&reads)->Await(), End::kLate) << "nor those who come later";
  first->go_on.Notify();
}

TEST(DiskReads, ItsEndTellsThoseWhoWaitAndAwaitsThoseWhoRead) {
  auto reading = std::make_shared<HeldRead>(), queued = std::make_shared<HeldRead>();
  std::thread disk;
  {
    DiskReads reads(1, 10);
    ASSERT_TRUE(reads.Start(absl::InfiniteFuture(), reading));
    ASSERT_TRUE(reads.Start(absl::InfiniteFuture(), queued));
    reading->began.WaitForNotification();
    disk = std::thread([&] {  // answers only after the end has begun
      EXPECT_EQ(reading->Await(), End::kLate);
      EXPECT_EQ(queued->Await(), End::kLate);
      reading->go_on.Notify();
    });
  }
  disk.join();
  EXPECT_FALSE(queued->began.HasBeenNotified());
}

// Ends by whatever comes first; counts how often it was told.
class RandomRead : public DiskRead {
 public:
  explicit RandomRead(absl::Duration duration) : duration_(duration) {}
  void Read() override { absl::SleepFor(duration_); }
  void Done(End) override { ++told; }
  std::atomic<int> told{0};

 private:
  const absl::Duration duration_;
};

TEST(DiskReads, EverybodyIsToldExactlyOnceWhateverComesFirst) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::vector<std::vector<std::shared_ptr<RandomRead>>> started(4);
  {
    DiskReads reads(3, 64);
    std::vector<std::thread> callers;
    for (uint32_t c = 0; c < started.size(); ++c) {
      callers.emplace_back([&, c] {
        std::mt19937 random(seed + c);
        for (int i = 0; i < 2000; ++i) {
          auto read = std::make_shared<RandomRead>(absl::Microseconds(random() % 50));
          if (!reads.Start(absl::Now() + absl::Microseconds(random() % 200), read)) continue;
          started[c].push_back(read);
          if (random() % 4 == 0) reads.Cancel(read);
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  size_t count = 0;
  for (const auto& reads : started) {
    for (const auto& read : reads) ASSERT_EQ(read->told, 1);
    count += reads.size();
  }
  EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace nbo::server
