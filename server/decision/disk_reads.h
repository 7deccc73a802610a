// Readings of the disk on threads of their own, each with a moment at which its caller is answered without it.
//
// A disk may take seconds for what it does in microseconds otherwise, and a thread that reads cannot be called back. So
// those who wait are told when their time is up, and the thread is left to itself until the disk answers.
#ifndef NBO_SERVER_DECISION_DISK_READS_H_
#define NBO_SERVER_DECISION_DISK_READS_H_

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace nbo::server {

// One reading, and what is done with it.
class DiskRead {
 public:
  enum class End {
    kRead,       // Read has returned
    kLate,       // the deadline came first; Read may be running, or will never be called
    kCancelled,  // so did Cancel
  };

  virtual ~DiskRead() = default;
  // On a thread of the pool, once at most. May block.
  virtual void Read() = 0;
  // Exactly once, from any thread; while Read runs unless it is kRead, so that what Read writes must not be touched.
  // Must not block.
  virtual void Done(End end) = 0;

 private:
  friend class DiskReads;
  using Queue = std::list<std::shared_ptr<DiskRead>>;
  using Deadlines = std::multimap<absl::Time, std::shared_ptr<DiskRead>>;
  enum class Stage { kQueued, kReading, kDone };
  // All guarded by the pool's mutex. Iterators: valid as the stage says.
  Stage stage_ = Stage::kDone;
  Queue::iterator queued_;        // kQueued
  Deadlines::iterator deadline_;  // kQueued, kReading
};

// Bounded: threads, and how many wait. Thread-safe.
class DiskReads {
 public:
  // Both positive.
  DiskReads(int threads, size_t max_waiting);
  // Tells everybody who waits kLate, and waits for the readings under way.
  ~DiskReads();
  DiskReads(const DiskReads&) = delete;

  // False: max_waiting wait already, and nothing will be called. Else calls read->Done once, perhaps before it returns.
  // A read is started once at most.
  [[nodiscard]] bool Start(absl::Time deadline, const std::shared_ptr<DiskRead>& read);

  // Calls Done(kCancelled) unless Done was called or is about to be. Of a read that was never started: nothing.
  void Cancel(const std::shared_ptr<DiskRead>& read);

  // From now on nobody waits beyond `latest`, however far his deadline. For shutting down.
  void Drain(absl::Time latest);

  struct Figures {
    size_t waiting = 0;  // neither read nor told
    size_t stalled = 0;  // threads that still read for somebody who was told already
  };
  Figures GetFigures() const;

 private:
  using Stage = DiskRead::Stage;

  // Takes a read that waits out of everything.
  void Leave(DiskRead* read) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadLoop();
  void DeadlineLoop();

  const size_t max_waiting_;
  mutable absl::Mutex mutex_;
  absl::CondVar queue_grew_, earliest_changed_;  // and stopping_
  DiskRead::Queue queue_ ABSL_GUARDED_BY(mutex_);
  DiskRead::Deadlines deadlines_ ABSL_GUARDED_BY(mutex_);  // of all who wait, queued or being read
  absl::Time latest_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time wakes_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // when DeadlineLoop looks by itself
  size_t reading_ ABSL_GUARDED_BY(mutex_) = 0;                            // threads in Read
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // last: begin when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_DISK_READS_H_
