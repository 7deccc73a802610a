#include "server/app/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/app/app_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(AppTest, RecordsShowsAndOffers) {
  Start();
  v1::RecordPurchaseResponse recorded;
  ASSERT_TRUE(Record(PurchaseOf(CustomerOf("anna"), "1"), &recorded).ok());
  EXPECT_EQ(recorded.result(), v1::RECORD_RESULT_ACCEPTED);
  ASSERT_TRUE(Record(PurchaseOf(CustomerOf("anna"), "1"), &recorded).ok());
  EXPECT_EQ(recorded.result(), v1::RECORD_RESULT_DUPLICATE);
  EXPECT_EQ(Visits("anna"), 1);
  EXPECT_EQ(Visits("nobody"), -1);
  v1::GetOffersResponse offers;
  ASSERT_TRUE(GetOffers("anna", &offers).ok());
  EXPECT_EQ(offers.tier(), v1::ANSWER_TIER_FULL);
  ASSERT_EQ(offers.offers_size(), 1);
  EXPECT_EQ(offers.offers(0).offer_id(), "first");
  offers.Clear();
  ASSERT_TRUE(GetOffers("nobody", &offers).ok());
  EXPECT_EQ(offers.tier(), v1::ANSWER_TIER_DEFAULT);
}

TEST_F(AppTest, ARestartKeepsReceiptsAndThePublishedCatalog) {
  Start();
  v1::RecordPurchaseResponse recorded;
  ASSERT_TRUE(Record(PurchaseOf(CustomerOf("anna"), "1"), &recorded).ok());
  v1::PublishCatalogResponse published;
  ASSERT_TRUE(Publish(CatalogOf("second"), &published).ok());
  EXPECT_EQ(published.version(), 2) << "the file was the first";
  Restart();
  EXPECT_EQ(Visits("anna"), 1);
  v1::GetOffersResponse offers;
  ASSERT_TRUE(GetOffers("anna", &offers).ok());
  EXPECT_EQ(offers.catalog_version(), 2);
  EXPECT_EQ(offers.offers(0).offer_id(), "second");
}

TEST_F(AppTest, SegmentsAreRefreshedShownAndKeptOverARestart) {
  settings_.population_refresh_minutes = 0;
  Start();
  auto sizes = [this](v1::GetSegmentSizesResponse* response) {
    grpc::ClientContext context;
    return segments_->GetSegmentSizes(&context, {}, response);
  };
  v1::GetSegmentSizesResponse shown;
  EXPECT_EQ(sizes(&shown).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::RecordPurchaseResponse recorded;
  for (const char* customer : {"anna", "bert", "carl"}) {
    ASSERT_TRUE(Record(PurchaseOf(CustomerOf(customer), "1"), &recorded).ok());
  }
  grpc::ClientContext context;
  v1::RefreshSegmentsResponse refreshed;
  ASSERT_TRUE(segments_->RefreshSegments(&context, {}, &refreshed).ok());
  EXPECT_EQ(refreshed.report().population().customer_count(), 3);
  EXPECT_EQ(refreshed.report().catalog_version(), 1);
  ASSERT_TRUE(sizes(&shown).ok());
  EXPECT_EQ(shown.report().SerializeAsString(), refreshed.report().SerializeAsString());
  Restart();
  shown.Clear();
  ASSERT_TRUE(sizes(&shown).ok());
  EXPECT_EQ(shown.report().SerializeAsString(), refreshed.report().SerializeAsString());
}

TEST_F(AppTest, ABadCatalogIsRefusedWithItsPlaceAndChangesNothing) {
  Start();
  v1::PublishCatalogResponse published;
  const grpc::Status status = Publish(CatalogYaml(OfferText("bad", "    weight: heavy\n")), &published);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("catalog:12:13: offers.weight: "));
  v1::GetOffersResponse offers;
  ASSERT_TRUE(GetOffers("anna", &offers).ok());
  EXPECT_EQ(offers.catalog_version(), 1);
}

TEST_F(AppTest, PublishingFailsNoRequestAndEachAnswerComesFromOneCatalog) {
  Start();
  std::atomic<bool> stop{false};
  std::atomic<int> answers{0};
  v1::PublishCatalogResponse published;
  ASSERT_TRUE(Publish(CatalogOf("v2"), &published).ok());
  std::vector<std::thread> askers;
  for (int t = 0; t < 3; ++t) {
    askers.emplace_back([&] {
      int64_t last = 0;
      while (!stop) {
        v1::GetOffersResponse offers;
        const grpc::Status status = GetOffers("nobody", &offers);
        ASSERT_TRUE(status.ok()) << status.error_message();
        ASSERT_EQ(offers.offers_size(), 1);
        ASSERT_EQ(offers.offers(0).offer_id(), absl::StrCat("v", offers.catalog_version()));
        ASSERT_GE(offers.catalog_version(), last) << "never back to an older one";
        last = offers.catalog_version();
        ++answers;
      }
    });
  }
  for (int version = 3; version <= 40; ++version) {
    ASSERT_TRUE(Publish(CatalogOf(absl::StrCat("v", version)), &published).ok());
    ASSERT_EQ(published.version(), version);
    v1::GetOffersResponse offers;
    ASSERT_TRUE(GetOffers("nobody", &offers).ok());
    ASSERT_EQ(offers.catalog_version(), version) << "in force when the publication is answered";
  }
  stop = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_GT(answers, 40);
}

TEST_F(AppTest, ReloadPublishesAChangedFileAndKeepsTheCatalogForABadOne) {
  Start();
  auto active = [this] {
    v1::GetOffersResponse offers;
    EXPECT_TRUE(GetOffers("nobody", &offers).ok());
    return offers.catalog_version();
  };
  app_->Reload();
  EXPECT_EQ(active(), 1) << "unchanged";
  WriteCatalog(CatalogOf("second"));
  app_->Reload();
  EXPECT_EQ(active(), 2);
  WriteCatalog("catalog: [");
  app_->Reload();
  EXPECT_EQ(active(), 2);
  WriteCatalog(CatalogOf("second"));
  v1::PublishCatalogResponse published;
  ASSERT_TRUE(Publish(CatalogOf("by-a-marketer"), &published).ok());
  app_->Reload();
  EXPECT_EQ(active(), 3) << "the file has not changed since it was last published: the newer catalog stays";
}

TEST_F(AppTest, ReloadReadsTheStoresAnewAndKeepsTheirZonesForABadFile) {
  settings_.stores_file = directory_.path() + "/stores.csv";
  auto write = [this](const std::string& zone) {
    std::ofstream(settings_.stores_file) << "store_id,time_zone\ns1," << zone << "\n";
  };
  write("Pacific/Kiritimati");  // UTC+14
  WriteCatalog(CatalogYaml(OfferText("a", "    default: true\n    window: {to: 2999-12-31}\n")));
  Start();
  // Where the store's last day of the offer ends tells its zone.
  auto hours_before_utc = [this] {
    grpc::ClientContext context;
    v1::GetOffersRequest request;
    request.set_channel(v1::CHANNEL_POS);
    request.set_store_id("s1");
    v1::GetOffersResponse response;
    EXPECT_TRUE(decisions_->GetOffers(&context, request, &response).ok());
    const absl::Time utc = absl::FromCivil(absl::CivilDay(3000, 1, 1), absl::UTCTimeZone());
    return (absl::ToUnixSeconds(utc) - response.offers(0).valid_until().seconds()) / 3600;
  };
  EXPECT_EQ(hours_before_utc(), 14);
  write("Asia/Vladivostok");
  app_->Reload();
  EXPECT_EQ(hours_before_utc(), 10);
  write("Mars/Olympus");
  app_->Reload();
  EXPECT_EQ(hours_before_utc(), 10);
}

TEST_F(AppTest, ARequestThatIsNotUtf8IsToldWhichField) {
  Start();
  v1::GetOffersRequest request;
  request.set_channel(v1::CHANNEL_POS);
  (*request.mutable_attributes())["weather"] = "XX";
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find("XX"), 2, "\xE9!");
  std::string response;
  const grpc::Status status = RawCall("/nbo.v1.DecisionService/GetOffers", bytes, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "attributes.value: not valid UTF-8");
}

TEST_F(AppTest, ARequestThatIsNoMessageIsRefusedByEveryMethod) {
  Start();
  for (const char* method : {"/nbo.v1.DecisionService/GetOffers", "/nbo.v1.EventService/RecordPurchase",
                             "/nbo.v1.EventService/LinkIdentity", "/nbo.v1.EventService/UnlinkIdentity",
                             "/nbo.v1.EventService/MergeCustomers", "/nbo.v1.EventService/RecordConsent",
                             "/nbo.v1.EventService/RecordAttributes", "/nbo.v1.CustomerService/ExportCustomer",
                             "/nbo.v1.CustomerService/EraseCustomer", "/nbo.v1.MaintenanceService/RebuildStates",
                             "/nbo.v1.MaintenanceService/GetRebuild", "/nbo.v1.MaintenanceService/CompactStore",
                             "/nbo.v1.ProfileService/GetProfile", "/nbo.v1.CatalogService/ValidateCatalog",
                             "/nbo.v1.CatalogService/PublishCatalog", "/nbo.v1.CatalogService/GetCatalog",
                             "/nbo.v1.SegmentService/GetSegmentSizes", "/nbo.v1.SegmentService/RefreshSegments"}) {
    std::string response;
    const grpc::Status status = RawCall(method, "\xFF\xFF\xFF", &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method;
    EXPECT_THAT(status.error_message(), HasSubstr("is not a nbo.v1.")) << method;
  }
}

TEST_F(AppTest, HealthAndReflectionAnswer) {
  Start();
  std::string health;
  ASSERT_TRUE(RawCall("/grpc.health.v1.Health/Check", "", &health).ok());
  EXPECT_EQ(health, "\x08\x01") << "SERVING";

  grpc::ClientContext context;
  auto reflection = OpenRaw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &context);
  ASSERT_TRUE(reflection->Write(BytesOf("\x3A\x01*")));  // list_services
  grpc::ByteBuffer answer;
  ASSERT_TRUE(reflection->Read(&answer));
  for (const char* service : {"DecisionService", "EventService", "ProfileService", "CatalogService", "CustomerService",
                              "MaintenanceService", "SegmentService"}) {
    EXPECT_THAT(TextOf(answer), HasSubstr(absl::StrCat("nbo.v1.", service)));
  }
  reflection->WritesDone();
  EXPECT_TRUE(reflection->Finish().ok());
}

TEST_F(AppTest, RefusesToStartWithAReason) {
  Start();
  Settings second = settings_;
  second.catalog_path.clear();
  EXPECT_EQ(App::Start(second).status().code(), absl::StatusCode::kFailedPrecondition) << "the store is in use";
  second.storage_path = directory_.path() + "/other";
  second.grpc_port = app_->grpc_port();
  EXPECT_THAT(std::string(App::Start(second).status().message()), StartsWith("grpc.port: cannot listen"));
  second.grpc_port = 0;
  second.http_port = app_->http_port();
  EXPECT_EQ(App::Start(second).status().code(), absl::StatusCode::kUnavailable);
  second.http_port = 0;
  second.time_zone = "Mars/Olympus";
  EXPECT_THAT(std::string(App::Start(second).status().message()), StartsWith("time_zone: 'Mars/Olympus'"));
  second.time_zone = "UTC";
  second.stores_file = "/nowhere.csv";
  EXPECT_THAT(std::string(App::Start(second).status().message()), StartsWith("stores.file: cannot open /nowhere.csv"));
  second.stores_file.clear();
  second.catalog_path = "/nowhere.yaml";
  EXPECT_THAT(std::string(App::Start(second).status().message()), StartsWith("catalog.path: cannot read"));
  v1::GetOffersResponse offers;
  EXPECT_TRUE(GetOffers("nobody", &offers).ok()) << "the first one goes on";
}

TEST_F(AppTest, TellsItsPortsInAFile) {
  settings_.ports_file = directory_.path() + "/ports.json";
  Start();
  std::ifstream file(settings_.ports_file);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(line, absl::StrCat("{\"grpc\": ", app_->grpc_port(), ", \"http\": ", app_->http_port(), "}"));
}

TEST_F(AppTest, StopsTwiceLikeOnce) {
  Start();
  EXPECT_TRUE(app_->Stop().ok());
  EXPECT_TRUE(app_->Stop().ok());
}

}  // namespace
}  // namespace nbo::server
