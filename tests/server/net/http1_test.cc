#include "server/net/http1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/net/server.h"
#include "tests/server/net/raw_client.h"

namespace nbo::server {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Does what the path says.
class TestSite final : public Site {
 public:
  ~TestSite() override {
    for (std::thread& thread : threads_) thread.join();
  }

  std::shared_ptr<Receiver> Begin(Exchange* exchange) override {
    auto receiver = std::make_shared<Echo>(this, exchange);
    if (exchange->head().path() == "/early") exchange->Respond(413, {}, "too early");
    if (exchange->head().path() == "/stream") receiver->Stream();
    return receiver;
  }

  std::atomic<int> closed{0};

 private:
  // Answers with what it was asked, when the request is whole.
  class Echo final : public Receiver, public std::enable_shared_from_this<Echo> {
   public:
    Echo(TestSite* site, Exchange* exchange) : site_(site), exchange_(exchange), loop_(exchange->loop()) {}

    void Stream() {
      exchange_->Start(200, {});
      exchange_->Write("one,");
    }
    void OnBody(absl::string_view bytes) override {
      body_.append(bytes.data(), bytes.size());
      exchange_->Consume(bytes.size());
    }
    void OnEnd() override {
      const absl::string_view path = exchange_->head().path();
      if (path == "/never" || path == "/endless") return;
      if (path == "/stream") {
        exchange_->Write("two");
        return exchange_->Finish();
      }
      if (path == "/abort") return exchange_->Abort();
      if (path != "/later" && path != "/large") return Answer();
      site_->threads_.emplace_back([self = shared_from_this()] {
        absl::SleepFor(absl::Milliseconds(50));
        self->loop_->Post([self] { self->Answer(); });
      });
    }
    void OnClosed() override {
      exchange_ = nullptr;
      ++site_->closed;
    }

   private:
    void Answer() {
      if (exchange_ == nullptr) return;
      if (exchange_->head().path() == "/large") return exchange_->Respond(200, {}, std::string(32 << 20, 'l'));
      const Field fields[] = {{"content-type", "text/plain"}};
      exchange_->Respond(200, fields,
                         absl::StrCat(exchange_->head().method(), " ", exchange_->head().Find(":path"), " ", body_));
    }

    TestSite* const site_;
    Exchange* exchange_;
    Loop* const loop_;
    std::string body_;
  };

  std::vector<std::thread> threads_;  // of the one loop that /later is asked on
};

class Http1Test : public ::testing::Test {
 protected:
  void Listen(NetOptions options = {}) {
    options.threads = 1;
    auto server = NetServer::Listen("127.0.0.1", 0, options, &site_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // What the server says to it until it closes.
  std::string Ask(absl::string_view bytes) {
    RawClient client(server_->port());
    EXPECT_TRUE(client.Send(bytes));
    std::string answer = client.ReadAll();
    EXPECT_TRUE(client.closed());
    return answer;
  }

  TestSite site_;
  std::unique_ptr<NetServer> server_;
};

TEST_F(Http1Test, AnswersAndKeepsTheConnection) {
  Listen();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(absl::StrCat("POST /a?b=", i, " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")));
    const std::string answer = client.ReadUntil("hello");
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("content-type: text/plain\r\n"),
                              HasSubstr("\r\ndate: "), EndsWith(absl::StrCat("\r\n\r\nPOST /a?b=", i, " hello"))));
    EXPECT_THAT(answer, Not(HasSubstr("connection:")));
  }
  EXPECT_EQ(server_->GetFigures().connections, 1u);
}

TEST_F(Http1Test, TakesARequestInPiecesOfAnySize) {
  Listen();
  const std::string request =
      "\r\nPOST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;name=v\r\nabc\r\n2\r\nde\r\n0\r\nT: "
      "t\r\n\r\n";
  for (const size_t piece : {1, 2, 3, 7, 1000}) {
    RawClient client(server_->port());
    for (size_t at = 0; at < request.size(); at += piece) {
      ASSERT_TRUE(client.Send(absl::string_view(request).substr(at, piece)));
      if (piece < 1000) absl::SleepFor(absl::Microseconds(200));
    }
    EXPECT_THAT(client.ReadUntil("abcde"), EndsWith("\r\n\r\nPOST /p abcde")) << piece;
  }
}

TEST_F(Http1Test, AnswersRequestsThatCameTogetherInTheirOrder) {
  Listen();
  std::string requests = "GET /later?0 HTTP/1.1\r\nHost: x\r\n\r\n";
  for (int i = 1; i < 100; ++i) {
    absl::StrAppend(&requests, "POST /", i, " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb");
  }
  absl::StrAppend(&requests, "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = Ask(requests);
  size_t at = answers.find("GET /later?0 ");
  ASSERT_NE(at, std::string::npos);
  for (int i = 1; i < 100; ++i) {
    const size_t next = answers.find(absl::StrCat("POST /", i, " b"));
    ASSERT_NE(next, std::string::npos) << i;
    ASSERT_GT(next, at);
    at = next;
  }
  EXPECT_THAT(answers, EndsWith("\r\nconnection: close\r\n\r\nGET /last "));
}

TEST_F(Http1Test, HoldsBackAClientThatSendsRequestAfterRequest) {
  Listen();
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n"));
  // More than the sockets' buffers take: without a bound the server would read it all.
  std::atomic<bool> sent = false;
  std::thread sender([&] { sent = client.Send(std::string(64 << 20, 'x')); });
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_FALSE(sent);
  server_->Shutdown(absl::Now());  // closes, so that the sender ends
  sender.join();
  EXPECT_FALSE(sent);
  EXPECT_EQ(site_.closed, 1);
}

TEST_F(Http1Test, TellsWhoWaitsForItToGoOn) {
  Listen();
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.Send("ok"));
  EXPECT_THAT(client.ReadUntil("ok"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("POST /e ok")));

  const std::string refused =
      Ask("POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(refused, AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("connection: close"), EndsWith("too early")));
}

TEST_F(Http1Test, GoesOnAfterARequestThatWasAnsweredBeforeItsEnd) {
  Listen();
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
  EXPECT_THAT(client.ReadUntil("too early"), StartsWith("HTTP/1.1 413 "));
  ASSERT_TRUE(client.Send(std::string(1000000, 'x')));
  ASSERT_TRUE(client.Send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.ReadUntil("/next "), EndsWith("GET /next "));
}

TEST_F(Http1Test, RefusesWhatIsNoProperRequest) {
  NetOptions options;
  options.max_head_bytes = 1000;
  options.max_body_bytes = 1000;
  Listen(options);
  EXPECT_THAT(Ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("no Host")));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: x\r\nBad Name: v\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  // Two ways to tell where the body ends: a proxy in front might take the other.
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(absl::StrCat("GET / HTTP/1.1\r\nHost: x\r\nA: ", std::string(1000, 'a'), "\r\n\r\n")),
              AllOf(StartsWith("HTTP/1.1 431 "), HasSubstr("1000 bytes")));
  EXPECT_THAT(Ask(absl::StrCat("GET /", std::string(5000, 'a'))), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask(absl::StrCat("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "258\r\n",
                               std::string(600, 'x'), "\r\n258\r\n")),
              StartsWith("HTTP/1.1 413 "));
}

// However it is cut: what a proxy in front would take for the end of the request must be the end here, too.
TEST_F(Http1Test, RefusesWhatTwoReadersMightReadDifferently) {
  Listen();
  const auto asking = [&](absl::string_view fields) {
    return Ask(absl::StrCat("POST /a HTTP/1.1\r\nHost: x\r\n", fields,
                            "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"));
  };
  for (const char* const fields :
       {"Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Host: y\r\n"}) {
    EXPECT_THAT(asking(fields), AllOf(StartsWith("HTTP/1.1 400 "), Not(HasSubstr("smuggled")))) << fields;
  }
  EXPECT_THAT(Ask("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), StartsWith("HTTP/1.0 400 "));
}

TEST_F(Http1Test, BoundsHeadsChunksAndTrailersHoweverTheyAreCut) {
  NetOptions options;
  options.max_head_bytes = 1000;
  Listen(options);
  RawClient head(server_->port()), chunk(server_->port()), trailer(server_->port());
  ASSERT_TRUE(head.Send("GET / HTTP/1.1\r\nHost: x\r\n"));
  for (int i = 0; i < 100 && head.Send("field: 0123456789\r\nf"); ++i) {
    absl::SleepFor(absl::Milliseconds(1));
    head.Send("ield: 0123456789\r\n");
  }
  EXPECT_THAT(head.ReadAll(), StartsWith("HTTP/1.1 431 "));
  const std::string begin = "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n";
  ASSERT_TRUE(chunk.Send(absl::StrCat(begin, "1;extension=")));
  for (int i = 0; i < 100 && chunk.Send(std::string(100, 'e')); ++i) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_THAT(chunk.ReadAll(), StartsWith("HTTP/1.1 400 "));
  ASSERT_TRUE(trailer.Send(absl::StrCat(begin, "0\r\ntrailer: ")));
  for (int i = 0; i < 100 && trailer.Send(std::string(100, 't')); ++i) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_THAT(trailer.ReadAll(), StartsWith("HTTP/1.1 400 "));
  // A short one is let pass.
  EXPECT_THAT(
      Ask("POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n"
          "x-t: 1\r\n\r\n"),
      EndsWith("POST /p b"));
}

// Who still sends would otherwise hear that the connection was reset, and not why.
TEST_F(Http1Test, WhoSendsTooMuchStillReadsWhy) {
  NetOptions options;
  options.max_body_bytes = 1000;
  Listen(options);
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n"));
  for (int i = 0; i < 50; ++i) client.Send(std::string(100'000, 'x'));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(Http1Test, SpeaksHttp10) {
  Listen();
  EXPECT_THAT(Ask("GET /old HTTP/1.0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.0 200 OK\r\n"), HasSubstr("connection: close"), EndsWith("GET /old ")));
  EXPECT_THAT(Ask("GET /stream HTTP/1.0\r\n\r\n"), AllOf(Not(HasSubstr("chunked")), EndsWith("\r\n\r\none,two")));
}

TEST_F(Http1Test, TakesTargetsAsProxiesSendThem) {
  Listen();
  EXPECT_THAT(Ask("GET http://x/a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), EndsWith("GET /a?b "));
  EXPECT_THAT(Ask("GET http://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), EndsWith("GET / "));
}

TEST_F(Http1Test, AnswersHeadWithoutABody) {
  Listen();
  EXPECT_THAT(Ask("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("content-length: 8\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(Http1Test, AnswersPieceByPiece) {
  Listen();
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send("POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_THAT(client.ReadUntil("one,\r\n"),
              AllOf(HasSubstr("transfer-encoding: chunked\r\n"), EndsWith("4\r\none,\r\n")));
  ASSERT_TRUE(client.Send("x"));
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "3\r\ntwo\r\n0\r\n\r\n");
  ASSERT_TRUE(client.Send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.ReadUntil("/next "), EndsWith("GET /next "));
}

TEST_F(Http1Test, ClosesWhatWasAborted) {
  Listen();
  EXPECT_EQ(Ask("GET /abort HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST_F(Http1Test, ClosesConnectionsThatTakeTooLong) {
  NetOptions options;
  options.head_timeout = absl::Milliseconds(50);
  options.body_timeout = absl::Milliseconds(200);
  options.idle_timeout = absl::Milliseconds(100);
  Listen(options);
  RawClient slow_head(server_->port()), slow_body(server_->port()), idle(server_->port());
  ASSERT_TRUE(slow_head.Send("GET / HT"));
  ASSERT_TRUE(slow_body.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"));
  ASSERT_TRUE(idle.Send("GET /i HTTP/1.1\r\nHost: x\r\n\r\n"));
  // A byte now and then does not help for long.
  for (int i = 0; i < 100 && slow_head.Send("T"); ++i) {
    slow_body.Send("x");
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(slow_head.ReadAll(), "");
  EXPECT_EQ(slow_body.ReadAll(), "");
  EXPECT_THAT(idle.ReadAll(), EndsWith("GET /i "));
  EXPECT_TRUE(slow_head.closed() && slow_body.closed() && idle.closed());
}

TEST_F(Http1Test, ClosesAConnectionWhoseClientDoesNotReadItsFirstAnswer) {
  NetOptions options;
  options.body_timeout = absl::Milliseconds(100);
  Listen(options);
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
  for (int i = 0; i < 1000 && site_.closed < 1; ++i) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(site_.closed, 1);
  EXPECT_EQ(server_->GetFigures().held_bytes, 0u);
}

TEST_F(Http1Test, AnswersAllThatCameBeforeTheClientEndedItsSide) {
  Listen();
  RawClient client(server_->port());
  ASSERT_TRUE(
      client.Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /half HTTP/1.1\r\n"));
  client.EndInput();
  EXPECT_THAT(client.ReadAll(), AllOf(HasSubstr("GET /2 HTTP/1.1 200 OK"), EndsWith("GET /later ")));
  EXPECT_TRUE(client.closed());
}

TEST_F(Http1Test, AnswersAClientThatHasEndedItsSideAndForgetsOneThatListensNoMore) {
  Listen();
  RawClient asked(server_->port());
  ASSERT_TRUE(asked.Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n"));
  asked.EndInput();
  EXPECT_THAT(asked.ReadAll(), EndsWith("GET /later "));
  {
    RawClient listener(server_->port());
    ASSERT_TRUE(listener.Send("GET /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"));
    listener.ReadUntil("one,");
  }
  for (int i = 0; i < 1000 && site_.closed < 2; ++i) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(site_.closed, 2);
}

TEST_F(Http1Test, DrainsAfterTheAnswersUnderWay) {
  Listen();
  RawClient busy(server_->port()), idle(server_->port());
  ASSERT_TRUE(idle.Send("GET /i HTTP/1.1\r\nHost: x\r\n\r\n"));
  idle.ReadUntil("/i ");
  ASSERT_TRUE(busy.Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /not HTTP/1.1\r\nHost: x\r\n\r\n"));
  absl::SleepFor(absl::Milliseconds(10));
  server_->Shutdown(absl::Now() + absl::Seconds(5));
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_THAT(busy.ReadAll(), AllOf(HasSubstr("connection: close"), EndsWith("GET /later ")));
  EXPECT_EQ(server_->GetFigures().held_bytes, 0u);
}

TEST_F(Http1Test, HoldsHundredsOfIdleConnections) {
  Listen();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(std::make_unique<RawClient>(server_->port()));
  for (int round = 0; round < 2; ++round) {
    for (auto& client : clients) ASSERT_TRUE(client->Send("GET /i HTTP/1.1\r\nHost: x\r\n\r\n"));
    for (auto& client : clients) ASSERT_THAT(client->ReadUntil("/i "), EndsWith("GET /i "));
  }
  EXPECT_EQ(server_->GetFigures().connections, 500u);
}

}  // namespace
}  // namespace nbo::server
