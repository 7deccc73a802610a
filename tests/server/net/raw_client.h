// A client that says exactly what it is told, and hears everything.
#ifndef NBO_TESTS_SERVER_NET_RAW_CLIENT_H_
#define NBO_TESTS_SERVER_NET_RAW_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nbo::server {

class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;

  bool connected() const { return connected_; }

  // False: the server has closed.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
  }
  void EndInput() { shutdown(fd_, SHUT_WR); }

  // Everything heard and not taken yet, as soon as `end` is in it; or when the server closes, or after 10 s.
  std::string ReadUntil(absl::string_view end) {
    const absl::Time latest = absl::Now() + absl::Seconds(10);
    while (heard_.find(end.data(), 0, end.size()) == std::string::npos && !closed_ && absl::Now() < latest) Hear();
    const size_t at = heard_.find(end.data(), 0, end.size());
    const size_t size = at == std::string::npos ? heard_.size() : at + end.size();
    std::string taken = heard_.substr(0, size);
    heard_.erase(0, size);
    return taken;
  }
  // Everything until the server closes, or for 10 s.
  std::string ReadAll() {
    const absl::Time latest = absl::Now() + absl::Seconds(10);
    while (!closed_ && absl::Now() < latest) Hear();
    return std::move(heard_);
  }
  bool closed() const { return closed_; }
  // Whether something comes within this time.
  bool HearsWithin(absl::Duration time) {
    pollfd poll_fd = {fd_, POLLIN, 0};
    return !heard_.empty() || poll(&poll_fd, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) > 0;
  }

 private:
  void Hear() {
    pollfd poll_fd = {fd_, POLLIN, 0};
    if (poll(&poll_fd, 1, 100) <= 0) return;
    char buffer[65536];
    const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) {
      closed_ = true;
    } else {
      heard_.append(buffer, static_cast<size_t>(size));
    }
  }

  const int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string heard_;
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_NET_RAW_CLIENT_H_
