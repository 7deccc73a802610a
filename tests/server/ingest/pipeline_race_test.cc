// Many receipts and statements at once: worth most under the thread sanitizer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "tests/server/ingest/pipeline_fixture.h"

namespace nbo::server {
namespace {

using PipelineRaceTest = PipelineTest;

// A store that notices writes while a statement is being carried out by another thread.
class WatchedStore : public FlakyStore {
 public:
  absl::Status Write(const WriteGroup& group) override {
    const bool other = stating && std::this_thread::get_id() != registrar;
    intrusions += other;
    absl::Status status = FlakyStore::Write(group);
    intrusions += !other && stating && std::this_thread::get_id() != registrar;
    return status;
  }
  std::atomic<bool> stating{false};
  std::atomic<std::thread::id> registrar{};
  std::atomic<int> intrusions{0};
};

TEST_F(PipelineRaceTest, NothingIsRecordedWhileSomethingIsStated) {
  WatchedStore store;
  std::atomic<int> next{0}, recorded{0};
  IngestPipeline pipeline({.writers = 4, .max_group = 4}, &store, &observer_);
  for (int statement = 0; statement < 100; ++statement) {
    for (int i = 0; i < 20; ++i) pipeline.Submit(Numbered(absl::StrCat("c", i), ++next), Ignore);
    const absl::Status stated = pipeline.State([&](Registry* registry) {
      store.registrar = std::this_thread::get_id();
      store.stating = true;
      // Nobody is held up in taking receipts in: a writer comes as far as the beginning of a group.
      for (int i = 0; i < 20; ++i) {
        pipeline.Submit(Numbered(absl::StrCat("c", i), ++next),
                        [&](const auto& result, absl::string_view) { recorded += result.ok(); });
      }
      const int before = recorded;
      while (observer_.starts == observer_.groups) std::this_thread::yield();
      for (int i = 0; i < 100; ++i) std::this_thread::yield();
      EXPECT_EQ(recorded, before);
      const absl::Status linked = Link(registry, absl::StrCat(statement), "c0");
      store.stating = false;
      return linked;
    });
    ASSERT_TRUE(stated.ok()) << stated;
  }
  EXPECT_EQ(store.intrusions, 0);
}

TEST_F(PipelineRaceTest, DestructionCallsBackForEveryReceiptAndStatementOnce) {
  constexpr int kReceipts = 2000, kStatements = 200;
  std::vector<std::atomic<int>> receipt_calls(kReceipts), runs(kStatements), statement_calls(kStatements);
  std::atomic<int> kept{0}, strange{0};
  auto pipeline = Make({.writers = 3, .max_group = 8});
  for (int i = 0; i < kReceipts; ++i) {
    auto done = [&, i](const absl::StatusOr<RecordResult>& result, absl::string_view) {
      ++receipt_calls[i];
      if (result.ok() && *result == RecordResult::kAccepted) {
        ++kept;
      } else {
        strange += !absl::IsUnavailable(result.status());
      }
    };
    pipeline->Submit(i % 2 == 0 ? ByCard(absl::StrCat(i % 40), i) : Numbered(absl::StrCat("c", i % 40), i), done);
    if (i % 10 != 0) continue;
    const int statement = i / 10;
    ASSERT_TRUE(pipeline
                    ->TrySubmitStatement(
                        [&, statement](Registry* registry) {
                          ++runs[statement];
                          if (statement % 5 == 0) {
                            return registry->Merge(absl::StrCat("c", statement % 40), "c39").status();
                          }
                          return Link(registry, absl::StrCat(statement % 40), absl::StrCat("c", statement % 40));
                        },
                        [&, statement](const absl::Status&) { ++statement_calls[statement]; })
                    .ok());
  }
  pipeline.reset();
  for (const auto& calls : receipt_calls) ASSERT_EQ(calls, 1);
  for (int i = 0; i < kStatements; ++i) {
    ASSERT_EQ(runs[i], 1);
    ASSERT_EQ(statement_calls[i], 1);
  }
  EXPECT_EQ(strange, 0) << "accepted, or to be sent again";
  EXPECT_EQ(observer_.receipts, kReceipts);
  int64_t stored = 0;
  for (int c = 0; c < 40; ++c) stored += Receipts(absl::StrCat("c", c)) + Receipts(absl::StrCat("~c:", c));
  EXPECT_EQ(stored, kept) << "what was answered is there, once";
}

// Cards change hands and customers are merged while their receipts come in: in the end everything is as if all had been
// stated first.
TEST_F(PipelineRaceTest, AnyInterleavingOfReceiptsAndStatementsEndsTheSame) {
  constexpr int kThreads = 4, kEach = 400, kCards = 12;
  auto state_all = [](Registry* registry, int part) {
    absl::Status status;
    const std::string card = absl::StrCat(part % kCards);
    const auto since = absl::FromUnixSeconds(int64_t{86'400} * (kToday - part / kCards * 7));
    if (part % 17 == 16) {
      status.Update(registry->Merge(absl::StrCat("c", part % kCards), "c3").status());
    } else if (part % 7 == 6) {
      status.Update(Link(registry, card, std::nullopt, since));
    } else {
      status.Update(Link(registry, card, absl::StrCat("c", part % 5), since));
    }
    return status;
  };
  constexpr int kParts = 80;
  std::vector<std::vector<Receipt>> receipts(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      const int number = t * kEach + i;
      receipts[t].push_back(i % 3 == 0 ? Numbered(absl::StrCat("c", i % kCards), number)
                                       : ByCard(absl::StrCat(i % kCards), number));
      receipts[t].back().time -= absl::Hours(24 * (i % 45));
      receipts[t].back().day -= i % 45;
    }
  }
  absl::BlockingCounter under_way(kThreads * kEach);
  std::atomic<int> accepted{0};
  auto pipeline = Make({.writers = 3, .max_group = 16});
  std::vector<std::thread> senders;
  for (int t = 0; t < kThreads; ++t) {
    senders.emplace_back([&, t] {
      for (const Receipt& receipt : receipts[t]) {
        pipeline->Submit(receipt, [&](const absl::StatusOr<RecordResult>& result, absl::string_view) {
          accepted += result.ok() && *result == RecordResult::kAccepted;
          under_way.DecrementCount();
        });
      }
    });
  }
  for (int part = 0; part < kParts; ++part) {
    ASSERT_TRUE(pipeline->State([&](Registry* registry) { return state_all(registry, part); }).ok()) << part;
  }
  for (std::thread& sender : senders) sender.join();
  under_way.Wait();
  pipeline.reset();
  EXPECT_EQ(accepted, kThreads * kEach);

  MemoryProfileStore calm;
  Registry registry(&calm);
  Recorder recorder(&calm);
  for (int part = 0; part < kParts; ++part) ASSERT_TRUE(state_all(&registry, part).ok());
  for (auto& thread : receipts) {
    for (Receipt& receipt : thread) {
      ASSERT_TRUE(*recorder.Resolve(&receipt));
      const Receipt* one = &receipt;
      ASSERT_EQ(*recorder.Record({&one, 1}).front(), RecordResult::kAccepted);
    }
  }
  for (int c = 0; c < kCards; ++c) {
    for (const std::string& id : {absl::StrCat("c", c), absl::StrCat("~c:", c)}) {
      CustomerState state, expected;
      EXPECT_EQ(*store_.ReadState(id, &state), *calm.ReadState(id, &expected)) << id;
      EXPECT_EQ(StateDigest(state), StateDigest(expected)) << id;
    }
  }
}

}  // namespace
}  // namespace nbo::server
