#include "server/rpc/job_threads.h"

#include <sys/resource.h>

#include <utility>

namespace nbo::server {

JobThreads::JobThreads(int threads, size_t max_waiting, int niceness) : max_waiting_(max_waiting), niceness_(niceness) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

JobThreads::~JobThreads() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status JobThreads::Run(Job job) {
  absl::MutexLock lock(&mutex_);
  if (jobs_.size() >= max_waiting_) {
    return absl::ResourceExhaustedError("too many such calls wait for the store; try again in a moment");
  }
  jobs_.push_back(std::move(job));
  return absl::OkStatus();
}

void JobThreads::Loop() {
  if (niceness_ > 0) setpriority(PRIO_PROCESS, 0, niceness_);  // on Linux the calling thread alone
  auto something = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !jobs_.empty(); };
  while (true) {
    Job job;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&something));
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace nbo::server
