// What bounds gRPC itself: memory, messages, calls of one connection.
#ifndef NBO_SERVER_RPC_TRANSPORT_H_
#define NBO_SERVER_RPC_TRANSPORT_H_

#include <cstddef>

namespace grpc {
class ServerBuilder;
}

namespace nbo::server {

struct TransportOptions {
  // Of gRPC's own buffers and calls, over all connections. It is no hard limit. As gRPC 1.51 has it (resource_quota):
  // what is read ahead shrinks as it fills; beyond it new connections are closed at once, idle connections are closed,
  // and then calls are cancelled one by one, whichever they are, with RESOURCE_EXHAUSTED, until it is below again.
  size_t max_memory_bytes = 256 << 20;
  // HTTP/2 SETTINGS_MAX_CONCURRENT_STREAMS. gRPC clients hold back what is beyond it.
  int max_calls_per_connection = 1000;
  // What gRPC reads ahead of each call that is not being read: the HTTP/2 window of a stream. It is fixed. Left to
  // itself, gRPC measures bandwidth times delay and lets the window grow by megabytes, on every stream that pauses for
  // want of room: 64 of them then fill the quota, and calls that do no wrong are cancelled. A larger message is read
  // all the same. A client 100 ms away gets 2.5 MB/s through one stream, thousands of receipts a second.
  int read_ahead_bytes = 256 << 10;
};

// Applies the options, and the limit of one message: kMaxCatalogMessageBytes (wire.h), for gRPC has one for all
// methods. What a larger request to another method holds until it is refused counts to max_memory_bytes.
void Apply(const TransportOptions& options, grpc::ServerBuilder* builder);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_TRANSPORT_H_
