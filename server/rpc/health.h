// grpc.health.v1.Health: whether this server takes calls.
#ifndef NBO_SERVER_RPC_HEALTH_H_
#define NBO_SERVER_RPC_HEALTH_H_

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "nbo/rpc/v1/health.pb.h"
#include "server/rpc/method_table.h"

namespace nbo::server {

// Not serving until it is told. Thread-safe; must outlive the calls.
class Health {
 public:
  // `methods`: whose services have this health; must outlive it.
  explicit Health(const MethodTable* methods) : methods_(methods) {}

  // Adds Check and Watch.
  void AddTo(MethodTable* table);

  // No longer serving: tells those who watch, and ends their calls.
  void SetServing(bool serving);

 private:
  class Watcher;

  bool Knows(const std::string& service) const;
  void Check(UnaryCall* call) const;
  rpc::v1::HealthStatus status() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return serving_ ? rpc::v1::HEALTH_STATUS_SERVING : rpc::v1::HEALTH_STATUS_NOT_SERVING;
  }

  const MethodTable* const methods_;
  mutable absl::Mutex mutex_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_HEALTH_H_
