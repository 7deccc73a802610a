// Drives DecisionService.GetOffers and measures it.
#ifndef NBO_TESTS_BENCH_LOAD_H_
#define NBO_TESTS_BENCH_LOAD_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/bench/histogram.h"

namespace nbo::bench {

struct LoadOptions {
  std::string server;      // host:port
  int concurrency = 32;    // closed loop: calls under way, over all threads
  double rate = 0;         // open loop if above 0: calls per second, over all threads
  int max_pending = 5000;  // open loop: calls under way at most, over all threads; what is due beyond is not sent
  int threads = 1;         // that complete calls; the open loop has as many again that send
  int connections = 4;     // TCP connections, at least one for each thread
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(5);
  absl::Duration timeout = absl::Seconds(5);  // of one call
  uint64_t seed = 1;
  int customers = 100000;  // ids c0000000 to c(customers - 1), drawn evenly
  int basket_lines = 4;
  size_t keep_answers = 0;  // how many of the first answers to keep
};

struct LoadResult {
  // Open loop: from the moment a call was due, sent or not, to its completion. Closed loop: from sending to completion.
  Histogram latency_ns;
  Histogram lateness_ns;  // open loop: how long after it was due a call was sent; large: the client is too slow
  int64_t measured = 0;   // calls that ended well within the measured time; in the open loop: that were due within it
  int64_t completed = 0;  // all calls that ended, well or not, warm-up included
  int64_t unsent = 0;     // open loop: due, but max_pending calls were under way
  int64_t request_bytes = 0, response_bytes = 0;  // of all calls that ended well
  std::map<int, int64_t> errors;                  // by gRPC code, warm-up included
  std::vector<std::string> answers;               // serialized responses
};

// Blocks until all calls have ended. The same options and server give the same requests in the same order per thread.
LoadResult RunLoad(const LoadOptions& options);

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_LOAD_H_
