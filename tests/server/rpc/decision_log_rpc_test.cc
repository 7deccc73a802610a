// Reading the decision log beside everything else, over a real connection.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/ledger/memory.h"
#include "nbo/v1/decision_log_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "server/catalog/library.h"
#include "server/rpc/services.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"
#include "tests/server/rpc/served_methods.h"

namespace nbo::server {
namespace {

// Whoever visits it is stuck until it is released.
class StuckLog : public MemoryDecisionLog {
 public:
  absl::StatusOr<std::optional<uint64_t>> Visit(const Range& range,
                                                absl::FunctionRef<bool(const Entry& entry)> each) const override {
    absl::MutexLock lock(&mutex_);
    ++stuck_;
    mutex_.Await(absl::Condition(&released_));
    return MemoryDecisionLog::Visit(range, each);
  }
  void AwaitStuck(int count) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stuck_ >= count; };
    mutex_.Await(absl::Condition(&there));
  }
  void Release() {
    absl::MutexLock lock(&mutex_);
    released_ = true;
  }

 private:
  mutable absl::Mutex mutex_;
  mutable int stuck_ ABSL_GUARDED_BY(mutex_) = 0;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

class DecisionLogRpcTest : public ::testing::Test {
 protected:
  static constexpr int kThreads = 2, kMaxWaiting = 3;

  DecisionLogRpcTest() {
    EXPECT_TRUE(ledger_.Recover().ok());
    Handlers handlers{};
    handlers.outcomes = &outcomes_;
    handlers.log = &handler_;
    handlers.store_threads = &store_threads_;
    handlers.log_threads = &log_threads_;
    served_ = std::make_unique<ServedMethods>(MakeMethods(handlers, &metrics_, nullptr));
    channel_ = served_->Connect();
  }

  std::string Decide(const std::string& customer) {
    DecisionRecord record;
    record.time = clock_.Now();
    record.id = {absl::ToUnixMillis(record.time), 7};
    record.customer_id = customer;
    record.expire_time = record.time + absl::Hours(24);
    record.offers.emplace_back().offer = 7;
    const auto committed = ledger_.CommitDecision(*ledger_.Read(customer), record);
    EXPECT_TRUE(committed.ok()) << committed.status();
    return AttributionTokenText({record.id, 1});
  }
  grpc::Status List() {
    grpc::ClientContext context;
    v1::ListEntriesResponse response;
    return v1::DecisionLogService::NewStub(channel_)->ListEntries(&context, v1::ListEntriesRequest(), &response);
  }

  FlakyStore store_;
  FakeClock clock_{absl::FromUnixSeconds(kNoon)};
  Metrics metrics_;
  StuckLog log_;
  MemoryLedgerStore kept_;
  BudgetBook budgets_;
  ContactLedger ledger_{&log_, &kept_, &budgets_, LedgerOptions()};
  ActiveCatalog active_;
  MemoryCatalogArchive archive_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
  CatalogLibrary library_{&active_, &publisher_};
  OutcomeHandler outcomes_{&store_, &ledger_, &log_, &clock_, {absl::UTCTimeZone(), absl::Hours(24)}, &metrics_};
  DecisionLogHandler handler_{&log_, &library_, 100,
                              [](absl::string_view, CustomerState*) { return absl::OkStatus(); }};
  JobThreads store_threads_{1, 10};
  JobThreads log_threads_{kThreads, kMaxWaiting};
  std::unique_ptr<ServedMethods> served_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(DecisionLogRpcTest, OutcomesAreAnsweredWhileAllWhoReadTheLogAreStuck) {
  const std::string token = Decide("anna");
  std::vector<std::thread> readers;
  for (int i = 0; i < kThreads + kMaxWaiting; ++i) {
    readers.emplace_back([this] { EXPECT_TRUE(List().ok()); });
    if (i + 1 == kThreads) log_.AwaitStuck(kThreads);  // the others wait for those
  }
  v1::RecordOutcomeRequest request;
  request.mutable_outcome()->set_attribution_token(token);
  request.mutable_outcome()->set_kind(v1::OUTCOME_KIND_SPOKEN);
  request.mutable_outcome()->mutable_time()->set_seconds(kNoon);
  v1::RecordOutcomeResponse response;
  grpc::ClientContext context;
  const grpc::Status status = v1::EventService::NewStub(channel_)->RecordOutcome(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.result(), v1::OUTCOME_RESULT_ACCEPTED);
  log_.Release();
  for (std::thread& reader : readers) reader.join();
}

TEST_F(DecisionLogRpcTest, MoreThanMayWaitAreRefusedAtOnceAndServedLater) {
  std::atomic<int> refused{0}, served{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < kThreads; ++i) readers.emplace_back([&] { served += List().ok(); });
  log_.AwaitStuck(kThreads);
  absl::Mutex mutex;
  int over = 0;
  for (int i = 0; i < kMaxWaiting + 4; ++i) {
    readers.emplace_back([&] {
      const grpc::Status status = List();
      served += status.ok();
      refused += status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
      absl::MutexLock lock(&mutex);
      ++over;
    });
  }
  {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(
        +[](int* count) { return *count == 4; }, &over));
  }
  EXPECT_EQ(refused, 4);
  log_.Release();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(served, kThreads + kMaxWaiting);
  EXPECT_TRUE(List().ok());
}

}  // namespace
}  // namespace nbo::server
