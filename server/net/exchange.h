// One HTTP request and its answer, whatever the version of HTTP.
#ifndef NBO_SERVER_NET_EXCHANGE_H_
#define NBO_SERVER_NET_EXCHANGE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/net/loop.h"
#include "server/net/options.h"

namespace nbo::server {

struct Field {
  absl::string_view name;  // lower case
  absl::string_view value;
};
using Fields = absl::Span<const Field>;

// What a request begins with. Bounded by NetOptions::max_head_bytes.
class RequestHead {
 public:
  // Copies both. Pseudo-headers of HTTP/2 are kept like any other (":method", ":path", ":authority").
  void Add(absl::string_view name, absl::string_view value);

  // The first value under this lower-case name; "" if there is none.
  absl::string_view Find(absl::string_view name) const;
  absl::string_view method() const { return Find(":method"); }
  // Without the query.
  absl::string_view path() const;
  // What follows '?'; "" if there is none.
  absl::string_view query() const;

  size_t bytes() const { return text_.size(); }
  size_t size() const { return places_.size(); }
  // In the order of their coming.
  Field at(size_t i) const;

 private:
  struct Place {
    uint32_t begin, name_size, value_size;
  };
  std::string text_;  // names and values, one after the other
  std::vector<Place> places_;
};

// All of it is for the thread of its loop. Life: a Site is shown the head and names a Receiver; the Receiver gets the
// body and answers, at once or later, until OnClosed. What is called afterwards, or twice, does nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;

  const RequestHead& head() const { return head_; }
  Loop* loop() const { return loop_; }
  // For bytes that are held for clients; thread-safe, outlives the exchange.
  HeldBytes* held() const { return held_; }

  // Answers with the whole. Everything is copied or moved before it returns. Without a body and trailers, what is in
  // `fields` is all (gRPC's "trailers only").
  virtual void Respond(int status, Fields fields, std::string body, Fields trailers = {}) = 0;

  // Answers piece by piece: Start, any number of Write, Finish. Each goes out at the end of the turn.
  virtual void Start(int status, Fields fields) = 0;
  virtual void Write(std::string bytes) = 0;
  virtual void Finish(Fields trailers = {}) = 0;
  // Ends the exchange without an end of the answer, so that nobody takes it for whole.
  virtual void Abort() = 0;

  // So many bytes of the body were dealt with: the client may send as many more.
  virtual void Consume(size_t bytes) = 0;
  // Written and not sent yet, because the client does not read.
  virtual size_t unsent_bytes() const = 0;

 protected:
  Exchange(Loop* loop, HeldBytes* held) : loop_(loop), held_(held) {}
  RequestHead head_;

 private:
  Loop* const loop_;
  HeldBytes* const held_;
};

// Gets the rest of a request. Called on the thread of the loop.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // More of the body; the bytes are there until it returns. Consume must be called for them, now or later.
  virtual void OnBody(absl::string_view bytes) = 0;
  // The body is whole.
  virtual void OnEnd() = 0;
  // Whether something is held, or nothing can be done, until more of the body comes. A client that sends none for long
  // is not waited for (NetOptions::body_timeout).
  virtual bool awaits_body() const { return false; }
  // There are no unsent bytes any more, after there were.
  virtual void OnSent() {}
  // The last call: the exchange is answered and sent, or broken. It is gone when this returns.
  virtual void OnClosed() = 0;
};

// What is served. Called from the threads of all loops.
class Site {
 public:
  virtual ~Site() = default;
  // Shown each request when its head is there, before its body. The exchange lives until the receiver's OnClosed. It
  // may answer at once; the receiver is never null.
  virtual std::shared_ptr<Receiver> Begin(Exchange* exchange) = 0;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_EXCHANGE_H_
