// The port to whatever keeps what was learned over a restart, and its in-memory twin.
#ifndef NBO_CORE_PROPENSITY_ARCHIVE_H_
#define NBO_CORE_PROPENSITY_ARCHIVE_H_

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/propensity/learner.h"

namespace nbo {

// Thread-safe.
class PropensityArchive {
 public:
  virtual ~PropensityArchive() = default;
  // Replaces what is kept, as a whole. A loss of power may bring back what was kept before: the log after its position
  // is folded again. The log must be durable up to the position. UNAVAILABLE on failure.
  virtual absl::Status Keep(const LearnedState& state) = 0;
  // What is kept; nullopt: nothing yet. DATA_LOSS: it cannot be read; keep another.
  virtual absl::StatusOr<std::optional<LearnedState>> Read() const = 0;
};

class MemoryPropensityArchive : public PropensityArchive {
 public:
  absl::Status Keep(const LearnedState& state) override {
    absl::MutexLock lock(&mutex_);
    state_ = state;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<LearnedState>> Read() const override {
    absl::MutexLock lock(&mutex_);
    return state_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::optional<LearnedState> state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_PROPENSITY_ARCHIVE_H_
