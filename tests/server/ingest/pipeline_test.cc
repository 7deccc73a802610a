#include "server/ingest/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/hash.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

constexpr Day kToday = 19'000;

Receipt Numbered(const std::string& customer, int number) {
  return ReceiptOf(customer, absl::StrCat(number), kToday, {Bought("A", number)});
}

class PipelineTest : public ::testing::Test {
 protected:
  std::unique_ptr<IngestPipeline> Make(IngestOptions options = {}) {
    return std::make_unique<IngestPipeline>(options, &store_, &observer_);
  }
  int64_t Receipts(const std::string& customer) {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState(customer, &state).ok());
    return state.receipts;
  }

  FlakyStore store_;
  CountingObserver observer_;
};

TEST_F(PipelineTest, CallsBackOnceForEveryEventAndDrainsAtDestruction) {
  constexpr int kThreads = 4, kEach = 500;
  std::vector<std::atomic<int>> calls(kThreads * kEach);
  std::atomic<int> accepted{0};
  auto pipeline = Make({.writers = 3, .max_group = 16});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        pipeline->Submit(Numbered(absl::StrCat("customer-", i % 50), t * kEach + i),
                         [&calls, &accepted, index = t * kEach + i](const absl::StatusOr<RecordResult>& result) {
                           ++calls[index];
                           accepted += result.ok() && *result == RecordResult::kAccepted;
                         });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  pipeline.reset();
  for (const auto& count : calls) ASSERT_EQ(count, 1);
  EXPECT_EQ(accepted, kThreads * kEach);
  EXPECT_EQ(observer_.receipts, kThreads * kEach);
  EXPECT_EQ(observer_.events, kThreads * kEach);
  int64_t stored = 0;
  for (int c = 0; c < 50; ++c) stored += Receipts(absl::StrCat("customer-", c));
  EXPECT_EQ(stored, kThreads * kEach);
}

TEST_F(PipelineTest, WritesWhatWaitsTogetherButNoMoreThanAGroup) {
  store_.CloseGate();
  auto pipeline = Make({.writers = 1, .max_group = 10});
  pipeline->Submit(Numbered("c", 0), [](const auto&) {});
  store_.AwaitWaiting(1);
  for (int i = 1; i <= 25; ++i) pipeline->Submit(Numbered("c", i), [](const auto&) {});
  EXPECT_EQ(pipeline->QueueLength(), 25u);
  store_.OpenGate();
  pipeline.reset();
  EXPECT_EQ(store_.writes, 4) << "1, then 10, 10 and 5";
  EXPECT_EQ(Receipts("c"), 26);
}

TEST_F(PipelineTest, RefusesBeyondTheBudgetWithoutCallingBackAndTakesStreamsAllTheSame) {
  const size_t one = [this] {
    auto pipeline = Make({.writers = 1});
    store_.CloseGate();
    pipeline->Submit(Numbered("c", 9), [](const auto&) {});
    const size_t bytes = pipeline->budget().used();
    store_.OpenGate();
    return bytes;
  }();
  EXPECT_GT(one, MemoryBytes(Numbered("c", 0)));
  store_.CloseGate();
  auto pipeline = Make({.writers = 1, .max_group = 1, .max_queue_bytes = 3 * one + 3});
  std::atomic<int> done{0}, refused_done{0};
  auto count = [&done](const auto&) { ++done; };
  ASSERT_TRUE(pipeline->TrySubmit(Numbered("c", 0), count).ok());
  store_.AwaitWaiting(1);
  ASSERT_TRUE(pipeline->TrySubmit(Numbered("c", 1), count).ok());
  ASSERT_TRUE(pipeline->TrySubmit(Numbered("c", 2), count).ok());
  EXPECT_EQ(pipeline->TrySubmit(Numbered("c", 3), [&](const auto&) { ++refused_done; }).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(
      pipeline
          ->TrySubmitLink({{IdentityType::kPhone, "1"}, "c", absl::UnixEpoch()}, [&](const auto&) { ++refused_done; })
          .code(),
      absl::StatusCode::kResourceExhausted);
  pipeline->Submit(Numbered("c", 4), count);
  EXPECT_EQ(pipeline->budget().used(), 4 * one) << "one being written, three waiting";
  store_.OpenGate();
  while (pipeline->budget().used() > 0) std::this_thread::yield();
  pipeline.reset();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(refused_done, 0);
}

TEST_F(PipelineTest, KeepsTheOrderOfOneCustomersEvents) {
  auto pipeline = Make({.writers = 4, .max_group = 7});
  std::map<std::string, std::vector<std::string>> sent;
  for (int i = 0; i < 2000; ++i) {
    const std::string customer = absl::StrCat("customer-", i % 20);
    Receipt receipt = Numbered(customer, i);
    receipt.receipt_id = absl::StrCat(customer, "/", i);
    sent[customer].push_back(receipt.receipt_id);
    pipeline->Submit(std::move(receipt), [](const auto&) {});
  }
  pipeline.reset();
  std::map<std::string, std::vector<std::string>> written;
  for (const std::string& id : store_.WrittenReceiptIds()) written[id.substr(0, id.find('/'))].push_back(id);
  EXPECT_EQ(written, sent);
}

TEST_F(PipelineTest, KeepsALinkInOrderWithTheReceiptsOfItsIdentity) {
  auto pipeline = Make({.writers = 4});
  absl::StatusCode link_code = absl::StatusCode::kOk, late_code = absl::StatusCode::kOk;
  const Identity used{IdentityType::kLoyaltyCard, "1"}, fresh{IdentityType::kLoyaltyCard, "2"};
  pipeline->Submit(Numbered(DerivedCustomerId(used), 1), [](const auto&) {});
  ASSERT_TRUE(pipeline
                  ->TrySubmitLink({used, "anna", absl::UnixEpoch()},
                                  [&](const auto& link) { link_code = link.status().code(); })
                  .ok());
  ASSERT_TRUE(pipeline->TrySubmitLink({fresh, "anna", absl::UnixEpoch()}, [](const auto&) {}).ok());
  pipeline->Submit(Numbered(DerivedCustomerId(fresh), 1),
                   [&](const auto& result) { late_code = result.status().code(); });
  pipeline.reset();
  EXPECT_EQ(link_code, absl::StatusCode::kFailedPrecondition) << "the receipt came first";
  EXPECT_EQ(late_code, absl::StatusCode::kUnavailable) << "the link came first";
}

TEST_F(PipelineTest, TellsEveryCallerOfAFailedWriteAndGoesOn) {
  store_.fail_writes = true;
  std::atomic<int> unavailable{0};
  auto pipeline = Make({.writers = 2});
  for (int i = 0; i < 20; ++i) {
    pipeline->Submit(Numbered(absl::StrCat("c", i), i),
                     [&](const auto& result) { unavailable += absl::IsUnavailable(result.status()); });
  }
  pipeline.reset();
  EXPECT_EQ(unavailable, 20);
  store_.fail_writes = false;
  pipeline = Make();
  absl::StatusOr<RecordResult> again = absl::UnknownError("");
  pipeline->Submit(Numbered("c0", 0), [&](const auto& result) { again = result; });
  pipeline.reset();
  EXPECT_EQ(*again, RecordResult::kAccepted);
}

}  // namespace
}  // namespace nbo::server
