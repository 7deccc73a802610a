// EventService.RecordPurchases: many receipts under way on one stream, acknowledged in runs.
#ifndef NBO_SERVER_RPC_PURCHASE_STREAM_H_
#define NBO_SERVER_RPC_PURCHASE_STREAM_H_

#include "server/handlers/event_handler.h"
#include "server/ingest/pipeline.h"
#include "server/ops/metrics.h"
#include "server/rpc/run_stream.h"

namespace nbo::server {

// The open streams. Thread-safe; must outlive them.
class PurchaseStreams : public RunStreams {
 public:
  // Reads as long as the pipeline's budget has room; acknowledges at the end of its groups. The streams are called by
  // it (MemoryBudget::OnRoom, IngestPipeline::OnGroupEnd) and must outlive it, and it must outlive the calls.
  PurchaseStreams(const StreamOptions& options, IngestPipeline* pipeline)
      : RunStreams(options, "receipts"), budget_(&pipeline->budget()) {
    budget_->OnRoom([this] { Resume(); });
    pipeline->OnGroupEnd([this] { Flush(); });
  }

  // The handler of a new call; owns itself. `handler` and `metrics` must outlive it.
  StreamHandler* Open(StreamCall* call, const EventHandler* handler, Metrics* metrics);

 private:
  bool HasRoom() const override { return budget_->HasRoom(); }

  MemoryBudget* const budget_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_PURCHASE_STREAM_H_
