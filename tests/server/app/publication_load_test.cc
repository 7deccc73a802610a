// Publications under full load: no call for offers fails, and every answer is of one version. NBO_PUBLICATIONS says how
// many (100 by default); the figure quoted in commits is of 1000.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/server/app/app_fixture.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

constexpr int kOffers = 40;
constexpr int kAskers = 8;

// Every offer is marked with the version; half of them are for anybody.
std::string MarkedCatalog(int64_t version) {
  std::string offers;
  for (int i = 0; i < kOffers; ++i) {
    absl::StrAppend(
        &offers, OfferText(absl::StrCat("v", version, "-", i),
                           i % 2 == 0 ? "    default: true\n" : "    eligibility: customer.frequency_lifetime >= 1\n"));
  }
  return CatalogYaml(offers);
}

int Publications() {
  const char* wanted = std::getenv("NBO_PUBLICATIONS");
  return wanted == nullptr ? 100 : std::atoi(wanted);
}

class PublicationLoadTest : public AppTest {
 protected:
  // Asks until told to stop; every answer is checked whole.
  void Ask(int asker, const std::atomic<bool>& stop, std::atomic<int64_t>* answers) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("channel", asker);  // a connection of its own
    const auto stub = v1::DecisionService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", app_->grpc_port()), grpc::InsecureChannelCredentials(), arguments));
    const bool known = asker % 2 == 0;
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf(known ? "known" : "nobody");
    request.set_channel(v1::CHANNEL_POS);
    request.set_max_offers(100);
    int64_t last = 0;
    while (!stop) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      v1::GetOffersResponse response;
      const grpc::Status status = stub->GetOffers(&context, request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      ASSERT_EQ(response.offers_size(), known ? kOffers : kOffers / 2);
      const std::string mark = absl::StrCat("v", response.catalog_version(), "-");
      for (const auto& offer : response.offers()) ASSERT_TRUE(absl::StartsWith(offer.offer_id(), mark)) << mark;
      ASSERT_GE(response.catalog_version(), last) << "never back to an older one";
      last = response.catalog_version();
      ++*answers;
    }
  }
};

TEST_F(PublicationLoadTest, NoAnswerFailsOrMixesVersions) {
  WriteCatalog(MarkedCatalog(1));
  Start();
  v1::RecordPurchaseResponse recorded;
  ASSERT_TRUE(Record(PurchaseOf(CustomerOf("known"), "r1"), &recorded).ok());
  std::atomic<bool> stop{false};
  std::atomic<int64_t> answers{0};
  std::vector<std::thread> askers;
  for (int asker = 0; asker < kAskers; ++asker) {
    askers.emplace_back([this, asker, &stop, &answers] { Ask(asker, stop, &answers); });
  }
  const int last = Publications() + 1;
  for (int version = 2; version <= last && !HasFailure(); ++version) {
    v1::PublishCatalogResponse published;
    const grpc::Status status = Publish(MarkedCatalog(version), &published);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(published.version(), version);
    EXPECT_TRUE(published.activation().active());
  }
  stop = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_GT(answers, Publications());
  RecordProperty("answers", static_cast<int>(answers));
  std::printf("%lld answers during %d publications\n", static_cast<long long>(answers), last - 1);
}

TEST_F(PublicationLoadTest, ACatalogBeyondFourMegabytesIsPublishedAndReadBack) {
  Start();
  std::string yaml = MarkedCatalog(2);
  for (int i = 0; yaml.size() < (12 << 20); ++i) absl::StrAppend(&yaml, "# a comment of line ", i, "\n");
  v1::PublishCatalogResponse published;
  const grpc::Status status = Publish(yaml, &published);
  ASSERT_TRUE(status.ok()) << status.error_message();
  Restart();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  const auto stub = v1::CatalogService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", app_->grpc_port()), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::GetCatalogResponse shown;
  ASSERT_TRUE(stub->GetCatalog(&context, {}, &shown).ok());
  EXPECT_EQ(shown.version(), 2);
  EXPECT_TRUE(shown.source().yaml() == yaml);
}

}  // namespace
}  // namespace nbo::server
