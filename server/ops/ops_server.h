// The HTTP side for operators: /metrics, /healthz (alive), /readyz (takes requests).
#ifndef NBO_SERVER_OPS_OPS_SERVER_H_
#define NBO_SERVER_OPS_OPS_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace nbo::server {

struct OpsPages {
  std::function<std::string()> metrics;    // Prometheus text format
  std::function<std::string()> not_ready;  // why not; empty: ready
  std::function<std::string()> ready;      // what to say then: "ready", or what works in part only
};

// Serves until it is destroyed. The functions are called from its threads.
class OpsServer {
 public:
  virtual ~OpsServer() = default;
  virtual int port() const = 0;
  // Port 0 picks a free one. UNAVAILABLE if the port is taken.
  static absl::StatusOr<std::unique_ptr<OpsServer>> Start(const std::string& address, int port, OpsPages pages);
};

}  // namespace nbo::server

#endif  // NBO_SERVER_OPS_OPS_SERVER_H_
