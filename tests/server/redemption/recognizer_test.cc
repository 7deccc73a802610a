#include "server/redemption/recognizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/base/hash.h"
#include "core/ledger/memory.h"
#include "server/ops/store_metrics.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FlakyLog : public MemoryDecisionLog {
 public:
  absl::StatusOr<uint64_t> Append(const LedgerEvent& event) override {
    if (fails) return absl::UnavailableError("the disk is full");
    return MemoryDecisionLog::Append(event);
  }
  absl::StatusOr<std::optional<DecisionRecord>> Find(const DecisionId& id) const override {
    ++finds;
    if (forgets) return std::optional<DecisionRecord>();
    return MemoryDecisionLog::Find(id);
  }
  std::atomic<bool> fails{false};
  std::atomic<bool> forgets{false};
  mutable std::atomic<int> finds{0};
};

class RecognizerTest : public ::testing::Test {
 protected:
  RecognizerTest() {
    CatalogDraft draft = DraftOfCatalog({{.id = "milk", .cost = "0.70", .products = {"p-MILK"}},
                                         {.id = "bread", .products = {"p-BREAD"}},
                                         {.id = "coupon"}});
    draft.offers[2].coupon = CouponDraft{At("C-1"), std::nullopt};
    std::shared_ptr<Catalog> catalog = Compiled(draft);
    catalog->offers[0].terms.supplier_share = 0.25;
    catalog_.Swap(std::move(catalog));
    EXPECT_TRUE(ledger_.Recover().ok());
    pipeline_ = std::make_unique<IngestPipeline>(IngestOptions(), &store_, &metrics_);
    pipeline_->OnRecorded([this](const Receipt& receipt) { recognizer_.OnRecorded(receipt); });
  }

  // Told at a till an hour ago, and presented at once.
  DecisionRecord Tell(const std::string& customer, const std::vector<std::string>& offers,
                      absl::Duration ago = absl::Hours(1)) {
    DecisionRecord record;
    record.time = clock_.Now() - ago;
    record.id = {absl::ToUnixMillis(record.time), ++decisions_};
    record.customer_id = customer;
    record.channel = Channel::kPos;
    record.expire_time = record.time + absl::Minutes(15);
    record.presumed = true;
    for (const std::string& offer : offers) {
      RecordedOffer recorded;
      recorded.offer = Hash64(offer);
      recorded.has_budget = true;
      recorded.cost_minor = 60;
      recorded.supplier_share = kWholeShare / 2;
      recorded.attribution_days = 7;
      record.offers.push_back(recorded);
    }
    ContactLedger::Commit result = ContactLedger::Commit::kOvertaken;
    while (result == ContactLedger::Commit::kOvertaken) {
      const auto seen = ledger_.Read(customer);
      const auto committed = ledger_.CommitDecision(*seen, record);
      EXPECT_TRUE(committed.ok()) << committed.status();
      if (!committed.ok()) break;
      result = committed->result;
    }
    EXPECT_EQ(result, ContactLedger::Commit::kDone);
    return record;
  }

  // Half an hour ago.
  Receipt Bought(const std::string& customer, const std::string& id, std::vector<ReceiptLine> lines) {
    Receipt receipt = ReceiptOf(customer, id, 0, std::move(lines));
    receipt.time = clock_.Now() - absl::Minutes(30);
    receipt.day = DayIn(receipt.time, absl::UTCTimeZone());
    return receipt;
  }
  Receipt MilkFor(const std::string& customer, const std::string& id) {
    return Bought(customer, id, {nbo::Bought("MILK", 100)});
  }

  absl::StatusOr<RecordResult> Send(const Receipt& receipt) {
    absl::Notification done;
    absl::StatusOr<RecordResult> sent = absl::UnknownError("never called back");
    pipeline_->Submit(receipt, [&](const absl::StatusOr<RecordResult>& result, absl::string_view) {
      sent = result;
      redeemed_when_acknowledged_ = Redeemed(receipt.customer_id);
      done.Notify();
    });
    done.WaitForNotification();
    return sent;
  }

  int Redeemed(const std::string& customer) {
    const auto read = ledger_.Read(customer);
    if (!read.ok()) return -1;
    int redeemed = 0;
    for (const Contact& contact : (*read)->contacts.contacts()) redeemed += contact.redeemed();
    return redeemed;
  }
  std::vector<OutcomeRecord> Outcomes() {
    std::vector<OutcomeRecord> outcomes;
    EXPECT_TRUE(log_.Replay(0,
                            [&](const LedgerEvent& event, uint64_t) {
                              if (const auto* outcome = std::get_if<OutcomeRecord>(&event))
                                outcomes.push_back(*outcome);
                              return true;
                            })
                    .ok());
    return outcomes;
  }
  std::string MetricsPage() { return RenderMetrics(*metrics_.registry(), LiveFigures()); }

  FlakyStore store_;
  FakeClock clock_;
  Metrics metrics_;
  ActiveCatalog catalog_;
  FlakyLog log_;
  MemoryLedgerStore kept_;
  BudgetBook budgets_;
  ContactLedger ledger_{&log_, &kept_, &budgets_, LedgerOptions()};
  std::vector<int64_t> told_troubles_;  // receipts
  RedemptionRecognizer recognizer_{
      &store_,   &ledger_,
      &log_,     &catalog_,
      &clock_,   100,
      &metrics_, [this](const absl::Status&, int64_t receipts) { told_troubles_.push_back(receipts); }};
  std::unique_ptr<IngestPipeline> pipeline_;
  uint64_t decisions_ = 0;
  int redeemed_when_acknowledged_ = 0;
};

TEST_F(RecognizerTest, AReceiptRedeemsBeforeItIsAcknowledged) {
  const DecisionRecord decision = Tell("anna", {"bread", "milk"});
  const Receipt receipt = MilkFor("anna", "1");
  EXPECT_EQ(*Send(receipt), RecordResult::kAccepted);
  EXPECT_EQ(redeemed_when_acknowledged_, 1);
  const std::vector<OutcomeRecord> outcomes = Outcomes();
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].token, (AttributionToken{decision.id, 2}));
  EXPECT_EQ(outcomes[0].customer_id, "anna");
  EXPECT_EQ(outcomes[0].outcome, (Outcome{OutcomeKind::kRedeemed, absl::ToUnixMicros(receipt.time)}));
  EXPECT_THAT(MetricsPage(), HasSubstr("nbo_receipt_redemptions_total{by=\"targets\"} 1"));
}

TEST_F(RecognizerTest, CostsWhatTheDecisionExpectedAndTellsTheBudget) {
  Tell("anna", {"milk"});
  EXPECT_TRUE(Send(MilkFor("anna", "1")).ok());
  ASSERT_THAT(Outcomes(), SizeIs(1));
  EXPECT_EQ(Outcomes()[0].amount_minor, 60) << "not the 70 of the offer by now";
  EXPECT_EQ(Outcomes()[0].supplier_minor, 30) << "not the quarter by now";
  const BudgetFigures figures = budgets_.Figures(Hash64("milk"), clock_.Now());
  EXPECT_EQ(figures.spent_count, 1);
  EXPECT_EQ(figures.spent_minor, 60);
  EXPECT_EQ(figures.supplier_minor, 30);
  EXPECT_EQ(figures.held_count, 0);
}

TEST_F(RecognizerTest, CostsWhatTheOfferSaysNowIfItsDecisionIsNotKeptAnyMore) {
  log_.forgets = true;
  Tell("anna", {"milk"});
  EXPECT_TRUE(Send(MilkFor("anna", "1")).ok());
  ASSERT_THAT(Outcomes(), SizeIs(1));
  EXPECT_EQ(Outcomes()[0].amount_minor, 70);
  EXPECT_EQ(Outcomes()[0].supplier_minor, 18);
}

TEST_F(RecognizerTest, OneReceiptRedeemsSeveralOffersByTargetsAndByCoupon) {
  Tell("anna", {"bread", "milk", "coupon"});
  Receipt receipt = Bought("anna", "1", {nbo::Bought("MILK", 100), nbo::Bought("BREAD", 20)});
  receipt.coupon_codes = {"other", "C-1"};
  EXPECT_TRUE(Send(receipt).ok());
  EXPECT_EQ(redeemed_when_acknowledged_, 3);
  EXPECT_THAT(MetricsPage(), HasSubstr("nbo_receipt_redemptions_total{by=\"coupon\"} 1"));
  EXPECT_THAT(MetricsPage(), HasSubstr("nbo_receipt_redemptions_total{by=\"targets\"} 2"));
}

TEST_F(RecognizerTest, ARepetitionRedeemsWhatWasLeftAndNothingTwice) {
  Tell("anna", {"milk"}, absl::Hours(2));
  Tell("anna", {"milk"});
  log_.fails = true;
  EXPECT_EQ(*Send(MilkFor("anna", "1")), RecordResult::kAccepted) << "trouble of the ledger is none of the receipt";
  EXPECT_EQ(Redeemed("anna"), 0);
  log_.fails = false;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*Send(MilkFor("anna", "1")), RecordResult::kDuplicate);
  EXPECT_EQ(redeemed_when_acknowledged_, 1);
  EXPECT_THAT(Outcomes(), SizeIs(1));
}

TEST_F(RecognizerTest, ACouponThatARepetitionAddsCounts) {
  Tell("anna", {"coupon"});
  Receipt receipt = MilkFor("anna", "1");
  EXPECT_EQ(*Send(receipt), RecordResult::kAccepted);
  EXPECT_EQ(Redeemed("anna"), 0);
  receipt.coupon_codes = {"C-1"};
  EXPECT_EQ(*Send(receipt), RecordResult::kDuplicate);
  EXPECT_EQ(Redeemed("anna"), 1);
}

TEST_F(RecognizerTest, WhatCountsIsTheRevisionThatCounts) {
  Tell("anna", {"milk"});
  Receipt corrected = Bought("anna", "1", {nbo::Bought("BREAD", 20)});
  corrected.revision = 1;
  EXPECT_EQ(*Send(corrected), RecordResult::kAccepted);
  EXPECT_EQ(*Send(MilkFor("anna", "1")), RecordResult::kSuperseded);
  EXPECT_EQ(*Send(MilkFor("anna", "1")), RecordResult::kDuplicate) << "of a revision that counts for nothing";
  EXPECT_EQ(Redeemed("anna"), 0);
  corrected = MilkFor("anna", "1");
  corrected.revision = 2;
  EXPECT_EQ(*Send(corrected), RecordResult::kCorrected);
  EXPECT_EQ(redeemed_when_acknowledged_, 1);
}

TEST_F(RecognizerTest, WhatWasReturnedBeforeTheSaleIsKnownRedeemsNothing) {
  Tell("anna", {"milk"});
  Receipt taken_back = Bought("anna", "2", {});
  taken_back.returns = {{"s1", "1", /*whole=*/true, {}}};
  EXPECT_EQ(*Send(taken_back), RecordResult::kAccepted);
  EXPECT_EQ(*Send(MilkFor("anna", "1")), RecordResult::kAccepted);
  EXPECT_EQ(Redeemed("anna"), 0);
}

TEST_F(RecognizerTest, AReceiptByCardRedeemsWhatItsOwnerWasTold) {
  const Identity card{IdentityType::kLoyaltyCard, "4711"};
  ASSERT_TRUE(
      pipeline_->State([&](Registry* registry) { return registry->Link(card, "anna", absl::UnixEpoch()).status(); })
          .ok());
  Tell("anna", {"milk"});
  Receipt receipt = MilkFor("", "1");
  receipt.addressed_by = card;
  EXPECT_EQ(*Send(receipt), RecordResult::kAccepted);
  EXPECT_EQ(Redeemed("anna"), 1);
}

TEST_F(RecognizerTest, WhoWasToldNothingCostsNoLookElsewhere) {
  Tell("anna", {"milk"}, absl::Hours(24 * 8));
  EXPECT_TRUE(Send(MilkFor("anna", "1")).ok()) << "its window is over";
  EXPECT_TRUE(Send(MilkFor("ben", "1")).ok());
  Tell("carl", {"milk"});
  EXPECT_TRUE(Send(Bought("carl", "1", {nbo::Bought("BREAD", 20)})).ok());
  EXPECT_EQ(log_.finds, 0);
  EXPECT_THAT(Outcomes(), IsEmpty());
}

TEST_F(RecognizerTest, TroubleIsCountedAndToldOnceAMinute) {
  for (const char* customer : {"anna", "ben", "carl", "dora"}) Tell(customer, {"milk"});
  log_.fails = true;
  EXPECT_EQ(*Send(MilkFor("anna", "1")), RecordResult::kAccepted);
  EXPECT_EQ(*Send(MilkFor("ben", "1")), RecordResult::kAccepted);
  EXPECT_EQ(*Send(MilkFor("carl", "1")), RecordResult::kAccepted);
  EXPECT_EQ(told_troubles_, std::vector<int64_t>({1}));
  clock_.Set(clock_.Now() + absl::Minutes(1));
  EXPECT_EQ(*Send(MilkFor("dora", "1")), RecordResult::kAccepted);
  EXPECT_EQ(told_troubles_, std::vector<int64_t>({1, 3}));
  EXPECT_THAT(MetricsPage(), HasSubstr("nbo_receipt_redemption_errors_total 4"));
}

TEST_F(RecognizerTest, DecisionsForTheSamePersonDoNotGetInItsWay) {
  Tell("anna", {"milk"});
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) Tell("anna", {"bread"}, absl::Hours(2));
  });
  for (int i = 0; i < 200; ++i) {
    const std::string customer = i % 2 == 0 ? "anna" : "ben";
    EXPECT_TRUE(Send(MilkFor(customer, absl::StrCat(i))).ok());
  }
  stop = true;
  other.join();
  EXPECT_GE(Redeemed("anna"), 1);
  EXPECT_THAT(told_troubles_, IsEmpty());
}

}  // namespace
}  // namespace nbo::server
