// EventService.RecordOutcomes: many outcomes under way on one stream, acknowledged in runs.
#ifndef NBO_SERVER_RPC_OUTCOME_STREAM_H_
#define NBO_SERVER_RPC_OUTCOME_STREAM_H_

#include "server/handlers/outcome_handler.h"
#include "server/ops/metrics.h"
#include "server/rpc/job_threads.h"
#include "server/rpc/run_stream.h"

namespace nbo::server {

// The open streams. Thread-safe; must outlive them, and the handler's calls that are under way.
class OutcomeStreams : public RunStreams {
 public:
  // Outcomes are taken in on `threads`, since that may wait for a disk: one of each stream at a time, so in order.
  OutcomeStreams(const StreamOptions& options, JobThreads* threads)
      : RunStreams(options, "outcomes"), threads_(threads) {}

  // The handler of a new call; owns itself. `handler` and `metrics` must outlive it.
  StreamHandler* Open(StreamCall* call, const OutcomeHandler* handler, Metrics* metrics);

 private:
  JobThreads* const threads_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_OUTCOME_STREAM_H_
