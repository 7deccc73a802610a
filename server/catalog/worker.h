// The thread on which catalogs are read, compiled and activated, so that calls for offers are not held up.
#ifndef NBO_SERVER_CATALOG_WORKER_H_
#define NBO_SERVER_CATALOG_WORKER_H_

#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/catalog/publisher.h"

namespace nbo::server {

// One thread, of lower priority than those that answer: one job after the other, and between them what is due of the
// scheduled activations. Thread-safe; the publisher must outlive it.
class CatalogWorker {
 public:
  using Job = std::function<void()>;

  explicit CatalogWorker(CatalogPublisher* publisher);
  ~CatalogWorker() { Stop(); }
  CatalogWorker(const CatalogWorker&) = delete;

  // Runs the job later. RESOURCE_EXHAUSTED: too many wait, each perhaps with 50 MB; UNAVAILABLE: stopped. Then it will
  // not be run.
  absl::Status Run(Job job);

  // Finishes all jobs and ends the thread. Idempotent; called from one thread.
  void Stop();

 private:
  void Loop();

  CatalogPublisher* const publisher_;
  absl::Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: begins when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_WORKER_H_
