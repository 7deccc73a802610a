#include "server/decision/disk_reads.h"

#include <algorithm>
#include <utility>

namespace nbo::server {

DiskReads::DiskReads(int threads, size_t max_waiting) : max_waiting_(max_waiting) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { ReadLoop(); });
  threads_.emplace_back([this] { DeadlineLoop(); });
}

DiskReads::~DiskReads() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    queue_grew_.SignalAll();
    earliest_changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

bool DiskReads::Start(absl::Time deadline, const std::shared_ptr<DiskRead>& read) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || deadlines_.size() >= max_waiting_) return false;
  read->stage_ = Stage::kQueued;
  read->queued_ = queue_.insert(queue_.end(), read);
  read->deadline_ = deadlines_.emplace(std::min(deadline, latest_), read);
  queue_grew_.Signal();
  // Most are read long before their time: whoever keeps the deadlines sleeps on until the first of them was over.
  if (read->deadline_->first < wakes_at_) earliest_changed_.Signal();
  return true;
}

void DiskReads::Leave(DiskRead* read) {
  if (read->stage_ == Stage::kQueued) queue_.erase(read->queued_);
  deadlines_.erase(read->deadline_);
  read->stage_ = Stage::kDone;
}

void DiskReads::Cancel(const std::shared_ptr<DiskRead>& read) {
  {
    absl::MutexLock lock(&mutex_);
    if (read->stage_ == Stage::kDone) return;
    Leave(read.get());
  }
  read->Done(DiskRead::End::kCancelled);
}

void DiskReads::Drain(absl::Time latest) {
  absl::MutexLock lock(&mutex_);
  latest_ = std::min(latest_, latest);
  while (!deadlines_.empty() && std::prev(deadlines_.end())->first > latest_) {
    auto last = std::prev(deadlines_.end());
    std::shared_ptr<DiskRead> read = std::move(last->second);
    deadlines_.erase(last);
    DiskRead* const moved = read.get();
    moved->deadline_ = deadlines_.emplace(latest_, std::move(read));
  }
  earliest_changed_.Signal();
}

DiskReads::Figures DiskReads::GetFigures() const {
  absl::MutexLock lock(&mutex_);
  // Who waits is queued or being read; a thread that reads for nobody any more is stalled.
  return {deadlines_.size(), reading_ - (deadlines_.size() - queue_.size())};
}

void DiskReads::ReadLoop() {
  while (true) {
    std::shared_ptr<DiskRead> read;
    {
      absl::MutexLock lock(&mutex_);
      while (queue_.empty() && !stopping_) queue_grew_.Wait(&mutex_);
      if (stopping_) return;
      read = std::move(queue_.front());
      queue_.pop_front();
      read->stage_ = Stage::kReading;
      ++reading_;
    }
    read->Read();
    {
      absl::MutexLock lock(&mutex_);
      --reading_;
      if (read->stage_ == Stage::kDone) continue;
      Leave(read.get());
    }
    read->Done(DiskRead::End::kRead);
  }
}

void DiskReads::DeadlineLoop() {
  while (true) {
    std::shared_ptr<DiskRead> read;
    {
      absl::MutexLock lock(&mutex_);
      if (deadlines_.empty() && stopping_) return;
      wakes_at_ = deadlines_.empty() ? absl::InfiniteFuture() : deadlines_.begin()->first;
      // Over as soon as the time is up, whatever was signalled: then whoever's deadline was not later is late.
      if (!stopping_ && !earliest_changed_.WaitWithDeadline(&mutex_, wakes_at_)) continue;
      if (deadlines_.empty() || (!stopping_ && deadlines_.begin()->first > wakes_at_)) continue;
      read = deadlines_.begin()->second;
      Leave(read.get());
    }
    read->Done(DiskRead::End::kLate);
  }
}

}  // namespace nbo::server
