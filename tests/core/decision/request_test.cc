#include "core/decision/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/base/limits.h"

namespace nbo {
namespace {

using ::testing::StartsWith;

OfferRequest Good() {
  OfferRequest request;
  request.channel = Channel::kPos;
  request.basket = {{"p1", "MILK", 1000, 100}, {"p2", "", 1000, 100}};
  request.attributes = {{"weather", "rain"}};
  return request;
}

TEST(ValidateOfferRequest, AcceptsEveryValueAtItsLimit) {
  static const std::string id(kMaxIdBytes, 'x'), locale(kMaxLocaleBytes, 'x'), key(kMaxAttributeKeyBytes, 'x'),
      value(kMaxAttributeValueBytes, 'x');
  OfferRequest request = Good();
  request.placement = request.store_id = request.terminal_id = request.operator_id = id;
  request.locale = locale;
  request.max_offers = kMaxOffersPerAnswer;
  request.basket.assign(kMaxLinesPerReceipt, {"p", "", -kMaxQuantityMilli, kMaxLineAmountMinor});
  request.attributes.assign(kMaxAttributes, {key, value});
  EXPECT_TRUE(ValidateOfferRequest(request).ok()) << ValidateOfferRequest(request);
}

TEST(ValidateOfferRequest, NamesTheFieldThatIsWrong) {
  static const std::string long_id(kMaxIdBytes + 1, 'x'), long_locale(kMaxLocaleBytes + 1, 'x'),
      long_key(kMaxAttributeKeyBytes + 1, 'x'), long_value(kMaxAttributeValueBytes + 1, 'x');
  const struct {
    const char* message;
    std::function<void(OfferRequest&)> change;
  } cases[] = {
      {"channel: is required", [](auto& r) { r.channel = Channel::kUnspecified; }},
      {"max_offers: -1 is outside 0..100", [](auto& r) { r.max_offers = -1; }},
      {"max_offers: 101 is outside 0..100", [](auto& r) { r.max_offers = 101; }},
      {"placement: 65 bytes", [](auto& r) { r.placement = long_id; }},
      {"placements[1]: is required",
       [](auto& r) {
         r.placements = {"a", ""};
       }},
      {"placements[2]: 'a' is named twice",
       [](auto& r) {
         r.placements = {"a", "b", "a"};
       }},
      {"placements: 17 are named; at most 16", [](auto& r) { r.placements.assign(17, "a"); }},
      {"placements: give either placement or placements",
       [](auto& r) {
         r.placement = "a";
         r.placements = {"b"};
       }},
      {"max_offers: 34 for each of 3 placements; an answer holds at most 100",
       [](auto& r) {
         r.placements = {"a", "b", "c"};
         r.max_offers = 34;
       }},
      {"request_id: 65 bytes", [](auto& r) { r.request_id = long_id; }},
      {"store_id: contains a control", [](auto& r) { r.store_id = "a\n"; }},
      {"terminal_id: 65 bytes", [](auto& r) { r.terminal_id = long_id; }},
      {"operator_id: 65 bytes", [](auto& r) { r.operator_id = long_id; }},
      {"locale: 36 bytes; at most 35", [](auto& r) { r.locale = long_locale; }},
      {"basket_lines: 1001 lines",
       [](auto& r) {
         r.basket.assign(1001, {"p", "", 1, 1});
       }},
      {"basket_lines[1].product_id: is required", [](auto& r) { r.basket[1].product_id = ""; }},
      {"basket_lines[0].category: 65 bytes", [](auto& r) { r.basket[0].category = long_id; }},
      {"basket_lines[1].amount_minor: -9223372036854775808", [](auto& r) { r.basket[1].amount_minor = INT64_MIN; }},
      {"basket_lines[1].quantity_milli: 1000000001", [](auto& r) { r.basket[1].quantity_milli = 1'000'000'001; }},
      {"attributes: 33 entries",
       [](auto& r) {
         r.attributes.assign(33, {"k", "v"});
       }},
      {"attributes: an empty key",
       [](auto& r) {
         r.attributes = {{"", "v"}};
       }},
      {"attributes (key): 65 bytes",
       [](auto& r) {
         r.attributes = {{long_key, "v"}};
       }},
      {"attributes (value): 257 bytes",
       [](auto& r) {
         r.attributes = {{"k", long_value}};
       }},
      {"attributes (value): not valid UTF-8",
       [](auto& r) {
         r.attributes = {{"k", "\xE9"}};
       }},
  };
  for (const auto& c : cases) {
    OfferRequest request = Good();
    c.change(request);
    const absl::Status status = ValidateOfferRequest(request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message));
  }
}

TEST(DefaultMaxOffers, IsOneAtTheTillFourAtTheKioskThreeElsewhere) {
  for (int i = 1; i < kChannelCount; ++i) {
    const Channel channel = static_cast<Channel>(i);
    EXPECT_EQ(DefaultMaxOffers(channel), channel == Channel::kPos ? 1 : channel == Channel::kKiosk ? 4 : 3);
  }
}

}  // namespace
}  // namespace nbo
