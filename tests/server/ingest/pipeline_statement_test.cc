// Receipts and statements about who is who, at the same time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "server/ingest/pipeline.h"
#include "tests/server/ingest/pipeline_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

TEST_F(PipelineTest, AStatementWaitsForTheGroupUnderWay) {
  store_.CloseGate();
  auto pipeline = Make({.writers = 1});
  Outcome receipt;
  pipeline->Submit(Numbered("c", 1), receipt.Callback());
  store_.AwaitWaiting(1);
  int seen = -1;
  ASSERT_TRUE(pipeline
                  ->TrySubmitStatement(
                      [&](Registry*) {
                        seen = store_.writes;
                        return absl::OkStatus();
                      },
                      [](const absl::Status&) {})
                  .ok());
  store_.OpenGate();
  pipeline.reset();
  EXPECT_EQ(seen, 1) << "the write was done";
}

// The receipt is resolved and taken by its writer; then the statement is carried out; then the writer goes on.
TEST_F(PipelineTest, AReceiptResolvedBeforeALinkLandsWithTheNewOwnerWhosePartitionIsAnothers) {
  for (uint32_t owners_writer : {0u, 1u}) {
    const std::string owner = IdOfWriter("anna", owners_writer);
    const std::string card = IdOfWriter("~c:", 0).substr(3);
    FlakyStore store;
    IngestPipeline pipeline({.writers = 2}, &store, &observer_);
    observer_.CloseGate();
    Outcome one, two;
    pipeline.Submit(ByCard(card, 1), one.Callback());
    observer_.AwaitWaiting(1);
    pipeline.Submit(ByCard(card, 2), two.Callback());  // waits in the queue behind it
    EXPECT_TRUE(pipeline.State([&](Registry* registry) { return Link(registry, card, owner); }).ok());
    EXPECT_FALSE(one.called());
    observer_.OpenGate();
    for (Outcome* outcome : {&one, &two}) {
      ASSERT_TRUE(outcome->result().ok()) << outcome->result().status();
      EXPECT_EQ(*outcome->result(), RecordResult::kAccepted);
      EXPECT_EQ(outcome->customer_id(), owner);
    }
    CustomerState state;
    EXPECT_FALSE(*store.ReadState(absl::StrCat("~c:", card), &state));
    ASSERT_TRUE(*store.ReadState(owner, &state));
    EXPECT_EQ(state.receipts, 2);
    EXPECT_THAT(store.WrittenReceiptIds(), ::testing::UnorderedElementsAre("1", "2"));
  }
}

TEST_F(PipelineTest, AReceiptForAMergedIdIsRecordedForTheSurvivorWhoIsTold) {
  for (uint32_t survivors_writer : {0u, 1u}) {
    const std::string absorbed = IdOfWriter("old", 0), survivor = IdOfWriter("new", survivors_writer);
    FlakyStore store;
    IngestPipeline pipeline({.writers = 2}, &store, &observer_);
    Outcome before, waiting, late;
    pipeline.Submit(Numbered(absorbed, 1), before.Callback());
    EXPECT_EQ(before.customer_id(), absorbed);
    observer_.CloseGate();
    pipeline.Submit(Numbered(absorbed, 2), waiting.Callback());
    observer_.AwaitWaiting(1);
    EXPECT_TRUE(pipeline.State([&](Registry* r) { return r->Merge(absorbed, survivor).status(); }).ok());
    observer_.OpenGate();
    pipeline.Submit(Numbered(absorbed, 3), late.Callback());
    EXPECT_EQ(waiting.customer_id(), survivor);
    EXPECT_EQ(*waiting.result(), RecordResult::kAccepted);
    EXPECT_EQ(late.customer_id(), survivor);
    EXPECT_EQ(*late.result(), RecordResult::kAccepted);
    Outcome again;
    pipeline.Submit(Numbered(absorbed, 1), again.Callback());
    EXPECT_EQ(*again.result(), RecordResult::kDuplicate) << "it moved with the merge";
    EXPECT_EQ(again.customer_id(), survivor);
    CustomerState state;
    EXPECT_FALSE(*store.ReadState(absorbed, &state));
    ASSERT_TRUE(*store.ReadState(survivor, &state));
    EXPECT_EQ(state.receipts, 3);
  }
}

TEST_F(PipelineTest, ReceiptsOfAnErasedPersonEndErased) {
  auto pipeline = Make({.writers = 2});
  ASSERT_TRUE(pipeline->State([](Registry* registry) { return Link(registry, "1", "anna"); }).ok());
  Outcome before, waiting_by_id, waiting_by_card, late_by_id, late_by_card;
  pipeline->Submit(ByCard("1", 1), before.Callback());
  EXPECT_EQ(before.customer_id(), "anna");
  observer_.CloseGate();
  pipeline->Submit(Numbered("anna", 2), waiting_by_id.Callback());
  pipeline->Submit(ByCard("1", 3), waiting_by_card.Callback());
  observer_.AwaitWaiting(1);
  EXPECT_TRUE(pipeline->State([](Registry* r) { return r->Erase("anna", absl::FromUnixSeconds(2e9)).status(); }).ok());
  observer_.OpenGate();
  pipeline->Submit(Numbered("anna", 4), late_by_id.Callback());
  pipeline->Submit(ByCard("1", 5), late_by_card.Callback());
  for (const Outcome* outcome : {&waiting_by_id, &waiting_by_card, &late_by_id, &late_by_card}) {
    ASSERT_TRUE(outcome->result().ok()) << outcome->result().status();
    EXPECT_EQ(*outcome->result(), RecordResult::kErased);
    EXPECT_EQ(outcome->customer_id(), "") << "it was recorded for nobody";
  }
  EXPECT_EQ(Receipts("anna"), 0);
  EXPECT_EQ(Receipts("~c:1"), 0);
  EXPECT_THAT(store_.WrittenReceiptIds(), ::testing::ElementsAre("1"));
}

TEST_F(PipelineTest, StateReturnsWhenTheStatementIsDurable) {
  auto pipeline = Make();
  bool ran = false;
  EXPECT_TRUE(pipeline
                  ->State([&](Registry* registry) {
                    ran = true;
                    EXPECT_EQ(store_.syncs, 0);
                    return Link(registry, "1", "anna");
                  })
                  .ok());
  EXPECT_TRUE(ran);
  EXPECT_EQ(store_.syncs, 1);
  EXPECT_EQ(store_.ReadIdentity(Card("1"))->current().customer_id, "anna");
  const absl::Status refused = pipeline->State([](Registry*) { return absl::FailedPreconditionError("no"); });
  EXPECT_EQ(refused, absl::FailedPreconditionError("no"));
}

TEST_F(PipelineTest, AFailingSyncReachesEveryoneWhoseStatementItWasFor) {
  auto pipeline = Make();
  absl::Notification started, go_on;
  absl::Status first, second = absl::OkStatus(), third;
  ASSERT_TRUE(pipeline
                  ->TrySubmitStatement(
                      [&](Registry* registry) {
                        started.Notify();
                        go_on.WaitForNotification();
                        return Link(registry, "1", "anna");
                      },
                      [&](const absl::Status& status) { first = status; })
                  .ok());
  started.WaitForNotification();
  auto refuse = [](Registry*) { return absl::FailedPreconditionError("its own reason"); };
  ASSERT_TRUE(pipeline->TrySubmitStatement(refuse, [&](const absl::Status& s) { second = s; }).ok());
  auto break_down = [this](Registry*) {
    store_.fail_writes = true;
    return absl::OkStatus();
  };
  ASSERT_TRUE(pipeline->TrySubmitStatement(break_down, [&](const absl::Status& s) { third = s; }).ok());
  go_on.Notify();
  EXPECT_TRUE(absl::IsUnavailable(pipeline->State([](Registry*) { return absl::OkStatus(); })));
  EXPECT_TRUE(first.ok()) << first << ": its sync came before";
  EXPECT_EQ(second.message(), "its own reason");
  EXPECT_TRUE(absl::IsUnavailable(third)) << third;
  store_.fail_writes = false;
  EXPECT_TRUE(pipeline->State([](Registry* registry) { return Link(registry, "1", "anna"); }).ok());
}

TEST_F(PipelineTest, StatementsAreRefusedWhen1024WaitAndStateWaitsForRoom) {
  constexpr int kMost = 1024;
  auto pipeline = Make();
  absl::Notification started, go_on;
  std::atomic<int> ran{0}, done{0}, refused_calls{0};
  auto count_run = [&](Registry*) {
    ++ran;
    return absl::OkStatus();
  };
  auto count_done = [&](const absl::Status& status) { done += status.ok(); };
  ASSERT_TRUE(pipeline
                  ->TrySubmitStatement(
                      [&](Registry*) {
                        started.Notify();
                        go_on.WaitForNotification();
                        return absl::OkStatus();
                      },
                      count_done)
                  .ok());
  started.WaitForNotification();
  for (int i = 0; i < kMost; ++i) EXPECT_TRUE(pipeline->TrySubmitStatement(count_run, count_done).ok()) << i;
  const absl::Status refused = pipeline->TrySubmitStatement(
      [&](Registry*) {
        ++refused_calls;
        return absl::OkStatus();
      },
      [&](const absl::Status&) { ++refused_calls; });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("1024 statements"));
  int ran_before_state = 0;
  std::thread patient([&] {
    EXPECT_TRUE(pipeline
                    ->State([&](Registry*) {
                      ran_before_state = ran;
                      return absl::OkStatus();
                    })
                    .ok());
  });
  go_on.Notify();
  patient.join();
  EXPECT_EQ(ran_before_state, kMost) << "in the order of submission";
  pipeline.reset();
  EXPECT_EQ(done, kMost + 1);
  EXPECT_EQ(refused_calls, 0);
}

}  // namespace
}  // namespace nbo::server
