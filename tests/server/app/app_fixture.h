// A whole server on ports of the system's choice, over a store in a temporary directory, with clients.
#ifndef NBO_TESTS_SERVER_APP_APP_FIXTURE_H_
#define NBO_TESTS_SERVER_APP_APP_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nbo/v1/catalog_service.grpc.pb.h"
#include "nbo/v1/customer_service.grpc.pb.h"
#include "nbo/v1/decision_service.grpc.pb.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "nbo/v1/maintenance_service.grpc.pb.h"
#include "nbo/v1/profile_service.grpc.pb.h"
#include "nbo/v1/segment_service.grpc.pb.h"
#include "server/app/app.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/messages.h"
#include "tests/storage/temp_directory.h"

namespace nbo::server {

inline grpc::ByteBuffer BytesOf(const std::string& text) {
  grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}
inline std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(bytes.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

class AppTest : public ::testing::Test {
 protected:
  using RawStream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

  AppTest() {
    settings_.grpc_port = 0;
    settings_.http_port = 0;
    settings_.storage_path = directory_.path() + "/db";
    settings_.catalog_path = directory_.path() + "/catalog.yaml";
    settings_.storage_block_cache_mb = 8;
    settings_.shutdown_seconds = 5;
    WriteCatalog(CatalogOf("first"));
  }

  void WriteCatalog(const std::string& yaml) { std::ofstream(settings_.catalog_path, std::ios::binary) << yaml; }

  void Start() {
    auto started = App::Start(settings_, overrides_);
    ASSERT_TRUE(started.ok()) << started.status();
    app_ = *std::move(started);
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", app_->grpc_port()), grpc::InsecureChannelCredentials());
    // A first attempt to connect may fail on a busy machine; what is tested begins behind it.
    ASSERT_TRUE(channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
    decisions_ = v1::DecisionService::NewStub(channel_);
    events_ = v1::EventService::NewStub(channel_);
    profiles_ = v1::ProfileService::NewStub(channel_);
    catalogs_ = v1::CatalogService::NewStub(channel_);
    segments_ = v1::SegmentService::NewStub(channel_);
    customers_ = v1::CustomerService::NewStub(channel_);
    maintenance_ = v1::MaintenanceService::NewStub(channel_);
  }
  void Restart() {
    app_.reset();
    Start();
  }

  grpc::Status GetOffers(const std::string& customer, v1::GetOffersResponse* response) {
    grpc::ClientContext context;
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    request.set_channel(v1::CHANNEL_POS);
    return decisions_->GetOffers(&context, request, response);
  }
  grpc::Status Record(const v1::Purchase& purchase, v1::RecordPurchaseResponse* response) {
    grpc::ClientContext context;
    v1::RecordPurchaseRequest request;
    *request.mutable_purchase() = purchase;
    return events_->RecordPurchase(&context, request, response);
  }
  grpc::Status Publish(const std::string& yaml, v1::PublishCatalogResponse* response) {
    grpc::ClientContext context;
    v1::PublishCatalogRequest request;
    request.mutable_source()->set_yaml(yaml);
    return catalogs_->PublishCatalog(&context, request, response);
  }
  // Visits over the lifetime; -1 if the customer is unknown.
  int64_t Visits(const std::string& customer) {
    grpc::ClientContext context;
    v1::GetProfileRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    v1::GetProfileResponse response;
    const grpc::Status status = profiles_->GetProfile(&context, request, &response);
    return status.ok() ? response.windows(5).frequency() : -1;
  }

  // Calls with bytes of the test's choice, whatever they are.
  grpc::Status RawCall(const char* method, const std::string& request, std::string* response) {
    grpc::ClientContext context;
    grpc::ByteBuffer out;
    const grpc::Status status = grpc::internal::BlockingUnaryCall(
        channel_.get(), grpc::internal::RpcMethod(method, grpc::internal::RpcMethod::NORMAL_RPC), &context,
        BytesOf(request), &out);
    if (status.ok()) *response = TextOf(out);
    return status;
  }
  std::unique_ptr<RawStream> OpenRaw(const char* method, grpc::ClientContext* context) {
    return std::unique_ptr<RawStream>(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channel_.get(), grpc::internal::RpcMethod(method, grpc::internal::RpcMethod::BIDI_STREAMING), context));
  }

  TempDirectory directory_;
  Settings settings_;
  Overrides overrides_;
  std::unique_ptr<App> app_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::DecisionService::Stub> decisions_;
  std::unique_ptr<v1::EventService::Stub> events_;
  std::unique_ptr<v1::ProfileService::Stub> profiles_;
  std::unique_ptr<v1::CatalogService::Stub> catalogs_;
  std::unique_ptr<v1::SegmentService::Stub> segments_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::MaintenanceService::Stub> maintenance_;
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_APP_APP_FIXTURE_H_
