// The whole server over a store that cannot write: receipts are refused with the reason, everything else goes on.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/time/clock.h"
#include "tests/faults/faulty_file_system.h"
#include "tests/server/app/app_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ReadOnlyTest : public AppTest {
 protected:
  ReadOnlyTest() : files_(std::make_shared<FaultyFileSystem>(/*hold_back=*/false)) { overrides_.file_system = files_; }

  // Status line, headers and body of an operators' page.
  std::string Page(const std::string& path) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(app_->http_port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n");
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string page;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) page.append(buffer, static_cast<size_t>(n));
    close(fd);
    return page;
  }
  grpc::Status RecordOne(const std::string& customer, const std::string& receipt) {
    v1::RecordPurchaseResponse recorded;
    return Record(PurchaseOf(CustomerOf(customer), receipt), &recorded);
  }

  std::shared_ptr<FaultyFileSystem> files_;
};

TEST_F(ReadOnlyTest, AFullDiskStopsReceiptsOnlyAndEndsByItself) {
  Start();
  ASSERT_TRUE(RecordOne("anna", "1").ok());
  EXPECT_THAT(Page("/readyz"), HasSubstr("\r\n\r\nready\n"));
  files_->Fail({rocksdb::IOStatus::NoSpace("disk")});

  const grpc::Status refused = RecordOne("anna", "2");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  const std::string why = absl::StrCat("no space left on ", settings_.storage_path,
                                       "; receipts are refused until there is room, offers go on");
  EXPECT_EQ(refused.error_message(), "store: " + why);
  v1::GetOffersResponse offers;
  ASSERT_TRUE(GetOffers("anna", &offers).ok());
  EXPECT_EQ(offers.tier(), v1::ANSWER_TIER_FULL);
  EXPECT_EQ(Visits("anna"), 1);
  EXPECT_THAT(Page("/readyz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Page("/readyz"), HasSubstr(absl::StrCat("\r\n\r\nread-only: ", why, "\n")));
  EXPECT_THAT(Page("/metrics"), HasSubstr("\nnbo_store_writable 0\n"));
  v1::PublishCatalogResponse published;
  EXPECT_EQ(Publish(CatalogOf("second"), &published).error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(GetOffers("anna", &offers).ok());
  EXPECT_EQ(offers.catalog_version(), 1) << "what cannot be kept is not served";

  files_->Heal();
  while (!RecordOne("anna", "2").ok()) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Visits("anna"), 2);
  // A write may succeed a moment before the recovery is told.
  while (Page("/readyz").find("\r\n\r\nready\n") == std::string::npos) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_THAT(Page("/metrics"), HasSubstr("\nnbo_store_writable 1\n"));
  EXPECT_TRUE(Publish(CatalogOf("second"), &published).ok());
  Restart();
  EXPECT_EQ(Visits("anna"), 2);
}

TEST_F(ReadOnlyTest, AStreamGoesOnOverAFullDisk) {
  Start();
  grpc::ClientContext context;
  auto stream = events_->RecordPurchases(&context);
  v1::RecordPurchasesRequest request;
  v1::RecordPurchasesResponse response;
  auto send = [&](const std::string& receipt) {
    *request.mutable_purchase() = PurchaseOf(CustomerOf("anna"), receipt);
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
  };
  send("1");
  EXPECT_EQ(response.accepted_count(), 1);
  files_->Fail({rocksdb::IOStatus::NoSpace("disk")});
  send("2");
  ASSERT_EQ(response.rejections_size(), 1);
  EXPECT_EQ(response.rejections(0).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(response.rejections(0).message(), StartsWith("store: no space left on "));
  files_->Heal();
  do {
    send("2");
  } while (response.rejections_size() > 0);
  EXPECT_GT(response.acknowledged_through(), 2);
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Visits("anna"), 2);
}

}  // namespace
}  // namespace nbo::server
