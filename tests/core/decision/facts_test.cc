#include "core/decision/facts.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

constexpr Day kToday = 19'888;  // 2024-06-14, a Friday
const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 21, 45, 30), absl::UTCTimeZone());

class FactsTest : public ::testing::Test {
 protected:
  FactsTest() {
    Fold(ReceiptOf("c", "1", kToday - 3, {Bought("MILK", 300, 100), Bought("BREAD", 100)}), &state_);
    request_.channel = Channel::kKiosk;
    absl::LoadTimeZone("Asia/Vladivostok", &zone_);
  }

  // What an expression gives with the words that it names, as text.
  std::string Say(const std::string& text) {
    auto compiled = rules::Expression::Compile(text, FullVocabulary(), rules::Type::kAny);
    if (auto* mistakes = std::get_if<std::vector<rules::Mistake>>(&compiled)) return mistakes->front().message;
    const auto& expression = std::get<rules::Expression>(compiled);
    WordSet words;
    words.AddNamed(expression);
    RfmSegmentation rfm;
    Facts facts(words, rfm, {&state_, nullptr, identities_}, Moment::At(kNow, zone_), 100);
    facts.SetRequest(request_);
    const rules::Value value = expression.Evaluate(facts);
    return value.is_error() ? std::string(rules::EvalErrorText(value.error())) : value.ToString();
  }

  CustomerState state_;
  OfferRequest request_;
  IdentityTypes identities_ = 0;
  absl::TimeZone zone_;
};

TEST_F(FactsTest, OnlyNamedWordsAreMade) {
  const auto catalog = Compiled(DraftOfCatalog({{.id = "a", .eligibility = "customer.recency_days > 1"}}));
  Facts facts(*catalog, {&state_}, Moment::At(kNow, zone_), 100);
  facts.SetRequest(request_);
  EXPECT_EQ(facts.slots[Slot::kRecencyDays].ToString(), "4") << "in Vladivostok it is the next day";
  EXPECT_TRUE(facts.slots[Slot::kTenureDays].is_null());
  EXPECT_TRUE(facts.slots[Slot::kChannel].is_null());
}

TEST_F(FactsTest, ConsentHoldsTheChannelsOfWhichSomethingWasStated) {
  EXPECT_EQ(Say("customer.consent"), "{}");
  state_.consents = {
      {Channel::kEmail, true, kNow, ""}, {Channel::kSms, false, kNow, ""}, {Channel::kPush, true, kNow, ""}};
  EXPECT_EQ(Say("customer.consent"), R"({"EMAIL": true, "PUSH": true, "SMS": false})");
  EXPECT_EQ(Say("\"EMAIL\" in customer.consent && customer.consent[\"EMAIL\"]"), "true");
  EXPECT_EQ(Say("customer.consent.SMS"), "false");
  EXPECT_EQ(Say("\"COURIER\" in customer.consent"), "false");
}

TEST_F(FactsTest, AttributesOfTheCustomerAreThoseThatHold) {
  EXPECT_EQ(Say("customer.attributes"), "{}");
  EXPECT_EQ(Say("customer.attributes[\"tier\"] == \"gold\""), "the map has no such key");
  state_.attributes = {{"app", "7", kNow, "crm"}, {"tier", "gold", kNow, "crm"}, {"trial", std::nullopt, kNow, "crm"}};
  EXPECT_EQ(Say("customer.attributes"), R"({"app": "7", "tier": "gold"})");
  EXPECT_EQ(Say("customer.attributes[\"tier\"] == \"gold\""), "true");
  EXPECT_EQ(Say("customer.attributes.tier"), "\"gold\"");
  EXPECT_EQ(Say("\"tier\" in customer.attributes && !(\"trial\" in customer.attributes)"), "true");
  EXPECT_EQ(Say("has(customer.attributes.trial)"), "false");
  EXPECT_EQ(Say("size(customer.attributes)"), "2");
  EXPECT_EQ(Say("customer.attributes.exists(k, k.startsWith(\"t\") && customer.attributes[k] == \"gold\")"), "true");
  EXPECT_EQ(Say("int(customer.attributes.app) >= 7"), "true");
}

TEST_F(FactsTest, ACustomersAttributesAreOnlyMadeForRulesThatNameThem) {
  state_.attributes = {{"tier", "gold", kNow, ""}};
  const auto made = [&](const std::string& rule) {
    const auto catalog = Compiled(DraftOfCatalog({{.id = "a", .eligibility = rule}}));
    return Facts(*catalog, {&state_}, Moment::At(kNow, zone_), 100).slots[Slot::kCustomerAttributes].ToString();
  };
  EXPECT_EQ(made("request.attributes.tier == \"gold\""), rules::Value::Null().ToString());
  EXPECT_EQ(made("customer.attributes.tier == \"gold\""), R"({"tier": "gold"})");
}

TEST_F(FactsTest, IdentitiesAreTheKindsThatAreLinked) {
  EXPECT_EQ(Say("customer.identities"), "[]");
  identities_ = SetOf(IdentityType::kAppUser) | SetOf(IdentityType::kLoyaltyCard);
  EXPECT_EQ(Say("customer.identities"), R"(["card", "app_user"])");
  EXPECT_EQ(Say("\"phone\" in customer.identities"), "false");
}

TEST_F(FactsTest, DiscountsAreThereForEveryWindow) {
  EXPECT_EQ(Say("customer.discount_7d"), "1.0");
  EXPECT_EQ(Say("customer.discount_lifetime == customer.discount_365d"), "true");
}

TEST_F(FactsTest, TheBasketIsThereLineByLineAndInSum) {
  EXPECT_EQ(Say("size(basket.lines) == 0 && basket.size == 0 && basket.total == 0.0"), "true");
  request_.basket = {{"p-1", "DAIRY", 1500, 299}, {"p-2", "", 0, 1001}};
  EXPECT_EQ(Say("basket.size"), "2");
  EXPECT_EQ(Say("basket.total"), "13.0");
  EXPECT_EQ(Say("basket.lines[0].product"), "\"p-1\"");
  EXPECT_EQ(Say("basket.lines[0].category"), "\"DAIRY\"");
  EXPECT_EQ(Say("basket.lines[0].quantity"), "1.5");
  EXPECT_EQ(Say("basket.lines[1].amount"), "10.01");
  EXPECT_EQ(Say("basket.products"), R"(["p-1", "p-2"])");
  EXPECT_EQ(Say("basket.categories"), R"(["DAIRY"])") << "a line without a category has none";
}

TEST_F(FactsTest, TimesAreInstantsOrThePlacesClock) {
  EXPECT_EQ(Say("now"), "timestamp(\"2024-06-14T21:45:30Z\")");
  EXPECT_EQ(Say("request.local_time"), "timestamp(\"2024-06-15T07:45:30Z\")") << "the clock on the wall, ten hours on";
  EXPECT_EQ(Say("request.time_zone"), "\"Asia/Vladivostok\"");
  EXPECT_EQ(Say("request.hour"), "7");
  EXPECT_EQ(Say("request.weekday"), "6");
}

TEST_F(FactsTest, AttributesAreAMapWhateverTheirOrder) {
  request_.attributes = {{"weather", "rain"}, {"campaign", "spring"}};
  EXPECT_EQ(Say("request.attributes"), R"({"campaign": "spring", "weather": "rain"})");
  EXPECT_EQ(Say("request.attributes.weather"), "\"rain\"");
  EXPECT_EQ(Say("has(request.attributes.moon)"), "false");
}

}  // namespace
}  // namespace nbo
