// A checkout followed by a stream, and by a browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/http/json_codec.h"
#include "tests/server/app/app_fixture.h"
#include "tests/server/net/http_client.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

class CheckoutTest : public AppTest {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::CheckoutRequest, v1::CheckoutResponse>;

  // One offer for a small basket, another for a large one.
  CheckoutTest() {
    WriteCatalog(CatalogYaml(OfferText("small", "    applicability: basket.total < 10.0\n") +
                             OfferText("large", "    applicability: basket.total >= 10.0\n")));
  }

  void StartWithAnna() {
    Start();
    v1::RecordPurchaseResponse recorded;
    ASSERT_TRUE(Record(PurchaseOf(CustomerOf("anna"), "before"), &recorded).ok());
  }

  static v1::CheckoutRequest OpenOf(const std::string& id) {
    v1::CheckoutRequest request;
    v1::OpenCheckout* const open = request.mutable_open();
    open->set_checkout_id(id);
    *open->mutable_request()->mutable_customer() = CustomerOf("anna");
    open->mutable_request()->set_channel(v1::CHANNEL_POS);
    return request;
  }
  static v1::CheckoutRequest UpdateOf(int64_t amount_minor) {
    v1::CheckoutRequest request;
    v1::BasketLine* const line = request.mutable_update()->add_basket_lines();
    line->set_product_id("p");
    line->set_amount_minor(amount_minor);
    return request;
  }
  static v1::CheckoutRequest CloseOf(const std::string& receipt_id) {
    v1::CheckoutRequest request;
    *request.mutable_close()->mutable_purchase() = PurchaseOf(CustomerOf("anna"), receipt_id);
    request.mutable_close()->mutable_purchase()->clear_customer();
    return request;
  }
  // The one offer of the next message; "" if the stream has ended.
  static std::string NextOffer(Stream* stream) {
    v1::CheckoutResponse response;
    if (!stream->Read(&response)) return "";
    EXPECT_EQ(response.offers().offers_size(), 1) << response.ShortDebugString();
    return response.offers().offers_size() == 1 ? response.offers().offers(0).offer_id() : "none";
  }

  std::string JsonOf(const google::protobuf::Message& message) const {
    std::string json;
    codec_.Print(message, &json);
    return json;
  }
  HttpAnswer Step(const std::string& id, const v1::CheckoutRequest& request) {
    return PostJson(app_->grpc_port(), "/checkout/" + id, JsonOf(request));
  }

  const JsonCodec codec_{{v1::CheckoutRequest::descriptor(), v1::CheckoutResponse::descriptor()}};
};

TEST_F(CheckoutTest, SendsOffersWhenTheyChangeAndRecordsTheReceiptOnce) {
  StartWithAnna();
  grpc::ClientContext context;
  const auto stream = decisions_->Checkout(&context);
  ASSERT_TRUE(stream->Write(OpenOf("c1")));
  EXPECT_EQ(NextOffer(stream.get()), "small");
  ASSERT_TRUE(stream->Write(UpdateOf(100)));  // the same offer: nothing is said
  ASSERT_TRUE(stream->Write(UpdateOf(2000)));
  EXPECT_EQ(NextOffer(stream.get()), "large");
  ASSERT_TRUE(stream->Write(CloseOf("r1")));
  v1::CheckoutResponse closed;
  ASSERT_TRUE(stream->Read(&closed));
  EXPECT_EQ(closed.closed().result(), v1::RECORD_RESULT_ACCEPTED);
  EXPECT_EQ(closed.closed().customer_id(), "anna");
  EXPECT_FALSE(stream->Read(&closed));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Visits("anna"), 2);

  grpc::ClientContext again;
  const auto second = decisions_->Checkout(&again);
  ASSERT_TRUE(second->Write(OpenOf("c1")));
  NextOffer(second.get());
  ASSERT_TRUE(second->Write(CloseOf("r1")));
  ASSERT_TRUE(second->Read(&closed));
  EXPECT_EQ(closed.closed().result(), v1::RECORD_RESULT_DUPLICATE);
  EXPECT_EQ(Visits("anna"), 2);
}

TEST_F(CheckoutTest, SaysMuchLessThanItHears) {
  StartWithAnna();
  grpc::ClientContext context;
  const auto stream = decisions_->Checkout(&context);
  ASSERT_TRUE(stream->Write(OpenOf("c1")));
  EXPECT_EQ(NextOffer(stream.get()), "small");
  const absl::Time start = absl::Now();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(stream->Write(UpdateOf(i % 2 == 0 ? 2000 : 100)));
  ASSERT_TRUE(stream->Write(UpdateOf(3000)));
  absl::SleepFor(absl::Seconds(1));  // the last word is said by then; a client that ends its side listens to no more
  ASSERT_TRUE(stream->WritesDone());
  int said = 0;
  std::string last;
  for (std::string offer; !(offer = NextOffer(stream.get())).empty(); ++said) last = offer;
  EXPECT_EQ(last, "large");
  EXPECT_LE(said, 2 + absl::ToInt64Milliseconds(absl::Now() - start) / 250);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(CheckoutTest, IsTakenUpAgainByAnotherStream) {
  StartWithAnna();
  grpc::ClientContext first_context, second_context;
  const auto first = decisions_->Checkout(&first_context);
  ASSERT_TRUE(first->Write(OpenOf("c1")));
  v1::CheckoutResponse before, after;
  ASSERT_TRUE(first->Read(&before));
  const auto second = decisions_->Checkout(&second_context);
  ASSERT_TRUE(second->Write(OpenOf("c1")));
  ASSERT_TRUE(second->Read(&after));
  EXPECT_EQ(after.offers().offers(0).attribution_token(), before.offers().offers(0).attribution_token())
      << "nothing has changed, so nothing was decided anew";
  EXPECT_FALSE(first->Read(&before));
  EXPECT_EQ(first->Finish().error_code(), grpc::StatusCode::ABORTED);
}

TEST_F(CheckoutTest, RefusesWhatMakesNoSense) {
  StartWithAnna();
  const auto why = [this](const std::vector<v1::CheckoutRequest>& requests) {
    grpc::ClientContext context;
    const auto stream = decisions_->Checkout(&context);
    for (const v1::CheckoutRequest& request : requests) stream->Write(request);
    v1::CheckoutResponse response;
    while (stream->Read(&response)) {
    }
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  EXPECT_THAT(why({{}}), HasSubstr("step: is required"));
  EXPECT_THAT(why({UpdateOf(1)}), HasSubstr("the first message of a stream must be open"));
  EXPECT_THAT(why({OpenOf("c1"), OpenOf("c1")}), HasSubstr("open comes once"));
  EXPECT_THAT(why({OpenOf("")}), HasSubstr("checkout_id: must be"));
  EXPECT_THAT(why({OpenOf("a/b")}), HasSubstr("checkout_id: must be"));
  v1::CheckoutRequest with_request_id = OpenOf("c2");
  with_request_id.mutable_open()->mutable_request()->set_request_id("r");
  EXPECT_THAT(why({with_request_id}), HasSubstr("request.request_id: not in a checkout"));
  v1::CheckoutRequest bad_line = UpdateOf(1);
  bad_line.mutable_update()->mutable_basket_lines(0)->clear_product_id();
  EXPECT_THAT(why({OpenOf("c3"), bad_line}), HasSubstr("product_id"));
  v1::CheckoutRequest bad_receipt = CloseOf("");
  EXPECT_THAT(why({OpenOf("c4"), bad_receipt}), HasSubstr("receipt_id"));
}

TEST_F(CheckoutTest, RefusesMoreThanItMayFollow) {
  settings_.checkout_max_open = 1;
  StartWithAnna();
  EXPECT_EQ(Step("c1", OpenOf("c1")).status, 200);
  EXPECT_EQ(Step("c2", OpenOf("c2")).status, 429);
  v1::CheckoutRequest give_up;
  give_up.mutable_close();
  EXPECT_EQ(Step("c1", give_up).status, 200);
  EXPECT_EQ(Step("c2", OpenOf("c2")).status, 200);
}

TEST_F(CheckoutTest, TellsBrowsersByEvents) {
  StartWithAnna();
  RawClient unknown(app_->grpc_port());
  unknown.Send("GET /checkout/c1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(unknown.ReadAll(), HasSubstr("404"));

  v1::CheckoutRequest open = OpenOf("");
  const HttpAnswer opened = Step("c1", open);
  ASSERT_EQ(opened.status, 200) << opened.body;
  EXPECT_THAT(opened.body, HasSubstr("\"offerId\":\"small\""));
  RawClient browser(app_->grpc_port());
  browser.Send("GET /checkout/c1/events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(browser.ReadUntil("\"small\""), HasSubstr("content-type: text/event-stream"));
  const HttpAnswer updated = Step("c1", UpdateOf(2000));
  EXPECT_EQ(updated.status, 200);
  EXPECT_EQ(updated.body, "{}");
  EXPECT_THAT(browser.ReadUntil("\"large\""), HasSubstr("data: {\"offers\":"));
  const HttpAnswer closed = Step("c1", CloseOf("r1"));
  EXPECT_EQ(closed.status, 200) << closed.body;
  EXPECT_EQ(closed.body, R"({"closed":{"result":"RECORD_RESULT_ACCEPTED","customerId":"anna"}})");
  EXPECT_THAT(browser.ReadUntil("0\r\n\r\n"), HasSubstr(R"(data: {"closed":{"result":"RECORD_RESULT_ACCEPTED")"));
  EXPECT_EQ(Step("c1", UpdateOf(1)).status, 404);

  // Not open, since the server was restarted, or it was closed already: the receipt must name the customer.
  EXPECT_EQ(Step("c1", CloseOf("r1")).status, 404);
  v1::CheckoutRequest named = CloseOf("r1");
  *named.mutable_close()->mutable_purchase()->mutable_customer() = CustomerOf("anna");
  EXPECT_THAT(Step("c1", named).body, HasSubstr("RECORD_RESULT_DUPLICATE"));
  EXPECT_EQ(Visits("anna"), 2);
}

TEST_F(CheckoutTest, EndsStreamsWhenTheServerStops) {
  StartWithAnna();
  grpc::ClientContext context;
  const auto stream = decisions_->Checkout(&context);
  ASSERT_TRUE(stream->Write(OpenOf("c1")));
  EXPECT_EQ(NextOffer(stream.get()), "small");
  Step("c2", OpenOf("c2"));
  RawClient browser(app_->grpc_port());
  browser.Send("GET /checkout/c2/events HTTP/1.1\r\nHost: x\r\n\r\n");
  browser.ReadUntil("\"small\"");
  const absl::Time start = absl::Now();
  ASSERT_TRUE(app_->Stop().ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(4)) << "they do not hold it up";
  v1::CheckoutResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(browser.ReadAll(), HasSubstr("0\r\n\r\n"));
}

}  // namespace
}  // namespace nbo::server
