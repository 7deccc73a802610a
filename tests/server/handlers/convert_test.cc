#include "server/handlers/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/profile/memory_store.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(kNoon);

absl::StatusOr<Receipt> Convert(const v1::Purchase& purchase, absl::TimeZone zone = absl::UTCTimeZone()) {
  return ToReceipt(purchase, kNow, {zone, absl::Hours(24)});
}

TEST(ToReceipt, TakesEveryField) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r", 250);
  purchase.mutable_lines(0)->set_discount_minor(20);
  purchase.mutable_time()->set_nanos(7000);
  purchase.add_coupon_codes("C-1");
  purchase.add_coupon_codes("C-2");
  const auto receipt = Convert(purchase);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->customer_id, "c");
  EXPECT_EQ(receipt->receipt_id, "r");
  EXPECT_EQ(receipt->store_id, "s1");
  EXPECT_EQ(receipt->time, kNow - absl::Hours(1) + absl::Microseconds(7));
  EXPECT_EQ(receipt->day, 19'888);
  EXPECT_EQ(receipt->channel, Channel::kPos);
  ASSERT_EQ(receipt->lines.size(), 1u);
  EXPECT_EQ(receipt->lines[0].product_id, "p1");
  EXPECT_EQ(receipt->lines[0].category, "MILK");
  EXPECT_EQ(receipt->lines[0].quantity_milli, 1000);
  EXPECT_EQ(receipt->lines[0].amount_minor, 250);
  EXPECT_EQ(receipt->lines[0].discount_minor, 20);
  EXPECT_EQ(receipt->coupon_codes, std::vector<std::string>({"C-1", "C-2"}));
}

TEST(ToReceipt, DecidesTheDayByTheReceiptsOwnOffsetElseByTheZone) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");  // 11:00 UTC
  EXPECT_EQ(Convert(purchase, absl::FixedTimeZone(13 * 3600))->day, 19'889);
  purchase.set_utc_offset_minutes(0);
  EXPECT_EQ(Convert(purchase, absl::FixedTimeZone(13 * 3600))->day, 19'888);
  purchase.set_utc_offset_minutes(779);
  EXPECT_EQ(Convert(purchase)->day, 19'888);
  purchase.set_utc_offset_minutes(780);
  EXPECT_EQ(Convert(purchase)->day, 19'889);
  purchase.set_utc_offset_minutes(-661);
  EXPECT_EQ(Convert(purchase)->day, 19'887);
}

TEST(ToReceipt, LeavesAnIdentityToBeResolvedLater) {
  const auto receipt = Convert(PurchaseOf(CardOf("4711"), "r"));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->customer_id, "");
  EXPECT_EQ(receipt->addressed_by, (Identity{IdentityType::kLoyaltyCard, "4711"}));
  EXPECT_FALSE(Convert(PurchaseOf(CustomerOf("c"), "r"))->addressed_by.has_value());
}

// The day of a receipt at `utc` from `store`, in a deployment in Moscow.
Day DayOfReceipt(absl::CivilSecond utc, const std::string& store, std::optional<int> offset = std::nullopt) {
  static const auto* const active = [] {
    auto zones = std::make_shared<StoreZones>();
    EXPECT_TRUE(zones->Add("vladivostok", "Asia/Vladivostok").ok());
    EXPECT_TRUE(zones->Add("kaliningrad", "Europe/Kaliningrad").ok());
    EXPECT_TRUE(zones->Add("berlin", "Europe/Berlin").ok());
    auto* made = new ActiveStoreZones;
    made->Swap(std::move(zones));
    return made;
  }();
  absl::TimeZone moscow;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Moscow", &moscow));
  const absl::Time time = absl::FromCivil(utc, absl::UTCTimeZone());
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");
  purchase.set_store_id(store);
  purchase.mutable_time()->set_seconds(absl::ToUnixSeconds(time));
  if (offset) purchase.set_utc_offset_minutes(*offset);
  const auto receipt = ToReceipt(purchase, time, {moscow, absl::Hours(24), active});
  EXPECT_TRUE(receipt.ok()) << receipt.status();
  return receipt.ok() ? receipt->day : kNoDay;
}

TEST(ToReceipt, DecidesTheDayByTheOffsetElseTheStoresZoneElseTheDeployments) {
  const absl::CivilSecond time(2024, 6, 14, 21, 30, 0);  // 07:30 in Vladivostok, 23:30 in Kaliningrad, 00:30 in Moscow
  const Day day = DayOf(absl::CivilDay(2024, 6, 14));
  EXPECT_EQ(DayOfReceipt(time, "vladivostok"), day + 1);
  EXPECT_EQ(DayOfReceipt(time, "kaliningrad"), day);
  EXPECT_EQ(DayOfReceipt(time, "not listed"), day + 1);
  EXPECT_EQ(DayOfReceipt(time, ""), day + 1);
  EXPECT_EQ(DayOfReceipt(time, "vladivostok", 0), day) << "the receipt's own offset wins";
  EXPECT_EQ(DayOfReceipt(time, "kaliningrad", 180), day + 1);
}

TEST(ToReceipt, FollowsDaylightSavingOfTheStore) {
  // In Berlin 31 March 2024 has 23 hours, 27 October 25.
  const Day spring = DayOf(absl::CivilDay(2024, 3, 31)), autumn = DayOf(absl::CivilDay(2024, 10, 27));
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 3, 30, 22, 59, 59), "berlin"), spring - 1);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 3, 30, 23, 0, 0), "berlin"), spring);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 3, 31, 21, 59, 59), "berlin"), spring);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 3, 31, 22, 0, 0), "berlin"), spring + 1);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 10, 26, 21, 59, 59), "berlin"), autumn - 1);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 10, 26, 22, 0, 0), "berlin"), autumn);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 10, 27, 22, 59, 59), "berlin"), autumn);
  EXPECT_EQ(DayOfReceipt(absl::CivilSecond(2024, 10, 27, 23, 0, 0), "berlin"), autumn + 1);
}

TEST(ResolveCustomer, TakesTheOwnerOfTheMomentElseACustomerOfTheIdentitysOwn) {
  MemoryProfileStore store;
  auto resolve = [&store](const v1::CustomerRef& ref, int64_t seconds) {
    return ResolveCustomer("customer", ref, store, absl::FromUnixSeconds(seconds));
  };
  EXPECT_EQ(*resolve(CustomerOf("c"), kNoon), "c");
  EXPECT_EQ(*resolve(CardOf("4711"), kNoon), "~c:4711");
  IdentityHistory history;
  history.Add({kNow - absl::Seconds(100), {Owner::kCustomer, "anna"}});
  history.Add({kNow, {Owner::kCustomer, "bert"}});
  WriteGroup group;
  group.identities.push_back({{IdentityType::kLoyaltyCard, "4711"}, &history});
  ASSERT_TRUE(store.Write(group).ok());
  EXPECT_EQ(*resolve(CardOf("4711"), kNoon - 200), "anna") << "the first owner had it all along";
  EXPECT_EQ(*resolve(CardOf("4711"), kNoon - 1), "anna");
  EXPECT_EQ(*resolve(CardOf("4711"), kNoon), "bert");
}

TEST(ResolveCustomer, NamesTheFieldThatIsWrong) {
  auto refusal = [](const v1::CustomerRef& ref) {
    const absl::Status status = ResolveCustomer("customer", ref, MemoryProfileStore(), kNow).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(v1::CustomerRef()), StartsWith("customer: is required"));
  EXPECT_THAT(refusal(CustomerOf("")), StartsWith("customer.customer_id: is required"));
  EXPECT_THAT(refusal(CustomerOf(std::string(65, 'x'))), StartsWith("customer.customer_id: 65 bytes"));
  EXPECT_THAT(refusal(CardOf("")), StartsWith("customer.identity.value: is required"));
}

TEST(ToReceipt, AcceptsTimesFrom1970UpToTheSkew) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");
  purchase.mutable_time()->set_seconds(0);
  EXPECT_TRUE(Convert(purchase).ok());
  purchase.mutable_time()->set_seconds(kNoon + 24 * 3600);
  EXPECT_TRUE(Convert(purchase).ok());
}

TEST(ToReceipt, NamesTheFieldThatIsWrong) {
  const struct {
    const char* message;
    std::function<void(v1::Purchase&)> change;
  } cases[] = {
      {"purchase.customer: is required", [](auto& p) { p.clear_customer(); }},
      {"purchase.customer.customer_id: is required", [](auto& p) { p.mutable_customer()->set_customer_id(""); }},
      {"purchase.customer.customer_id: 65 bytes",
       [](auto& p) { p.mutable_customer()->set_customer_id(std::string(65, 'x')); }},
      {"purchase.customer.customer_id: ids that begin with '~'",
       [](auto& p) { p.mutable_customer()->set_customer_id("~c:1"); }},
      {"purchase.customer.identity.type: is required",
       [](auto& p) { p.mutable_customer()->mutable_identity()->set_value("1"); }},
      {"purchase.customer.identity.type: is required",
       [](auto& p) {
         *p.mutable_customer() = CardOf("1");
         p.mutable_customer()->mutable_identity()->set_type(static_cast<v1::IdentityType>(99));
       }},
      {"purchase.customer.identity.value: is required", [](auto& p) { *p.mutable_customer() = CardOf(""); }},
      {"purchase.customer.identity.value: 61 bytes",
       [](auto& p) { *p.mutable_customer() = CardOf(std::string(61, '1')); }},
      {"purchase.receipt_id: is required", [](auto& p) { p.clear_receipt_id(); }},
      {"purchase.store_id: contains a control character", [](auto& p) { p.set_store_id("\n"); }},
      {"purchase.coupon_codes: 17; at most 16",
       [](auto& p) {
         for (int i = 0; i < 100; ++i) p.add_coupon_codes("C");
       }},
      {"purchase.coupon_codes[1]: is required",
       [](auto& p) {
         p.add_coupon_codes("C");
         p.add_coupon_codes("");
       }},
      {"purchase.coupon_codes[0]: 65 bytes", [](auto& p) { p.add_coupon_codes(std::string(65, 'x')); }},
      {"purchase.time: is required", [](auto& p) { p.clear_time(); }},
      {"purchase.time: not a valid timestamp", [](auto& p) { p.mutable_time()->set_nanos(1'000'000'000); }},
      {"purchase.time: not a valid timestamp", [](auto& p) { p.mutable_time()->set_nanos(-1); }},
      {"purchase.time: not a valid timestamp", [](auto& p) { p.mutable_time()->set_seconds(INT64_MAX); }},
      {"purchase.time: 1969-12-31T23:59:59", [](auto& p) { p.mutable_time()->set_seconds(-1); }},
      {"purchase.time: 2024-06-15T12:00:01+00:00 is more than 24h",
       [](auto& p) { p.mutable_time()->set_seconds(kNoon + 86'401); }},
      {"purchase.utc_offset_minutes: 841 is outside", [](auto& p) { p.set_utc_offset_minutes(841); }},
      {"purchase.utc_offset_minutes: -841 is outside", [](auto& p) { p.set_utc_offset_minutes(-841); }},
      {"purchase.channel: ", [](auto& p) { p.set_channel(static_cast<v1::Channel>(12)); }},
      {"purchase.channel: ", [](auto& p) { p.set_channel(static_cast<v1::Channel>(-1)); }},
      {"purchase.lines: at least one line", [](auto& p) { p.clear_lines(); }},
      {"purchase.lines: 1001 lines",
       [](auto& p) {
         while (p.lines_size() < 2000) *p.add_lines() = p.lines(0);
       }},
      {"purchase.lines[0].product_id: is required", [](auto& p) { p.mutable_lines(0)->clear_product_id(); }},
      {"purchase.lines[0].category: ", [](auto& p) { p.mutable_lines(0)->set_category("\x01"); }},
      {"purchase.lines[0].amount_minor: -9223372036854775808",
       [](auto& p) { p.mutable_lines(0)->set_amount_minor(INT64_MIN); }},
      {"purchase.lines[0].quantity_milli: ", [](auto& p) { p.mutable_lines(0)->set_quantity_milli(1'000'000'001); }},
      {"purchase.lines[0].discount_minor: ", [](auto& p) { p.mutable_lines(0)->set_discount_minor(INT64_MAX); }},
  };
  for (const auto& c : cases) {
    v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");
    c.change(purchase);
    const absl::Status status = Convert(purchase).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message));
  }
}

TEST(ToOfferRequest, TakesEveryField) {
  v1::GetOffersRequest request;
  request.set_channel(v1::CHANNEL_WEB);
  request.set_placement("home");
  request.set_store_id("s");
  request.set_terminal_id("t");
  request.set_operator_id("o");
  request.set_locale("ru");
  request.set_max_offers(7);
  request.set_explain(true);
  request.set_request_id("r");
  request.add_neutral_factors("offer.propensity");
  request.add_basket_lines()->set_product_id("p");
  request.mutable_basket_lines(0)->set_category("MILK");
  request.mutable_basket_lines(0)->set_amount_minor(5);
  (*request.mutable_attributes())["weather"] = "rain";
  const auto converted = ToOfferRequest(request);
  ASSERT_TRUE(converted.ok()) << converted.status();
  EXPECT_EQ(converted->channel, Channel::kWeb);
  EXPECT_EQ(converted->placement, "home");
  EXPECT_EQ(converted->store_id, "s");
  EXPECT_EQ(converted->terminal_id, "t");
  EXPECT_EQ(converted->operator_id, "o");
  EXPECT_EQ(converted->locale, "ru");
  EXPECT_EQ(converted->max_offers, 7);
  EXPECT_TRUE(converted->explain);
  EXPECT_EQ(converted->request_id, "r");
  EXPECT_EQ(converted->neutral_factors, 1);
  EXPECT_EQ(converted->basket.at(0).category, "MILK");
  EXPECT_EQ(converted->basket.at(0).amount_minor, 5);
  EXPECT_EQ(converted->attributes.at(0).second, "rain");
}

TEST(ToOfferRequest, NamesTheFieldThatIsWrong) {
  const struct {
    const char* message;
    std::function<void(v1::GetOffersRequest&)> change;
  } cases[] = {
      {"channel: is required", [](auto& r) { r.clear_channel(); }},
      {"channel: ", [](auto& r) { r.set_channel(static_cast<v1::Channel>(99)); }},
      {"max_offers: 101", [](auto& r) { r.set_max_offers(101); }},
      {"request_id: 65 bytes", [](auto& r) { r.set_request_id(std::string(65, 'x')); }},
      {"basket_lines[0].product_id: is required", [](auto& r) { r.add_basket_lines(); }},
      {"neutral_factors: 'x' is no factor; use offer.propensity, ",
       [](auto& r) {
         r.set_explain(true);
         r.add_neutral_factors("x");
       }},
      {"neutral_factors: compares", [](auto& r) { r.add_neutral_factors("offer.cost"); }},
      {"placements[0]: is required", [](auto& r) { r.add_placements(""); }},
      {"attributes: an empty key", [](auto& r) { (*r.mutable_attributes())[""] = "x"; }},
  };
  for (const auto& c : cases) {
    v1::GetOffersRequest request;
    request.set_channel(v1::CHANNEL_POS);
    c.change(request);
    const absl::Status status = ToOfferRequest(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message));
  }
}

TEST(Time, SurvivesTheWayThereAndBackEvenBefore1970) {
  for (absl::Time time :
       {absl::FromUnixNanos(1), absl::FromUnixNanos(-1), absl::FromUnixSeconds(kNoon), absl::UnixEpoch()}) {
    google::protobuf::Timestamp stamp;
    FromTime(time, &stamp);
    EXPECT_GE(stamp.nanos(), 0);
    EXPECT_EQ(*ToTime("t", stamp), time);
  }
}

}  // namespace
}  // namespace nbo::server
