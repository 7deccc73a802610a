// EventService.RecordPurchases over a real connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/server/app/app_fixture.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kRecordPurchases[] = "/nbo.v1.EventService/RecordPurchases";

std::string Message(const v1::Purchase& purchase) {
  v1::RecordPurchasesRequest request;
  *request.mutable_purchase() = purchase;
  return request.SerializeAsString();
}
std::string Message(int number) { return Message(PurchaseOf(CustomerOf("anna"), absl::StrCat("r", number), number)); }

// The bytes of a message in which the text "XX" stands as Latin-1.
std::string Latin1(const v1::Purchase& purchase) {
  std::string bytes = Message(purchase);
  bytes.replace(bytes.find("XX"), 2, "\xE9\xE8");
  return bytes;
}

// What a client adds up over a stream.
struct Tally {
  int64_t through = 0, accepted = 0, duplicates = 0;
  std::vector<int64_t> corrected, superseded, erased;
  std::vector<v1::RecordPurchasesResponse::Rejection> rejections;
  int unreadable = 0;  // responses that no client could parse

  void Add(const grpc::ByteBuffer& bytes) {
    v1::RecordPurchasesResponse response;
    if (!response.ParseFromString(TextOf(bytes))) {
      ++unreadable;
      return;
    }
    EXPECT_GT(response.acknowledged_through(), through) << "acknowledgements only grow";
    EXPECT_EQ(response.acknowledged_through() - through,
              response.accepted_count() + response.duplicate_sequences_size() + response.corrected_sequences_size() +
                  response.superseded_sequences_size() + response.erased_sequences_size() + response.rejections_size());
    corrected.insert(corrected.end(), response.corrected_sequences().begin(), response.corrected_sequences().end());
    superseded.insert(superseded.end(), response.superseded_sequences().begin(), response.superseded_sequences().end());
    erased.insert(erased.end(), response.erased_sequences().begin(), response.erased_sequences().end());
    accepted += response.accepted_count();
    duplicates += response.duplicate_sequences_size();
    for (int64_t sequence : response.duplicate_sequences()) {
      EXPECT_TRUE(sequence > through && sequence <= response.acknowledged_through()) << sequence;
    }
    rejections.insert(rejections.end(), response.rejections().begin(), response.rejections().end());
    through = response.acknowledged_through();
  }
};

class PurchaseStreamTest : public AppTest {
 protected:
  PurchaseStreamTest() { Start(); }

  // Sends everything on one stream and reads all answers.
  Tally SendAll(const std::vector<std::string>& messages) {
    grpc::ClientContext context;
    auto stream = OpenRaw(kRecordPurchases, &context);
    std::thread writer([&] {
      for (const std::string& message : messages) ASSERT_TRUE(stream->Write(BytesOf(message)));
      stream->WritesDone();
    });
    Tally tally;
    for (grpc::ByteBuffer bytes; stream->Read(&bytes);) tally.Add(bytes);
    writer.join();
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return tally;
  }
};

TEST_F(PurchaseStreamTest, AcknowledgesEveryMessageOnce) {
  std::vector<std::string> messages;
  for (int i = 1; i <= 3000; ++i) messages.push_back(Message(i));
  Tally tally = SendAll(messages);
  EXPECT_EQ(tally.through, 3000);
  EXPECT_EQ(tally.accepted, 3000);
  EXPECT_EQ(Visits("anna"), 3000);
  tally = SendAll(messages);
  EXPECT_EQ(tally.duplicates, 3000) << "sent again";
  EXPECT_EQ(Visits("anna"), 3000);
}

TEST_F(PurchaseStreamTest, TellsWhatBecameOfEveryReceipt) {
  grpc::ClientContext context;
  v1::EraseCustomerRequest erase;
  *erase.mutable_customer() = CustomerOf("erased");
  v1::EraseCustomerResponse erased;
  ASSERT_TRUE(customers_->EraseCustomer(&context, erase, &erased).ok());
  auto revision = [](int number, int64_t amount_minor) {
    v1::Purchase purchase = PurchaseOf(CustomerOf("anna"), "1", amount_minor);
    purchase.set_revision(number);
    return Message(purchase);
  };
  const Tally tally = SendAll({revision(0, 100), revision(5, 200), revision(3, 150), revision(3, 150),
                               Message(PurchaseOf(CustomerOf("erased"), "1")), revision(7, 300), revision(5, 999),
                               Message(PurchaseOf(CustomerOf("erased"), "2")), Message(2)});
  EXPECT_EQ(tally.through, 9);
  EXPECT_EQ(tally.accepted, 2);
  EXPECT_EQ(tally.duplicates, 1);
  EXPECT_THAT(tally.corrected, ElementsAre(2, 6));
  EXPECT_THAT(tally.superseded, ElementsAre(3));
  EXPECT_THAT(tally.erased, ElementsAre(5, 8));
  ASSERT_EQ(tally.rejections.size(), 1u);
  EXPECT_EQ(tally.rejections[0].sequence(), 7);
  EXPECT_EQ(tally.rejections[0].code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Visits("anna"), 2);
  EXPECT_EQ(Visits("erased"), -1);
}

TEST_F(PurchaseStreamTest, AnEmptyStreamEndsWell) { EXPECT_EQ(SendAll({}).through, 0); }

TEST_F(PurchaseStreamTest, APoisonedMessageIsRefusedAloneAndTheStreamGoesOn) {
  v1::Purchase latin1 = PurchaseOf(CustomerOf("anna"), "bad-product");
  latin1.mutable_lines(0)->set_product_id("XX");
  v1::Purchase empty = PurchaseOf(CustomerOf("anna"), "no-lines");
  empty.clear_lines();
  const Tally tally = SendAll({Message(1), Latin1(latin1), "\xFF\xFF\xFF", Message(empty), "", Message(2),
                               Message(PurchaseOf(CustomerOf("anna"), "r1", 999))});
  EXPECT_EQ(tally.unreadable, 0);
  EXPECT_EQ(tally.through, 7);
  EXPECT_EQ(tally.accepted, 2);
  ASSERT_EQ(tally.rejections.size(), 5u);
  const struct {
    int sequence;
    grpc::StatusCode code;
    const char* message;
    const char* receipt_id;
  } wanted[] = {{2, grpc::StatusCode::INVALID_ARGUMENT, "purchase.lines.product_id: not valid UTF-8", "bad-product"},
                {3, grpc::StatusCode::INVALID_ARGUMENT, "the request is not a nbo.v1.RecordPurchasesRequest", ""},
                {4, grpc::StatusCode::INVALID_ARGUMENT, "purchase.lines: at least one line", "no-lines"},
                {5, grpc::StatusCode::INVALID_ARGUMENT, "purchase: is required", ""},
                {7, grpc::StatusCode::ALREADY_EXISTS, "purchase.receipt_id: receipt 'r1'", "r1"}};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(tally.rejections[i].sequence(), wanted[i].sequence);
    EXPECT_EQ(tally.rejections[i].code(), wanted[i].code);
    EXPECT_THAT(tally.rejections[i].message(), StartsWith(wanted[i].message));
    EXPECT_EQ(tally.rejections[i].receipt_id(), wanted[i].receipt_id);
  }
  EXPECT_EQ(Visits("anna"), 2);
}

TEST_F(PurchaseStreamTest, ARejectionCanAlwaysBeReadWhateverTheReceiptIdWas) {
  std::string odd = "x";
  for (int i = 0; i < 40; ++i) odd += "ж";  // 81 bytes; byte 64 lies within a character
  const Tally tally =
      SendAll({Latin1(PurchaseOf(CustomerOf("anna"), "XX")), Message(PurchaseOf(CustomerOf("anna"), odd)), Message(1)});
  EXPECT_EQ(tally.unreadable, 0) << "the receipt id travels back: it must be UTF-8";
  EXPECT_EQ(tally.through, 3);
  ASSERT_EQ(tally.rejections.size(), 2u);
  EXPECT_EQ(tally.rejections[0].message(), "purchase.receipt_id: not valid UTF-8");
  EXPECT_THAT(tally.rejections[1].message(), StartsWith("purchase.receipt_id: 81 bytes"));
  EXPECT_EQ(tally.rejections[1].receipt_id(), odd.substr(0, 63));
}

TEST_F(PurchaseStreamTest, ACancelledStreamLeavesTheServerAndWhatWasAcknowledgedWell) {
  for (int round = 0; round < 5; ++round) {
    grpc::ClientContext context;
    auto stream = OpenRaw(kRecordPurchases, &context);
    for (int i = 1; i <= 200; ++i) ASSERT_TRUE(stream->Write(BytesOf(Message(round * 200 + i))));
    Tally tally;
    grpc::ByteBuffer bytes;
    ASSERT_TRUE(stream->Read(&bytes));
    tally.Add(bytes);
    const int64_t before = Visits("anna");
    EXPECT_GE(before, tally.accepted);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  std::vector<std::string> messages;
  for (int i = 1; i <= 1000; ++i) messages.push_back(Message(i));
  const Tally tally = SendAll(messages);
  EXPECT_EQ(tally.accepted + tally.duplicates, 1000);
  EXPECT_EQ(Visits("anna"), 1000) << "sent again, counted once";
}

TEST_F(PurchaseStreamTest, ADrainEndsAnIdleStreamWithUnavailable) {
  grpc::ClientContext context;
  auto stream = OpenRaw(kRecordPurchases, &context);
  ASSERT_TRUE(stream->Write(BytesOf(Message(1))));
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(stream->Read(&bytes));
  const absl::Time start = absl::Now();
  ASSERT_TRUE(app_->Stop().ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(settings_.shutdown_seconds)) << "not by running into the deadline";
  EXPECT_FALSE(stream->Read(&bytes));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("shutting down"));
}

// A read may be under way when a drain ends a stream; what it then brings must touch nothing that is gone. Found by the
// address sanitizer, hence worth most under it.
TEST_F(PurchaseStreamTest, ADrainMeetsReadsUnderWayOnManyStreams) {
  constexpr int kStreams = 40;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> clients;
    std::atomic<int> open{0};
    for (int client = 0; client < kStreams; ++client) {
      clients.emplace_back([&, client] {
        grpc::ClientContext context;
        auto stream = OpenRaw(kRecordPurchases, &context);
        grpc::ByteBuffer bytes;
        for (int i = 1;
             stream->Write(BytesOf(Message(client * 1'000'000 + round * 10'000 + i))) && stream->Read(&bytes); ++i) {
          if (i == 1) ++open;
        }
        EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
      });
    }
    while (open < kStreams) absl::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(app_->Stop().ok());
    for (std::thread& client : clients) client.join();
    Restart();
  }
}

TEST_F(PurchaseStreamTest, ADrainUnderLoadKeepsEverythingAcknowledged) {
  grpc::ClientContext context;
  auto stream = OpenRaw(kRecordPurchases, &context);
  std::atomic<int> acknowledged{0};
  std::thread writer([&] {
    for (int i = 1; stream->Write(BytesOf(Message(i))); ++i) {
    }
  });
  Tally tally;
  std::thread reader([&] {
    for (grpc::ByteBuffer bytes; stream->Read(&bytes);) {
      tally.Add(bytes);
      acknowledged = static_cast<int>(tally.through);
    }
  });
  while (acknowledged < 500) absl::SleepFor(absl::Milliseconds(1));
  ASSERT_TRUE(app_->Stop().ok());
  writer.join();
  reader.join();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(tally.accepted, tally.through);

  Restart();
  EXPECT_GE(Visits("anna"), tally.accepted);
  std::vector<std::string> again;
  for (int i = 1; i <= tally.through; ++i) again.push_back(Message(i));
  EXPECT_EQ(SendAll(again).duplicates, tally.through) << "every acknowledged receipt was on disk";
}

TEST_F(PurchaseStreamTest, MoreStreamsThanAllowedAreRefusedAtOnce) {
  settings_.ingest_max_streams = 2;
  Restart();
  grpc::ClientContext first_context, second_context, third_context, fourth_context;
  auto first = OpenRaw(kRecordPurchases, &first_context);
  auto second = OpenRaw(kRecordPurchases, &second_context);
  grpc::ByteBuffer bytes;
  for (auto* stream : {&first, &second}) {  // surely open
    ASSERT_TRUE((*stream)->Write(BytesOf(Message(1))));
    ASSERT_TRUE((*stream)->Read(&bytes));
  }
  auto third = OpenRaw(kRecordPurchases, &third_context);
  EXPECT_EQ(third->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  first->WritesDone();
  EXPECT_TRUE(first->Finish().ok());
  auto fourth = OpenRaw(kRecordPurchases, &fourth_context);
  ASSERT_TRUE(fourth->Write(BytesOf(Message(2))));
  EXPECT_TRUE(fourth->Read(&bytes)) << "room again";
  fourth->WritesDone();
  second->WritesDone();
  EXPECT_TRUE(fourth->Finish().ok());
  EXPECT_TRUE(second->Finish().ok());
}

}  // namespace
}  // namespace nbo::server
