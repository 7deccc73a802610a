// The gRPC protocol, by a client that sees its headers.
#include "server/rpc/grpc_site.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "nbo/rpc/v1/health.pb.h"
#include "nbo/rpc/v1/reflection.pb.h"
#include "nbo/v1/event_service.pb.h"
#include "server/rpc/health.h"
#include "server/rpc/message_frames.h"
#include "server/rpc/methods.h"
#include "server/rpc/reflection.h"
#include "tests/server/net/h2_client.h"
#include "tests/server/rpc/served_methods.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

// The only message of an answer.
std::string MessageOf(const H2Answer& answer) { return answer.body.size() < 5 ? "" : answer.body.substr(5); }

class GrpcSiteTest : public ::testing::Test {
 protected:
  GrpcSiteTest() {
    // "service" asks what to do.
    Add("/test/Call", [this](const std::shared_ptr<UnaryCall>& call) {
      rpc::v1::HealthRequest request;
      if (absl::Status s = call->Parse(&request); !s.ok()) return call->Finish(s, nullptr);
      rpc::v1::HealthResponse response;
      response.set_status(rpc::v1::HEALTH_STATUS_SERVING);
      if (request.service() == "later") {
        Later([call, response] { call->Finish(absl::OkStatus(), &response); });
      } else if (request.service() == "deadline") {
        deadline_ = call->deadline();
        call->Finish(absl::OkStatus(), &response);
      } else if (request.service() == "never") {
        call->OnCancel([this] { cancelled_.Notify(); });
        kept_ = call;
      } else if (request.service() == "refuse") {
        call->Finish(absl::ResourceExhaustedError("50 % too much: \xC3\xA4"), nullptr, absl::Milliseconds(1500));
      } else {
        call->Finish(absl::OkStatus(), &response);
      }
    });
    Add("/test/Kept", [this](const std::shared_ptr<UnaryCall>& call) {
      call->Keep();
      Later([call] {
        absl::SleepFor(absl::Milliseconds(20));
        rpc::v1::HealthRequest request;
        const absl::Status parsed = call->Parse(&request);
        rpc::v1::HealthResponse response;
        if (request.service() == std::string(100, 'k')) response.set_status(rpc::v1::HEALTH_STATUS_SERVING);
        call->Finish(parsed, &response);
      });
    });
    health_.AddTo(&methods_);
    served_ = std::make_unique<ServedMethods>(methods_);  // a copy: the health watches this one
  }

  ~GrpcSiteTest() override {
    // Calls must not outlive the server.
    for (std::thread& thread : threads_) thread.join();
    kept_.reset();
  }

  // On a thread of its own.
  void Later(std::function<void()> run) {
    absl::MutexLock lock(&mutex_);
    threads_.emplace_back(std::move(run));
  }

  void Add(const std::string& path, std::function<void(const std::shared_ptr<UnaryCall>&)> run) {
    RpcMethod method;
    method.max_bytes = 1000;
    method.run = std::move(run);
    methods_.Add(path, std::move(method));
  }
  std::string Ask(const std::string& service) {
    rpc::v1::HealthRequest request;
    request.set_service(service);
    return request.SerializeAsString();
  }
  // What a call to /test/Call ends with: its code, and its message if there is one.
  std::string Code(const H2Answer& answer) {
    const auto& fields = answer.trailers.empty() ? answer.head : answer.trailers;
    const auto code = fields.find("grpc-status"), message = fields.find("grpc-message");
    return code == fields.end() ? "none"
                                : absl::StrCat(code->second, message == fields.end() ? "" : " " + message->second);
  }

  absl::Time deadline_;
  absl::Notification cancelled_;
  std::shared_ptr<UnaryCall> kept_;
  absl::Mutex mutex_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  MethodTable methods_;
  Health health_{&methods_};
  std::unique_ptr<ServedMethods> served_;
};

TEST_F(GrpcSiteTest, AnswersAtOnceAndLaterWithOneMessageAndAStatus) {
  H2Client client(served_->server().port());
  for (const char* service : {"now", "later"}) {
    const H2Answer& answer = client.Await(client.Call("/test/Call", Ask(service)));
    EXPECT_EQ(answer.head.at(":status"), "200");
    EXPECT_EQ(answer.head.at("content-type"), "application/grpc");
    EXPECT_EQ(Code(answer), "0");
    rpc::v1::HealthResponse response;
    EXPECT_TRUE(response.ParseFromString(MessageOf(answer)));
    EXPECT_EQ(response.status(), rpc::v1::HEALTH_STATUS_SERVING);
  }
}

TEST_F(GrpcSiteTest, AKeptRequestOutlivesItsBytes) {
  H2Client client(served_->server().port());
  const int32_t first = client.Call("/test/Kept", Ask(std::string(100, 'k')));
  const int32_t second = client.Call("/test/Kept", Ask(std::string(100, 'x')));
  EXPECT_EQ(MessageOf(client.Await(first)).size(), 2u);
  EXPECT_EQ(MessageOf(client.Await(second)).size(), 0u);
}

TEST_F(GrpcSiteTest, RefusalsSayWhyAndWhenToComeAgain) {
  H2Client client(served_->server().port());
  const H2Answer& answer = client.Await(client.Call("/test/Call", Ask("refuse")));
  EXPECT_EQ(Code(answer), "8 50 %25 too much: %C3%A4");
  EXPECT_EQ(answer.head.at("grpc-retry-pushback-ms"), "1500");
  EXPECT_TRUE(answer.body.empty());
}

TEST_F(GrpcSiteTest, UnknownMethodsAndOtherProtocolsAreToldApart) {
  H2Client client(served_->server().port());
  EXPECT_THAT(Code(client.Await(client.Call("/test/Nothing", ""))), HasSubstr("12 there is no method /test/Nothing"));
  EXPECT_EQ(
      client.Await(client.Request({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "nbo"}}, ""))
          .head.at(":status"),
      "415");
}

TEST_F(GrpcSiteTest, BadFramesAreAnsweredWithTheirReason) {
  H2Client client(served_->server().port());
  EXPECT_THAT(Code(client.Await(client.Call("/test/Call", std::string(1001, 'x')))),
              HasSubstr("8 the request is larger"));
  EXPECT_THAT(Code(client.Await(client.Call("/test/Call", "\xff\xff\xff"))), HasSubstr("3 the request is not a"));
  const H2Client::Pairs head = {{":method", "POST"},
                                {":scheme", "http"},
                                {":path", "/test/Call"},
                                {":authority", "nbo"},
                                {"content-type", "application/grpc+proto"}};
  EXPECT_THAT(Code(client.Await(client.Request(head, std::string("\1\0\0\0\1x", 6)))),
              HasSubstr("12 the request is compressed"));
  EXPECT_THAT(Code(client.Await(client.Request(head, std::string("\0\0\0\0\5x", 6)))),
              HasSubstr("3 the call ended before"));
  EXPECT_THAT(Code(client.Await(client.Request(head, ""))), HasSubstr("3 the call ended before"));
  EXPECT_EQ(Code(client.Await(client.Request(head, std::string("\0\0\0\0\0", 5), /*piece=*/1))), "0")
      << "an empty message";
}

TEST_F(GrpcSiteTest, KnowsTheDeadlineAndRefusesOneThatIsNone) {
  H2Client client(served_->server().port());
  EXPECT_EQ(Code(client.Await(client.Call("/test/Call", Ask("deadline")))), "0");
  EXPECT_EQ(deadline_, absl::InfiniteFuture());
  const absl::Time start = absl::Now();
  EXPECT_EQ(Code(client.Await(client.Call("/test/Call", Ask("deadline"), {{"grpc-timeout", "90S"}}))), "0");
  EXPECT_GE(deadline_, start + absl::Seconds(90));
  EXPECT_LE(deadline_, absl::Now() + absl::Seconds(90));
  EXPECT_THAT(Code(client.Await(client.Call("/test/Call", Ask("deadline"), {{"grpc-timeout", "soon"}}))),
              HasSubstr("3 grpc-timeout"));
}

TEST_F(GrpcSiteTest, AMethodHearsThatItsClientHasLeft) {
  H2Client client(served_->server().port());
  const int32_t stream = client.Call("/test/Call", Ask("never"));
  client.Listen(0.05);
  EXPECT_FALSE(cancelled_.HasBeenNotified());
  client.Reset(stream);
  EXPECT_TRUE(cancelled_.WaitForNotificationWithTimeout(absl::Seconds(20)));
  const rpc::v1::HealthResponse response;
  kept_->Finish(absl::OkStatus(), &response);  // reaches nobody
  EXPECT_EQ(Code(client.Await(client.Call("/test/Call", Ask("now")))), "0");
}

TEST_F(GrpcSiteTest, HealthIsCheckedAndWatched) {
  constexpr char kCheck[] = "/grpc.health.v1.Health/Check", kWatch[] = "/grpc.health.v1.Health/Watch";
  H2Client client(served_->server().port());
  const auto status = [](const std::string& message) {
    rpc::v1::HealthResponse response;
    EXPECT_TRUE(response.ParseFromString(message));
    return response.status();
  };
  EXPECT_EQ(status(MessageOf(client.Await(client.Call(kCheck, "")))), rpc::v1::HEALTH_STATUS_NOT_SERVING);
  health_.SetServing(true);
  EXPECT_EQ(status(MessageOf(client.Await(client.Call(kCheck, "")))), rpc::v1::HEALTH_STATUS_SERVING);
  EXPECT_EQ(status(MessageOf(client.Await(client.Call(kCheck, Ask("test"))))), rpc::v1::HEALTH_STATUS_SERVING);
  EXPECT_THAT(Code(client.Await(client.Call(kCheck, Ask("tes")))), HasSubstr("5 "));

  const int32_t watch = client.Call(kWatch, ""), unknown = client.Call(kWatch, Ask("tes"));
  client.Listen(0.05);
  EXPECT_EQ(status(MessageOf(client.answer(watch))), rpc::v1::HEALTH_STATUS_SERVING);
  EXPECT_EQ(status(MessageOf(client.answer(unknown))), rpc::v1::HEALTH_STATUS_SERVICE_UNKNOWN);
  health_.SetServing(false);
  const H2Answer& ended = client.Await(watch);
  EXPECT_EQ(status(ended.body.substr(ended.body.size() - 2)), rpc::v1::HEALTH_STATUS_NOT_SERVING);
  EXPECT_THAT(Code(ended), HasSubstr("14 "));
}

TEST(ReflectionTest, ListsServicesAndGivesFilesWithWhatTheyImport) {
  Metrics metrics;
  MethodTable table;
  ServiceMethods("nbo.v1.EventService", &table, &metrics).AddStream("RecordPurchases", [](StreamCall*) {
    return nullptr;
  });
  rpc::v1::ReflectionRequest request;
  request.set_list_services("*");
  rpc::v1::ReflectionResponse response = Reflect(table, request);
  ASSERT_EQ(response.services().services_size(), 1);
  EXPECT_EQ(response.services().services(0).name(), "nbo.v1.EventService");

  request.set_file_containing_symbol("nbo.v1.EventService");
  response = Reflect(table, request);
  std::vector<std::string> names;
  for (const std::string& bytes : response.files().file_descriptors()) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(bytes));
    names.push_back(file.name());
  }
  EXPECT_EQ(names[0], "nbo/v1/event_service.proto");
  EXPECT_THAT(names, IsSupersetOf({"nbo/v1/customer.proto", "google/protobuf/timestamp.proto"}));

  request.set_file_by_filename("no/such.proto");
  EXPECT_EQ(Reflect(table, request).error().code(), 5);
  EXPECT_EQ(Reflect(table, {}).error().code(), 12);
}

TEST(ReflectionTest, AnswersOneQuestionAfterTheOther) {
  MethodTable table;
  AddReflection(&table);
  ServedMethods served(table);
  H2Client client(served.server().port());
  rpc::v1::ReflectionRequest request;
  request.set_file_by_filename("nbo/v1/channel.proto");
  for (const char* version : {"v1", "v1alpha"}) {
    const std::string path = absl::StrCat("/grpc.reflection.", version, ".ServerReflection/ServerReflectionInfo");
    const int32_t stream = client.Call(path, request.SerializeAsString(), {}, /*end=*/false);
    client.Listen(0.05);
    const std::string first = client.answer(stream).body;
    client.Send(stream, MessageFrames::Frame(request), /*end=*/true);
    const H2Answer& answer = client.Await(stream);
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(answer.body, first + first);
    EXPECT_EQ(answer.trailers.at("grpc-status"), "0");
  }
}

TEST(GrpcTimeoutTest, ReadsWhatTheProtocolAllowsOnly) {
  EXPECT_EQ(ParseGrpcTimeout("5H"), absl::Hours(5));
  EXPECT_EQ(ParseGrpcTimeout("5M"), absl::Minutes(5));
  EXPECT_EQ(ParseGrpcTimeout("99999999S"), absl::Seconds(99999999));
  EXPECT_EQ(ParseGrpcTimeout("250m"), absl::Milliseconds(250));
  EXPECT_EQ(ParseGrpcTimeout("1u"), absl::Microseconds(1));
  EXPECT_EQ(ParseGrpcTimeout("0n"), absl::ZeroDuration());
  for (const char* bad : {"", "5", "S", "5x", "-5S", "999999999S", "5 S", "1.5S"}) {
    EXPECT_EQ(ParseGrpcTimeout(bad), std::nullopt) << bad;
  }
}

TEST(GrpcMessageTest, IsPercentEncodedAndBounded) {
  EXPECT_EQ(EncodeGrpcMessage("plain ~ text"), "plain ~ text");
  EXPECT_EQ(EncodeGrpcMessage("a\nb%"), "a%0Ab%25");
  EXPECT_LE(EncodeGrpcMessage(std::string(100'000, '\n')).size(), 7u << 10);
}

}  // namespace
}  // namespace nbo::server
