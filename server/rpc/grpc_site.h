// gRPC over HTTP/2, as its protocol description has it (grpc/doc/PROTOCOL-HTTP2.md): requests to the method table, and
// answers back.
#ifndef NBO_SERVER_RPC_GRPC_SITE_H_
#define NBO_SERVER_RPC_GRPC_SITE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/net/exchange.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

// Whether the request says that it is a gRPC call.
bool IsGrpc(const RequestHead& head);

class GrpcSite final : public Site {
 public:
  // The table must outlive it.
  explicit GrpcSite(const MethodTable* methods) : methods_(methods) {}

  std::shared_ptr<Receiver> Begin(Exchange* exchange) override;

 private:
  const MethodTable* const methods_;
};

// Of the header grpc-timeout ("250m"); nullopt: it is none.
std::optional<absl::Duration> ParseGrpcTimeout(absl::string_view text);
// As grpc-message carries it: UTF-8, percent-encoded, cut so that it travels in a header of 8 KiB.
std::string EncodeGrpcMessage(absl::string_view message);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_GRPC_SITE_H_
