// Pauses and resumes: keeps it, then puts it into force.
#ifndef NBO_SERVER_SWITCHES_SWITCHBOARD_H_
#define NBO_SERVER_SWITCHES_SWITCHBOARD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/switches/active_switches.h"
#include "core/switches/archive.h"

namespace nbo::server {

// What somebody wants.
struct SwitchOrder {
  SwitchTarget target;
  bool paused = false;  // else it is to be resumed
  std::string author;
  std::string reason;
};

struct SwitchOutcome {
  bool changed = false;
  int64_t number = 0;  // of the event; 0: nothing was changed
  std::optional<Switch> in_force;
};

// Thread-safe: changes take turns. All pointers must outlive it.
class Switchboard {
 public:
  // Learns of every change after it is in force, in this order; on the thread that made it. Must not call the board.
  using Told = std::function<void(const SwitchEvent&)>;

  Switchboard(SwitchArchive* archive, ActiveSwitches* active, const Clock* clock, Told told = nullptr)
      : archive_(archive), active_(active), clock_(clock), told_(std::move(told)) {}

  // Puts into force what is kept. To be called once, first. An error: what is paused is not known, so that no offers
  // should be given.
  absl::Status Load();

  // Once it has returned OK, every request that begins sees the change, and it is durable. Blocks for the sync.
  // INVALID_ARGUMENT: author or reason; RESOURCE_EXHAUSTED: kMaxSwitches are paused; UNAVAILABLE: it could not be kept,
  // and nothing is changed.
  absl::StatusOr<SwitchOutcome> Set(const SwitchOrder& order);
  // What Set would answer, without author and reason; changes nothing.
  SwitchOutcome Preview(const SwitchTarget& target, bool paused) const;

  // Never null.
  std::shared_ptr<const Switches> in_force() const;
  absl::StatusOr<std::vector<SwitchEvent>> List(int64_t before, size_t limit) const {
    return archive_->List(before, limit);
  }

 private:
  void PutIntoForce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  SwitchArchive* const archive_;
  ActiveSwitches* const active_;
  const Clock* const clock_;
  const Told told_;
  mutable absl::Mutex mutex_;
  SwitchesKept kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo::server

#endif  // NBO_SERVER_SWITCHES_SWITCHBOARD_H_
