// The API by HTTP, against the same server by gRPC.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "server/http/connect.h"
#include "server/http/gzip.h"
#include "server/http/json_codec.h"
#include "tests/server/app/app_fixture.h"
#include "tests/server/net/http_client.h"

namespace nbo::server {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kGetOffers[] = "/nbo.v1.DecisionService/GetOffers";

class HttpApiTest : public AppTest {
 protected:
  const JsonCodec codec_{{v1::GetOffersRequest::descriptor(), v1::GetOffersResponse::descriptor()}};

  int port() const { return app_->grpc_port(); }
  HttpAnswer Post(absl::string_view json, absl::string_view fields = "") {
    return PostJson(port(), kGetOffers, json, fields);
  }
  HttpAnswer PostProto(const std::string& bytes) {
    return AskHttp(port(), "POST", kGetOffers, "Content-Type: application/proto\r\n", bytes);
  }
  HttpAnswer Get(absl::string_view encoding, absl::string_view bytes) {
    return AskHttp(port(), "GET",
                   absl::StrCat(kGetOffers, "?connect=v1&base64=1&encoding=", encoding,
                                "&message=", absl::WebSafeBase64Escape(bytes)));
  }
  std::string JsonOf(const google::protobuf::Message& message) const {
    std::string json;
    codec_.Print(message, &json);
    return json;
  }
};

TEST_F(HttpApiTest, GivesTheSameAnswerHoweverItIsAsked) {
  Start();
  v1::RecordPurchaseResponse recorded;
  ASSERT_TRUE(Record(PurchaseOf(CustomerOf("anna"), "1"), &recorded).ok());
  v1::GetOffersRequest request;
  *request.mutable_customer() = CustomerOf("anna");
  request.set_channel(v1::CHANNEL_POS);
  request.set_request_id("r1");
  grpc::ClientContext context;
  v1::GetOffersResponse by_grpc;
  ASSERT_TRUE(decisions_->GetOffers(&context, request, &by_grpc).ok());
  ASSERT_EQ(by_grpc.offers_size(), 1);

  for (const HttpAnswer& answer : {Post(JsonOf(request)), Get("json", JsonOf(request))}) {
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.Field("content-type"), "application/json");
    EXPECT_EQ(answer.Field("cache-control"), "no-store");
    v1::GetOffersResponse read;
    ASSERT_TRUE(codec_.Parse(answer.body, &read).ok()) << answer.body;
    EXPECT_TRUE(MessageDifferencer::Equals(read, by_grpc)) << answer.body;
  }
  for (const HttpAnswer& answer : {PostProto(request.SerializeAsString()), Get("proto", request.SerializeAsString())}) {
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.Field("content-type"), "application/proto");
    v1::GetOffersResponse read;
    ASSERT_TRUE(read.ParseFromString(answer.body));
    EXPECT_TRUE(MessageDifferencer::Equals(read, by_grpc));
  }
}

TEST_F(HttpApiTest, RefusesTheSameInTheSameWordsHoweverItIsAsked) {
  Start();
  using Spoil = std::function<void(v1::GetOffersRequest*)>;
  const std::string long_id(65, 'x');
  const Spoil kSpoils[] = {
      [](auto* r) { r->clear_channel(); },
      [](auto* r) { r->set_channel(static_cast<v1::Channel>(99)); },
      [](auto* r) { r->mutable_customer()->clear_ref(); },
      [&](auto* r) { r->mutable_customer()->set_customer_id(long_id); },
      [](auto* r) { r->mutable_customer()->set_customer_id("a\nb"); },
      [](auto* r) { r->mutable_customer()->mutable_identity()->set_value("1"); },
      [](auto* r) { r->mutable_customer()->mutable_identity()->set_type(v1::IDENTITY_TYPE_PHONE); },
      [&](auto* r) { r->set_store_id(long_id); },
      [&](auto* r) { r->set_terminal_id(long_id); },
      [&](auto* r) { r->set_operator_id(long_id); },
      [&](auto* r) { r->set_placement(long_id); },
      [&](auto* r) { r->set_request_id(long_id); },
      [&](auto* r) { r->set_locale(std::string(36, 'e')); },
      [](auto* r) { r->set_max_offers(101); },
      [](auto* r) { r->set_max_offers(-1); },
      [](auto* r) { r->add_basket_lines(); },
      [](auto* r) {
        for (int i = 0; i < 1001; ++i) r->add_basket_lines()->set_product_id("p");
      },
      [](auto* r) {
        r->add_basket_lines()->set_product_id("p");
        r->mutable_basket_lines(0)->set_amount_minor(INT64_MAX);
      },
      [](auto* r) { (*r->mutable_attributes())[std::string(65, 'k')] = "v"; },
      [](auto* r) { r->mutable_as_of()->set_seconds(1); },
      [](auto* r) { r->add_neutral_factors("offer.weight"); },
      [](auto* r) { r->set_explain(true), r->set_record_in_full(true); },
      [](auto* r) { r->set_placement("a"), r->add_placements("b"); },
  };
  for (size_t i = 0; i < std::size(kSpoils); ++i) {
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf("anna");
    request.set_channel(v1::CHANNEL_POS);
    kSpoils[i](&request);
    grpc::ClientContext context;
    v1::GetOffersResponse response;
    const grpc::Status status = decisions_->GetOffers(&context, request, &response);
    ASSERT_FALSE(status.ok()) << i;
    const absl::Status told(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    const std::string bytes = request.SerializeAsString();
    std::vector<HttpAnswer> answers = {Post(JsonOf(request)), PostProto(bytes)};
    constexpr size_t kFitsIntoAHead = 8000;
    if (JsonOf(request).size() < kFitsIntoAHead) answers.push_back(Get("json", JsonOf(request)));
    if (bytes.size() < kFitsIntoAHead) answers.push_back(Get("proto", bytes));
    for (const HttpAnswer& answer : answers) {
      EXPECT_EQ(answer.status, HttpStatusOf(told.code())) << i;
      EXPECT_EQ(answer.body, ConnectErrorBody(told)) << i;
      EXPECT_EQ(answer.Field("content-type"), "application/json");
    }
  }
}

TEST_F(HttpApiTest, SaysWhatIsWrongWithACall) {
  Start();
  EXPECT_EQ(AskHttp(port(), "POST", kGetOffers, "Content-Type: text/plain\r\n", "{}").status, 415);
  EXPECT_EQ(AskHttp(port(), "POST", kGetOffers, "", "{}").status, 415);
  EXPECT_EQ(AskHttp(port(), "DELETE", kGetOffers).status, 405);
  EXPECT_EQ(AskHttp(port(), "GET", "/nbo.v1.EventService/RecordPurchase?encoding=json&message=%7B%7D").status, 405);
  EXPECT_EQ(PostJson(port(), "/nbo.v1.EventService/RecordPurchases", "{}").status, 415);
  EXPECT_EQ(PostJson(port(), "/nbo.v1.DecisionService/NoSuch", "{}").status, 404);
  EXPECT_EQ(Post("{}", "Connect-Timeout-Ms: soon\r\n").status, 400);
  EXPECT_EQ(Post("{}", "Content-Encoding: br\r\n").status, 501);
  EXPECT_EQ(Post(std::string((4 << 20) + 1, ' ')).status, 429);
  EXPECT_THAT(Post("{\"channel\": ").body, HasSubstr("the request is not JSON"));
  EXPECT_THAT(Post("").body, HasSubstr("a request without fields is {}"));
  const HttpAnswer misspelt = Post(R"({"channel": "CHANNEL_POS", "custmer": {"customerId": "anna"}})");
  EXPECT_EQ(misspelt.status, 200);
  EXPECT_EQ(misspelt.Field("nbo-ignored-field"), "custmer");
}

TEST_F(HttpApiTest, TakesAndGivesGzip) {
  Start();
  const std::string request = R"({"channel": "CHANNEL_POS"})";
  EXPECT_EQ(Post(Gzip(request), "Content-Encoding: gzip\r\n").status, 200);
  EXPECT_EQ(Post(request, "Content-Encoding: gzip\r\n").status, 400);
  EXPECT_EQ(Post(Gzip(std::string(5 << 20, ' ')), "Content-Encoding: gzip\r\n").status, 429);
  const HttpAnswer page = AskHttp(port(), "GET", "/openapi.json", "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.Field("content-encoding"), "gzip");
  const auto json = Gunzip(page.body, 10 << 20);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_THAT(*json, StartsWith("{\"openapi\":\"3.1.0\""));
  EXPECT_EQ(AskHttp(port(), "GET", "/openapi.json", absl::StrCat("If-None-Match: ", page.Field("etag"), "\r\n")).status,
            304);
}

TEST_F(HttpApiTest, AnswersPagesOfTheOriginsThatMayAsk) {
  settings_.http_cors_origins = "https://shop.example";
  Start();
  const HttpAnswer preflight = AskHttp(port(), "OPTIONS", kGetOffers,
                                       "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n"
                                       "Access-Control-Request-Headers: content-type\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.Field("access-control-allow-origin"), "https://shop.example");
  EXPECT_THAT(preflight.Field("access-control-allow-headers"), HasSubstr("Content-Type"));
  const std::string request = R"({"channel": "CHANNEL_POS"})";
  EXPECT_EQ(Post(request, "Origin: https://shop.example\r\n").Field("access-control-allow-origin"),
            "https://shop.example");
  const HttpAnswer other = Post(request, "Origin: https://evil.example\r\n");
  EXPECT_EQ(other.Field("access-control-allow-origin"), "");
  EXPECT_EQ(other.Field("vary"), "origin");
}

TEST_F(HttpApiTest, ServesTheScreensOrSaysThatThereAreNone) {
  settings_.http_web_dir = directory_.path() + "/web";
  std::filesystem::create_directories(settings_.http_web_dir + "/pos");
  std::ofstream(settings_.http_web_dir + "/pos/index.html") << "<p>till";
  Start();
  const HttpAnswer redirect = AskHttp(port(), "GET", "/pos?store=1");
  EXPECT_EQ(redirect.status, 308);
  EXPECT_EQ(redirect.Field("location"), "/pos/?store=1");
  EXPECT_EQ(AskHttp(port(), "GET", "/pos/").body, "<p>till");
  const HttpAnswer none = AskHttp(port(), "GET", "/kiosk");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, HasSubstr("The screens were not built"));
  EXPECT_EQ(AskHttp(port(), "GET", "/").Field("location"), "/api");
  EXPECT_EQ(AskHttp(port(), "GET", "/../pos/index.html").status, 404);
}

TEST_F(HttpApiTest, DoesNotStartWithSettingsThatMeanNothing) {
  settings_.http_cors_origins = "shop.example";
  EXPECT_THAT(std::string(App::Start(settings_, overrides_).status().message()), StartsWith("http.cors_origins: "));
  settings_.http_cors_origins = "";
  settings_.http_web_dir = "/no/such/directory";
  EXPECT_THAT(std::string(App::Start(settings_, overrides_).status().message()), StartsWith("http.web_dir: "));
}

}  // namespace
}  // namespace nbo::server
