#include "server/catalog/worker.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace nbo::server {
namespace {

constexpr size_t kMaxWaiting = 16;
constexpr int kNice = 10;  // answers first; a publication still gets a tenth of a busy core
// Between two looks at what is due: bounds how late an activation is if the system's clock is set.
constexpr absl::Duration kLook = absl::Seconds(10);
constexpr absl::Duration kLookAtRetired = absl::Milliseconds(100);

}  // namespace

CatalogWorker::CatalogWorker(CatalogPublisher* publisher) : publisher_(publisher), thread_([this] { Loop(); }) {}

absl::Status CatalogWorker::Run(Job job) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("nbod is shutting down");
  if (jobs_.size() >= kMaxWaiting) {
    return absl::ResourceExhaustedError("too many calls about catalogs wait; try again in a moment");
  }
  jobs_.push_back(std::move(job));
  return absl::OkStatus();
}

void CatalogWorker::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void CatalogWorker::Loop() {
  setpriority(PRIO_PROCESS, 0, kNice);  // on Linux, of this thread
  while (true) {
    const absl::Time due = publisher_->ActivateDue();
    const bool in_use = publisher_->FreeRetired();
    const absl::Duration wait = std::min(in_use ? kLookAtRetired : kLook, due - absl::Now());
    Job job;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(
                                  +[](CatalogWorker* w) ABSL_EXCLUSIVE_LOCKS_REQUIRED(w->mutex_) {
                                    return w->stopping_ || !w->jobs_.empty();
                                  },
                                  this),
                              std::max(wait, absl::ZeroDuration()));
      if (jobs_.empty() && stopping_) return;
      if (jobs_.empty()) continue;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace nbo::server
