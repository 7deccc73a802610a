// A client of HTTP/2 that does just what a test tells it: by nghttp2, over a blocking socket, on one thread.
#ifndef NBO_TESTS_SERVER_NET_H2_CLIENT_H_
#define NBO_TESTS_SERVER_NET_H2_CLIENT_H_

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace nbo::server {

struct H2Answer {
  std::map<std::string, std::string> head, trailers;
  std::string body;
  bool closed = false;
  uint32_t error_code = 0;  // it was closed with
};

class H2Client {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  // Connects to 127.0.0.1.
  explicit H2Client(int port);
  ~H2Client();

  // Begins a request; `body` goes out in pieces of `piece` bytes, each in a frame and a write of its own, and ends the
  // client's side if `end`. Returns the stream.
  int32_t Request(const Pairs& head, const std::string& body, size_t piece = 1 << 20, bool end = true);
  // A gRPC call: the usual headers, and `message` framed.
  int32_t Call(const std::string& path, const std::string& message, const Pairs& more = {}, bool end = true);
  // More of the body of a stream that was not ended.
  void Send(int32_t stream, const std::string& bytes, bool end);
  void Reset(int32_t stream);

  // Reads until the stream is closed, or the connection; `seconds` at most.
  const H2Answer& Await(int32_t stream, double seconds = 20);
  // Reads what comes within the time.
  void Listen(double seconds);
  // Whether the server has closed the connection.
  bool gone() const { return gone_; }
  bool told_to_go_away() const { return goaway_; }
  const H2Answer& answer(int32_t stream) { return answers_[stream]; }
  // Windows are not opened again by what was read: the client is slow.
  void StopReading() { slow_ = true; }

 private:
  struct Outgoing {
    std::string bytes;
    size_t sent = 0, piece = 0;
    bool end = false;
  };
  void Flush();
  bool ReadOnce(double seconds);

  int fd_ = -1;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Outgoing> outgoing_;
  std::map<int32_t, H2Answer> answers_;
  bool gone_ = false, goaway_ = false, slow_ = false;
};

// Bytes over a socket, whatever they are. `bytes` are sent at once; returns what came until the server closed the
// connection or `seconds` were over, and whether it closed.
std::pair<std::string, bool> RawTalk(int port, absl::string_view bytes, double seconds);

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_NET_H2_CLIENT_H_
