// One instant, two stores, two days: what a receipt, an offer and a profile make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/catalog/publisher.h"
#include "server/handlers/decision_handler.h"
#include "server/handlers/event_handler.h"
#include "server/handlers/profile_handler.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// 15:00 UTC on Friday, 14 June 2024: Saturday 01:00 in Vladivostok, 17:00 in Kaliningrad.
constexpr int64_t kInstant = kNoon + 3 * 3600;

class StoreZonesTest : public ::testing::Test {
 protected:
  StoreZonesTest() {
    auto zones = std::make_shared<StoreZones>();
    EXPECT_TRUE(zones->Add("vladivostok", "Asia/Vladivostok").ok());
    EXPECT_TRUE(zones->Add("kaliningrad", "Europe/Kaliningrad").ok());
    zones_.Swap(std::move(zones));
    clock_.Set(absl::FromUnixSeconds(kInstant));
  }

  // A receipt of `seconds` for the customer of the store's name.
  void Record(const std::string& store, int64_t seconds) {
    IngestPipeline pipeline({}, &store_, &observer_);
    EventHandler handler(&pipeline, &clock_, {absl::UTCTimeZone(), absl::Hours(24), &zones_}, &observer_);
    v1::RecordPurchaseRequest request;
    *request.mutable_purchase() = PurchaseOf(CustomerOf(store), absl::StrCat("r", seconds));
    request.mutable_purchase()->set_store_id(store);
    request.mutable_purchase()->mutable_time()->set_seconds(seconds);
    handler.RecordPurchase(request, [](const absl::Status& status, const v1::RecordPurchaseResponse&) {
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  v1::GetProfileResponse Profile(const std::string& customer, const std::string& store) {
    v1::GetProfileRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    request.set_store_id(store);
    v1::GetProfileResponse response;
    const absl::Status status =
        ProfileHandler(&store_, &active_, &population_, &clock_, {}, &zones_, false).GetProfile(request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  v1::GetOffersResponse Offers(const std::string& customer, const std::string& store) {
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    request.set_channel(v1::CHANNEL_POS);
    request.set_store_id(store);
    request.set_max_offers(10);
    v1::GetOffersResponse response;
    const absl::Status status = DecisionHandler(&store_, &active_, &population_, &clock_, deciding_.decider(),
                                                absl::UTCTimeZone(), &zones_, false)
                                    .GetOffers(request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  std::vector<std::string> OfferIds(const std::string& customer, const std::string& store) {
    std::vector<std::string> ids;
    const v1::GetOffersResponse response = Offers(customer, store);
    for (const v1::RankedOffer& offer : response.offers()) ids.push_back(offer.offer_id());
    return ids;
  }
  void Publish(const std::string& offers) {
    ASSERT_TRUE(publisher_.Publish({CatalogYaml(offers), "c.yaml", 0}, {}).ok());
  }

  FlakyStore store_;
  ActivePopulation population_;
  CountingObserver observer_;
  FakeClock clock_;
  FakeRandomness randomness_;
  ActiveStoreZones zones_;
  MemoryCatalogArchive archive_;
  ActiveCatalog active_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
  Deciding deciding_{&active_, &archive_, &clock_, &randomness_};
};

TEST_F(StoreZonesTest, OneInstantIsTwoDays) {
  Record("vladivostok", kInstant);
  Record("kaliningrad", kInstant);
  CustomerState east, west;
  ASSERT_TRUE(*store_.ReadState("vladivostok", &east));
  ASSERT_TRUE(*store_.ReadState("kaliningrad", &west));
  EXPECT_EQ(west.newest_day, 19'888);
  EXPECT_EQ(east.newest_day, 19'889);
}

TEST_F(StoreZonesTest, AReceiptIsOfTodayInItsStoreAndItsWindowsFollow) {
  Record("vladivostok", kInstant);
  v1::GetProfileResponse profile = Profile("vladivostok", "vladivostok");
  EXPECT_EQ(profile.recency_days(), 0);
  EXPECT_EQ(profile.windows(0).frequency(), 1);
  profile = Profile("vladivostok", "kaliningrad");
  EXPECT_EQ(profile.windows(0).frequency(), 0) << "there it is still the day before";

  // Six days later in Kaliningrad it is the last day of the window of seven; in Vladivostok the day after it.
  Record("kaliningrad", kInstant);
  clock_.Set(absl::FromUnixSeconds(kInstant + 6 * 86'400));
  profile = Profile("kaliningrad", "kaliningrad");
  EXPECT_EQ(profile.recency_days(), 6);
  EXPECT_EQ(profile.windows(0).frequency(), 1);
  profile = Profile("kaliningrad", "vladivostok");
  EXPECT_EQ(profile.recency_days(), 7);
  EXPECT_EQ(profile.windows(0).frequency(), 0);
}

TEST_F(StoreZonesTest, AProfileWithoutAStoreIsThatOfTheDeploymentsToday) {
  Record("kaliningrad", kInstant);
  clock_.Set(absl::FromUnixSeconds(kInstant + 8 * 3600));  // 23:00 UTC, 01:00 in Kaliningrad
  EXPECT_EQ(Profile("kaliningrad", "").recency_days(), 0);
  EXPECT_EQ(Profile("kaliningrad", "not listed").recency_days(), 0);
  EXPECT_EQ(Profile("kaliningrad", "kaliningrad").recency_days(), 1);
  v1::GetProfileRequest request;
  *request.mutable_customer() = CustomerOf("kaliningrad");
  request.set_store_id(std::string(65, 'x'));
  v1::GetProfileResponse response;
  EXPECT_THAT(std::string(ProfileHandler(&store_, &active_, &population_, &clock_, {}, &zones_, false)
                              .GetProfile(request, &response)
                              .message()),
              StartsWith("store_id: 65 bytes"));
}

TEST_F(StoreZonesTest, RulesAndOfferWindowsSeeTheStoresDayHourAndWeekday) {
  Publish(absl::StrCat(OfferText("friday", "    window: {to: 2024-06-14}\n    default: true\n"),
                       OfferText("saturday", "    window: {from: 2024-06-15}\n    default: true\n"),
                       OfferText("night",
                                 "    applicability: request.hour == 1 && request.weekday == 6\n"
                                 "    default: true\n"),
                       OfferText("afternoon",
                                 "    applicability: request.hour == 17 && request.weekday == 5\n"
                                 "    default: true\n"),
                       OfferText("utc",
                                 "    applicability: request.hour == 15 && request.weekday == 5\n"
                                 "    default: true\n")));
  EXPECT_THAT(OfferIds("nobody", "vladivostok"), ElementsAre("saturday", "night"));
  EXPECT_THAT(OfferIds("nobody", "kaliningrad"), ElementsAre("friday", "afternoon"));
  EXPECT_THAT(OfferIds("nobody", "not listed"), ElementsAre("friday", "utc"));
  EXPECT_THAT(OfferIds("nobody", ""), ElementsAre("friday", "utc"));
  EXPECT_EQ(Offers("nobody", "kaliningrad").offers(0).valid_until().seconds(), kNoon + 10 * 3600)
      << "midnight in Kaliningrad";
}

TEST_F(StoreZonesTest, RulesSeeRecencyAsOfTheStoresToday) {
  Publish(OfferText("again", "    eligibility: customer.recency_days >= 1\n"));
  Record("kaliningrad", kInstant);
  EXPECT_THAT(OfferIds("kaliningrad", "kaliningrad"), ElementsAre());
  EXPECT_THAT(OfferIds("kaliningrad", "vladivostok"), ElementsAre("again"));
}

}  // namespace
}  // namespace nbo::server
