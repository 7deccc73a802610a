// Records receipts in a store in this process, through the server's own code but for gRPC and the pipeline: the bytes
// on disk are those that nbod would write.
#ifndef NBO_TESTS_BENCH_DIRECT_RECORDER_H_
#define NBO_TESTS_BENCH_DIRECT_RECORDER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "core/profile/recorder.h"
#include "nbo/v1/event_service.pb.h"
#include "storage/storage.h"

namespace nbo::bench {

// Options for filling: no sync.
absl::StatusOr<std::unique_ptr<storage::Storage>> OpenForFilling(const std::string& path);

// Not thread-safe: one for each thread, each with partitions of its own.
class DirectRecorder {
 public:
  // The store must outlive the recorder. Writes whenever `group` receipts are there.
  DirectRecorder(storage::Storage* store, size_t group);

  // An error if a receipt is refused. It must name its customer by the customer id.
  absl::Status Add(const v1::Purchase& purchase);
  // Writes what is there. Call at the end.
  absl::Status Flush();

 private:
  Recorder recorder_;
  const size_t group_;
  std::vector<Receipt> receipts_;
};

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_DIRECT_RECORDER_H_
