#include "server/rpc/job_threads.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace nbo::server {
namespace {

TEST(JobThreads, OneThatHangsHoldsUpNoOtherThread) {
  absl::Notification go_on, done;
  JobThreads threads(2, 10);
  ASSERT_TRUE(threads.Run([&] { go_on.WaitForNotification(); }).ok());
  ASSERT_TRUE(threads.Run([&] { done.Notify(); }).ok());
  done.WaitForNotification();
  go_on.Notify();
}

TEST(JobThreads, RefusesMoreThanMayWait) {
  absl::Notification began, go_on;
  std::atomic<int> ran{0};
  {
    JobThreads threads(1, 1);
    ASSERT_TRUE(threads
                    .Run([&] {
                      began.Notify();
                      go_on.WaitForNotification();
                    })
                    .ok());
    began.WaitForNotification();
    ASSERT_TRUE(threads.Run([&] { ++ran; }).ok());
    EXPECT_EQ(threads.Run([&] { ++ran; }).code(), absl::StatusCode::kResourceExhausted);
    go_on.Notify();
  }
  EXPECT_EQ(ran, 1) << "its end finishes what waits, and nothing that was refused";
}

}  // namespace
}  // namespace nbo::server
