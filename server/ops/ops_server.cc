#include "server/ops/ops_server.h"

#include <CivetServer.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

using Page = std::function<std::pair<int, std::string>()>;  // status, body

class PageHandler : public CivetHandler {
 public:
  explicit PageHandler(Page page) : page_(std::move(page)) {}
  bool handleGet(CivetServer*, mg_connection* connection) override {
    const auto [status, body] = page_();
    mg_printf(connection,
              "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
              status, status == 200 ? "OK" : "Service Unavailable", body.size());
    mg_write(connection, body.data(), body.size());
    return true;
  }

 private:
  const Page page_;
};

class CivetOpsServer : public OpsServer {
 public:
  CivetOpsServer(const std::vector<std::string>& options, OpsPages pages)
      : pages_(std::move(pages)),
        metrics_([this] { return std::pair(200, pages_.metrics()); }),
        alive_([] { return std::pair(200, std::string("alive\n")); }),
        ready_([this] {
          const std::string why = pages_.not_ready();
          return why.empty() ? std::pair(200, absl::StrCat(pages_.ready(), "\n"))
                             : std::pair(503, absl::StrCat(why, "\n"));
        }),
        server_(options) {
    server_.addHandler("/metrics$", metrics_);
    server_.addHandler("/healthz$", alive_);
    server_.addHandler("/readyz$", ready_);
  }
  ~CivetOpsServer() override {
    // civetweb notices only every two seconds that it is to stop, unless somebody knocks.
    std::thread knock([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      char error[64];
      if (mg_connection* connection = mg_connect_client("127.0.0.1", port_, 0, error, sizeof error)) {
        mg_close_connection(connection);
      }
    });
    server_.close();
    knock.join();
  }
  int port() const override { return port_; }
  void FindPort() { port_ = server_.getListeningPorts().at(0); }

 private:
  const OpsPages pages_;
  PageHandler metrics_, alive_, ready_;
  CivetServer server_;  // last: stops before the handlers go
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OpsServer>> OpsServer::Start(const std::string& address, int port, OpsPages pages) {
  const std::vector<std::string> options = {
      "listening_ports", absl::StrCat(address, ":", port), "num_threads", "4", "request_timeout_ms", "10000"};
  try {  // CivetServer reports by exception
    auto server = std::make_unique<CivetOpsServer>(options, std::move(pages));
    server->FindPort();
    return server;
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("http.port: cannot listen on ", address, ":", port, " (", e.what(),
                                               "); is another nbod running?"));
  }
}

}  // namespace nbo::server
