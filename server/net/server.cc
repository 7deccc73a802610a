#include "server/net/server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "server/net/http1.h"
#include "server/net/http2.h"

namespace nbo::server {
namespace {

constexpr int kBacklog = 1024;

absl::StatusOr<int> OpenSocket(const std::string& address, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.c_str(), absl::StrCat(port).c_str(), &hints, &found); error != 0) {
    return absl::InvalidArgumentError(absl::StrCat("no such address: ", address, " (", gai_strerror(error), ")"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("socket: ", std::strerror(errno)));
  const int on = 1;
  // After a crash, so that the port need not cool down. A second nbod is still refused.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const std::string why = std::strerror(errno);
    close(fd);
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ":", port, ": ", why));
  }
  return fd;
}

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  // The port lies at the same place in both.
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

int ThreadsOf(const NetOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2, 16);
}

// Small answers leave at once, and a client that has vanished is noticed.
void Tune(int fd) {
  const int on = 1, idle_seconds = 60, interval_seconds = 20, probes = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds, sizeof interval_seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<NetServer>> NetServer::Listen(const std::string& address, int port,
                                                             const NetOptions& options, Site* site) {
  const absl::StatusOr<int> fd = OpenSocket(address, port);
  if (!fd.ok()) return fd.status();
  return std::unique_ptr<NetServer>(new NetServer(*fd, PortOf(*fd), options, site));
}

NetServer::NetServer(int fd, int port, const NetOptions& options, Site* site)
    : listen_fd_(fd),
      port_(port),
      options_(options),
      site_(site),
      held_(options.max_memory_bytes),
      parts_(static_cast<size_t>(ThreadsOf(options))) {
  for (size_t i = 0; i < parts_.size(); ++i) loops_.push_back(std::make_unique<Loop>());
  loops_[0]->Post([this] { loops_[0]->Watch(listen_fd_, EPOLLIN, &acceptor_); });
}

NetServer::~NetServer() {
  Shutdown(absl::InfinitePast());
  for (const auto& loop : loops_) loop->Stop();
}

void NetServer::Accept() {
  // A few at a time: what is connected already is served in between.
  for (int i = 0; i < 16; ++i) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (held_.IsFull() || connections_.load() >= static_cast<size_t>(options_.max_connections)) {
      refused_connections_.fetch_add(1);
      close(fd);
      continue;
    }
    connections_.fetch_add(1);
    Tune(fd);
    const size_t part = next_loop_++ % loops_.size();
    loops_[part]->Post([this, part, fd] { Adopt(part, fd); });
  }
}

void NetServer::Adopt(size_t part, int fd) {
  auto connection = std::make_unique<Connection>(loops_[part].get(), fd,
                                                 [this, part](Connection* closed) { OnClosed(part, closed); });
  connection->Begin([this](Connection* caller, absl::string_view first) { return Speak(caller, first); },
                    absl::Now() + options_.first_bytes_timeout);
  Connection* const key = connection.get();
  parts_[part].connections.emplace(key, std::move(connection));
}

void NetServer::OnClosed(size_t part, Connection* connection) {
  parts_[part].connections.erase(connection);
  connections_.fetch_sub(1);
}

std::unique_ptr<Protocol> NetServer::Speak(Connection* connection, absl::string_view first) {
  if (BeginsHttp2(first)) return std::make_unique<Http2>(options_, site_, &held_, connection);
  if (MayBeginHttp2(first)) return nullptr;
  return std::make_unique<Http1>(options_, site_, &held_, connection);
}

void NetServer::OnEveryLoop(const std::function<void(Part*)>& task) {
  absl::BlockingCounter ended(static_cast<int>(loops_.size()));
  for (size_t i = 0; i < loops_.size(); ++i) {
    loops_[i]->Post([this, i, &task, &ended] {
      task(&parts_[i]);
      ended.DecrementCount();
    });
  }
  ended.Wait();
}

void NetServer::Shutdown(absl::Time latest) {
  if (std::exchange(shut_down_, true)) return;
  // On the loop that accepts, so that afterwards nothing does; what it posted to others arrives before what follows.
  absl::BlockingCounter stopped(1);
  loops_[0]->Post([this, &stopped] {
    loops_[0]->Forget(listen_fd_);
    close(listen_fd_);
    stopped.DecrementCount();
  });
  stopped.Wait();
  OnEveryLoop([](Part* part) {
    for (auto& [connection, owner] : part->connections) connection->Drain();
  });
  while (connections_.load() > 0 && absl::Now() < latest) absl::SleepFor(absl::Milliseconds(2));
  OnEveryLoop([](Part* part) {
    for (auto& [connection, owner] : part->connections) connection->Close();
  });
  while (connections_.load() > 0) absl::SleepFor(absl::Milliseconds(1));
}

NetServer::Figures NetServer::GetFigures() const {
  return {connections_.load(), held_.used(), refused_connections_.load()};
}

}  // namespace nbo::server
