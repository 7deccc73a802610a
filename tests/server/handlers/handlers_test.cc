// The handlers over a store in memory, with the clock in our hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/catalog/publisher.h"
#include "server/handlers/catalog_handler.h"
#include "server/handlers/decision_handler.h"
#include "server/handlers/profile_handler.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/handlers/customer_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class HandlersTest : public CustomerTest {
 protected:
  absl::Status GetOffers(const v1::GetOffersRequest& request, v1::GetOffersResponse* response, bool replay = false) {
    return DecisionHandler(&store_, &active_, &population_, &clock_, deciding_.decider(), absl::UTCTimeZone(), &zones_,
                           replay)
        .GetOffers(request, response);
  }
  absl::Status GetProfile(const v1::GetProfileRequest& request, v1::GetProfileResponse* response, bool replay = false) {
    return ProfileHandler(&store_, &active_, &population_, &clock_, {}, &zones_, replay).GetProfile(request, response);
  }
  static v1::GetOffersRequest AtTheTill(const v1::CustomerRef& customer) {
    v1::GetOffersRequest request;
    *request.mutable_customer() = customer;
    request.set_channel(v1::CHANNEL_POS);
    return request;
  }
  void Publish(const std::string& yaml) {
    v1::PublishCatalogRequest request;
    request.mutable_source()->set_yaml(yaml);
    v1::PublishCatalogResponse response;
    ASSERT_TRUE(catalogs_.PublishCatalog(request, &response).ok());
  }

  FakeRandomness randomness_;
  ActiveStoreZones zones_;
  MemoryCatalogArchive archive_;
  ActiveCatalog active_;
  ActivePopulation population_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
  CatalogHandler catalogs_{&publisher_};
  Deciding deciding_{&active_, &archive_, &clock_, &randomness_};
};

TEST_F(HandlersTest, ACustomerOfTheControlGroupGetsWhatAnybodyGetsAndTheAnswerSaysWhy) {
  ASSERT_TRUE(Record(PurchaseOf(CustomerOf("anna"), "1")).status.ok());
  Publish(absl::StrCat("control: {share: 1.0, salt: x}\n",
                       CatalogYaml(OfferText("personal") + OfferText("any", "    default: true\n"))));
  v1::GetOffersResponse anna, nobody;
  ASSERT_TRUE(GetOffers(AtTheTill(CustomerOf("anna")), &anna).ok());
  v1::GetOffersRequest request;
  request.set_channel(v1::CHANNEL_POS);
  ASSERT_TRUE(GetOffers(request, &nobody).ok());
  EXPECT_EQ(anna.tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(anna.tier_reason(), v1::TIER_REASON_CONTROL_GROUP);
  EXPECT_EQ(anna.customer_id(), "anna");
  ASSERT_EQ(anna.offers_size(), 1);
  ASSERT_EQ(nobody.offers_size(), 1);
  EXPECT_EQ(anna.offers(0).offer_id(), "any");
}

TEST_F(HandlersTest, SeveralPlacementsAreFilledByOneAnswerWithTheFactorsOfTheirScores) {
  Publish(CatalogYaml(OfferText("first", "    default: true\n") + OfferText("second", "    default: true\n")));
  v1::GetOffersRequest request;
  request.set_channel(v1::CHANNEL_POS);
  request.add_placements("top");
  request.add_placements("side");
  request.set_explain(true);
  v1::GetOffersResponse response;
  ASSERT_TRUE(GetOffers(request, &response).ok());
  ASSERT_EQ(response.offers_size(), 2);
  EXPECT_EQ(response.offers(0).placement(), "top");
  EXPECT_EQ(response.offers(1).placement(), "side");
  EXPECT_EQ(response.offers(1).rank(), 2);
  ASSERT_GT(response.explanations(0).factors_size(), 0);
  EXPECT_FALSE(response.explanations(0).factors(0).name().empty());
}

TEST_F(HandlersTest, APurchaseIsAcceptedOnceThenADuplicateThenAConflict) {
  const auto recorded = Record(PurchaseOf(CustomerOf("anna"), "1"));
  ASSERT_TRUE(recorded.status.ok()) << recorded.status;
  EXPECT_EQ(recorded.response.result(), v1::RECORD_RESULT_ACCEPTED);
  EXPECT_EQ(recorded.response.customer_id(), "anna");
  EXPECT_EQ(Record(PurchaseOf(CustomerOf("anna"), "1")).response.result(), v1::RECORD_RESULT_DUPLICATE);
  EXPECT_EQ(Record(PurchaseOf(CustomerOf("anna"), "1", 999)).status.code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(HandlersTest, AMalformedPurchaseIsRefusedBeforeItIsQueued) {
  EXPECT_THAT(std::string(Record(PurchaseOf(CustomerOf("anna"), "")).status.message()),
              StartsWith("purchase.receipt_id"));
  EXPECT_EQ(observer_.events, 0);
}

TEST_F(HandlersTest, AFailingStoreMakesAPurchaseUnavailable) {
  store_.fail_writes = true;
  EXPECT_EQ(Record(PurchaseOf(CustomerOf("anna"), "1")).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(HandlersTest, ACorrectionCountsInsteadOfWhatItCorrects) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("anna"), "1", 100);
  Record(purchase);
  purchase = PurchaseOf(CustomerOf("anna"), "1", 250);
  purchase.set_revision(2);
  EXPECT_EQ(Record(purchase).response.result(), v1::RECORD_RESULT_CORRECTED);
  EXPECT_EQ(Record(purchase).response.result(), v1::RECORD_RESULT_DUPLICATE);
  purchase.set_revision(1);
  const auto late = Record(purchase);
  EXPECT_EQ(late.response.result(), v1::RECORD_RESULT_SUPERSEDED);
  EXPECT_EQ(late.response.customer_id(), "anna");
  EXPECT_EQ(StateOf("anna").days.at(0).revenue_minor, 250);
  purchase.clear_lines();
  purchase.set_cancelled(true);
  purchase.set_revision(3);
  EXPECT_EQ(Record(purchase).response.result(), v1::RECORD_RESULT_CORRECTED);
  EXPECT_EQ(Receipts("anna"), 0);
}

TEST_F(HandlersTest, ADecisionForAMergedIdIsTheSurvivors) {
  Publish(CatalogOf("milk"));
  Record(PurchaseOf(CustomerOf("old"), "1"));
  ASSERT_TRUE(Merge("old", "new").status.ok());
  v1::GetOffersResponse response;
  ASSERT_TRUE(GetOffers(AtTheTill(CustomerOf("old")), &response).ok());
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_FULL);
  EXPECT_EQ(response.customer_id(), "new");
  v1::GetProfileRequest request;
  *request.mutable_customer() = CustomerOf("old");
  v1::GetProfileResponse profile;
  ASSERT_TRUE(GetProfile(request, &profile).ok());
  EXPECT_EQ(profile.customer_id(), "new");
}

TEST_F(HandlersTest, OffersSayWhoDecidedWhatAndWhen) {
  Publish(CatalogYaml(OfferText("milk", "    window: {to: 2024-06-20}\n    coupon: {code: C1}\n")));
  Record(PurchaseOf(CustomerOf("anna"), "1"));
  v1::GetOffersResponse response;
  ASSERT_TRUE(GetOffers(AtTheTill(CustomerOf("anna")), &response).ok());
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_FULL);
  EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_UNSPECIFIED);
  EXPECT_EQ(response.customer_id(), "anna");
  EXPECT_EQ(response.catalog_version(), 1);
  EXPECT_EQ(response.decide_time().seconds(), kNoon);
  EXPECT_EQ(response.decision_id(), "0190169e6e000000000000000001");
  ASSERT_EQ(response.offers_size(), 1);
  EXPECT_EQ(response.offers(0).rank(), 1);
  EXPECT_EQ(response.offers(0).offer_id(), "milk");
  EXPECT_EQ(response.offers(0).kind(), v1::OFFER_KIND_DISCOUNT);
  EXPECT_EQ(response.offers(0).treatment().script(), "milk");
  EXPECT_EQ(response.offers(0).coupon().code(), "C1");
  EXPECT_EQ(response.offers(0).score(), 1.5);
  EXPECT_EQ(response.offers(0).valid_until().seconds(), 1'718'928'000) << "the end of the last day, 2024-06-21 00:00";
  EXPECT_EQ(response.offers(0).attribution_token(), response.decision_id() + ".1");
  EXPECT_EQ(response.explanations_size(), 0);
}

TEST_F(HandlersTest, ALowerTierSaysWhy) {
  Publish(CatalogYaml(OfferText("personal") + OfferText("club", "    default: true\n")));
  v1::GetOffersRequest nobody;
  nobody.set_channel(v1::CHANNEL_POS);
  v1::GetOffersResponse response;
  ASSERT_TRUE(GetOffers(nobody, &response).ok());
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_NO_CUSTOMER);
  EXPECT_EQ(response.offers(0).offer_id(), "club");

  response.Clear();
  ASSERT_TRUE(GetOffers(AtTheTill(CardOf("4711")), &response).ok());
  EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_UNKNOWN_CUSTOMER);
  EXPECT_EQ(response.customer_id(), "~c:4711");
  EXPECT_EQ(response.offers(0).offer_id(), "club");

  Record(PurchaseOf(CustomerOf("anna"), "1"));
  store_.fail_read_states = true;
  response.Clear();
  ASSERT_TRUE(GetOffers(AtTheTill(CustomerOf("anna")), &response).ok()) << "short of data is no error";
  EXPECT_EQ(response.tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_STORE_UNAVAILABLE);
  EXPECT_EQ(response.offers(0).offer_id(), "club");

  store_.fail_read_identities = true;
  response.Clear();
  ASSERT_TRUE(GetOffers(AtTheTill(CardOf("4711")), &response).ok());
  EXPECT_EQ(response.tier_reason(), v1::TIER_REASON_STORE_UNAVAILABLE);
}

TEST_F(HandlersTest, AMalformedReferenceIsAnErrorNotALowerTier) {
  v1::GetOffersResponse response;
  EXPECT_EQ(GetOffers(AtTheTill(CardOf("")), &response).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(GetOffers(AtTheTill(v1::CustomerRef()), &response).message()),
              StartsWith("customer: is required"));
}

TEST_F(HandlersTest, AnotherTimeIsOnlyForReplay) {
  Record(PurchaseOf(CustomerOf("anna"), "1"));
  v1::GetOffersRequest offers = AtTheTill(CustomerOf("anna"));
  offers.mutable_as_of()->set_seconds(kNoon + 86'400);
  v1::GetOffersResponse decided;
  EXPECT_THAT(std::string(GetOffers(offers, &decided).message()), StartsWith("as_of: refused"));
  ASSERT_TRUE(GetOffers(offers, &decided, /*replay=*/true).ok());
  EXPECT_EQ(decided.decide_time().seconds(), kNoon + 86'400);

  v1::GetProfileRequest profile;
  *profile.mutable_customer() = CustomerOf("anna");
  profile.mutable_as_of()->set_seconds(kNoon + 86'400);
  v1::GetProfileResponse shown;
  EXPECT_THAT(std::string(GetProfile(profile, &shown).message()), StartsWith("as_of: refused"));
  ASSERT_TRUE(GetProfile(profile, &shown, /*replay=*/true).ok());
  EXPECT_EQ(shown.recency_days(), 1);
}

TEST_F(HandlersTest, AProfileShowsTheFeatures) {
  Publish(absl::StrCat(CatalogOf("x"),
                       "segments:\n  - {id: seen, name: Seen, rule: customer.known}\n"
                       "  - {id: rich, name: Rich, rule: customer.revenue_7d > 100.0}\n"));
  v1::Purchase purchase = PurchaseOf(CustomerOf("anna"), "1", 300);
  *purchase.add_lines() = PurchaseOf(CustomerOf("anna"), "1", 100).lines(0);
  purchase.mutable_lines(1)->set_category("BREAD");
  purchase.mutable_lines(1)->set_discount_minor(100);
  Record(purchase);
  v1::GetProfileRequest request;
  *request.mutable_customer() = CustomerOf("anna");
  v1::GetProfileResponse profile;
  ASSERT_TRUE(GetProfile(request, &profile).ok());
  EXPECT_EQ(profile.recency_days(), 0);
  EXPECT_EQ(profile.tenure_days(), 0);
  ASSERT_EQ(profile.windows_size(), 6);
  EXPECT_EQ(profile.windows(0).window_days(), 7);
  EXPECT_EQ(profile.windows(5).window_days(), 0);
  EXPECT_EQ(profile.windows(0).average_ticket_minor(), 400);
  ASSERT_EQ(profile.categories_size(), 2);
  EXPECT_EQ(profile.categories(0).category(), "MILK") << "largest revenue first";
  EXPECT_DOUBLE_EQ(profile.categories(0).share(), 0.75);
  EXPECT_EQ(profile.usual_store_id(), "s1");
  ASSERT_EQ(profile.channels_size(), 1);
  EXPECT_EQ(profile.channels(0).channel(), v1::CHANNEL_POS);
  EXPECT_DOUBLE_EQ(profile.discount_share(), 0.2);
  ASSERT_EQ(profile.segments_size(), 1);
  EXPECT_EQ(profile.segments(0), "seen");
  EXPECT_EQ(profile.state_digest().size(), 16u);

  *request.mutable_customer() = CustomerOf("nobody");
  EXPECT_EQ(GetProfile(request, &profile).code(), absl::StatusCode::kNotFound);
  store_.fail_read_states = true;
  EXPECT_EQ(GetProfile(request, &profile).code(), absl::StatusCode::kUnavailable);
}

TEST_F(HandlersTest, ValidationListsMistakesAndPublicationRefusesThem) {
  v1::ValidateCatalogRequest validate;
  validate.mutable_source()->set_yaml(CatalogYaml(OfferText("a", "    weight: heavy\n    wight: 1\n")));
  validate.mutable_source()->set_file_name("spring.yaml");
  v1::ValidateCatalogResponse validated;
  ASSERT_TRUE(catalogs_.ValidateCatalog(validate, &validated).ok());
  EXPECT_FALSE(validated.valid());
  ASSERT_EQ(validated.diagnostics_size(), 2);
  EXPECT_THAT(validated.diagnostics(0).rendered(), StartsWith("spring.yaml:12:13: "));
  EXPECT_EQ(validated.diagnostics(1).line(), 13);
  EXPECT_THAT(validated.diagnostics(1).rendered(), StartsWith("spring.yaml:13:5: "));
  EXPECT_EQ(validated.diagnostics(1).severity(), v1::CatalogDiagnostic::SEVERITY_ERROR);
  v1::PublishCatalogRequest publish;
  *publish.mutable_source() = validate.source();
  v1::PublishCatalogResponse published;
  EXPECT_EQ(catalogs_.PublishCatalog(publish, &published).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(active_.Pin()->version, 0);
}

TEST_F(HandlersTest, ACatalogIsShownAsItWasPublished) {
  v1::PublishCatalogRequest publish;
  publish.mutable_source()->set_yaml(CatalogOf("a"));
  publish.mutable_source()->set_window_shift_days(7);
  publish.set_author("anna");
  v1::PublishCatalogResponse published;
  ASSERT_TRUE(catalogs_.PublishCatalog(publish, &published).ok());
  EXPECT_EQ(published.version(), 1);
  EXPECT_EQ(published.offer_count(), 1);
  v1::GetCatalogResponse shown;
  ASSERT_TRUE(catalogs_.GetCatalog({}, &shown).ok());
  EXPECT_EQ(shown.version(), 1);
  EXPECT_EQ(shown.source().yaml(), CatalogOf("a"));
  EXPECT_EQ(shown.source().window_shift_days(), 7);
  EXPECT_EQ(shown.author(), "anna");
  EXPECT_EQ(shown.publish_time().seconds(), kNoon);
  EXPECT_EQ(shown.offer_count(), 1);
}

}  // namespace
}  // namespace nbo::server
