// EventService.RecordOutcomes over a real connection.
#include "server/rpc/outcome_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/ledger/memory.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "server/rpc/methods.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"
#include "tests/server/rpc/served_methods.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// While held, nothing becomes durable.
class HeldLog : public MemoryDecisionLog {
 public:
  void Hold() {
    absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  void Release() {
    std::vector<std::function<void(const absl::Status&)>> waiting;
    {
      absl::MutexLock lock(&mutex_);
      held_ = false;
      waiting.swap(waiting_);
    }
    for (auto& done : waiting) done(absl::OkStatus());
  }
  void AwaitWaiting(size_t count) {
    auto there = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return waiting_.size() >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  size_t waiting() const {
    absl::MutexLock lock(&mutex_);
    return waiting_.size();
  }
  void WhenDurable(uint64_t, std::function<void(const absl::Status&)> done) override {
    {
      absl::MutexLock lock(&mutex_);
      if (held_) return waiting_.push_back(std::move(done));
    }
    done(absl::OkStatus());
  }

 private:
  mutable absl::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void(const absl::Status&)>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// What a client adds up over a stream.
struct Tally {
  int64_t through = 0, accepted = 0;
  std::vector<int64_t> duplicates, erased;
  std::vector<v1::RecordOutcomesResponse::Rejection> rejections;

  void Add(const v1::RecordOutcomesResponse& response) {
    EXPECT_GT(response.acknowledged_through(), through) << "acknowledgements only grow";
    EXPECT_EQ(response.acknowledged_through() - through,
              response.accepted_count() + response.duplicate_sequences_size() + response.erased_sequences_size() +
                  response.rejections_size());
    accepted += response.accepted_count();
    duplicates.insert(duplicates.end(), response.duplicate_sequences().begin(), response.duplicate_sequences().end());
    erased.insert(erased.end(), response.erased_sequences().begin(), response.erased_sequences().end());
    rejections.insert(rejections.end(), response.rejections().begin(), response.rejections().end());
    through = response.acknowledged_through();
  }
};

class OutcomeStreamTest : public ::testing::Test {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::RecordOutcomesRequest, v1::RecordOutcomesResponse>;
  static constexpr int kMaxStreams = 2;

  OutcomeStreamTest() {
    EXPECT_TRUE(ledger_.Recover().ok());
    MethodTable methods;
    ServiceMethods("nbo.v1.EventService", &methods, &metrics_).AddStream("RecordOutcomes", [this](StreamCall* call) {
      return streams_.Open(call, &handler_, &metrics_);
    });
    served_ = std::make_unique<ServedMethods>(std::move(methods));
    stub_ = v1::EventService::NewStub(served_->Connect());
  }

  // A decision for a customer an hour ago; the token of its only offer.
  std::string Decide(const std::string& customer) {
    DecisionRecord record;
    record.time = clock_.Now() - absl::Hours(1);
    record.id = {absl::ToUnixMillis(record.time), ++decisions_};
    record.customer_id = customer;
    record.channel = Channel::kMobileApp;
    record.expire_time = record.time + absl::Hours(24);
    RecordedOffer offer;
    offer.offer = 7;
    offer.attribution_days = 7;
    record.offers.push_back(offer);
    const auto committed = ledger_.CommitDecision(*ledger_.Read(customer), record);
    EXPECT_TRUE(committed.ok()) << committed.status();
    return AttributionTokenText({record.id, 1});
  }
  v1::RecordOutcomesRequest Message(const std::string& token, v1::OutcomeKind kind = v1::OUTCOME_KIND_SEEN) {
    v1::RecordOutcomesRequest request;
    request.mutable_outcome()->set_attribution_token(token);
    request.mutable_outcome()->set_kind(kind);
    request.mutable_outcome()->mutable_time()->set_seconds(kNoon - 60);
    return request;
  }
  // Sends everything on one stream and reads all answers.
  Tally SendAll(const std::vector<v1::RecordOutcomesRequest>& messages) {
    grpc::ClientContext context;
    const std::unique_ptr<Stream> stream = stub_->RecordOutcomes(&context);
    std::thread writer([&] {
      for (const v1::RecordOutcomesRequest& message : messages) ASSERT_TRUE(stream->Write(message));
      stream->WritesDone();
    });
    Tally tally;
    for (v1::RecordOutcomesResponse response; stream->Read(&response);) tally.Add(response);
    writer.join();
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return tally;
  }
  void AwaitNoStreams() {
    while (streams_.open_count() > 0) absl::SleepFor(absl::Milliseconds(1));
  }

  FlakyStore store_;
  FakeClock clock_{absl::FromUnixSeconds(kNoon)};
  Metrics metrics_;
  HeldLog log_;
  MemoryLedgerStore kept_;
  BudgetBook budgets_;
  ContactLedger ledger_{&log_, &kept_, &budgets_, LedgerOptions()};
  JobThreads threads_{2, 100};
  OutcomeHandler handler_{&store_, &ledger_, &log_, &clock_, {absl::UTCTimeZone(), absl::Hours(24)}, &metrics_};
  OutcomeStreams streams_{StreamOptions{.max_streams = kMaxStreams}, &threads_};
  std::unique_ptr<ServedMethods> served_;
  std::unique_ptr<v1::EventService::Stub> stub_;
  uint64_t decisions_ = 0;
};

TEST_F(OutcomeStreamTest, AcknowledgesEveryOutcomeOnce) {
  std::vector<v1::RecordOutcomesRequest> messages;
  for (int i = 0; i < 1500; ++i) {
    const std::string token = Decide(absl::StrCat("customer-", i));
    messages.push_back(Message(token));
    messages.push_back(Message(token, v1::OUTCOME_KIND_ACCEPTED));
  }
  Tally tally = SendAll(messages);
  EXPECT_EQ(tally.through, 3000);
  EXPECT_EQ(tally.accepted, 3000);
  EXPECT_EQ((*ledger_.Read("customer-42"))->contacts.contacts()[0].answer, Answer::kAccepted);
  tally = SendAll(messages);
  EXPECT_EQ(tally.through, 3000);
  EXPECT_THAT(tally.duplicates, SizeIs(3000)) << "sent again";
}

TEST_F(OutcomeStreamTest, RefusesABadOutcomeAloneAndGoesOn) {
  v1::RecordOutcomesRequest foreign = Message(Decide("ben"));
  *foreign.mutable_outcome()->mutable_customer() = CustomerOf("carl");
  v1::RecordOutcomesRequest unknown = Message(AttributionTokenText({{1'700'000'000'000, 99}, 1}));
  const std::string token = Decide("anna");
  const Tally tally = SendAll({Message(token),
                               Message("nonsense"),
                               {},
                               foreign,
                               unknown,
                               Message(token),
                               Message(token, v1::OUTCOME_KIND_DECLINED)});
  EXPECT_EQ(tally.through, 7);
  EXPECT_EQ(tally.accepted, 2);
  EXPECT_THAT(tally.duplicates, ElementsAre(6));
  ASSERT_THAT(tally.rejections, SizeIs(4));
  const struct {
    int sequence;
    grpc::StatusCode code;
    const char* message;
  } wanted[] = {{2, grpc::StatusCode::INVALID_ARGUMENT, "outcome.attribution_token: is none"},
                {3, grpc::StatusCode::INVALID_ARGUMENT, "outcome: is required"},
                {4, grpc::StatusCode::PERMISSION_DENIED, "outcome.customer: "},
                {5, grpc::StatusCode::NOT_FOUND, "outcome.attribution_token: "}};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(tally.rejections[i].sequence(), wanted[i].sequence);
    EXPECT_EQ(tally.rejections[i].code(), wanted[i].code);
    EXPECT_THAT(tally.rejections[i].message(), HasSubstr(wanted[i].message));
  }
}

TEST_F(OutcomeStreamTest, NothingIsAcknowledgedBeforeItIsDurable) {
  const std::string token = Decide("anna");
  log_.Hold();
  grpc::ClientContext context;
  const std::unique_ptr<Stream> stream = stub_->RecordOutcomes(&context);
  std::atomic<int64_t> through{0};
  std::thread reader([&] {
    for (v1::RecordOutcomesResponse response; stream->Read(&response);) through = response.acknowledged_through();
  });
  ASSERT_TRUE(stream->Write(Message(token)));
  ASSERT_TRUE(stream->Write(Message("nonsense")));  // refused, but acknowledgements are in order
  ASSERT_TRUE(stream->Write(Message(token, v1::OUTCOME_KIND_CLICKED)));
  log_.AwaitWaiting(2);
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(through, 0);
  log_.Release();
  stream->WritesDone();
  reader.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(through, 3);
}

TEST_F(OutcomeStreamTest, ReadsNoMoreThanItMayHaveUnderWay) {
  const std::string token = Decide("anna");
  log_.Hold();
  std::thread releaser([&] {
    log_.AwaitWaiting(streams_.options().max_messages);
    absl::SleepFor(absl::Milliseconds(100));
    EXPECT_EQ(log_.waiting(), streams_.options().max_messages);
    log_.Release();
  });
  const Tally tally = SendAll(std::vector<v1::RecordOutcomesRequest>(3000, Message(token)));
  releaser.join();
  EXPECT_EQ(tally.through, 3000);
  EXPECT_EQ(tally.accepted, 1);
}

TEST_F(OutcomeStreamTest, ADrainAcknowledgesWhatWasReadAndEndsTheStream) {
  const std::string token = Decide("anna");
  log_.Hold();
  grpc::ClientContext context, late_context;
  const std::unique_ptr<Stream> stream = stub_->RecordOutcomes(&context);
  ASSERT_TRUE(stream->Write(Message(token)));
  ASSERT_TRUE(stream->Write(Message(token, v1::OUTCOME_KIND_CLICKED)));
  log_.AwaitWaiting(2);
  streams_.Drain();
  EXPECT_EQ(streams_.open_count(), 1) << "it owes an acknowledgement";
  log_.Release();
  Tally tally;
  for (v1::RecordOutcomesResponse response; stream->Read(&response);) tally.Add(response);
  EXPECT_EQ(tally.through, 2);
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("shutting down"));
  EXPECT_EQ(stub_->RecordOutcomes(&late_context)->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(OutcomeStreamTest, ACancelledStreamIsLeftInPeaceByWhatBecomesDurableLater) {
  const std::string token = Decide("anna");
  for (int round = 0; round < 5; ++round) {
    log_.Hold();
    grpc::ClientContext context;
    const std::unique_ptr<Stream> stream = stub_->RecordOutcomes(&context);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(stream->Write(Message(token)));
    log_.AwaitWaiting(100);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
    log_.Release();
    AwaitNoStreams();
  }
  EXPECT_THAT(SendAll({Message(token)}).rejections, IsEmpty());
}

TEST_F(OutcomeStreamTest, MoreStreamsThanAllowedAreRefusedAtOnce) {
  const std::string token = Decide("anna");
  grpc::ClientContext first_context, second_context, third_context;
  const std::unique_ptr<Stream> first = stub_->RecordOutcomes(&first_context);
  const std::unique_ptr<Stream> second = stub_->RecordOutcomes(&second_context);
  v1::RecordOutcomesResponse response;
  for (Stream* stream : {first.get(), second.get()}) {  // surely open
    ASSERT_TRUE(stream->Write(Message(token)));
    ASSERT_TRUE(stream->Read(&response));
  }
  const grpc::Status refused = stub_->RecordOutcomes(&third_context)->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("send more outcomes on fewer streams"));
  for (Stream* stream : {first.get(), second.get()}) {
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
}

}  // namespace
}  // namespace nbo::server
