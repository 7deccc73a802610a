#include "server/net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"

namespace nbo::server {
namespace {

thread_local const Loop* current = nullptr;

// Broken invariants and exhausted descriptors at the start: nothing sensible can go on.
void Require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::abort();
}

}  // namespace

Loop::Loop() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  Require(epoll_fd_ >= 0, "epoll_create1");
  Require(wake_fd_ >= 0, "eventfd");
  Watch(wake_fd_, EPOLLIN, nullptr);
  thread_ = std::thread([this] { Run(); });
}

Loop::~Loop() {
  Stop();
  close(wake_fd_);
  close(epoll_fd_);
}

bool Loop::IsHere() const { return current == this; }

void Loop::Post(Task task) {
  {
    absl::MutexLock lock(&mutex_);
    posted_.push_back(std::move(task));
    if (woken_) return;
    woken_ = true;
  }
  const uint64_t one = 1;
  Require(write(wake_fd_, &one, sizeof one) == sizeof one || errno == EAGAIN, "write to an eventfd");
}

void Loop::Stop() {
  if (!thread_.joinable()) return;
  Post([this] {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  });
  thread_.join();
}

void Loop::Watch(int fd, uint32_t events, Watcher* watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  Require(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl: add");
}

void Loop::Change(int fd, uint32_t events, Watcher* watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watcher;
  Require(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0, "epoll_ctl: change");
}

void Loop::Forget(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

Loop::Timer Loop::RunAt(absl::Time time, Task task) {
  const Timer timer{time, next_timer_++};
  timers_.emplace(timer, std::move(task));
  return timer;
}

int Loop::MillisecondsToWait() const {
  if (timers_.empty()) return -1;
  const absl::Duration wait = timers_.begin()->first.first - absl::Now();
  if (wait <= absl::ZeroDuration()) return 0;
  return static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(wait) + 1, 60'000));
}

void Loop::Run() {
  current = this;
  constexpr int kEvents = 64;  // of one turn; the others are told in the next one
  std::array<epoll_event, kEvents> events;
  while (true) {
    const int count = epoll_wait(epoll_fd_, events.data(), kEvents, MillisecondsToWait());
    Require(count >= 0 || errno == EINTR, "epoll_wait");
    bool posted = false;
    for (int i = 0; i < count; ++i) {
      auto* watcher = static_cast<Watcher*>(events[i].data.ptr);
      if (watcher == nullptr) {
        posted = true;
      } else {
        watcher->OnReady(events[i].events);
      }
    }
    if (posted) RunPosted();
    RunDue();
    EndTurn();
    if (!posted) continue;
    absl::MutexLock lock(&mutex_);
    if (stopping_ && posted_.empty()) return;
  }
}

void Loop::RunPosted() {
  uint64_t ignored = 0;
  // Before the tasks are taken: what is posted from here on wakes the loop again.
  if (read(wake_fd_, &ignored, sizeof ignored) < 0) Require(errno == EAGAIN, "read from an eventfd");
  {
    absl::MutexLock lock(&mutex_);
    woken_ = false;
    running_.swap(posted_);
  }
  for (Task& task : running_) task();
  running_.clear();
}

void Loop::RunDue() {
  if (timers_.empty()) return;
  const absl::Time now = absl::Now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

void Loop::EndTurn() {
  while (!turn_end_.empty() || !after_turn_.empty()) {  // each may ask for more
    for (size_t i = 0; i < turn_end_.size(); ++i) turn_end_[i]->OnTurnEnd();
    turn_end_.clear();
    for (size_t i = 0; i < after_turn_.size(); ++i) Task(std::move(after_turn_[i]))();
    after_turn_.clear();
  }
}

}  // namespace nbo::server
