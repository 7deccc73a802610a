// The wiring of nbod and its life: start, serve, reload, drain, close.
#ifndef NBO_SERVER_APP_APP_H_
#define NBO_SERVER_APP_APP_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/settings.h"

namespace rocksdb {
class FileSystem;
}

namespace nbo::server {

// What a test puts in the place of the machine.
struct Overrides {
  std::shared_ptr<rocksdb::FileSystem> file_system = nullptr;  // under the store; null: the machine's own
};

// A running server. Start, Reload and Stop are called from one thread.
class App {
 public:
  virtual ~App() = default;

  // Opens the store, activates the catalog, listens. When it returns OK, requests are answered.
  static absl::StatusOr<std::unique_ptr<App>> Start(const Settings& settings, const Overrides& overrides = {});

  // Reads stores.file anew and publishes the catalog file if it has changed; a bad file changes nothing. Logged.
  virtual void Reload() = 0;

  // Answers what is under way, closes the store. Idempotent.
  virtual absl::Status Stop() = 0;

  virtual int grpc_port() const = 0;
  virtual int http_port() const = 0;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_APP_H_
