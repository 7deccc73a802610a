// How much memory what waits to be written may take, over all streams and calls together.
#ifndef NBO_SERVER_INGEST_MEMORY_BUDGET_H_
#define NBO_SERVER_INGEST_MEMORY_BUDGET_H_

#include <cstddef>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace nbo::server {

// A count of bytes with a limit. Whoever can be refused is refused beyond the limit (TryTake). A stream cannot: what it
// has read must be taken in (Take); instead it asks before it reads (HasRoom) and is told when to go on. Streams stop
// at three quarters of the limit, so that an import over streams does not make the tills' single calls fail.
//
// So at most the limit is used, and beyond it the one receipt of each stream that was being read when it was reached.
//
// Thread-safe. Must outlive its charges.
class MemoryBudget {
 public:
  // Bytes that count until it is destroyed. Move-only; a default or moved-from one counts nothing.
  class Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Charge& operator=(Charge&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Charge() {
      if (budget_ != nullptr) budget_->Release(bytes_);
    }

   private:
    friend class MemoryBudget;
    Charge(MemoryBudget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  explicit MemoryBudget(size_t limit_bytes) : limit_bytes_(limit_bytes), streams_stop_at_(limit_bytes / 4 * 3) {}
  MemoryBudget(const MemoryBudget&) = delete;

  // Counts, whatever is used already.
  Charge Take(size_t bytes);

  // Counts if that stays within the limit or nothing is used; else RESOURCE_EXHAUSTED that says when to try again.
  absl::StatusOr<Charge> TryTake(size_t bytes);

  // Whether streams may read on. After a false, the function given to OnRoom is called when there is room again: no
  // room that appears after the answer is missed.
  bool HasRoom();

  // Sets what is called when there is room again after HasRoom said no: once, on the thread whose charge ended, which
  // holds no lock of the budget. It must not block. Set it before the first HasRoom; it must outlive the last charge.
  void OnRoom(std::function<void()> on_room);

  size_t used() const;
  size_t limit() const { return limit_bytes_; }

 private:
  void Release(size_t bytes);

  const size_t limit_bytes_;
  const size_t streams_stop_at_;
  mutable absl::Mutex mutex_;
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  bool awaited_ ABSL_GUARDED_BY(mutex_) = false;  // HasRoom said no, and OnRoom was not called since
  std::function<void()> on_room_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo::server

#endif  // NBO_SERVER_INGEST_MEMORY_BUDGET_H_
