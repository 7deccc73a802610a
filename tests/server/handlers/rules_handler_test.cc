// Single rules for one customer, over a store in memory.
#include "server/handlers/rules_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "core/catalog/vocabulary.h"
#include "server/catalog/publisher.h"
#include "server/handlers/decision_handler.h"
#include "server/handlers/profile_handler.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/handlers/customer_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int64_t kNoon = 1'718'366'400;  // of FakeClock: 2024-06-14 12:00 UTC

class RulesHandlerTest : public CustomerTest {
 protected:
  RulesHandlerTest() {
    Record(At(CustomerOf("anna"), "1", kNoon - 3 * 86'400));
    Link("4711", "anna", kNoon - 86'400);
    Consent(CustomerOf("anna"), /*granted=*/true, kNoon - 86'400);
    Attributes(CustomerOf("anna"), {{"tier", "gold"}, {"app", "7"}}, kNoon - 86'400);
  }

  static v1::EvaluateRuleRequest Asking(const std::string& expression, const std::string& customer = "anna") {
    v1::EvaluateRuleRequest request;
    request.set_expression(expression);
    *request.mutable_request()->mutable_customer() = CustomerOf(customer);
    request.mutable_request()->set_channel(v1::CHANNEL_POS);
    return request;
  }
  absl::Status Evaluate(const v1::EvaluateRuleRequest& request, v1::EvaluateRuleResponse* response) {
    return RulesHandler(&store_, &active_, &population_, &clock_, {}, &zones_, false).EvaluateRule(request, response);
  }
  v1::EvaluateRuleResponse Evaluated(const std::string& expression, const std::string& customer = "anna") {
    v1::EvaluateRuleResponse response;
    const absl::Status status = Evaluate(Asking(expression, customer), &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  void Publish(const std::string& yaml) { ASSERT_TRUE(publisher_.Publish({yaml, "c.yaml"}, {}).ok()); }

  ActiveStoreZones zones_;
  FakeRandomness randomness_;
  MemoryCatalogArchive archive_;
  ActiveCatalog active_;
  ActivePopulation population_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
};

TEST_F(RulesHandlerTest, AnExpressionSeesTheCustomerAndTheTouchPoint) {
  const auto days = Evaluated("customer.recency_days");
  EXPECT_EQ(days.value().int64_value(), 3);
  EXPECT_EQ(days.type(), "int");
  EXPECT_EQ(days.inputs(), "customer.recency_days = 3");
  EXPECT_EQ(days.customer_id(), "anna");
  EXPECT_EQ(days.evaluate_time().seconds(), kNoon);
  EXPECT_EQ(Evaluated("request.channel").value().string_value(), "POS");
  EXPECT_FALSE(Evaluated("customer.known", "nobody").value().bool_value());
  const auto identities = Evaluated("customer.identities").value().list_value();
  ASSERT_EQ(identities.values_size(), 1);
  EXPECT_EQ(identities.values(0).string_value(), "card");
  const auto consent = Evaluated("customer.consent").value().map_value();
  ASSERT_EQ(consent.entries_size(), 1);
  EXPECT_EQ(consent.entries(0).key().string_value(), "EMAIL");
  EXPECT_TRUE(consent.entries(0).value().bool_value());
  const auto gold = Evaluated("customer.attributes[\"tier\"] == \"gold\"");
  EXPECT_TRUE(gold.value().bool_value());
  EXPECT_EQ(gold.inputs(), "customer.attributes[\"tier\"] = \"gold\"");
  EXPECT_EQ(Evaluated("customer.attributes").type(), "map(string, string)");
}

TEST_F(RulesHandlerTest, MistakesAndFailuresAreAnswersNotErrors) {
  const auto mistaken = Evaluated("customer.recency_days >\n customer.recensy");
  ASSERT_EQ(mistaken.mistakes_size(), 1);
  EXPECT_EQ(mistaken.mistakes(0).line(), 2);
  EXPECT_EQ(mistaken.mistakes(0).column(), 2);
  EXPECT_THAT(mistaken.mistakes(0).message(), HasSubstr("unknown name 'customer.recensy'"));
  EXPECT_FALSE(mistaken.has_value());
  const auto failed = Evaluated("customer.recency_days > 1", "nobody");
  EXPECT_FALSE(failed.evaluation_error().empty());
  EXPECT_FALSE(failed.has_value());
}

TEST_F(RulesHandlerTest, SegmentsAndOffersAreThoseOfTheActiveCatalog) {
  Publish(CatalogYaml(OfferText("milk")) +
          "segments:\n  - {id: new, name: New, rule: customer.frequency_lifetime == 1}\n");
  const auto in = Evaluated("\"new\" in customer.segments");
  EXPECT_TRUE(in.value().bool_value());
  EXPECT_EQ(in.catalog_version(), 1);
  v1::EvaluateRuleResponse response;
  EXPECT_THAT(std::string(Evaluate(Asking("offer.value"), &response).message()), StartsWith("offer_id: is required"));
  v1::EvaluateRuleRequest request = Asking("offer.value");
  request.set_offer_id("milk");
  ASSERT_TRUE(Evaluate(request, &response).ok());
  EXPECT_EQ(response.value().double_value(), 2);
  request.set_offer_id("tea");
  EXPECT_EQ(Evaluate(request, &response).code(), absl::StatusCode::kNotFound);
}

TEST_F(RulesHandlerTest, BadRequestsNameTheField) {
  v1::EvaluateRuleResponse response;
  EXPECT_THAT(std::string(Evaluate(Asking(""), &response).message()), StartsWith("expression: is required"));
  v1::EvaluateRuleRequest request = Asking("true");
  request.mutable_request()->clear_channel();
  EXPECT_THAT(std::string(Evaluate(request, &response).message()), StartsWith("channel"));
  request = Asking("true");
  request.mutable_request()->mutable_as_of()->set_seconds(1);
  EXPECT_THAT(std::string(Evaluate(request, &response).message()), StartsWith("as_of: refused"));
}

TEST_F(RulesHandlerTest, TheProfileListsEveryWordAboutTheCustomer) {
  v1::GetProfileRequest request;
  *request.mutable_customer() = CustomerOf("anna");
  v1::GetProfileResponse profile;
  ASSERT_TRUE(
      ProfileHandler(&store_, &active_, &population_, &clock_, {}, &zones_, false).GetProfile(request, &profile).ok());
  std::map<std::string, v1::Value> facts;
  for (const v1::Fact& fact : profile.facts()) facts[fact.name()] = fact.value();
  int words = 0;
  for (const Word& word : Words()) {
    if (!absl::StartsWith(word.name, "customer.")) continue;
    ++words;
    ASSERT_EQ(facts.count(word.name), 1u) << word.name;
    const auto rule = Evaluated(word.name);
    EXPECT_EQ(facts[word.name].SerializeAsString(), rule.value().SerializeAsString())
        << word.name << " is what rules see";
  }
  EXPECT_EQ(profile.facts_size(), words);
  EXPECT_EQ(facts["customer.recency_days"].int64_value(), profile.recency_days());
  ASSERT_EQ(facts["customer.attributes"].map_value().entries_size(), 2);
  EXPECT_EQ(facts["customer.attributes"].map_value().entries(1).value().string_value(), "gold");
}

TEST_F(RulesHandlerTest, AnOfferMayAskForTheKindsOfIdentities) {
  Publish(CatalogYaml(OfferText("get-a-card", "    eligibility: '!(\"card\" in customer.identities)'\n") +
                      OfferText("card-owner", "    eligibility: '\"card\" in customer.identities'\n")));
  Record(At(CustomerOf("ben"), "1", kNoon - 86'400));
  Deciding deciding(&active_, &archive_, &clock_, &randomness_);
  DecisionHandler decisions(&store_, &active_, &population_, &clock_, deciding.decider(), absl::UTCTimeZone(), &zones_,
                            false);
  const std::pair<const char*, const char*> cases[] = {{"anna", "card-owner"}, {"ben", "get-a-card"}};
  for (const auto& [customer, offer] : cases) {
    v1::GetOffersResponse response;
    ASSERT_TRUE(decisions.GetOffers(Asking("", customer).request(), &response).ok());
    ASSERT_EQ(response.offers_size(), 1) << customer;
    EXPECT_EQ(response.offers(0).offer_id(), offer);
  }
}

}  // namespace
}  // namespace nbo::server
