// HTTP/1.1 and 1.0 without TLS: keep-alive, requests sent before the answer to the one before (they are answered one
// after the other), bodies with a length or in chunks, Expect: 100-continue. What the bytes mean is Boost.Beast's to
// say.
#ifndef NBO_SERVER_NET_HTTP1_H_
#define NBO_SERVER_NET_HTTP1_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/net/connection.h"
#include "server/net/exchange.h"
#include "server/net/options.h"

namespace nbo::server {

class Http1 final : public Protocol {
 public:
  // All must outlive it.
  Http1(const NetOptions& options, Site* site, HeldBytes* held, Connection* connection);
  ~Http1() override;

  bool OnBytes(absl::string_view bytes) override;
  bool OnInputEnd() override;
  bool Fill(size_t bytes, std::string* out) override;
  void Drain() override;
  bool idle() const override;
  bool wants_input() const override;
  bool leaves_input() const override { return broken_; }

 private:
  class Request;

  // Parses as far as it can be gone on: to the end of one request, until that is answered. False: it cannot be.
  bool Parse(absl::string_view* bytes);
  // Parses what was left over.
  bool ParseRest();
  // What the client waits for, or is waited for, must have come by then.
  absl::Time Deadline() const;
  void SetTimer();
  void OnTimer();

  const NetOptions& options_;
  Site* const site_;
  HeldBytes* const held_;
  Connection* const connection_;
  std::unique_ptr<Request> request_;  // that is being read or answered
  std::string rest_;                  // read, and not parsed yet
  absl::Time begin_;                  // of the request that is being read
  absl::Time last_progress_;
  absl::Time alarm_ = absl::InfiniteFuture();  // of timer_
  std::optional<Loop::Timer> timer_;
  bool draining_ = false;
  bool broken_ = false;  // nothing more can be read
  bool input_ended_ = false;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_HTTP1_H_
