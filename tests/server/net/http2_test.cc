// HTTP/2 over a real port, by a client that does what no well-bred one would.
#include "server/net/http2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "server/net/server.h"
#include "tests/server/net/h2_client.h"

namespace nbo::server {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr Field kText[] = {{"content-type", "text/plain"}};

// Answers by path: "/echo" the body, "/stream" 2 MB as fast as they are taken, "/hang" never, "/abort", "/head".
class TestSite : public Site {
 public:
  std::shared_ptr<Receiver> Begin(Exchange* exchange) override { return std::make_shared<Request>(this, exchange); }

  std::atomic<int> open{0};
  std::atomic<size_t> most_unsent{0};

 private:
  class Request : public Receiver {
   public:
    Request(TestSite* site, Exchange* exchange) : site_(site), exchange_(exchange), path_(exchange->head().path()) {
      ++site_->open;
      if (path_ == "/stream") exchange_->Start(200, kText);
      if (path_ == "/stream") OnSent();
      if (path_ == "/head") {
        const Field fields[] = {{"x-query", exchange->head().query()}, {"x-found", exchange->head().Find("x-test")}};
        exchange_->Respond(204, fields, "", {});
      }
      if (path_ == "/abort") {
        exchange_->Start(200, kText);
        exchange_->Write("half");
        exchange_->loop()->RunAt(absl::Now() + absl::Milliseconds(20), [this] { exchange_->Abort(); });
      }
    }
    void OnBody(absl::string_view bytes) override {
      body_.append(bytes.data(), bytes.size());
      if (path_ != "/unread") exchange_->Consume(bytes.size());
    }
    bool awaits_body() const override { return !ended_; }
    void OnEnd() override {
      ended_ = true;
      const Field trailers[] = {{"x-end", "yes"}};
      if (path_ == "/echo") exchange_->Respond(200, kText, body_, trailers);
    }
    void OnSent() override {
      if (path_ != "/stream") return;
      for (; written_ < 2048 && exchange_->unsent_bytes() < 65536; ++written_) exchange_->Write(std::string(1024, 's'));
      site_->most_unsent = std::max<size_t>(site_->most_unsent, exchange_->unsent_bytes());
      if (written_ == 2048) exchange_->Finish();
    }
    void OnClosed() override {
      --site_->open;
      exchange_ = nullptr;
    }

   private:
    TestSite* const site_;
    Exchange* exchange_;
    const std::string path_;
    std::string body_;
    int written_ = 0;
    bool ended_ = false;
  };
};

H2Client::Pairs Get(const std::string& path) {
  return {{":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "nbo"}};
}

class Http2Test : public ::testing::Test {
 protected:
  void Serve(NetOptions options = {}) {
    if (options.threads == 0) options.threads = 2;
    auto server = NetServer::Listen("127.0.0.1", 0, options, &site_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void AwaitNothingOpen() {
    while (site_.open > 0 || server_->GetFigures().held_bytes > 0) absl::SleepFor(absl::Milliseconds(1));
  }

  TestSite site_;
  std::unique_ptr<NetServer> server_;
};

TEST_F(Http2Test, AnswersWithHeadBodyAndTrailersHoweverTheRequestIsCut) {
  Serve();
  H2Client client(server_->port());
  for (const size_t piece : {1, 7, 100000}) {
    const std::string body(piece == 1 ? 3000 : 40000, 'b');
    const H2Answer& answer = client.Await(client.Request(Get("/echo"), body, piece));
    EXPECT_EQ(answer.head.at(":status"), "200");
    EXPECT_EQ(answer.body, body);
    EXPECT_THAT(answer.trailers, UnorderedElementsAre(Pair("x-end", "yes")));
    EXPECT_EQ(answer.error_code, 0u);
  }
  AwaitNothingOpen();
}

TEST_F(Http2Test, AnswersHeadWithoutABody) {
  Serve();
  H2Client client(server_->port());
  for (const char* path : {"/echo", "/stream"}) {
    H2Client::Pairs head = Get(path);
    head.front().second = "HEAD";
    const H2Answer& answer = client.Await(client.Request(head, ""));
    EXPECT_EQ(answer.head.at(":status"), "200");
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(answer.trailers.empty());
    EXPECT_EQ(answer.error_code, 0u);
  }
  AwaitNothingOpen();
}

TEST_F(Http2Test, ShowsQueryAndHeaders) {
  Serve();
  H2Client client(server_->port());
  H2Client::Pairs head = Get("/head?a=1&b=2");
  head.emplace_back("x-test", "found");
  const H2Answer& answer = client.Await(client.Request(head, ""));
  EXPECT_EQ(answer.head.at(":status"), "204");
  EXPECT_EQ(answer.head.at("x-query"), "a=1&b=2");
  EXPECT_EQ(answer.head.at("x-found"), "found");
}

TEST_F(Http2Test, ManyRequestsOfOneConnectionAreAnsweredSideBySide) {
  Serve();
  H2Client client(server_->port());
  const int32_t hanging = client.Request(Get("/hang"), "");
  std::vector<int32_t> streams;
  for (int i = 0; i < 200; ++i) streams.push_back(client.Request(Get("/echo"), absl::StrCat("body ", i)));
  for (size_t i = 0; i < streams.size(); ++i) EXPECT_EQ(client.Await(streams[i]).body, absl::StrCat("body ", i));
  EXPECT_FALSE(client.answer(hanging).closed);
  client.Reset(hanging);
  AwaitNothingOpen();
}

TEST_F(Http2Test, AClientThatDoesNotReadHoldsNoMoreThanWasWrittenForIt) {
  Serve();
  H2Client client(server_->port());
  client.StopReading();
  const int32_t stream = client.Request(Get("/stream"), "");
  client.Listen(0.3);
  EXPECT_EQ(client.answer(stream).body.size(), 65535u) << "its window";
  EXPECT_LE(site_.most_unsent, 65536u + 1024u);
  EXPECT_LE(server_->GetFigures().held_bytes, 2u * 65536u);
  client.Reset(stream);
  AwaitNothingOpen();
}

TEST_F(Http2Test, AStreamOfManyWritesArrivesWhole) {
  Serve();
  H2Client client(server_->port());
  EXPECT_EQ(client.Await(client.Request(Get("/stream"), "")).body.size(), 2048u * 1024u);
  AwaitNothingOpen();
}

TEST_F(Http2Test, ABodyThatIsNotReadStopsAtItsWindowAndOthersGoOn) {
  Serve({.read_ahead_bytes = 100'000});
  H2Client client(server_->port());
  const int32_t unread = client.Request(Get("/unread"), std::string(1 << 20, 'u'));
  const std::string body(600'000, 'b');
  EXPECT_EQ(client.Await(client.Request(Get("/echo"), body)).body, body);
  EXPECT_FALSE(client.answer(unread).closed);
  client.Reset(unread);
  AwaitNothingOpen();
  // What the reset stream had not dealt with does not count against the connection for ever.
  for (int i = 0; i < 200; ++i) {
    const int32_t again = client.Request(Get("/unread"), std::string(100'000, 'u'));
    client.Listen(0.001);
    client.Reset(again);
  }
  EXPECT_EQ(client.Await(client.Request(Get("/echo"), body)).body, body);
}

TEST_F(Http2Test, ResetsCallsWhoseClientsDoNothingForLong) {
  NetOptions options;
  options.body_timeout = absl::Milliseconds(100);
  Serve(options);
  H2Client halfway(server_->port()), reader(server_->port());
  const H2Answer& half = halfway.Await(halfway.Request(Get("/echo"), "half of it", 1 << 20, /*end=*/false));
  EXPECT_TRUE(half.closed);
  EXPECT_EQ(half.error_code, static_cast<uint32_t>(NGHTTP2_CANCEL));
  EXPECT_EQ(halfway.Await(halfway.Request(Get("/echo"), "whole")).body, "whole") << "the connection goes on";
  reader.StopReading();
  reader.Request(Get("/stream"), "");
  reader.Listen(0.05);
  AwaitNothingOpen();
  // Who waits for the server is not reset.
  H2Client patient(server_->port());
  const int32_t waiting = patient.Request(Get("/never"), "");
  patient.Listen(0.5);
  EXPECT_FALSE(patient.answer(waiting).closed);
}

TEST_F(Http2Test, AnAbortedAnswerIsNotTakenForWhole) {
  Serve();
  H2Client client(server_->port());
  const H2Answer& answer = client.Await(client.Request(Get("/abort"), ""));
  EXPECT_EQ(answer.body, "half");
  EXPECT_NE(answer.error_code, 0u);
}

TEST_F(Http2Test, RefusesAHeadThatIsTooLargeAndGoesOn) {
  Serve({.max_head_bytes = 4096});
  H2Client client(server_->port());
  H2Client::Pairs head = Get("/echo");
  for (int i = 0; i < 8; ++i) head.emplace_back(absl::StrCat("x-", i), std::string(1000, 'x'));
  EXPECT_EQ(client.Await(client.Request(head, "body")).head.at(":status"), "431");
  EXPECT_EQ(client.Await(client.Request(Get("/echo"), "body")).body, "body");
}

TEST_F(Http2Test, ClosesWhatIsNotHttp2) {
  Serve({.first_bytes_timeout = absl::Milliseconds(200)});
  EXPECT_TRUE(RawTalk(server_->port(), "", 10).second) << "says nothing";
  EXPECT_TRUE(RawTalk(server_->port(), "PRI * HTTP/2.0\r\n", 10).second) << "says half of it";
  EXPECT_TRUE(
      RawTalk(server_->port(), absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", std::string(100, '\xff')), 10).second);
  H2Client client(server_->port());
  EXPECT_EQ(client.Await(client.Request(Get("/echo"), "body")).body, "body");
}

TEST_F(Http2Test, ConnectionsBeyondTheLimitAreClosedAndCounted) {
  Serve({.max_connections = 2});
  auto first = std::make_unique<H2Client>(server_->port());
  H2Client second(server_->port());
  EXPECT_EQ(first->Await(first->Request(Get("/echo"), "a")).body, "a");
  EXPECT_EQ(second.Await(second.Request(Get("/echo"), "b")).body, "b");
  EXPECT_TRUE(RawTalk(server_->port(), "", 10).second);
  EXPECT_EQ(server_->GetFigures().refused_connections, 1u);
  first.reset();
  while (server_->GetFigures().connections > 1) absl::SleepFor(absl::Milliseconds(1));
  H2Client third(server_->port());
  EXPECT_EQ(third.Await(third.Request(Get("/echo"), "c")).body, "c");
}

TEST_F(Http2Test, AClientThatResetsWithoutEndIsSentAway) {
  Serve();
  H2Client client(server_->port());
  for (int i = 0; i < 20'000 && !client.gone() && !client.told_to_go_away(); ++i) {
    client.Reset(client.Request(Get("/hang"), ""));
    if (i % 100 == 0) client.Listen(0.001);
  }
  client.Listen(1);
  EXPECT_TRUE(client.gone() || client.told_to_go_away());
  AwaitNothingOpen();
}

TEST_F(Http2Test, ADrainAnswersWhatIsUnderWayAndClosesTheRestAtItsEnd) {
  Serve();
  H2Client client(server_->port()), idle(server_->port());
  const int32_t slow = client.Request(Get("/echo"), "begun", 1 << 20, /*end=*/false);
  EXPECT_EQ(idle.Await(idle.Request(Get("/echo"), "x")).body, "x");
  std::thread shutdown([&] { server_->Shutdown(absl::Now() + absl::Seconds(20)); });
  while (!client.told_to_go_away()) client.Listen(0.01);
  client.Send(slow, " and ended", true);
  EXPECT_EQ(client.Await(slow).body, "begun and ended");
  client.Listen(1);
  EXPECT_TRUE(client.gone());
  shutdown.join();
  EXPECT_EQ(server_->GetFigures().connections, 0u);
}

TEST_F(Http2Test, ADrainDoesNotWaitLongerThanItMay) {
  Serve();
  H2Client client(server_->port());
  client.Request(Get("/hang"), "");
  client.Listen(0.05);
  const absl::Time start = absl::Now();
  server_->Shutdown(start + absl::Milliseconds(200));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(200));
  client.Listen(5);
  EXPECT_TRUE(client.gone());
  EXPECT_EQ(site_.open, 0);
}

TEST(NetServerTest, SaysWhyItCannotListen) {
  TestSite site;
  auto first = NetServer::Listen("127.0.0.1", 0, {}, &site);
  ASSERT_TRUE(first.ok());
  auto second = NetServer::Listen("127.0.0.1", (*first)->port(), {}, &site);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  auto nowhere = NetServer::Listen("no such host.", 0, {}, &site);
  EXPECT_TRUE(absl::IsInvalidArgument(nowhere.status())) << nowhere.status();
}

}  // namespace
}  // namespace nbo::server
