// EventService.RecordPurchases: many receipts under way on one stream, acknowledged in runs.
#ifndef NBO_SERVER_RPC_PURCHASE_STREAM_H_
#define NBO_SERVER_RPC_PURCHASE_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "server/handlers/event_handler.h"
#include "server/ingest/pipeline.h"
#include "server/ops/metrics.h"

namespace nbo::server {

struct StreamOptions {
  int max_streams = 64;        // open at once; more are refused with RESOURCE_EXHAUSTED
  size_t max_messages = 1024;  // read and not yet acknowledged, per stream; then reading pauses
  size_t max_bytes = 4 << 20;  // the same in bytes
};

class PurchaseStream;

// The open streams. Thread-safe; must outlive them.
class PurchaseStreams {
 public:
  // Reads as long as the pipeline's budget has room; acknowledges at the end of its groups. The streams are called by
  // it (MemoryBudget::OnRoom, IngestPipeline::OnGroupEnd) and must outlive it, and it must outlive the calls.
  PurchaseStreams(const StreamOptions& options, IngestPipeline* pipeline)
      : options_(options), budget_(&pipeline->budget()) {
    budget_->OnRoom([this] { Resume(); });
    pipeline->OnGroupEnd([this] { Flush(); });
  }

  // The reactor of a new call; owns itself. `handler` and `metrics` must outlive it.
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Open(const EventHandler* handler, Metrics* metrics);

  // Ends every stream, present and future, with UNAVAILABLE after what was read is acknowledged.
  void Drain();

  int open_count() const;
  const StreamOptions& options() const { return options_; }

 private:
  friend class PurchaseStream;
  void Remove(PurchaseStream* stream);
  // Lets the streams read on that stopped for want of room.
  void Resume();
  // Acknowledges what the last group has filled.
  void Flush();

  const StreamOptions options_;
  MemoryBudget* const budget_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<PurchaseStream*> streams_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_PURCHASE_STREAM_H_
