// A socket and the protocol that is spoken over it.
#ifndef NBO_SERVER_NET_CONNECTION_H_
#define NBO_SERVER_NET_CONNECTION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/net/loop.h"

namespace nbo::server {

// What is spoken over one connection: bytes in, bytes out. On the thread of the loop.
class Protocol {
 public:
  virtual ~Protocol() = default;
  // Takes all of it. False: what the client sent cannot be gone on from; what Fill still gives is sent, then the
  // connection is closed.
  virtual bool OnBytes(absl::string_view bytes) = 0;
  // The client has ended its side. False: there is nothing left to say to it.
  virtual bool OnInputEnd() { return false; }
  // Appends to *out what is to be sent, until it holds about `bytes`. False: close the connection when it is sent.
  virtual bool Fill(size_t bytes, std::string* out) = 0;
  // Takes no further request, and lets Fill return false once those under way are answered.
  virtual void Drain() = 0;
  // Whether no request is under way.
  virtual bool idle() const = 0;
  // False: the client is not read on, until a WantWrite after which it is true. It holds back then, by TCP.
  virtual bool wants_input() const { return true; }
  // Whether the client may still be sending what will not be read.
  virtual bool leaves_input() const { return false; }
};

class Connection final : public Loop::Watcher {
 public:
  // Owns the descriptor. `on_closed` is called once, within a turn, when it is done with; it may destroy the connection
  // after the turn (Loop::RunAfterTurn).
  Connection(Loop* loop, int fd, std::function<void(Connection*)> on_closed);
  ~Connection();

  // Before anything else. `speak` is shown the first bytes until it names the protocol; if it has not by then, the
  // connection is closed.
  using Speak = std::function<std::unique_ptr<Protocol>(Connection*, absl::string_view first)>;
  void Begin(Speak speak, absl::Time latest);

  Loop* loop() const { return loop_; }
  // The protocol has something to send: Fill is called at the end of the turn.
  void WantWrite();
  // Takes no further request, and closes when those under way are answered.
  void Drain();
  // At once.
  void Close();

  void OnReady(uint32_t events) override;
  void OnTurnEnd() override;

 private:
  void Read();
  void Flush();
  // Everything is said and the client may not have read it: closing now, with its bytes unread, would make the kernel
  // throw away what is under way to it (RFC 9112, 9.6). So only our side is closed, and what comes is dropped.
  void Linger();
  void SetEvents();

  Loop* const loop_;
  const int fd_;
  const std::function<void(Connection*)> on_closed_;
  Speak speak_;
  std::unique_ptr<Protocol> protocol_;
  std::string first_;  // the beginning, as long as it does not say which protocol it is
  std::string out_;    // from `sent_` on to be sent
  size_t sent_ = 0;
  std::optional<Loop::Timer> silence_;  // ends a connection that does not say which, or one that lingers
  uint32_t events_ = 0;                 // watched for
  bool flushing_ = false;               // OnTurnEnd is asked for
  bool blocked_ = false;                // the socket takes no more for now
  bool finishing_ = false;              // to be closed when everything is sent
  bool draining_ = false;
  bool input_ended_ = false;
  bool lingering_ = false;
  bool closed_ = false;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_CONNECTION_H_
