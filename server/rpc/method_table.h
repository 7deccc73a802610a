// The methods that are served: one entry each, whichever protocol calls it.
#ifndef NBO_SERVER_RPC_METHOD_TABLE_H_
#define NBO_SERVER_RPC_METHOD_TABLE_H_

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/rpc/call.h"
#include "server/rpc/wire.h"

namespace nbo::server {

struct RpcMethod {
  // Null for those that are not nbo's own (health, reflection).
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  size_t max_bytes = kMaxMessageBytes;  // of one request message
  // One of the two.
  std::function<void(const std::shared_ptr<UnaryCall>&)> run;
  // Never null; owns itself, until OnDone. The call lives until then.
  std::function<StreamHandler*(StreamCall*)> open;
};

// Built once, then read by all threads.
class MethodTable {
 public:
  // `path`: "/package.Service/Method".
  void Add(std::string path, RpcMethod method) { methods_.emplace(std::move(path), std::move(method)); }
  // Null: there is none.
  const RpcMethod* Find(absl::string_view path) const {
    const auto found = methods_.find(path);
    return found == methods_.end() ? nullptr : &found->second;
  }
  const absl::flat_hash_map<std::string, RpcMethod>& methods() const { return methods_; }

 private:
  absl::flat_hash_map<std::string, RpcMethod> methods_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_METHOD_TABLE_H_
