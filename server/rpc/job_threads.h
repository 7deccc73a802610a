// Threads for calls that may have to wait for a disk.
//
// gRPC 1.51 answers on few threads: half as many as there are processors, at least 2 and at most 16
// (completion_queue_cc). As many calls that wait on them would hold up everybody, tills included.
#ifndef NBO_SERVER_RPC_JOB_THREADS_H_
#define NBO_SERVER_RPC_JOB_THREADS_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace nbo::server {

// Runs jobs in the order of their coming. Thread-safe.
class JobThreads {
 public:
  using Job = std::function<void()>;

  // `niceness`: 0 to 19, how far these threads stand back from others; lowering needs no privilege on Linux.
  JobThreads(int threads, size_t max_waiting, int niceness = 0);
  // Finishes all jobs.
  ~JobThreads();
  JobThreads(const JobThreads&) = delete;

  // Runs the job later. RESOURCE_EXHAUSTED: too many wait. Then it will not be run.
  absl::Status Run(Job job);

 private:
  void Loop();

  const size_t max_waiting_;
  const int niceness_;
  absl::Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // last: begin when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_JOB_THREADS_H_
