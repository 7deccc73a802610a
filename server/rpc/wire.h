// Bytes of a call to messages and back.
#ifndef NBO_SERVER_RPC_WIRE_H_
#define NBO_SERVER_RPC_WIRE_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nbo::server {

// The limits of one request message.
inline constexpr size_t kMaxMessageBytes = 4 << 20;
inline constexpr size_t kMaxCatalogMessageBytes = 51 << 20;  // of CatalogService: the largest catalog, and room

// RESOURCE_EXHAUSTED, as clients know it.
absl::Status TooLarge(size_t bytes, size_t max_bytes);

// Parses into *message. INVALID_ARGUMENT names the first field that is not UTF-8 (a till that sends Latin-1, say), or
// says that it is no such message; RESOURCE_EXHAUSTED: beyond `max_bytes`.
absl::Status ParseMessage(absl::string_view bytes, google::protobuf::Message* message,
                          size_t max_bytes = kMaxMessageBytes);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_WIRE_H_
