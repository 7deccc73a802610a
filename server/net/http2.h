// HTTP/2 without TLS ("h2c" with prior knowledge, as gRPC speaks it), by nghttp2.
#ifndef NBO_SERVER_NET_HTTP2_H_
#define NBO_SERVER_NET_HTTP2_H_

#include <nghttp2/nghttp2.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/net/connection.h"
#include "server/net/exchange.h"
#include "server/net/options.h"

namespace nbo::server {

// Whether a connection that begins so speaks HTTP/2; false also if that is not certain yet.
bool BeginsHttp2(absl::string_view first);
// Whether more bytes may make it so.
bool MayBeginHttp2(absl::string_view first);

class Http2 final : public Protocol {
 public:
  // All must outlive it.
  Http2(const NetOptions& options, Site* site, HeldBytes* held, Connection* connection);
  ~Http2() override;

  bool OnBytes(absl::string_view bytes) override;
  bool Fill(size_t bytes, std::string* out) override;
  void Drain() override;
  bool idle() const override { return open_streams_ == 0; }

 private:
  class Stream;
  struct Callbacks;  // nghttp2's, in http2.cc

  // Resets streams whose client has neither sent what is waited for, nor read what was answered, since the last time.
  void ResetStalled();
  Stream* Find(int32_t id) const { return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id)); }

  const NetOptions& options_;
  Site* const site_;
  HeldBytes* const held_;
  Connection* const connection_;
  nghttp2_session* session_ = nullptr;
  Stream* streams_ = nullptr;  // all, doubly linked
  int open_streams_ = 0;
  std::vector<int32_t> sent_;          // streams that have sent what they had; may be closed by now
  std::optional<Loop::Timer> goaway_;  // the end of a drain's warning
  Loop::Timer stalled_;                // the next ResetStalled
  bool draining_ = false, drained_ = false;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_HTTP2_H_
