// The port to whatever keeps the population over a restart, and its in-memory twin.
#ifndef NBO_CORE_POPULATION_ARCHIVE_H_
#define NBO_CORE_POPULATION_ARCHIVE_H_

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/population/population.h"

namespace nbo {

// Thread-safe.
class PopulationArchive {
 public:
  virtual ~PopulationArchive() = default;
  // Replaces what is kept. A loss of power may undo it: it can be computed again. UNAVAILABLE on failure.
  virtual absl::Status Keep(const Population& population) = 0;
  // What is kept; nullopt: nothing yet. DATA_LOSS: it cannot be read; keep another.
  virtual absl::StatusOr<std::optional<Population>> Read() const = 0;
};

class MemoryPopulationArchive : public PopulationArchive {
 public:
  absl::Status Keep(const Population& population) override {
    absl::MutexLock lock(&mutex_);
    population_ = population;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<Population>> Read() const override {
    absl::MutexLock lock(&mutex_);
    return population_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::optional<Population> population_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_POPULATION_ARCHIVE_H_
