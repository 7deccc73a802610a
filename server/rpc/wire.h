// Bytes of a gRPC call to messages and back.
//
// The services take raw bytes rather than parsed messages for one reason: when gRPC itself cannot parse a request (a
// till that sends Latin-1, say) it answers UNIMPLEMENTED without a word; here the caller is told which field is wrong.
#ifndef NBO_SERVER_RPC_WIRE_H_
#define NBO_SERVER_RPC_WIRE_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace nbo::server {

// The limits of one request message. gRPC has one limit for all methods; it takes what the largest needs, and the
// others refuse here what is beyond theirs.
inline constexpr size_t kMaxMessageBytes = 4 << 20;
inline constexpr size_t kMaxCatalogMessageBytes = 51 << 20;  // of CatalogService: the largest catalog, and room

// Parses into *message. INVALID_ARGUMENT names the first field that is not UTF-8, or says that it is no such message;
// RESOURCE_EXHAUSTED: beyond `max_bytes`.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message,
                          size_t max_bytes = kMaxMessageBytes);

// Replaces *bytes.
void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer* bytes);

// The one place where statuses leave for the wire. Messages are cut to 7 KiB, since they travel in a header of 8.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_WIRE_H_
