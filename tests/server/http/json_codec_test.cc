#include "server/http/json_codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "nbo/v1/catalog_service.pb.h"
#include "nbo/v1/decision_service.pb.h"
#include "nbo/v1/event_service.pb.h"
#include "nbo/v1/profile_service.pb.h"
#include "nbo/v1/rules_service.pb.h"
#include "nbo/v1/segment_service.pb.h"
#include "nbo/v1/switch_service.pb.h"
#include "tests/server/http/api_messages.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const JsonCodec& Codec() {
  static const auto* const codec = new JsonCodec(ApiMessages());
  return *codec;
}

std::string Print(const Message& message) {
  std::string json;
  Codec().Print(message, &json);
  return json;
}

// Why GetOffersRequest or another message refuses a text; "" if it does not.
template <typename Request = v1::GetOffersRequest>
std::string WhyNot(absl::string_view json) {
  Request request;
  const absl::Status status = Codec().Parse(json, &request);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(JsonCodec, WritesWhatProtobufReadsAsTheSameForEveryMessageOfTheApi) {
  constexpr uint64_t kSeed = 20260501;
  std::mt19937_64 random(kSeed);
  for (const Descriptor* type : ApiMessages()) {
    for (int i = 0; i < 200; ++i) {
      const auto message = RandomMessage(type, &random);
      const std::unique_ptr<Message> read(message->New());
      const std::string json = Print(*message);
      const auto status = google::protobuf::util::JsonStringToMessage(json, read.get());
      ASSERT_TRUE(status.ok()) << "seed " << kSeed << ": " << status.ToString() << "\n" << json;
      ASSERT_TRUE(MessageDifferencer::Equals(*message, *read)) << "seed " << kSeed << "\n" << json;
    }
  }
}

TEST(JsonCodec, ReadsWhatProtobufWritesAsTheSameForEveryMessageOfTheApi) {
  constexpr uint64_t kSeed = 20260502;
  std::mt19937_64 random(kSeed);
  for (const Descriptor* type : ApiMessages()) {
    for (int i = 0; i < 200; ++i) {
      const auto message = RandomMessage(type, &random);
      google::protobuf::util::JsonPrintOptions options;
      options.preserve_proto_field_names = i % 2 == 0;
      options.always_print_enums_as_ints = i % 3 == 0;
      options.always_print_primitive_fields = i % 5 == 0;
      options.add_whitespace = i % 7 == 0;
      std::string json;
      ASSERT_TRUE(google::protobuf::util::MessageToJsonString(*message, &json, options).ok());
      const std::unique_ptr<Message> read(message->New());
      std::string ignored;
      const absl::Status status = Codec().Parse(json, read.get(), &ignored);
      ASSERT_TRUE(status.ok()) << "seed " << kSeed << ": " << status << "\n" << json;
      ASSERT_EQ(ignored, "");
      ASSERT_TRUE(MessageDifferencer::Equals(*message, *read)) << "seed " << kSeed << "\n" << json;
    }
  }
}

TEST(JsonCodec, LeavesDefaultsOutAndWritesLargeNumbersAsTexts) {
  v1::GetOffersResponse response;
  EXPECT_EQ(Print(response), "{}");
  response.set_catalog_version(9007199254740993);
  response.set_tier(v1::ANSWER_TIER_FULL);
  response.mutable_decide_time()->set_seconds(1777636800);
  v1::RankedOffer* const offer = response.add_offers();
  offer->set_rank(1);
  offer->set_score(0.1);
  offer->mutable_treatment()->set_script("Say \"hello\"\n\x01");
  EXPECT_EQ(Print(response),
            R"({"catalogVersion":"9007199254740993","tier":"ANSWER_TIER_FULL","offers":[{"rank":1,)"
            R"("treatment":{"script":"Say \"hello\"\n\u0001"},"score":0.1}],"decideTime":"2026-05-01T12:00:00Z"})");
}

TEST(JsonCodec, WritesNumbersThatAreNone) {
  v1::GetOffersResponse response;
  for (const double score : {std::nan(""), HUGE_VAL, -HUGE_VAL}) response.add_offers()->set_score(score);
  EXPECT_EQ(Print(response), R"({"offers":[{"score":"NaN"},{"score":"Infinity"},{"score":"-Infinity"}]})");
  v1::GetOffersResponse read;
  ASSERT_TRUE(Codec().Parse(Print(response), &read).ok());
  EXPECT_TRUE(std::isnan(read.offers(0).score()));
  EXPECT_EQ(read.offers(2).score(), -HUGE_VAL);
}

TEST(JsonCodec, WritesValuesOfEnumsThatItDoesNotKnowByNumber) {
  v1::GetOffersRequest request;
  request.set_channel(static_cast<v1::Channel>(77));
  EXPECT_EQ(Print(request), R"({"channel":77})");
}

TEST(JsonCodec, TakesBothNamesAndNumbersHoweverTheyAreWritten) {
  v1::GetOffersRequest request;
  const absl::Status status = Codec().Parse(
      R"({"customer": {"customer_id": "7"}, "storeId": "s\u00e9\ud83d\ude00", "channel": 1, "max_offers": 2.0,
          "basketLines": [{"productId": "p", "quantityMilli": "1000", "amount_minor": -5e2}],
          "attributes": {"a": "1", "b": ""}, "asOf": "2026-05-01T14:00:00.5+02:00", "locale": null})",
      &request);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(request.customer().customer_id(), "7");
  EXPECT_EQ(request.store_id(), "sé😀");
  EXPECT_EQ(request.channel(), v1::CHANNEL_POS);
  EXPECT_EQ(request.max_offers(), 2);
  ASSERT_EQ(request.basket_lines_size(), 1);
  EXPECT_EQ(request.basket_lines(0).quantity_milli(), 1000);
  EXPECT_EQ(request.basket_lines(0).amount_minor(), -500);
  EXPECT_EQ(request.attributes().at("a"), "1");
  EXPECT_EQ(request.attributes_size(), 2);
  EXPECT_EQ(request.as_of().seconds(), 1777636800);
  EXPECT_EQ(request.as_of().nanos(), 500'000'000);
  EXPECT_EQ(request.locale(), "");
}

TEST(JsonCodec, KnowsAFieldThatIsSetToItsDefault) {
  v1::RecordPurchaseRequest request;
  ASSERT_TRUE(Codec().Parse(R"({"purchase": {"utcOffsetMinutes": 0}})", &request).ok());
  EXPECT_TRUE(request.purchase().has_utc_offset_minutes());
  ASSERT_TRUE(Codec().Parse(R"({"purchase": {"utcOffsetMinutes": null}})", (request.Clear(), &request)).ok());
  EXPECT_FALSE(request.purchase().has_utc_offset_minutes());
}

TEST(JsonCodec, NullIsAValueWhereTheApiHasOne) {
  v1::EvaluateRuleResponse response;
  ASSERT_TRUE(Codec().Parse(R"({"value": {"nullValue": null}})", &response).ok());
  EXPECT_EQ(response.value().kind_case(), v1::Value::kNullValue);
  EXPECT_EQ(Print(response), R"({"value":{"nullValue":null}})");
}

TEST(JsonCodec, SaysWhichFieldIsWrongAndWhatItTakes) {
  EXPECT_EQ(WhyNot(R"({"maxOffers": "many"})"), "max_offers: must be a whole number of 32 bits");
  EXPECT_EQ(WhyNot(R"({"maxOffers": 2147483648})"), "max_offers: must be a whole number of 32 bits");
  EXPECT_EQ(WhyNot(R"({"maxOffers": 1.5})"), "max_offers: must be a whole number of 32 bits");
  EXPECT_EQ(WhyNot(R"({"maxOffers": true})"), "max_offers: must be a whole number of 32 bits");
  EXPECT_EQ(WhyNot(R"({"explain": "true"})"), "explain: must be true or false");
  EXPECT_EQ(WhyNot(R"({"storeId": 7})"), "store_id: must be a text in quotes");
  EXPECT_THAT(WhyNot(R"({"channel": "POS"})"),
              AllOf(StartsWith("channel: must be one of CHANNEL_UNSPECIFIED, CHANNEL_POS"), HasSubstr("CHANNEL_WEB")));
  EXPECT_EQ(WhyNot(R"({"basketLines": [{}, {"amountMinor": "9223372036854775808"}]})"),
            "basket_lines[1].amount_minor: must be a whole number of 64 bits, as a number or in quotes");
  EXPECT_EQ(WhyNot(R"({"basketLines": [{}, 5]})"), "basket_lines[1]: must be an object");
  EXPECT_EQ(WhyNot(R"({"basketLines": {}})"), "basket_lines: an object where there must be a list");
  EXPECT_EQ(WhyNot(R"({"basketLines": "x"})"), "basket_lines: must be a list");
  EXPECT_EQ(WhyNot(R"({"placements": ["a", 1]})"), "placements[1]: must be a text in quotes");
  EXPECT_EQ(WhyNot(R"({"placements": ["a", null]})"), "placements[1]: null is no element of a list; leave it out");
  EXPECT_EQ(WhyNot(R"({"attributes": ["a"]})"), "attributes: a list where there must be an object of keys and values");
  EXPECT_EQ(WhyNot(R"({"attributes": {"a": 1}})"), "attributes: must be a text in quotes");
  EXPECT_EQ(WhyNot(R"({"customer": "7"})"), "customer: must be an object");
  EXPECT_EQ(WhyNot(R"({"storeId": {}})"), "store_id: an object where there must be a text in quotes");
  EXPECT_EQ(WhyNot(R"({"storeId": []})"), "store_id: a list where there must be a text in quotes");
  EXPECT_EQ(WhyNot(R"({"asOf": "yesterday"})"), "as_of: must be a time such as \"2026-05-01T12:00:00Z\"");
  EXPECT_EQ(WhyNot(R"({"asOf": 7})"), "as_of: must be a time such as \"2026-05-01T12:00:00Z\"");
  EXPECT_EQ(WhyNot(R"({"customer": {"customerId": "7", "identity": {}}})"),
            "customer.identity: only one of 'customer_id' and 'identity' may be set");
  EXPECT_EQ(WhyNot(R"({"customer": {"customerId": "7", "identity": null}})"), "");
}

TEST(JsonCodec, SaysWhereTextIsNoJson) {
  EXPECT_EQ(WhyNot(""), "the request is empty; a request without fields is {}");
  EXPECT_EQ(WhyNot("[]"), "the request must be a JSON object, and is a list");
  EXPECT_EQ(WhyNot("null"), "the request must be a JSON object");
  EXPECT_EQ(WhyNot("\"x\""), "the request must be a JSON object");
  for (const char* const bad : {"{", "{\"storeId\": \"x}", "{\"storeId\" 1}", "{} {}", "{storeId: 1}", "{\"a\": 01}",
                                "{\"a\": 1,}", "{\"storeId\": \"\xff\"}", "{\"storeId\": \"\\ud800\"}"}) {
    EXPECT_THAT(WhyNot(bad), AllOf(StartsWith("the request is not JSON: "), HasSubstr("(byte "))) << bad;
  }
  EXPECT_THAT(WhyNot(std::string("{\"storeId\": \"a\0b\"}", 18)), StartsWith("the request is not JSON: "));
  EXPECT_EQ(WhyNot(std::string("{}\0garbage", 10)), "the request is not JSON: a zero byte (byte 2)");
  EXPECT_EQ(WhyNot("{} \n"), "");
}

TEST(JsonCodec, RefusesAKeyThatIsGivenTwice) {
  EXPECT_EQ(WhyNot(R"({"attributes": {"a": "1", "b": "2", "a": "3"}})"), "attributes: key 'a' is given twice");
  EXPECT_EQ(WhyNot(R"({"attributes": {"a": "1"}, "attributes": {"b": "2"}})"), "attributes: is given twice");
  EXPECT_EQ(WhyNot(R"({"attributes": {}, "attributes": {"b": "2", "a": "2"}})"), "");
}

TEST(JsonCodec, RefusesHalfASurrogatePair) {
  EXPECT_EQ(WhyNot(R"({"storeId": "a\ude00"})"),
            "store_id: holds an escape of half a surrogate pair, which is no character");
  EXPECT_EQ(WhyNot(R"({"x": {"\ude00": 1}})"), "a key holds an escape of half a surrogate pair, which is no character");
  EXPECT_EQ(WhyNot(R"({"storeId": "\ud83d\ude00 \ud7ff \ue000 \ue00d \u00ed"})"), "");
}

TEST(JsonCodec, IgnoresWhatItDoesNotKnowAndNamesTheFirst) {
  v1::GetOffersRequest request;
  std::string ignored;
  ASSERT_TRUE(Codec()
                  .Parse(R"({"customer": {"customerID": [1, {"a": null}], "customerId": "7"}, "x": {"channel": "?"}})",
                         &request, &ignored)
                  .ok());
  EXPECT_EQ(request.customer().customer_id(), "7");
  EXPECT_EQ(ignored, "customer.customerID");
  ASSERT_TRUE(Codec().Parse("{\"a\\r\\nb: c\u00e9\": 1}", &request, &ignored).ok());
  EXPECT_EQ(ignored, "a??b: c??");
  ASSERT_TRUE(Codec().Parse(absl::StrCat("{\"", std::string(1000, 'n'), "\": 1}"), &request, &ignored).ok());
  EXPECT_EQ(ignored, std::string(128, 'n'));
  ASSERT_TRUE(Codec().Parse("{}", &request, &ignored).ok());
  EXPECT_EQ(ignored, "");
}

TEST(JsonCodec, RefusesWhatIsNestedTooDeepWhetherKnownOrNot) {
  const auto nested = [](int depth, absl::string_view open, absl::string_view close) {
    std::string json;
    for (int i = 0; i < depth; ++i) absl::StrAppend(&json, open);
    absl::StrAppend(&json, "1");
    for (int i = 0; i < depth; ++i) absl::StrAppend(&json, close);
    return json;
  };
  EXPECT_EQ(WhyNot(absl::StrCat("{\"x\":", nested(kMaxJsonDepth - 1, "[", "]"), "}")), "");
  EXPECT_EQ(WhyNot(absl::StrCat("{\"x\":", nested(kMaxJsonDepth, "[", "]"), "}")), "nested more than 32 deep");
  EXPECT_EQ(WhyNot(nested(1'000'000, "{\"x\":", "}")), "nested more than 32 deep");
  EXPECT_THAT(WhyNot<v1::EvaluateRuleResponse>(
                  absl::StrCat("{\"value\":", nested(1000, "{\"listValue\":{\"values\":[", "]}}"), "}")),
              HasSubstr("nested more than 32 deep"));
}

}  // namespace
}  // namespace nbo::server
