#include "server/ingest/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/ingest/pipeline_fixture.h"

namespace nbo::server {
namespace {

TEST_F(PipelineTest, CallsBackOnceForEveryEventAndDrainsAtDestruction) {
  constexpr int kThreads = 4, kEach = 500;
  std::vector<std::atomic<int>> calls(kThreads * kEach);
  std::atomic<int> accepted{0};
  auto pipeline = Make({.writers = 3, .max_group = 16});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        pipeline->Submit(
            Numbered(absl::StrCat("customer-", i % 50), t * kEach + i),
            [&calls, &accepted, index = t * kEach + i](const absl::StatusOr<RecordResult>& result, absl::string_view) {
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
  pipeline->Submit(Numbered("c", 0), Ignore);
  store_.AwaitWaiting(1);
  for (int i = 1; i <= 25; ++i) pipeline->Submit(Numbered("c", i), Ignore);
  EXPECT_EQ(pipeline->QueueLength(), 25u);
  store_.OpenGate();
  pipeline.reset();
  EXPECT_EQ(store_.writes, 4) << "1, then 10, 10 and 5";
  EXPECT_EQ(Receipts("c"), 26);
}

TEST_F(PipelineTest, GathersASteadyStreamIntoFullGroups) {
  store_.CloseGate();
  auto pipeline = Make({.writers = 1, .max_group = 10, .linger = absl::InfiniteDuration()});
  pipeline->Submit(Numbered("c", 0), Ignore);  // a group by itself: nothing is waited for
  store_.AwaitWaiting(1);
  for (int i = 1; i <= 12; ++i) pipeline->Submit(Numbered("c", i), Ignore);
  store_.OpenGate();
  while (store_.writes < 2) std::this_thread::yield();
  for (int i = 13; i <= 20; ++i) pipeline->Submit(Numbered("c", i), Ignore);
  while (store_.writes < 3) std::this_thread::yield();
  EXPECT_EQ(pipeline->QueueLength(), 0u) << "the two that were left have waited for eight more";
  for (int i = 21; i <= 23; ++i) pipeline->Submit(Numbered("c", i), Ignore);
  EXPECT_EQ(pipeline->QueueLength(), 3u);
  pipeline.reset();
  EXPECT_EQ(store_.writes, 4) << "the end waits for nothing";
  EXPECT_EQ(Receipts("c"), 24);
}

TEST_F(PipelineTest, WritesALoneEventAtOnce) {
  auto pipeline = Make({.writers = 1, .linger = absl::InfiniteDuration()});
  for (int i = 0; i < 5; ++i) {
    pipeline->Submit(Numbered("c", i), Ignore);
    while (store_.writes <= i || pipeline->QueueLength() > 0) std::this_thread::yield();
  }
  EXPECT_EQ(store_.writes, 5);
}

TEST_F(PipelineTest, RefusesBeyondTheBudgetWithoutCallingBackAndTakesStreamsAllTheSame) {
  const size_t one = [this] {
    auto pipeline = Make({.writers = 1});
    store_.CloseGate();
    pipeline->Submit(Numbered("c", 9), Ignore);
    const size_t bytes = pipeline->budget().used();
    store_.OpenGate();
    return bytes;
  }();
  EXPECT_GT(one, MemoryBytes(Numbered("c", 0)));
  store_.CloseGate();
  auto pipeline = Make({.writers = 1, .max_group = 1, .max_queue_bytes = 3 * one + 3});
  std::atomic<int> done{0}, refused_done{0};
  auto count = [&done](const auto&, absl::string_view) { ++done; };
  ASSERT_TRUE(pipeline->TrySubmit(Numbered("c", 0), count).ok());
  store_.AwaitWaiting(1);
  ASSERT_TRUE(pipeline->TrySubmit(Numbered("c", 1), count).ok());
  ASSERT_TRUE(pipeline->TrySubmit(Numbered("c", 2), count).ok());
  EXPECT_EQ(pipeline->TrySubmit(Numbered("c", 3), [&](const auto&, absl::string_view) { ++refused_done; }).code(),
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
    pipeline->Submit(std::move(receipt), Ignore);
  }
  pipeline.reset();
  std::map<std::string, std::vector<std::string>> written;
  for (const std::string& id : store_.WrittenReceiptIds()) written[id.substr(0, id.find('/'))].push_back(id);
  EXPECT_EQ(written, sent);
}

TEST_F(PipelineTest, TellsEveryCallerOfAFailedWriteAndGoesOn) {
  store_.fail_writes = true;
  std::atomic<int> unavailable{0};
  auto pipeline = Make({.writers = 2});
  for (int i = 0; i < 20; ++i) {
    pipeline->Submit(Numbered(absl::StrCat("c", i), i), [&](const auto& result, absl::string_view) {
      unavailable += absl::IsUnavailable(result.status());
    });
  }
  pipeline.reset();
  EXPECT_EQ(unavailable, 20);
  store_.fail_writes = false;
  pipeline = Make();
  absl::StatusOr<RecordResult> again = absl::UnknownError("");
  pipeline->Submit(Numbered("c0", 0), [&](const auto& result, absl::string_view) { again = result; });
  pipeline.reset();
  EXPECT_EQ(*again, RecordResult::kAccepted);
}

TEST_F(PipelineTest, TellsForWhomAReceiptWasRecorded) {
  Outcome by_id, by_card, linked, refused;
  auto pipeline = Make();
  ASSERT_TRUE(pipeline->State([](Registry* registry) { return Link(registry, "2", "anna"); }).ok());
  pipeline->Submit(Numbered("bert", 1), by_id.Callback());
  pipeline->Submit(ByCard("1", 1), by_card.Callback());
  pipeline->Submit(ByCard("2", 1), linked.Callback());
  ASSERT_TRUE(linked.result().ok());
  pipeline->Submit(ByCard("2", 1), refused.Callback());  // sent again
  EXPECT_EQ(by_id.customer_id(), "bert");
  EXPECT_EQ(by_card.customer_id(), "~c:1");
  EXPECT_EQ(linked.customer_id(), "anna");
  EXPECT_EQ(*refused.result(), RecordResult::kDuplicate);
  EXPECT_EQ(refused.customer_id(), "anna");
  Outcome conflict;
  Receipt other = Numbered("bert", 1);
  other.lines[0].amount_minor = 999;
  pipeline->Submit(other, conflict.Callback());
  EXPECT_EQ(conflict.result().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(conflict.customer_id(), "") << "it was recorded for nobody";
}

TEST_F(PipelineTest, TellsOfEveryReceiptThatCountsBeforeItIsAcknowledged) {
  std::vector<std::string> told;  // by the only writer
  auto pipeline = Make({.writers = 1});
  pipeline->OnRecorded([&](const Receipt& receipt) {
    told.push_back(absl::StrCat(receipt.customer_id, "/", receipt.receipt_id, "/", receipt.revision));
  });
  const auto send = [&](const Receipt& receipt) {
    absl::Notification done;
    size_t count = 0;
    pipeline->Submit(receipt, [&](const absl::StatusOr<RecordResult>&, absl::string_view) {
      count = told.size();
      done.Notify();
    });
    done.WaitForNotification();
    return count;
  };
  ASSERT_TRUE(pipeline->State([](Registry* registry) { return Link(registry, "2", "anna"); }).ok());
  Receipt corrected = Numbered("bert", 1);
  corrected.revision = 2;
  corrected.lines[0].amount_minor = 5;
  EXPECT_EQ(send(ByCard("2", 1)), 1u);
  EXPECT_EQ(send(Numbered("bert", 1)), 2u);
  EXPECT_EQ(send(corrected), 3u);
  EXPECT_EQ(send(corrected), 4u) << "sent again";
  Receipt late = Numbered("bert", 1);
  late.revision = 1;
  late.lines[0].amount_minor = 7;
  EXPECT_EQ(send(late), 4u) << "superseded";
  late.lines[0].amount_minor = 8;
  EXPECT_EQ(send(late), 4u) << "in conflict";
  store_.fail_writes = true;
  EXPECT_EQ(send(Numbered("bert", 2)), 4u) << "not durable";
  pipeline.reset();
  EXPECT_THAT(told, ::testing::ElementsAre("anna/1/0", "bert/1/0", "bert/1/2", "bert/1/2"));
}

TEST_F(PipelineTest, AnIdentityThatCannotBeLookedUpEndsItsReceiptAtOnce) {
  store_.fail_read_identities = true;
  auto pipeline = Make();
  Outcome streamed, single;
  pipeline->Submit(ByCard("1", 1), streamed.Callback());
  EXPECT_TRUE(streamed.called()) << "nothing had to be queued";
  EXPECT_TRUE(pipeline->TrySubmit(ByCard("1", 2), single.Callback()).ok()) << "the callback tells";
  EXPECT_TRUE(absl::IsUnavailable(streamed.result().status()));
  EXPECT_TRUE(absl::IsUnavailable(single.result().status()));
  EXPECT_EQ(observer_.receipts, 2);
}

}  // namespace
}  // namespace nbo::server
