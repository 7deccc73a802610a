// gRPC's server reflection: tools such as grpcurl ask which services there are and what their messages look like.
#ifndef NBO_SERVER_RPC_REFLECTION_H_
#define NBO_SERVER_RPC_REFLECTION_H_

#include "nbo/rpc/v1/reflection.pb.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

// Adds grpc.reflection.v1.ServerReflection and v1alpha, about the methods of nbo's own that the table has by the time
// it is asked. The table must not move afterwards.
void AddReflection(MethodTable* table);

// Answers one question.
rpc::v1::ReflectionResponse Reflect(const MethodTable& table, const rpc::v1::ReflectionRequest& request);

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_REFLECTION_H_
