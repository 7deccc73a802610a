// Time and randomness in the hand of a test.
#ifndef NBO_TESTS_SERVER_FAKES_H_
#define NBO_TESTS_SERVER_FAKES_H_

#include <atomic>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "server/ingest/pipeline.h"

namespace nbo::server {

class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'718'366'400)) : now_(now) {}  // 2024-06-14 12:00 UTC
  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    absl::MutexLock lock(&mutex_);
    now_ = now;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

// 1, 2, 3, ...
class FakeRandomness : public Randomness {
 public:
  uint64_t Bits64() override { return ++last_; }

 private:
  std::atomic<uint64_t> last_{0};
};

class CountingObserver : public IngestObserver {
 public:
  void OnStart(absl::Duration) override { ++starts; }
  void OnGroup(size_t events, absl::Duration) override {
    ++groups;
    this->events += static_cast<int>(events);
  }
  void OnReceipt(const absl::StatusOr<RecordResult>&) override { ++receipts; }
  std::atomic<int> starts{0}, groups{0}, events{0}, receipts{0};
};

// While closed, writers wait: they have taken their groups, but not begun to record them.
class GatedObserver : public CountingObserver {
 public:
  void CloseGate() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  void OpenGate() {
    absl::MutexLock lock(&mutex_);
    closed_ = false;
  }
  // Returns when so many writers wait at the gate.
  void AwaitWaiting(int count) {
    auto there = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return waiting_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void OnStart(absl::Duration oldest_wait) override {
    CountingObserver::OnStart(oldest_wait);
    auto open = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !closed_; };
    absl::MutexLock lock(&mutex_);
    ++waiting_;
    mutex_.Await(absl::Condition(&open));
    --waiting_;
  }

 private:
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_FAKES_H_
