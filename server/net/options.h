// What bounds the connections of clients.
#ifndef NBO_SERVER_NET_OPTIONS_H_
#define NBO_SERVER_NET_OPTIONS_H_

#include <atomic>
#include <cstddef>

#include "absl/time/time.h"

namespace nbo::server {

struct NetOptions {
  // Threads that read, write, and answer what needs no disk; 0: one for each processor, at least 2. A connection stays
  // with one of them.
  int threads = 0;
  int max_connections = 10'000;
  // HTTP/2 SETTINGS_MAX_CONCURRENT_STREAMS. Clients hold back what is beyond it.
  int max_calls_per_connection = 1000;
  // What a client may send of one call before it is read: the HTTP/2 window of a stream. A larger message is read all
  // the same. A client 100 ms away gets 2.5 MB/s through one stream, thousands of receipts a second.
  int read_ahead_bytes = 256 << 10;
  size_t max_head_bytes = 16 << 10;  // of a request: names and values
  // What messages that are not whole yet, and answers that clients do not read, may take over all connections. Beyond
  // it calls that need more are refused, and new connections are closed.
  size_t max_memory_bytes = 256 << 20;
  // A connection that has not said within this time which protocol it speaks is closed.
  absl::Duration first_bytes_timeout = absl::Seconds(20);
  // Of HTTP/1. What is larger is refused, whatever it is for; most methods take much less (RpcMethod::max_bytes).
  size_t max_body_bytes = 64 << 20;
  // The head of a request must be whole so long after it has begun; of a body something must come as often.
  absl::Duration head_timeout = absl::Seconds(20);
  // The whole body must have come so long after its request began; of an answer something must be read as often. Over
  // HTTP/2: something must come of a body that is waited for, or go of an answer, once or twice as often.
  absl::Duration body_timeout = absl::Minutes(5);
  // A connection without a request is closed after this.
  absl::Duration idle_timeout = absl::Minutes(10);
};

// Bytes held for clients, over all connections. Thread-safe.
class HeldBytes {
 public:
  explicit HeldBytes(size_t max) : max_(max) {}
  // False: there is no room, nothing was taken.
  [[nodiscard]] bool Take(size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= max_) return true;
    Return(bytes);
    return false;
  }
  // Also beyond the limit: for what is made already.
  void Add(size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void Return(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool IsFull() const { return used_.load(std::memory_order_relaxed) >= max_; }
  size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const size_t max_;
  std::atomic<size_t> used_{0};
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_OPTIONS_H_
