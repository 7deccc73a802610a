// Segments over a store in memory: what rules, profiles and the report say of the same population.
#include "server/handlers/segment_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/profile/fold.h"
#include "server/catalog/publisher.h"
#include "server/handlers/decision_handler.h"
#include "server/handlers/profile_handler.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::StartsWith;

constexpr Day kToday = 19'888;  // of FakeClock

class SegmentHandlerTest : public ::testing::Test {
 protected:
  // Customer i of 1..10: i visits, the last i days ago, each for 10.00.
  SegmentHandlerTest() {
    for (int i = 1; i <= 10; ++i) {
      CustomerState state;
      for (int visit = 0; visit < i; ++visit) {
        Fold(ReceiptOf("", absl::StrCat(visit), kToday - i, {Bought("MILK", 1000)}), &state);
      }
      const std::string customer = absl::StrCat("c", i);
      WriteGroup group;
      group.states.push_back({customer, &state});
      EXPECT_TRUE(store_.Write(group).ok());
    }
    EXPECT_TRUE(publisher_
                    .Publish({CatalogYaml(OfferText("for-champions",
                                                    "    eligibility: customer.rfm_segment == \"late-but-loyal\""
                                                    " && customer.recency_score == 1\n")) +
                                  "rfm_segments:\n"
                                  "  - {id: late-but-loyal, name: Late but loyal, recency: 1-2, frequency: 5}\n"
                                  "  - {id: new, name: New, recency: 5}\n",
                              "c.yaml"},
                             {})
                    .ok());
  }

  SegmentHandler Handler(bool replay = false) {
    return SegmentHandler(&refresher_, &population_, &active_, absl::UTCTimeZone(), replay);
  }
  absl::StatusOr<v1::SegmentReport> Refresh(const v1::RefreshSegmentsRequest& request = {}, bool replay = false) {
    absl::StatusOr<v1::SegmentReport> result = absl::UnknownError("never called back");
    absl::Notification called;
    Handler(replay).RefreshSegments(request, [&](const absl::Status& status, const v1::RefreshSegmentsResponse& r) {
      if (status.ok()) {
        result = r.report();
      } else {
        result = status;
      }
      called.Notify();
    });
    called.WaitForNotification();
    return result;
  }
  v1::GetProfileResponse Profile(const std::string& customer) {
    v1::GetProfileRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    v1::GetProfileResponse response;
    EXPECT_TRUE(ProfileHandler(&store_, &active_, &population_, &clock_, {}, &zones_, false)
                    .GetProfile(request, &response)
                    .ok());
    return response;
  }
  int OffersFor(const std::string& customer) {
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    request.set_channel(v1::CHANNEL_POS);
    v1::GetOffersResponse response;
    EXPECT_TRUE(DecisionHandler(&store_, &active_, &population_, &clock_, deciding_.decider(), absl::UTCTimeZone(),
                                &zones_, false)
                    .GetOffers(request, &response)
                    .ok());
    return response.offers_size();
  }

  FlakyStore store_;
  ActiveStoreZones zones_;
  FakeClock clock_;
  FakeRandomness randomness_;
  MemoryCatalogArchive catalogs_;
  ActiveCatalog active_;
  CatalogPublisher publisher_{"USD", &catalogs_, &active_, &clock_};
  MemoryPopulationArchive populations_;
  ActivePopulation population_;
  Metrics metrics_;
  PopulationRefresher refresher_{
      {.interval = absl::ZeroDuration()}, &store_, &populations_, &population_, &clock_, &metrics_};
  Deciding deciding_{&active_, &catalogs_, &clock_, &randomness_};
};

TEST_F(SegmentHandlerTest, BeforeTheFirstRefreshNobodyIsScored) {
  v1::GetSegmentSizesResponse response;
  const absl::Status status = Handler().GetSegmentSizes({}, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), StartsWith("the segments were not computed yet; call RefreshSegments"));
  const v1::GetProfileResponse profile = Profile("c10");
  EXPECT_EQ(profile.recency_score() + profile.frequency_score() + profile.monetary_score(), 0);
  EXPECT_EQ(profile.rfm_segment(), "");
  EXPECT_EQ(OffersFor("c10"), 0);
}

TEST_F(SegmentHandlerTest, TheReportTheProfileAndTheRulesAgree) {
  const auto report = Refresh();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->population().as_of_day(), "2024-06-14");
  EXPECT_EQ(report->population().customer_count(), 10);
  EXPECT_EQ(report->population().compute_time().seconds(), kNoon);
  EXPECT_THAT(report->population().recency_days_bounds(), ::testing::ElementsAre(3.8, 5.6, 7.4, 9.2));
  EXPECT_THAT(report->population().revenue_minor_bounds(), ::testing::ElementsAre(2900, 4700, 6500, 8300))
      << "quantiles 28.00, ... and 1.00";
  ASSERT_EQ(report->segments_size(), 3);
  const v1::SegmentSize& late = report->segments(0);
  EXPECT_EQ(late.segment_id(), "late-but-loyal");
  EXPECT_EQ(late.name(), "Late but loyal");
  EXPECT_EQ(late.recency().low(), 1);
  EXPECT_EQ(late.recency().high(), 2);
  EXPECT_EQ(late.monetary().high(), 5);
  EXPECT_EQ(late.customer_count(), 1) << "customer 10; customer 9 has nine visits, the bound is 9.2";
  EXPECT_EQ(late.order_count(), 10);
  EXPECT_EQ(late.revenue_minor(), 10'000);
  EXPECT_DOUBLE_EQ(late.customer_share(), 0.1);
  EXPECT_EQ(report->segments(1).customer_count(), 3);
  EXPECT_EQ(report->segments(2).segment_id(), "others");
  EXPECT_EQ(report->segments(2).customer_count(), 6);

  const v1::GetProfileResponse ten = Profile("c10");
  EXPECT_EQ(ten.recency_score(), 1);
  EXPECT_EQ(ten.frequency_score(), 5);
  EXPECT_EQ(ten.monetary_score(), 5);
  EXPECT_EQ(ten.rfm_segment(), "late-but-loyal");
  EXPECT_EQ(Profile("c1").rfm_segment(), "new");
  EXPECT_EQ(Profile("c5").rfm_segment(), "others");
  EXPECT_EQ(OffersFor("c10"), 1);
  EXPECT_EQ(OffersFor("c1"), 0);
}

TEST_F(SegmentHandlerTest, ANewCatalogChangesTheSegmentsWithoutARefresh) {
  ASSERT_TRUE(Refresh().ok());
  ASSERT_TRUE(publisher_.Publish({CatalogOf("plain"), "c.yaml"}, {}).ok());
  v1::GetSegmentSizesResponse response;
  ASSERT_TRUE(Handler().GetSegmentSizes({}, &response).ok());
  EXPECT_EQ(response.report().catalog_version(), 2);
  ASSERT_EQ(response.report().segments_size(), 11) << "the published ten and others";
  int64_t customers = 0;
  for (const v1::SegmentSize& segment : response.report().segments()) customers += segment.customer_count();
  EXPECT_EQ(customers, 10);
}

TEST_F(SegmentHandlerTest, AnotherMomentOnlyWithReplay) {
  v1::RefreshSegmentsRequest request;
  request.mutable_as_of()->set_seconds(kNoon - 5 * 86'400);
  EXPECT_THAT(std::string(Refresh(request).status().message()),
              StartsWith("as_of: refused; only a server with replay"));
  const auto report = Refresh(request, true);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->population().as_of_day(), "2024-06-09");
  EXPECT_EQ(report->population().customer_count(), 6) << "customers 5 to 10 had come by then";
  request.mutable_as_of()->set_nanos(-1);
  EXPECT_EQ(Refresh(request, true).status().message(), "as_of: not a valid timestamp");
}

TEST_F(SegmentHandlerTest, AFailingStoreIsSaidAndChangesNothing) {
  ASSERT_TRUE(Refresh().ok());
  store_.fail_scans = true;
  EXPECT_EQ(Refresh().status().code(), absl::StatusCode::kUnavailable);
  v1::GetSegmentSizesResponse response;
  EXPECT_TRUE(Handler().GetSegmentSizes({}, &response).ok());
}

}  // namespace
}  // namespace nbo::server
