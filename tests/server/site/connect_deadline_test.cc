// What a client's deadline means where the method does not mind it.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "nbo/v1/event_service.pb.h"
#include "server/net/server.h"
#include "server/rpc/grpc_site.h"
#include "server/site/http_site.h"
#include "tests/server/net/http_client.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

constexpr char kMethod[] = "/nbo.v1.EventService/RecordPurchase";
constexpr char kRequest[] = R"({"purchase": {"receiptId": "r1"}})";

// One method, which keeps its call until the test answers it.
class ConnectDeadlineTest : public ::testing::Test {
 protected:
  ConnectDeadlineTest() {
    RpcMethod method;
    method.descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("nbo.v1.EventService.RecordPurchase");
    method.run = [this](const std::shared_ptr<UnaryCall>& call) {
      call->OnCancel([this] { ++cancelled_; });
      call_ = call;
      ++runs_;
    };
    methods_.Add(kMethod, std::move(method));
    context_ = std::make_unique<SiteContext>(&methods_);
    site_ = std::make_unique<HttpSite>(&grpc_, context_.get(), nullptr);
    NetOptions options;
    options.threads = 1;
    server_ = *NetServer::Listen("127.0.0.1", 0, options, site_.get());
  }
  ~ConnectDeadlineTest() override { call_.reset(); }

  MethodTable methods_;
  GrpcSite grpc_{&methods_};
  std::unique_ptr<SiteContext> context_;
  std::unique_ptr<HttpSite> site_;
  std::shared_ptr<UnaryCall> call_;  // of the loop, until the client has its answer
  std::atomic<int> cancelled_{0}, runs_{0};
  std::unique_ptr<NetServer> server_;
};

TEST_F(ConnectDeadlineTest, IsAnsweredThoughTheMethodIsNotDone) {
  const HttpAnswer answer = PostJson(server_->port(), kMethod, kRequest, "Connect-Timeout-Ms: 30\r\n");
  EXPECT_EQ(answer.status, 504);
  EXPECT_THAT(answer.body, HasSubstr("deadline_exceeded"));
  EXPECT_EQ(cancelled_, 1);
  // The method may still read its request and answer, which reaches nobody.
  v1::RecordPurchaseRequest request;
  EXPECT_TRUE(call_->Parse(&request).ok());
  EXPECT_EQ(request.purchase().receipt_id(), "r1");
  call_->Finish(absl::OkStatus(), &v1::RecordPurchaseResponse::default_instance());
  EXPECT_EQ(PostJson(server_->port(), kMethod, kRequest, "Connect-Timeout-Ms: 30\r\n").status, 504);
  EXPECT_EQ(runs_, 2);
}

TEST_F(ConnectDeadlineTest, TheMethodsAnswerComesFirst) {
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send(absl::StrCat("POST ", kMethod, " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n",
                                       "Connect-Timeout-Ms: 200\r\nContent-Length: ", sizeof kRequest - 1, "\r\n\r\n",
                                       kRequest)));
  while (runs_ == 0) absl::SleepFor(absl::Milliseconds(1));
  call_->Finish(absl::OkStatus(), &v1::RecordPurchaseResponse::default_instance());
  EXPECT_THAT(client.ReadUntil("{}"), HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_FALSE(client.HearsWithin(absl::Milliseconds(400))) << "nothing is said at the deadline";
  EXPECT_EQ(cancelled_, 0);
}

}  // namespace
}  // namespace nbo::server
