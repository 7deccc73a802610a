// The port to whatever keeps the switches and their history, and its in-memory twin.
#ifndef NBO_CORE_SWITCHES_ARCHIVE_H_
#define NBO_CORE_SWITCHES_ARCHIVE_H_

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/switches/switch.h"

namespace nbo {

// What is in force, and the number of the newest event; 0: there was none yet.
struct SwitchesKept {
  PausedSwitches paused;
  int64_t last_number = 0;
};

// Thread-safe.
class SwitchArchive {
 public:
  virtual ~SwitchArchive() = default;
  // Keeps an event durably, whatever the policy for receipts. Its number must be one more than the newest.
  // UNAVAILABLE on failure: nothing is kept then.
  virtual absl::Status Append(const SwitchEvent& event) = 0;
  // Reads all events; for the start.
  virtual absl::StatusOr<SwitchesKept> Read() const = 0;
  // Events with numbers below `before` (0: all), the newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<SwitchEvent>> List(int64_t before, size_t limit) const = 0;
};

class MemorySwitchArchive : public SwitchArchive {
 public:
  absl::Status Append(const SwitchEvent& event) override {
    absl::MutexLock lock(&mutex_);
    events_.push_back(event);
    return absl::OkStatus();
  }
  absl::StatusOr<SwitchesKept> Read() const override {
    absl::MutexLock lock(&mutex_);
    SwitchesKept kept;
    for (const SwitchEvent& event : events_) {
      ApplySwitch(event, &kept.paused);
      kept.last_number = event.number;
    }
    return kept;
  }
  absl::StatusOr<std::vector<SwitchEvent>> List(int64_t before, size_t limit) const override {
    absl::MutexLock lock(&mutex_);
    std::vector<SwitchEvent> list;
    for (auto it = events_.rbegin(); it != events_.rend() && list.size() < limit; ++it) {
      if (before == 0 || it->number < before) list.push_back(*it);
    }
    return list;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<SwitchEvent> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_SWITCHES_ARCHIVE_H_
