#include "server/handlers/export_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/server/handlers/customer_fixture.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr int64_t kDaySeconds = 86'400;

class ExportHandlerTest : public CustomerTest {
 protected:
  absl::Status Export(const v1::CustomerRef& customer, v1::ExportCustomerResponse* response, int page_size = 0,
                      const std::string& token = "") {
    v1::ExportCustomerRequest request;
    *request.mutable_customer() = customer;
    request.set_page_size(page_size);
    request.set_page_token(token);
    response->Clear();
    return ExportHandler(&store_, &clock_).ExportCustomer(request, response);
  }
  // All receipts over all pages, in the order of the answer.
  std::vector<v1::ExportedReceipt> ExportAll(const v1::CustomerRef& customer, int page_size) {
    std::vector<v1::ExportedReceipt> receipts;
    v1::ExportCustomerResponse page;
    std::string token;
    do {
      const absl::Status status = Export(customer, &page, page_size, token);
      EXPECT_TRUE(status.ok()) << status;
      if (page_size > 0) {
        EXPECT_LE(page.receipts_size(), page_size);
      }
      if (!token.empty()) {
        EXPECT_EQ(
            page.merged_customer_ids_size() + page.identities_size() + page.consents_size() + page.attributes_size(), 0)
            << "the first page only";
      }
      receipts.insert(receipts.end(), page.receipts().begin(), page.receipts().end());
      token = page.next_page_token();
    } while (!token.empty() && !HasFailure());
    return receipts;
  }
};

std::string KeyOf(const v1::ExportedReceipt& receipt) {
  return absl::StrCat(receipt.purchase().store_id(), "/", receipt.purchase().receipt_id());
}

// Takes bread for 0.50 back from the receipt `sale` of store s1.
v1::Purchase TakingBack(const v1::CustomerRef& customer, const std::string& receipt_id, const std::string& sale) {
  v1::Purchase purchase = PurchaseOf(customer, receipt_id);
  v1::PurchaseReturn* returned = purchase.add_returns();
  returned->set_receipt_id(sale);
  v1::PurchaseLine* line = returned->add_lines();
  line->set_product_id("p2");
  line->set_category("BREAD");
  line->set_quantity_milli(-1000);
  line->set_amount_minor(-50);
  line->set_discount_minor(-5);
  return purchase;
}

TEST_F(ExportHandlerTest, ShowsEverythingThatIsKept) {
  Merge("anna-before", "anna");
  Link("4711", "anna", kNoon - 10 * kDaySeconds);
  Link("4711", "bert", kNoon - 5 * kDaySeconds);
  Link("4711", "anna", kNoon - 2 * kDaySeconds);
  Consent(CustomerOf("anna"), true, kNoon - 7, "till form 12");
  v1::RecordConsentRequest sms = ConsentOf(CustomerOf("anna"), kNoon - 6);
  sms.set_channel(v1::CHANNEL_SMS);
  Consent(sms);
  Attributes(CustomerOf("anna"), {{"tier", "gold"}, {"app", ""}}, kNoon - 6);
  Attributes(CustomerOf("anna"), {}, kNoon - 5, {"trial"});
  v1::Purchase sale = PurchaseOf(CustomerOf("anna"), "1", 250);
  sale.mutable_lines(0)->set_discount_minor(20);
  *sale.add_lines() = sale.lines(0);
  sale.mutable_lines(1)->clear_category();
  sale.mutable_time()->set_nanos(7000);
  Record(sale);
  sale.set_revision(3);
  sale.mutable_lines(1)->set_quantity_milli(350);
  Record(sale);
  v1::Purchase late = sale;
  late.set_revision(1);
  Record(late);
  v1::Purchase back = TakingBack(CardOf("4711"), "2", "1");
  back.set_channel(v1::CHANNEL_WEB);
  v1::PurchaseReturn* whole = back.add_returns();
  whole->set_store_id("");
  whole->set_receipt_id("gone");
  whole->set_whole(true);
  Record(back);
  v1::Purchase cancelled = PurchaseOf(CustomerOf("anna"), "3");
  cancelled.clear_lines();
  cancelled.set_cancelled(true);
  Record(cancelled);

  v1::ExportCustomerResponse shown;
  ASSERT_TRUE(Export(CardOf("4711"), &shown).ok());
  EXPECT_EQ(shown.customer_id(), "anna");
  EXPECT_THAT(shown.merged_customer_ids(), ElementsAre("anna-before"));
  EXPECT_EQ(shown.dropped_receipts_count(), 0);
  EXPECT_EQ(shown.next_page_token(), "");
  ASSERT_EQ(shown.identities_size(), 1);
  EXPECT_EQ(shown.identities(0).identity().value(), "4711");
  EXPECT_EQ(shown.identities(0).identity().type(), v1::IDENTITY_TYPE_LOYALTY_CARD);
  ASSERT_EQ(shown.identities(0).periods_size(), 2) << "without that of bert";
  EXPECT_EQ(shown.identities(0).periods(0).to().seconds(), kNoon - 5 * kDaySeconds);
  EXPECT_EQ(shown.identities(0).periods(1).from().seconds(), kNoon - 2 * kDaySeconds);
  EXPECT_FALSE(shown.identities(0).periods(1).has_to());
  ASSERT_EQ(shown.consents_size(), 2);
  EXPECT_EQ(shown.consents(0).channel(), v1::CHANNEL_EMAIL);
  EXPECT_TRUE(shown.consents(0).granted());
  EXPECT_EQ(shown.consents(0).time().seconds(), kNoon - 7);
  EXPECT_EQ(shown.consents(0).source(), "till form 12");
  EXPECT_EQ(shown.consents(1).channel(), v1::CHANNEL_SMS);
  EXPECT_FALSE(shown.consents(1).granted());
  ASSERT_EQ(shown.attributes_size(), 3);
  EXPECT_EQ(shown.attributes(0).key(), "app");
  EXPECT_TRUE(shown.attributes(0).has_value()) << "an empty one";
  EXPECT_EQ(shown.attributes(1).key(), "tier");
  EXPECT_EQ(shown.attributes(1).value(), "gold");
  EXPECT_EQ(shown.attributes(1).time().seconds(), kNoon - 6);
  EXPECT_EQ(shown.attributes(1).source(), "crm");
  EXPECT_EQ(shown.attributes(2).key(), "trial");
  EXPECT_FALSE(shown.attributes(2).has_value()) << "removed";

  ASSERT_EQ(shown.receipts_size(), 3);
  EXPECT_EQ(shown.receipts(0).purchase().SerializeAsString(), sale.SerializeAsString()) << "the highest revision";
  EXPECT_EQ(shown.receipts(0).day(), 19'888);
  EXPECT_THAT(shown.receipts(0).other_revisions(), ElementsAre(0, 1));
  back.mutable_returns(0)->set_store_id("s1");
  EXPECT_EQ(shown.receipts(1).purchase().SerializeAsString(), back.SerializeAsString());
  EXPECT_TRUE(shown.receipts(1).purchase().returns(1).has_store_id());
  EXPECT_EQ(shown.receipts(2).purchase().SerializeAsString(), cancelled.SerializeAsString());
}

TEST_F(ExportHandlerTest, AnExportedReceiptSentAgainIsADuplicate) {
  Record(PurchaseOf(CustomerOf("old"), "absorbed"));
  Merge("old", "anna");
  Record(PurchaseOf(CardOf("4711"), "anonymous"));
  Link("4711", "anna", kNoon);
  v1::Purchase odd = TakingBack(CustomerOf("anna"), "1", "unknown");
  odd.set_store_id("");
  odd.set_utc_offset_minutes(840);
  odd.mutable_time()->set_nanos(123'456'789);
  Record(odd);
  v1::Purchase corrected = PurchaseOf(CustomerOf("anna"), "absorbed", 5);
  corrected.set_revision(9);
  Record(corrected);
  corrected.clear_lines();
  corrected.set_cancelled(true);
  corrected.set_receipt_id("cancelled");
  Record(corrected);
  const std::vector<v1::ExportedReceipt> receipts = ExportAll(CustomerOf("anna"), 2);
  ASSERT_EQ(receipts.size(), 4u);
  const uint64_t digest = StateDigest(StateOf("anna"));
  for (const v1::ExportedReceipt& receipt : receipts) {
    const auto again = Record(receipt.purchase());
    ASSERT_TRUE(again.status.ok()) << again.status;
    EXPECT_EQ(again.response.result(), v1::RECORD_RESULT_DUPLICATE) << KeyOf(receipt);
    EXPECT_EQ(again.response.customer_id(), "anna");
  }
  EXPECT_EQ(StateDigest(StateOf("anna")), digest);
}

TEST_F(ExportHandlerTest, PagesHoldEveryReceiptOnceInAscendingOrder) {
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    v1::Purchase purchase = PurchaseOf(CustomerOf("anna"), absl::StrCat(i));
    purchase.set_store_id(i % 5 == 0 ? "" : std::string(i % 5, 'x'));
    // Sales that are not known: they lie among the receipts, but are none.
    if (i % 3 == 0) {
      v1::PurchaseReturn* returned = purchase.add_returns();
      returned->set_receipt_id(absl::StrCat("unknown", i));
      *returned->add_lines() = TakingBack(CustomerOf("anna"), "", "").returns(0).lines(0);
    }
    ASSERT_TRUE(Record(purchase).status.ok());
    sent.push_back(absl::StrCat(purchase.store_id(), "/", purchase.receipt_id()));
  }
  std::sort(sent.begin(), sent.end());
  for (int page_size : {0, 1, 7, 100, 199, 200, 201, 1000}) {
    std::vector<std::string> shown;
    for (const v1::ExportedReceipt& receipt : ExportAll(CustomerOf("anna"), page_size)) shown.push_back(KeyOf(receipt));
    EXPECT_TRUE(std::is_sorted(shown.begin(), shown.end())) << page_size;
    EXPECT_EQ(shown, sent) << page_size;
  }
  v1::ExportCustomerResponse page;
  ASSERT_TRUE(Export(CustomerOf("anna"), &page, 200).ok());
  EXPECT_EQ(page.next_page_token(), "") << "no empty page follows";
}

TEST_F(ExportHandlerTest, APageHas500ReceiptsUnlessAskedForOthers) {
  for (int i = 0; i < 501; ++i) Record(PurchaseOf(CustomerOf("anna"), absl::StrCat(i)));
  v1::ExportCustomerResponse page;
  ASSERT_TRUE(Export(CustomerOf("anna"), &page).ok());
  EXPECT_EQ(page.receipts_size(), 500);
  EXPECT_NE(page.next_page_token(), "");
  ASSERT_TRUE(Export(CustomerOf("anna"), &page, 1000).ok());
  EXPECT_EQ(page.receipts_size(), 501);
}

TEST_F(ExportHandlerTest, LongReceiptsMakeShorterPagesThatAClientCanTake) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("anna"), "");
  purchase.mutable_lines(0)->set_product_id(std::string(64, 'p'));
  purchase.mutable_lines(0)->set_category(std::string(64, 'c'));
  while (purchase.lines_size() < 1000) *purchase.add_lines() = purchase.lines(0);
  for (int i = 10; i < 50; ++i) {
    purchase.set_receipt_id(absl::StrCat(i));
    ASSERT_TRUE(Record(purchase).status.ok());
  }
  v1::ExportCustomerResponse page;
  ASSERT_TRUE(Export(CustomerOf("anna"), &page).ok());
  EXPECT_LT(page.ByteSizeLong(), 4u << 20) << "what gRPC clients take";
  EXPECT_NE(page.next_page_token(), "");
  std::map<std::string, int> shown;
  for (const v1::ExportedReceipt& receipt : ExportAll(CustomerOf("anna"), 0)) ++shown[KeyOf(receipt)];
  EXPECT_EQ(shown.size(), 40u);
  for (const auto& [key, times] : shown) EXPECT_EQ(times, 1) << key;
}

TEST_F(ExportHandlerTest, WhatIsKeptWithoutReceiptsIsShownToo) {
  v1::ExportCustomerResponse shown;
  Consent(CustomerOf("consenting"), true, kNoon);
  ASSERT_TRUE(Export(CustomerOf("consenting"), &shown).ok());
  EXPECT_EQ(shown.consents_size(), 1);
  Link("4711", "linked", kNoon);
  ASSERT_TRUE(Export(CustomerOf("linked"), &shown).ok());
  EXPECT_EQ(shown.identities_size(), 1);
  Merge("old", "new");
  ASSERT_TRUE(Export(CustomerOf("old"), &shown).ok());
  EXPECT_EQ(shown.customer_id(), "new");
  EXPECT_THAT(shown.merged_customer_ids(), ElementsAre("old"));
  EXPECT_EQ(shown.receipts_size(), 0);
}

TEST_F(ExportHandlerTest, TellsHowManyReceiptsWereSummedUpAndDropped) {
  Record(At(CustomerOf("anna"), "old", kNoon - 100 * kDaySeconds));
  Record(At(CustomerOf("anna"), "older", kNoon - 101 * kDaySeconds));
  Record(PurchaseOf(CustomerOf("anna"), "young"));
  ASSERT_TRUE(pipeline_.State([](Registry* r) { return r->DropReceiptsBefore("anna", 19'888 - 30).status(); }).ok());
  v1::ExportCustomerResponse shown;
  ASSERT_TRUE(Export(CustomerOf("anna"), &shown).ok());
  EXPECT_EQ(shown.dropped_receipts_count(), 2);
  ASSERT_EQ(shown.receipts_size(), 1);
  EXPECT_EQ(shown.receipts(0).purchase().receipt_id(), "young");
}

TEST_F(ExportHandlerTest, OfNobodyOrAnErasedPersonNothingIsFound) {
  v1::ExportCustomerResponse shown;
  EXPECT_TRUE(absl::IsNotFound(Export(CustomerOf("nobody"), &shown)));
  EXPECT_TRUE(absl::IsNotFound(Export(CardOf("nobody's"), &shown)));
  Link("4711", "anna", kNoon - 10);
  Merge("anna-before", "anna");
  for (int i = 0; i < 3; ++i) Record(PurchaseOf(CardOf("4711"), absl::StrCat(i)));
  ASSERT_TRUE(Export(CustomerOf("anna"), &shown, 1).ok());
  const std::string token = shown.next_page_token();
  Erase(CustomerOf("anna"));
  for (const v1::CustomerRef& ref : {CustomerOf("anna"), CardOf("4711"), CustomerOf("anna-before")}) {
    EXPECT_TRUE(absl::IsNotFound(Export(ref, &shown)));
  }
  EXPECT_FALSE(Export(CustomerOf("anna"), &shown, 1, token).ok()) << "not even in the middle";
  EXPECT_EQ(shown.receipts_size(), 0);
}

TEST_F(ExportHandlerTest, ABadRequestIsToldWhichFieldIsWrong) {
  for (int i = 0; i < 3; ++i) Record(PurchaseOf(CustomerOf("anna"), absl::StrCat(i)));
  v1::ExportCustomerResponse shown;
  auto refusal = [&](const v1::CustomerRef& customer, int page_size, const std::string& token) {
    const absl::Status status = Export(customer, &shown, page_size, token);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(v1::CustomerRef(), 0, ""), StartsWith("customer: is required"));
  EXPECT_THAT(refusal(CustomerOf(""), 0, ""), StartsWith("customer.customer_id: is required"));
  EXPECT_THAT(refusal(CardOf(""), 0, ""), StartsWith("customer.identity.value: is required"));
  EXPECT_THAT(refusal(CustomerOf("anna"), -1, ""), StartsWith("page_size: -1 is outside"));
  EXPECT_THAT(refusal(CustomerOf("anna"), 1001, ""), StartsWith("page_size: 1001 is outside"));
  for (const char* token : {"xy", "abc", "ABCD", "0g", " 00"}) {
    EXPECT_THAT(refusal(CustomerOf("anna"), 1, token), StartsWith("page_token: is none that this server gave"));
  }
}

TEST_F(ExportHandlerTest, ATokenWhoseReceiptIsGoneSaysToBeginAgain) {
  Record(At(CustomerOf("anna"), "1", kNoon - 100 * kDaySeconds));
  Record(PurchaseOf(CustomerOf("anna"), "2"));
  v1::ExportCustomerResponse shown;
  ASSERT_TRUE(Export(CustomerOf("anna"), &shown, 1).ok());
  const std::string token = shown.next_page_token();
  ASSERT_TRUE(Export(CustomerOf("anna"), &shown, 1, token).ok());
  EXPECT_EQ(shown.receipts(0).purchase().receipt_id(), "2");
  ASSERT_TRUE(pipeline_.State([](Registry* r) { return r->DropReceiptsBefore("anna", 19'888 - 30).status(); }).ok());
  const absl::Status status = Export(CustomerOf("anna"), &shown, 1, token);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), StartsWith("page_token: the receipt at which it stopped is gone"));
}

TEST_F(ExportHandlerTest, AFailingStoreIsNotTakenForAnEmptyOne) {
  Record(PurchaseOf(CustomerOf("anna"), "1"));
  v1::ExportCustomerResponse shown;
  for (std::atomic<bool>* failure : {&store_.fail_read_states, &store_.fail_scans}) {
    *failure = true;
    EXPECT_TRUE(absl::IsUnavailable(Export(CustomerOf("anna"), &shown)));
    *failure = false;
  }
  store_.fail_read_identities = true;
  EXPECT_TRUE(absl::IsUnavailable(Export(CardOf("4711"), &shown)));
}

}  // namespace
}  // namespace nbo::server
