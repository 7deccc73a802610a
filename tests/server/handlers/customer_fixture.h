// The handlers that take in what happened to customers, over a store in memory, with the clock in our hand.
#ifndef NBO_TESTS_SERVER_HANDLERS_CUSTOMER_FIXTURE_H_
#define NBO_TESTS_SERVER_HANDLERS_CUSTOMER_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "server/handlers/event_handler.h"
#include "server/handlers/statement_handler.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"

namespace nbo::server {

class CustomerTest : public ::testing::Test {
 protected:
  template <typename Response>
  struct Answer {
    absl::Status status = absl::UnknownError("never called back");
    Response response;
    std::string message() const { return std::string(status.message()); }
  };

  // Calls a method of a handler and waits for its callback.
  template <typename Response, typename Handler, typename Method, typename Request>
  static Answer<Response> Call(const Handler& handler, Method method, const Request& request) {
    Answer<Response> answer;
    absl::Notification called;
    (handler.*method)(request, [&](const absl::Status& status, const Response& response) {
      answer = {status, response};
      called.Notify();  // aborts if it is called twice
    });
    called.WaitForNotification();
    return answer;
  }

  Answer<v1::RecordPurchaseResponse> Record(const v1::Purchase& purchase) {
    v1::RecordPurchaseRequest request;
    *request.mutable_purchase() = purchase;
    return Call<v1::RecordPurchaseResponse>(events_, &EventHandler::RecordPurchase, request);
  }
  Answer<v1::LinkIdentityResponse> Link(const v1::LinkIdentityRequest& request) {
    return Call<v1::LinkIdentityResponse>(statements_, &StatementHandler::LinkIdentity, request);
  }
  Answer<v1::LinkIdentityResponse> Link(const std::string& card, const std::string& customer, int64_t seconds) {
    return Link(LinkOf(card, customer, seconds));
  }
  Answer<v1::UnlinkIdentityResponse> Unlink(const v1::UnlinkIdentityRequest& request) {
    return Call<v1::UnlinkIdentityResponse>(statements_, &StatementHandler::UnlinkIdentity, request);
  }
  Answer<v1::UnlinkIdentityResponse> Unlink(const std::string& card, int64_t seconds) {
    v1::UnlinkIdentityRequest request;
    *request.mutable_identity() = CardOf(card).identity();
    request.mutable_time()->set_seconds(seconds);
    return Unlink(request);
  }
  Answer<v1::MergeCustomersResponse> Merge(const std::string& absorbed, const std::string& survivor) {
    v1::MergeCustomersRequest request;
    request.set_absorbed_customer_id(absorbed);
    request.set_surviving_customer_id(survivor);
    return Call<v1::MergeCustomersResponse>(statements_, &StatementHandler::MergeCustomers, request);
  }
  Answer<v1::RecordConsentResponse> Consent(const v1::RecordConsentRequest& request) {
    return Call<v1::RecordConsentResponse>(statements_, &StatementHandler::RecordConsent, request);
  }
  Answer<v1::RecordConsentResponse> Consent(const v1::CustomerRef& customer, bool granted, int64_t seconds,
                                            const std::string& source = "app") {
    v1::RecordConsentRequest request = ConsentOf(customer, seconds);
    request.set_granted(granted);
    request.set_source(source);
    return Consent(request);
  }
  Answer<v1::RecordAttributesResponse> Attributes(const v1::RecordAttributesRequest& request) {
    return Call<v1::RecordAttributesResponse>(statements_, &StatementHandler::RecordAttributes, request);
  }
  Answer<v1::RecordAttributesResponse> Attributes(const v1::CustomerRef& customer,
                                                  const std::map<std::string, std::string>& set, int64_t seconds,
                                                  const std::vector<std::string>& removed = {}) {
    v1::RecordAttributesRequest request = AttributesOf(customer, seconds);
    request.mutable_attributes()->insert(set.begin(), set.end());
    for (const std::string& key : removed) request.add_removed_keys(key);
    return Attributes(request);
  }
  Answer<v1::EraseCustomerResponse> Erase(const v1::CustomerRef& customer) {
    v1::EraseCustomerRequest request;
    *request.mutable_customer() = customer;
    return Call<v1::EraseCustomerResponse>(statements_, &StatementHandler::EraseCustomer, request);
  }

  static v1::LinkIdentityRequest LinkOf(const std::string& card, const std::string& customer, int64_t seconds) {
    v1::LinkIdentityRequest request;
    *request.mutable_identity() = CardOf(card).identity();
    request.set_customer_id(customer);
    request.mutable_time()->set_seconds(seconds);
    return request;
  }
  // For e-mail.
  static v1::RecordConsentRequest ConsentOf(const v1::CustomerRef& customer, int64_t seconds) {
    v1::RecordConsentRequest request;
    *request.mutable_customer() = customer;
    request.set_channel(v1::CHANNEL_EMAIL);
    request.mutable_time()->set_seconds(seconds);
    return request;
  }
  static v1::RecordAttributesRequest AttributesOf(const v1::CustomerRef& customer, int64_t seconds) {
    v1::RecordAttributesRequest request;
    *request.mutable_customer() = customer;
    request.mutable_time()->set_seconds(seconds);
    request.set_source("crm");
    return request;
  }
  // Milk for 1.00.
  static v1::Purchase At(const v1::CustomerRef& customer, const std::string& receipt_id, int64_t seconds) {
    v1::Purchase purchase = PurchaseOf(customer, receipt_id);
    purchase.mutable_time()->set_seconds(seconds);
    return purchase;
  }

  CustomerState StateOf(const std::string& customer) {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState(customer, &state).ok());
    return state;
  }
  int64_t Receipts(const std::string& customer) { return StateOf(customer).receipts; }

  FlakyStore store_;
  CountingObserver observer_;
  FakeClock clock_;
  TimeRules rules_{absl::UTCTimeZone(), absl::Hours(24)};
  IngestPipeline pipeline_{{}, &store_, &observer_};
  EventHandler events_{&pipeline_, &clock_, rules_, &observer_};
  StatementHandler statements_{&store_, &pipeline_, &clock_, rules_};
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_HANDLERS_CUSTOMER_FIXTURE_H_
