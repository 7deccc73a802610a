#include "server/ingest/memory_budget.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nbo::server {

MemoryBudget::Charge MemoryBudget::Take(size_t bytes) {
  absl::MutexLock lock(&mutex_);
  used_ += bytes;
  return Charge(this, bytes);
}

absl::StatusOr<MemoryBudget::Charge> MemoryBudget::TryTake(size_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (used_ > 0 && used_ + bytes > limit_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat("events of ", used_ >> 10,
                                                     " KiB are waiting to be written (ingest.max_queue_mb allows ",
                                                     limit_bytes_ >> 20, " MiB); send it again in 1 second"));
  }
  used_ += bytes;
  return Charge(this, bytes);
}

bool MemoryBudget::HasRoom() {
  absl::MutexLock lock(&mutex_);
  if (used_ < streams_stop_at_) return true;
  awaited_ = true;
  return false;
}

void MemoryBudget::OnRoom(std::function<void()> on_room) {
  absl::MutexLock lock(&mutex_);
  on_room_ = std::move(on_room);
}

size_t MemoryBudget::used() const {
  absl::MutexLock lock(&mutex_);
  return used_;
}

void MemoryBudget::Release(size_t bytes) {
  std::function<void()> call;
  {
    absl::MutexLock lock(&mutex_);
    used_ -= bytes;
    if (awaited_ && used_ < streams_stop_at_) {
      awaited_ = false;
      call = on_room_;
    }
  }
  if (call) call();
}

}  // namespace nbo::server
