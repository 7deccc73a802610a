// The listening socket, the threads and the connections.
#ifndef NBO_SERVER_NET_SERVER_H_
#define NBO_SERVER_NET_SERVER_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/connection.h"
#include "server/net/exchange.h"
#include "server/net/loop.h"
#include "server/net/options.h"

namespace nbo::server {

// Serves a site. Thread-safe.
class NetServer {
 public:
  // Listens on an IPv4 or IPv6 address or a name; port 0 picks a free one. INVALID_ARGUMENT: no such address;
  // UNAVAILABLE: the port is taken. The site must outlive it.
  static absl::StatusOr<std::unique_ptr<NetServer>> Listen(const std::string& address, int port,
                                                           const NetOptions& options, Site* site);
  // Shutdown, without waiting. Calls that a handler still answers must have ended: they post to its threads.
  ~NetServer();

  int port() const { return port_; }
  const std::vector<std::unique_ptr<Loop>>& loops() const { return loops_; }
  HeldBytes* held() { return &held_; }

  // Takes no more connections, lets clients know, waits until what is under way is answered, at the latest until
  // `latest`, and closes all connections. The loops go on, for answers that come late and reach nobody. Again does
  // nothing.
  void Shutdown(absl::Time latest);

  struct Figures {
    size_t connections = 0;
    size_t held_bytes = 0;
    uint64_t refused_connections = 0;  // too many, or too much memory held
  };
  Figures GetFigures() const;

 private:
  // Accepts connections on the first loop.
  class Acceptor : public Loop::Watcher {
   public:
    explicit Acceptor(NetServer* server) : server_(server) {}
    void OnReady(uint32_t) override { server_->Accept(); }

   private:
    NetServer* const server_;
  };
  // What belongs to one loop, and is touched by its thread only.
  struct Part {
    absl::flat_hash_map<Connection*, std::unique_ptr<Connection>> connections;
  };

  NetServer(int fd, int port, const NetOptions& options, Site* site);
  void Accept();
  void Adopt(size_t part, int fd);
  void OnClosed(size_t part, Connection* connection);
  std::unique_ptr<Protocol> Speak(Connection* connection, absl::string_view first);
  // Runs the task on every loop's thread, for its part, and waits.
  void OnEveryLoop(const std::function<void(Part*)>& task);

  const int listen_fd_;
  const int port_;
  const NetOptions options_;
  Site* const site_;
  HeldBytes held_;
  Acceptor acceptor_{this};
  std::atomic<size_t> connections_{0};
  std::atomic<uint64_t> refused_connections_{0};
  size_t next_loop_ = 0;     // touched by the first loop's thread only
  bool shut_down_ = false;   // touched by whoever owns the server only
  std::vector<Part> parts_;  // one for each loop
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_SERVER_H_
