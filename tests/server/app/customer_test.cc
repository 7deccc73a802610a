// What happens to customers, over real connections and on a real disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/server/app/app_fixture.h"

namespace nbo::server {
namespace {

using ::testing::StartsWith;

class CustomerAppTest : public AppTest {
 protected:
  CustomerAppTest() { Start(); }

  // Calls a method of a stub; an error is a failure of the test.
  template <typename Response, typename Stub, typename Method, typename Request>
  static Response Call(Stub* stub, Method method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub->*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::RecordPurchaseResponse Sent(const v1::Purchase& purchase) {
    v1::RecordPurchaseResponse response;
    const grpc::Status status = Record(purchase, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::LinkIdentityResponse Link(const std::string& card, const std::string& customer, int64_t seconds) {
    v1::LinkIdentityRequest request;
    *request.mutable_identity() = CardOf(card).identity();
    request.set_customer_id(customer);
    request.mutable_time()->set_seconds(seconds);
    return Call<v1::LinkIdentityResponse>(events_.get(), &v1::EventService::Stub::LinkIdentity, request);
  }
  v1::MergeCustomersResponse Merge(const std::string& absorbed, const std::string& survivor) {
    v1::MergeCustomersRequest request;
    request.set_absorbed_customer_id(absorbed);
    request.set_surviving_customer_id(survivor);
    return Call<v1::MergeCustomersResponse>(events_.get(), &v1::EventService::Stub::MergeCustomers, request);
  }
  v1::EraseCustomerResponse Erase(const v1::CustomerRef& customer) {
    v1::EraseCustomerRequest request;
    *request.mutable_customer() = customer;
    return Call<v1::EraseCustomerResponse>(customers_.get(), &v1::CustomerService::Stub::EraseCustomer, request);
  }
  grpc::Status Export(const v1::CustomerRef& customer, int page_size, const std::string& token,
                      v1::ExportCustomerResponse* response) {
    grpc::ClientContext context;
    v1::ExportCustomerRequest request;
    *request.mutable_customer() = customer;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return customers_->ExportCustomer(&context, request, response);
  }
  std::vector<v1::Purchase> ExportAll(const std::string& customer, int page_size) {
    std::vector<v1::Purchase> purchases;
    v1::ExportCustomerResponse page;
    do {
      const std::string token = page.next_page_token();
      const grpc::Status status = Export(CustomerOf(customer), page_size, token, &page);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const v1::ExportedReceipt& receipt : page.receipts()) purchases.push_back(receipt.purchase());
    } while (!page.next_page_token().empty() && !HasFailure());
    return purchases;
  }
  v1::GetProfileResponse Profile(const std::string& customer) {
    v1::GetProfileRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    return Call<v1::GetProfileResponse>(profiles_.get(), &v1::ProfileService::Stub::GetProfile, request);
  }
};

TEST_F(CustomerAppTest, AReturnAndACorrectionChangeWhatASaleCounts) {
  v1::Purchase sale = PurchaseOf(CustomerOf("anna"), "sale", 1000);
  sale.mutable_lines(0)->set_quantity_milli(2000);
  v1::Purchase back = PurchaseOf(CustomerOf("anna"), "back", 1);
  back.clear_lines();
  back.add_returns()->set_receipt_id("sale");
  v1::PurchaseLine* line = back.mutable_returns(0)->add_lines();
  line->set_product_id("p1");
  line->set_quantity_milli(-1000);
  line->set_amount_minor(-500);
  EXPECT_EQ(Sent(back).result(), v1::RECORD_RESULT_ACCEPTED);
  EXPECT_EQ(Profile("anna").windows(5).revenue_minor(), -500) << "the sale is not known yet";
  EXPECT_EQ(Visits("anna"), 0);
  EXPECT_EQ(Sent(sale).result(), v1::RECORD_RESULT_ACCEPTED);
  EXPECT_EQ(Profile("anna").windows(5).revenue_minor(), 500);
  EXPECT_EQ(Visits("anna"), 1);
  sale.mutable_lines(0)->set_amount_minor(900);
  v1::RecordPurchaseResponse refused;
  EXPECT_EQ(Record(sale, &refused).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  sale.set_revision(1);
  EXPECT_EQ(Sent(sale).result(), v1::RECORD_RESULT_CORRECTED);
  EXPECT_EQ(Profile("anna").windows(5).revenue_minor(), 400);
  back.clear_returns();
  back.set_cancelled(true);
  back.set_revision(1);
  EXPECT_EQ(Sent(back).result(), v1::RECORD_RESULT_CORRECTED);
  EXPECT_EQ(Profile("anna").windows(5).revenue_minor(), 900);
}

TEST_F(CustomerAppTest, ALinkAfterReceiptsAndAMergeMoveThemAndSurviveARestart) {
  for (int i = 0; i < 5; ++i) Sent(PurchaseOf(CardOf("4711"), absl::StrCat(i)));
  EXPECT_EQ(Visits("~c:4711"), 5);
  const v1::LinkIdentityResponse linked = Link("4711", "old", kNoon);
  EXPECT_EQ(linked.customer_id(), "old");
  EXPECT_EQ(linked.moved_receipts_count(), 5);
  EXPECT_EQ(Visits("~c:4711"), -1);
  Sent(PurchaseOf(CustomerOf("new"), "0"));
  const v1::MergeCustomersResponse merged = Merge("old", "new");
  EXPECT_EQ(merged.customer_id(), "new");
  EXPECT_EQ(merged.moved_receipts_count(), 5);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Visits("new"), 5) << "receipt 0 was known for both";
    EXPECT_EQ(Profile("old").customer_id(), "new");
    for (int i = 0; i < 5; ++i) {
      const v1::RecordPurchaseResponse again = Sent(PurchaseOf(CardOf("4711"), absl::StrCat(i)));
      EXPECT_EQ(again.result(), v1::RECORD_RESULT_DUPLICATE);
      EXPECT_EQ(again.customer_id(), "new");
    }
    Restart();
  }
  EXPECT_EQ(Sent(PurchaseOf(CustomerOf("old"), "late")).customer_id(), "new");
  v1::UnlinkIdentityRequest unlink;
  *unlink.mutable_identity() = CardOf("4711").identity();
  unlink.mutable_time()->set_seconds(kNoon - 3600);  // the time of all receipts
  const auto unlinked =
      Call<v1::UnlinkIdentityResponse>(events_.get(), &v1::EventService::Stub::UnlinkIdentity, unlink);
  EXPECT_EQ(unlinked.customer_id(), "new") << "since the later link";
}

TEST_F(CustomerAppTest, AnExportShowsEverythingInPagesAndCanBeSentAgain) {
  Link("4711", "anna", kNoon);
  v1::RecordConsentRequest consent;
  *consent.mutable_customer() = CardOf("4711");
  consent.set_channel(v1::CHANNEL_EMAIL);
  consent.set_granted(true);
  consent.mutable_time()->set_seconds(kNoon);
  consent.set_source("app settings");
  const auto consented =
      Call<v1::RecordConsentResponse>(events_.get(), &v1::EventService::Stub::RecordConsent, consent);
  EXPECT_EQ(consented.customer_id(), "anna");
  EXPECT_TRUE(consented.changed());
  v1::RecordAttributesRequest attributes;
  *attributes.mutable_customer() = CardOf("4711");
  (*attributes.mutable_attributes())["tier"] = "gold";
  attributes.mutable_time()->set_seconds(kNoon);
  const auto told =
      Call<v1::RecordAttributesResponse>(events_.get(), &v1::EventService::Stub::RecordAttributes, attributes);
  EXPECT_EQ(told.customer_id(), "anna");
  EXPECT_TRUE(told.changed());
  std::set<std::string> sent;
  for (int i = 0; i < 100; ++i) {
    v1::Purchase purchase = PurchaseOf(i % 2 == 0 ? CustomerOf("anna") : CardOf("4711"), absl::StrCat(i), 100 + i);
    purchase.set_store_id(std::string(i % 4, 's'));  // ids of several lengths
    if (i % 5 == 0) {
      purchase.add_returns()->set_receipt_id(absl::StrCat("unknown", i));
      purchase.mutable_returns(0)->set_whole(true);
    }
    EXPECT_EQ(Sent(purchase).customer_id(), "anna");
    sent.insert(purchase.receipt_id());
  }
  v1::ExportCustomerResponse first;
  ASSERT_TRUE(Export(CardOf("4711"), 7, "", &first).ok());
  EXPECT_EQ(first.customer_id(), "anna");
  ASSERT_EQ(first.identities_size(), 1);
  EXPECT_EQ(first.identities(0).identity().value(), "4711");
  ASSERT_EQ(first.consents_size(), 1);
  EXPECT_EQ(first.consents(0).source(), "app settings");
  ASSERT_EQ(first.attributes_size(), 1);
  EXPECT_EQ(first.attributes(0).value(), "gold");
  const std::string digest = Profile("anna").state_digest();
  for (int page_size : {7, 1000}) {
    std::set<std::string> shown;
    for (const v1::Purchase& purchase : ExportAll("anna", page_size)) {
      EXPECT_TRUE(shown.insert(purchase.receipt_id()).second) << purchase.receipt_id() << " is shown twice";
      EXPECT_EQ(Sent(purchase).result(), v1::RECORD_RESULT_DUPLICATE);
    }
    EXPECT_EQ(shown, sent);
  }
  EXPECT_EQ(Profile("anna").state_digest(), digest);
}

TEST_F(CustomerAppTest, AnErasedPersonStaysForgotten) {
  Link("4711", "anna", kNoon - 10);
  Sent(PurchaseOf(CardOf("4711"), "1"));
  Sent(PurchaseOf(CustomerOf("bert"), "1"));
  const v1::EraseCustomerResponse erased = Erase(CardOf("4711"));
  EXPECT_TRUE(erased.known());
  EXPECT_EQ(erased.receipts_count(), 1);
  EXPECT_EQ(erased.identities_count(), 1);
  Call<v1::CompactStoreResponse>(maintenance_.get(), &v1::MaintenanceService::Stub::CompactStore,
                                 v1::CompactStoreRequest());
  for (int round = 0; round < 2; ++round) {
    for (const v1::CustomerRef& ref : {CustomerOf("anna"), CardOf("4711")}) {
      v1::ExportCustomerResponse shown;
      EXPECT_EQ(Export(ref, 0, "", &shown).error_code(), grpc::StatusCode::NOT_FOUND);
      const v1::RecordPurchaseResponse late = Sent(PurchaseOf(ref, "late"));
      EXPECT_EQ(late.result(), v1::RECORD_RESULT_ERASED);
      EXPECT_EQ(late.customer_id(), "");
    }
    EXPECT_EQ(Visits("anna"), -1);
    EXPECT_EQ(Visits("~c:4711"), -1);
    EXPECT_EQ(Visits("bert"), 1);
    Restart();
  }
}

TEST_F(CustomerAppTest, ErrorsArriveWithTheirCodeAndField) {
  grpc::ClientContext erase_context, merge_context;
  v1::EraseCustomerResponse erased;
  grpc::Status status = customers_->EraseCustomer(&erase_context, v1::EraseCustomerRequest(), &erased);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("customer: is required"));
  Erase(CustomerOf("gone"));
  v1::MergeCustomersRequest merge;
  merge.set_absorbed_customer_id("gone");
  merge.set_surviving_customer_id("anna");
  v1::MergeCustomersResponse merged;
  status = events_->MergeCustomers(&merge_context, merge, &merged);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), StartsWith("absorbed_customer_id: "));
  v1::ExportCustomerResponse shown;
  EXPECT_EQ(Export(CustomerOf("nobody"), 0, "", &shown).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Export(CustomerOf("nobody"), 1001, "", &shown).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CustomerAppTest, ARebuildFindsNothingToMendInAHealthyStore) {
  for (int i = 0; i < 60; ++i) Sent(PurchaseOf(CustomerOf(absl::StrCat("c", i % 20)), absl::StrCat(i)));
  Merge("c1", "c0");
  const auto started = Call<v1::RebuildStatesResponse>(maintenance_.get(), &v1::MaintenanceService::Stub::RebuildStates,
                                                       v1::RebuildStatesRequest());
  EXPECT_TRUE(started.started());
  v1::Rebuild rebuild;
  do {
    rebuild = Call<v1::GetRebuildResponse>(maintenance_.get(), &v1::MaintenanceService::Stub::GetRebuild,
                                           v1::GetRebuildRequest())
                  .rebuild();
    absl::SleepFor(absl::Milliseconds(1));
  } while (rebuild.running());
  EXPECT_EQ(rebuild.customers_count(), 19);
  EXPECT_EQ(rebuild.changed_count(), 0);
  EXPECT_EQ(rebuild.failed_count(), 0);
  EXPECT_EQ(rebuild.error(), "");
  EXPECT_TRUE(rebuild.has_end_time());
}

TEST_F(CustomerAppTest, TheRetentionDropsOldReceiptsAtTheStartAndRefusesThem) {
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  auto days_ago = [&](int days) {
    v1::Purchase purchase = PurchaseOf(CustomerOf("anna"), absl::StrCat("days", days));
    purchase.mutable_time()->set_seconds(now - int64_t{days} * 86'400);
    return purchase;
  };
  for (int days : {0, 10, 50, 500}) Sent(days_ago(days));
  const std::string digest = Profile("anna").state_digest();
  settings_.retention_receipts_days = 30;
  Restart();
  v1::ExportCustomerResponse shown;
  do {  // in the background
    ASSERT_TRUE(Export(CustomerOf("anna"), 0, "", &shown).ok());
  } while (shown.dropped_receipts_count() == 0);
  EXPECT_EQ(shown.dropped_receipts_count(), 2);
  EXPECT_EQ(shown.receipts_size(), 2);
  EXPECT_EQ(Profile("anna").state_digest(), digest);
  v1::RecordPurchaseResponse refused;
  const grpc::Status status = Record(days_ago(50), &refused);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("purchase.time: "));
  EXPECT_EQ(Sent(days_ago(10)).result(), v1::RECORD_RESULT_DUPLICATE);
}

}  // namespace
}  // namespace nbo::server
