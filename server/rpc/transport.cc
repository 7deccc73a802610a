#include "server/rpc/transport.h"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>

#include "server/rpc/wire.h"

namespace nbo::server {

void Apply(const TransportOptions& options, grpc::ServerBuilder* builder) {
  grpc::ResourceQuota quota("nbod");
  quota.Resize(options.max_memory_bytes);
  builder->SetResourceQuota(quota);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_calls_per_connection);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, options.read_ahead_bytes);
  builder->SetMaxReceiveMessageSize(kMaxCatalogMessageBytes);
}

}  // namespace nbo::server
