#include "tests/server/net/h2_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nbo::server {
namespace {

int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool IsReadable(int fd, double seconds) {
  pollfd poll_fd{fd, POLLIN, 0};
  return poll(&poll_fd, 1, static_cast<int>(seconds * 1000)) > 0;
}

}  // namespace

H2Client::H2Client(int port) : fd_(ConnectTo(port)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* self) {
        H2Answer& answer = static_cast<H2Client*>(self)->answers_[frame->hd.stream_id];
        auto& fields = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? answer.head : answer.trailers;
        fields[std::string(reinterpret_cast<const char*>(name), name_size)] =
            std::string(reinterpret_cast<const char*>(value), value_size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* self) {
        auto* client = static_cast<H2Client*>(self);
        client->answers_[stream].body.append(reinterpret_cast<const char*>(data), size);
        if (!client->slow_) nghttp2_session_consume(session, stream, size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t stream, uint32_t code, void* self) {
        H2Answer& answer = static_cast<H2Client*>(self)->answers_[stream];
        answer.closed = true;
        answer.error_code = code;
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                       [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
                                                         if (frame->hd.type == NGHTTP2_GOAWAY)
                                                           static_cast<H2Client*>(self)->goaway_ = true;
                                                         return 0;
                                                       });
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  Flush();
}

H2Client::~H2Client() {
  nghttp2_session_del(session_);
  close(fd_);
}

int32_t H2Client::Request(const Pairs& head, const std::string& body, size_t piece, bool end) {
  std::vector<nghttp2_nv> pairs;
  for (const auto& [name, value] : head) {
    pairs.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                     reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider;
  provider.source.ptr = this;
  provider.read_callback = [](nghttp2_session*, int32_t stream, uint8_t* to, size_t size, uint32_t* flags,
                              nghttp2_data_source* source, void*) -> ssize_t {
    Outgoing& out = static_cast<H2Client*>(source->ptr)->outgoing_[stream];
    const size_t given = std::min({size, out.piece, out.bytes.size() - out.sent});
    std::memcpy(to, out.bytes.data() + out.sent, given);
    out.sent += given;
    if (out.sent == out.bytes.size() && out.end) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (given == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(given);
  };
  const int32_t stream = nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(), &provider, nullptr);
  outgoing_[stream] = {body, 0, piece, end};
  Flush();
  return stream;
}

int32_t H2Client::Call(const std::string& path, const std::string& message, const Pairs& more, bool end) {
  Pairs head = {{":method", "POST"},   {":scheme", "http"}, {":path", path},
                {":authority", "nbo"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  head.insert(head.end(), more.begin(), more.end());
  std::string frame(5, '\0');
  for (int i = 1; i < 5; ++i) frame[static_cast<size_t>(i)] = static_cast<char>(message.size() >> (8 * (4 - i)));
  return Request(head, frame + message, 1 << 20, end);
}

void H2Client::Send(int32_t stream, const std::string& bytes, bool end) {
  outgoing_[stream].bytes += bytes;
  outgoing_[stream].end = end;
  nghttp2_session_resume_data(session_, stream);
  Flush();
}

void H2Client::Reset(int32_t stream) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  Flush();
}

void H2Client::Flush() {
  const uint8_t* data = nullptr;
  for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
    if (send(fd_, data, static_cast<size_t>(size), MSG_NOSIGNAL) != size) gone_ = true;
  }
}

bool H2Client::ReadOnce(double seconds) {
  if (gone_ || !IsReadable(fd_, seconds)) return false;
  uint8_t buffer[16384];
  const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
  if (size <= 0) {
    gone_ = true;
    return false;
  }
  EXPECT_EQ(nghttp2_session_mem_recv(session_, buffer, static_cast<size_t>(size)), size);
  Flush();
  return true;
}

const H2Answer& H2Client::Await(int32_t stream, double seconds) {
  const absl::Time latest = absl::Now() + absl::Seconds(seconds);
  while (!answers_[stream].closed && !gone_ && absl::Now() < latest) ReadOnce(0.1);
  return answers_[stream];
}

void H2Client::Listen(double seconds) {
  const absl::Time latest = absl::Now() + absl::Seconds(seconds);
  while (!gone_ && absl::Now() < latest) ReadOnce(0.02);
}

std::pair<std::string, bool> RawTalk(int port, absl::string_view bytes, double seconds) {
  const int fd = ConnectTo(port);
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string got;
  bool closed = false;
  const absl::Time latest = absl::Now() + absl::Seconds(seconds);
  while (!closed && absl::Now() < latest) {
    if (!IsReadable(fd, 0.05)) continue;
    char buffer[4096];
    const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    closed = size <= 0;
    if (size > 0) got.append(buffer, static_cast<size_t>(size));
  }
  close(fd);
  return {got, closed};
}

}  // namespace nbo::server
