#include "server/ctl/ack_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nbo/v1/event_service.pb.h"

namespace nbo::ctl {
namespace {

using testing::ElementsAre;

// An acknowledgement; `duplicate` and `rejected` are sequence numbers, the latter refused with `code`.
nbo::v1::RecordPurchasesResponse Ack(int64_t through, int64_t accepted, const std::vector<int64_t>& duplicate = {},
                                     const std::vector<int64_t>& rejected = {}, int code = 3) {
  nbo::v1::RecordPurchasesResponse response;
  response.set_acknowledged_through(through);
  response.set_accepted_count(accepted);
  for (const int64_t sequence : duplicate) response.add_duplicate_sequences(sequence);
  for (const int64_t sequence : rejected) {
    auto* rejection = response.add_rejections();
    rejection->set_sequence(sequence);
    rejection->set_code(code);
    rejection->set_message("why");
  }
  return response;
}

TEST(AckLedgerTest, SettlesRunsAndKnowsTheFateOfEveryReceipt) {
  AckLedger ledger(8);
  ledger.BeginStream();
  ASSERT_TRUE(ledger.Apply(Ack(2, 2), 8).ok());
  ASSERT_TRUE(ledger.Apply(Ack(4, 0, {4}, {3}), 8).ok());
  ASSERT_TRUE(ledger.Apply(Ack(7, 1, {7}, {6}), 8).ok());
  EXPECT_EQ(ledger.fate(0), Fate::kAccepted);
  EXPECT_EQ(ledger.fate(2), Fate::kRejected);
  EXPECT_EQ(ledger.rejection(2)->message(), "why");
  EXPECT_EQ(ledger.fate(3), Fate::kDuplicate);
  EXPECT_EQ(ledger.fate(4), Fate::kAccepted);
  EXPECT_EQ(ledger.fate(5), Fate::kRejected);
  EXPECT_EQ(ledger.fate(6), Fate::kDuplicate);
  EXPECT_EQ(ledger.fate(7), Fate::kPending);
  EXPECT_EQ(ledger.settled(), 7u);
  EXPECT_EQ(ledger.count(Fate::kAccepted), 3);
  EXPECT_EQ(ledger.count(Fate::kDuplicate), 2);
}

TEST(AckLedgerTest, ANewStreamSendsWhatIsPendingWithNumbersFromOne) {
  AckLedger ledger(5);
  ledger.BeginStream();
  ASSERT_TRUE(ledger.Apply(Ack(3, 2, {}, {2}, 14), 5).ok());
  EXPECT_EQ(ledger.settled(), 2u);
  EXPECT_THAT(ledger.BeginStream(), ElementsAre(1, 3, 4));
  ASSERT_TRUE(ledger.Apply(Ack(1, 1), 3).ok());
  EXPECT_EQ(ledger.fate(1), Fate::kAccepted);
  EXPECT_EQ(ledger.rejection(1), nullptr);
}

TEST(AckLedgerTest, CloseRejectsWhatWasLastUnavailableAndLeavesTheUnansweredPending) {
  AckLedger ledger(2);
  ledger.BeginStream();
  ASSERT_TRUE(ledger.Apply(Ack(1, 0, {}, {1}, 14), 1).ok());
  ledger.Close();
  EXPECT_EQ(ledger.fate(0), Fate::kRejected);
  EXPECT_EQ(ledger.fate(1), Fate::kPending);
  EXPECT_FALSE(ledger.done());
}

TEST(AckLedgerTest, TellsCorrectedSupersededAndErasedApart) {
  AckLedger ledger(6);
  ledger.BeginStream();
  nbo::v1::RecordPurchasesResponse response = Ack(6, 1, {1}, {5});
  response.add_corrected_sequences(4);
  response.add_superseded_sequences(2);
  response.add_erased_sequences(6);
  ASSERT_TRUE(ledger.Apply(response, 6).ok());
  const Fate fates[] = {Fate::kDuplicate, Fate::kSuperseded, Fate::kAccepted,
                        Fate::kCorrected, Fate::kRejected,   Fate::kErased};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(ledger.fate(i), fates[i]) << i;
    EXPECT_EQ(ledger.count(fates[i]), 1) << i;
  }
  EXPECT_TRUE(ledger.done());
}

TEST(AckLedgerTest, RefusesAMessageThatIsNamedTwiceWhateverTheLists) {
  using Response = nbo::v1::RecordPurchasesResponse;
  using Add = void (Response::*)(int64_t);
  const Add lists[] = {&Response::add_duplicate_sequences, &Response::add_corrected_sequences,
                       &Response::add_superseded_sequences, &Response::add_erased_sequences};
  for (const Add first : lists) {
    for (const Add second : lists) {
      AckLedger ledger(3);
      ledger.BeginStream();
      Response response = Ack(3, 1);
      (response.*first)(2);
      (response.*second)(2);
      EXPECT_EQ(ledger.Apply(response, 3).code(), absl::StatusCode::kInternal);
      EXPECT_EQ(ledger.settled(), 0u);
    }
  }
}

TEST(AckLedgerTest, RefusesAcknowledgementsThatCannotBe) {
  AckLedger ledger(5);
  ledger.BeginStream();
  ASSERT_TRUE(ledger.Apply(Ack(2, 2), 4).ok());
  const nbo::v1::RecordPurchasesResponse impossible[] = {
      Ack(5, 3),                  // not sent yet
      Ack(1, 0),                  // backwards
      Ack(3, 0),                  // does not add up
      Ack(3, 2),                  // neither does this
      Ack(4, 3, {3}, {3, 4, 4}),  // nor this
      Ack(4, -1, {3}, {3, 4}),    // negative
      Ack(3, 0, {}, {2}),         // rejects before the run
      Ack(3, 0, {4}),             // a duplicate after the run
      Ack(4, 0, {}, {3, 3}),      // rejects one twice
      Ack(4, 0, {4, 3}),          // duplicates out of order
      Ack(4, 0, {3}, {3}),        // both duplicate and rejected
  };
  for (const auto& response : impossible) {
    EXPECT_EQ(ledger.Apply(response, 4).code(), absl::StatusCode::kInternal) << response.ShortDebugString();
    EXPECT_EQ(ledger.settled(), 2u);
    EXPECT_EQ(ledger.count(Fate::kAccepted), 2);
  }
}

}  // namespace
}  // namespace nbo::ctl
