#include "server/ctl/purchase_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "server/ctl/api_client.h"
#include "tests/ctl/fake_server.h"

namespace nbo::ctl {
namespace {

using testing::HasSubstr;

class PurchaseStreamTest : public testing::Test {
 protected:
  PurchaseStreamTest() : client_(server_.address(), absl::Seconds(5)) {
    options_.now = [] { return absl::Now(); };
    options_.sleep = [this](absl::Duration duration) { slept_.push_back(duration); };
    options_.progress_interval = absl::Milliseconds(10);
  }

  StreamResult Send(AckLedger* ledger) {
    return SendPurchases(
        client_,
        [](size_t index, nbo::v1::Purchase* purchase) {
          purchase->mutable_customer()->set_customer_id("c");
          purchase->set_receipt_id(std::to_string(index));
          if (purchase->lines().empty()) purchase->add_lines()->set_product_id("p");
        },
        options_, ledger);
  }

  int64_t Count(const AckLedger& ledger, Fate fate) {
    int64_t count = 0;
    for (size_t i = 0; i < ledger.receipt_count(); ++i) count += ledger.fate(i) == fate ? 1 : 0;
    return count;
  }

  FakeServer server_;
  ApiClient client_;
  StreamOptions options_;
  std::vector<absl::Duration> slept_;
};

TEST_F(PurchaseStreamTest, SendsManyInFlightAndSettlesEach) {
  server_.events.ack_every = 100;
  AckLedger ledger(5000);
  const StreamResult result = Send(&ledger);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(ledger.count(Fate::kAccepted), 5000);
  EXPECT_EQ(server_.events.recorded().size(), 5000u);
  EXPECT_EQ(result.reopened_streams, 0);
}

TEST_F(PurchaseStreamTest, AWindowSmallerThanTheBufferHintDoesNotStall) {
  server_.events.ack_every = 1;
  options_.max_in_flight = 3;
  AckLedger ledger(200);
  EXPECT_TRUE(Send(&ledger).status.ok());
  EXPECT_EQ(ledger.count(Fate::kAccepted), 200);
}

TEST_F(PurchaseStreamTest, ResendsWhatABrokenStreamDidNotAcknowledge) {
  // Records 37, acknowledges 30 and breaks; then breaks again before anything.
  server_.events.scripts = {{.break_after = 37}, {.break_after = 0}};
  AckLedger ledger(100);
  const StreamResult result = Send(&ledger);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.reopened_streams, 2);
  EXPECT_GE(result.resent_receipts, 7);
  EXPECT_EQ(server_.events.recorded().size(), 100u);
  EXPECT_EQ(ledger.count(Fate::kAccepted) + ledger.count(Fate::kDuplicate), 100);
  EXPECT_EQ(ledger.count(Fate::kDuplicate), 7);
  EXPECT_TRUE(ledger.done());
}

TEST_F(PurchaseStreamTest, AnswersDuplicatesAndRejectionsForEveryReceipt) {
  AckLedger first(50);
  ASSERT_TRUE(Send(&first).status.ok());
  server_.events.refuse = [](const nbo::v1::Purchase& purchase) {
    return purchase.receipt_id() == "55" ? grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "lines: too many")
                                         : grpc::Status::OK;
  };
  AckLedger second(60);
  EXPECT_TRUE(Send(&second).status.ok());
  EXPECT_EQ(second.count(Fate::kDuplicate), 50);
  EXPECT_EQ(second.count(Fate::kAccepted), 9);
  EXPECT_EQ(Count(second, Fate::kRejected), 1);
  EXPECT_EQ(second.rejection(55)->message(), "lines: too many");
  EXPECT_EQ(Count(second, Fate::kDuplicate), 50);
}

TEST_F(PurchaseStreamTest, RetriesUnavailableReceiptsUntilTheyAreTaken) {
  int refusals = 0;
  server_.events.refuse = [&](const nbo::v1::Purchase& purchase) {
    if (purchase.receipt_id() != "3" || ++refusals > 2) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "disk full");
  };
  AckLedger ledger(20);
  const StreamResult result = Send(&ledger);
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(ledger.count(Fate::kAccepted), 20);
  EXPECT_EQ(server_.events.stream_count(), 3);
}

TEST_F(PurchaseStreamTest, GivesUpOnUnavailableReceiptsAfterABoundedNumberOfStreams) {
  server_.events.refuse = [](const nbo::v1::Purchase&) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "disk full");
  };
  options_.max_barren_streams = 4;
  AckLedger ledger(20);
  const StreamResult result = Send(&ledger);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("disk full"));
  EXPECT_EQ(server_.events.stream_count(), 4);
  EXPECT_EQ(Count(ledger, Fate::kRejected), 20);
  EXPECT_THAT(slept_, testing::ElementsAre(absl::Milliseconds(200), absl::Milliseconds(400), absl::Milliseconds(800)));
}

TEST_F(PurchaseStreamTest, GivesUpAtOnceWhenTheServerWillNeverTakeIt) {
  server_.events.scripts = {{.break_after = 15, .code = grpc::StatusCode::PERMISSION_DENIED}};
  AckLedger ledger(20);
  const StreamResult result = Send(&ledger);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(server_.events.stream_count(), 1);
  EXPECT_EQ(Count(ledger, Fate::kAccepted), 10);
  EXPECT_EQ(Count(ledger, Fate::kPending), 10);
}

TEST_F(PurchaseStreamTest, CutsAStreamThatIsMute) {
  server_.events.scripts = {{.mute = true}};
  options_.stall_timeout = absl::Milliseconds(200);
  options_.max_in_flight = 8;
  AckLedger ledger(20);
  server_.events.ack_every = 1;
  EXPECT_TRUE(Send(&ledger).status.ok());
  EXPECT_EQ(ledger.count(Fate::kAccepted), 20);
  EXPECT_EQ(server_.events.stream_count(), 2);
}

TEST_F(PurchaseStreamTest, StopsWhenTheServerAcknowledgesWhatWasNotSent) {
  server_.events.scripts = {{.lies = true}};
  AckLedger ledger(20);
  const StreamResult result = Send(&ledger);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("the server"));
}

TEST_F(PurchaseStreamTest, StopsAtAnAnswerThatCannotBeRead) {
  server_.events.ack_every = 1;
  server_.events.refuse = [](const nbo::v1::Purchase& purchase) {
    return purchase.receipt_id() == "3" ? grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not UTF-8: \xFF")
                                        : grpc::Status::OK;
  };
  options_.finish_timeout = absl::Milliseconds(200);
  AckLedger ledger(20);
  const StreamResult result = Send(&ledger);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kInternal) << result.status;
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("cannot be read"));
  EXPECT_EQ(server_.events.stream_count(), 1);
  EXPECT_EQ(Count(ledger, Fate::kAccepted), 3);
}

TEST_F(PurchaseStreamTest, SaysWhatToDoWhenNobodyListens) {
  ApiClient nobody("127.0.0.1:1", absl::Seconds(5));
  options_.max_barren_streams = 2;
  AckLedger ledger(3);
  const StreamResult result = SendPurchases(
      nobody, [](size_t, nbo::v1::Purchase*) {}, options_, &ledger);
  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("cannot reach nbod at 127.0.0.1:1"));
  EXPECT_EQ(Count(ledger, Fate::kPending), 3);
}

}  // namespace
}  // namespace nbo::ctl
