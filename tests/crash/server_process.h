// An nbod that is started, killed and started again on one directory.
#ifndef NBO_TESTS_CRASH_SERVER_PROCESS_H_
#define NBO_TESTS_CRASH_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nbo::crash {

// Not thread-safe. The process dies with this object and with the harness.
class ServerProcess {
 public:
  // Everything lies in `directory`, the log as log.txt. `flags` are added to the command line.
  ServerProcess(std::string binary, std::string directory, std::vector<std::string> flags);
  ~ServerProcess() { Kill(); }
  ServerProcess(const ServerProcess&) = delete;

  // Returns when it is ready; the status holds the end of the log if it never is.
  absl::Status Start();
  // As a crash does; harmless if it is not running.
  void Kill();
  // SIGTERM, without waiting for what it does.
  void Terminate();
  // SIGTERM; the status says if the exit code was not 0.
  absl::Status Stop();

  int port() const { return port_; }
  // Of the last start, from the fork to ready.
  absl::Duration start_time() const { return start_time_; }

 private:
  std::string LogTail() const;

  const std::string binary_, directory_;
  const std::vector<std::string> flags_;
  pid_t pid_ = -1;
  int port_ = 0;
  absl::Duration start_time_;
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_SERVER_PROCESS_H_
