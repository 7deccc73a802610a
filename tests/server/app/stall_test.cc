// The whole server over a disk that hangs: every till gets an answer in time, and the answer says what it is worth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/faulty_file_system.h"
#include "tests/server/app/app_fixture.h"

namespace nbo::server {
namespace {

class StallTest : public AppTest {
 protected:
  static constexpr int kCustomers = 40;

  StallTest() : files_(std::make_shared<FaultyFileSystem>(/*hold_back=*/false)) {
    overrides_.file_system = files_;
    settings_.storage_state_cache_mb = 0;
    settings_.population_refresh_minutes = 0;  // it reads, too
    WriteCatalog(CatalogYaml(OfferText("personal") + OfferText("any", "    default: true\n")));
  }
  ~StallTest() override { files_->GoOn(); }

  // Everybody has bought; nothing of it is in memory.
  void StartCold() {
    Start();
    for (int i = 0; i < kCustomers; ++i) {
      v1::RecordPurchaseResponse recorded;
      ASSERT_TRUE(Record(PurchaseOf(CustomerOf(Customer(i)), absl::StrCat("r", i)), &recorded).ok());
    }
    Restart();
  }
  static std::string Customer(int i) { return absl::StrCat("customer-", i % kCustomers); }

  // As a till asks: with a deadline. Long ones are no weaker proof, since no stall here ends before its calls, and they
  // do not fail on a busy machine.
  grpc::Status Ask(const std::string& customer, v1::GetOffersResponse* response,
                   absl::Duration deadline = absl::Seconds(20)) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    return Ask(customer, &context, response);
  }
  grpc::Status Ask(const std::string& customer, grpc::ClientContext* context, v1::GetOffersResponse* response) {
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    request.set_channel(v1::CHANNEL_POS);
    request.set_max_offers(10);
    return decisions_->GetOffers(context, request, response);
  }

  std::shared_ptr<FaultyFileSystem> files_;
};

TEST_F(StallTest, TillsAreAnsweredThroughAStallOfTwoSecondsAndInFullAfterIt) {
  StartCold();
  files_->StallReads();
  const absl::Time end = absl::Now() + absl::Seconds(2);  // and until the last till is answered
  std::atomic<int> answered{0}, late{0}, failed{0}, personal{0};
  std::vector<std::thread> tills;
  for (int t = 0; t < 8; ++t) {
    tills.emplace_back([&, t] {
      for (int i = t; absl::Now() < end; ++i) {
        v1::GetOffersResponse response;
        const grpc::Status status = Ask(Customer(i), &response);
        ++answered;
        if (!status.ok()) ++failed;
        // What the stall may do is told; there is no third way.
        if (response.tier_reason() == v1::TIER_REASON_DEADLINE) ++late;
        for (const auto& offer : response.offers()) personal += offer.offer_id() == "personal";
      }
    });
  }
  for (std::thread& till : tills) till.join();
  EXPECT_EQ(failed, 0) << "of " << answered;
  EXPECT_EQ(late, answered) << "nobody was in memory, so everybody's answer is marked";
  EXPECT_EQ(personal, 0);
  files_->GoOn();
  for (int i = 0; i < kCustomers; ++i) {
    v1::GetOffersResponse response;
    // A busy machine may take longer than the server's bound.
    while (response.tier() != v1::ANSWER_TIER_FULL) {
      const grpc::Status status = Ask(Customer(i), &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      ASSERT_TRUE(response.tier() == v1::ANSWER_TIER_FULL || response.tier_reason() == v1::TIER_REASON_DEADLINE);
    }
    EXPECT_EQ(response.offers_size(), 2);
  }
}

TEST_F(StallTest, WhoIsInMemoryIsAnsweredInFullThroughAStall) {
  settings_.storage_state_cache_mb = 8;
  settings_.decision_max_wait_ms = 60'000;
  StartCold();
  v1::GetOffersResponse response;
  ASSERT_TRUE(Ask("customer-1", &response).ok());
  ASSERT_EQ(response.tier(), v1::ANSWER_TIER_FULL);
  files_->StallReads();
  ASSERT_TRUE(Ask("customer-1", &response).ok());
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_FULL);
}

TEST_F(StallTest, CallsThatWaitForTheStoreDoNotHoldUpTills) {
  StartCold();
  files_->StallReads();
  // More than gRPC has threads.
  std::vector<std::thread> others;
  std::atomic<int> visits{0};
  for (int i = 0; i < 20; ++i) {
    others.emplace_back([&, i] { visits += static_cast<int>(Visits(Customer(i))); });
  }
  files_->AwaitStalled(2);
  for (int i = 20; i < 30; ++i) {
    v1::GetOffersResponse response;
    const grpc::Status status = Ask(Customer(i), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_DEADLINE);
  }
  files_->GoOn();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(visits, 20);
}

TEST_F(StallTest, TheDeadlineOfTheCallCountsIfItIsTheEarlierOne) {
  settings_.decision_max_wait_ms = 0;
  StartCold();
  files_->StallReads();
  v1::GetOffersResponse response;
  const grpc::Status status = Ask("customer-1", &response, absl::Milliseconds(200));
  // 5 ms are kept for the way back. Where the machine has taken them, the call is over, and that is no hang.
  if (status.ok()) {
    EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_DEADLINE);
  } else {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }
}

TEST_F(StallTest, AReadThatEndsInTimeIsWaitedFor) {
  settings_.decision_max_wait_ms = 0;
  StartCold();
  files_->StallReads();
  std::thread disk([&] {
    files_->AwaitStalled(1);
    files_->GoOn();
  });
  v1::GetOffersResponse response;
  ASSERT_TRUE(Ask("customer-1", &response).ok());
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_FULL);
  disk.join();
}

TEST_F(StallTest, WhoLeavesFreesThePlaceInTheQueue) {
  settings_.decision_max_wait_ms = 0;
  settings_.decision_max_waiting = 1;
  StartCold();
  files_->StallReads();
  grpc::ClientContext context;
  std::thread leaver([&] {
    files_->AwaitStalled(1);
    context.TryCancel();
  });
  v1::GetOffersResponse response;
  EXPECT_EQ(Ask("customer-1", &context, &response).error_code(), grpc::StatusCode::CANCELLED);
  leaver.join();
  // The place is free as soon as the server has heard of it; the thread is not.
  std::thread disk([&] {
    files_->AwaitStalled(2);
    files_->GoOn();
  });
  do {
    const grpc::Status status = Ask("customer-9", &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  } while (response.tier_reason() == v1::TIER_REASON_OVERLOADED);
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_FULL);
  disk.join();
}

TEST_F(StallTest, CallsBeyondTheBoundAreRefusedWithATimeToComeAgain) {
  settings_.decision_max_wait_ms = 40;
  settings_.decision_max_in_flight = 1;
  StartCold();
  files_->StallReads();
  // A second call at a time is one too many; which of two that is, is chance.
  std::atomic<bool> refused{false};
  std::vector<std::thread> tills;
  for (int t = 0; t < 4; ++t) {
    tills.emplace_back([&, t] {
      while (!refused) {
        grpc::ClientContext context;
        v1::GetOffersResponse response;
        const grpc::Status status = Ask(Customer(t), &context, &response);
        if (status.ok()) continue;
        EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
        const auto& trailers = context.GetServerTrailingMetadata();
        const auto delay = trailers.find("grpc-retry-pushback-ms");
        EXPECT_TRUE(delay != trailers.end() && std::string(delay->second.data(), delay->second.size()) == "40");
        refused = true;
      }
    });
  }
  for (std::thread& till : tills) till.join();
}

TEST_F(StallTest, ShuttingDownAnswersThoseWhoWait) {
  settings_.decision_max_wait_ms = 0;
  settings_.shutdown_seconds = 0;
  StartCold();
  files_->StallReads();
  grpc::Status status;
  v1::GetOffersResponse response;
  std::thread till([&] { status = Ask("customer-1", &response, absl::Hours(1)); });
  files_->AwaitStalled(1);
  std::thread disk([&] {  // the store can only be closed when it has answered; the till need not wait for that
    till.join();
    files_->GoOn();
  });
  EXPECT_TRUE(app_->Stop().ok());
  disk.join();
  // Which comes first, the answer or the end of the connection, is chance; that one comes is not.
  EXPECT_TRUE(!status.ok() || response.tier_reason() == v1::TIER_REASON_DEADLINE);
}

}  // namespace
}  // namespace nbo::server
