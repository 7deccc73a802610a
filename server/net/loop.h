// One thread that waits for sockets and runs what becomes due.
#ifndef NBO_SERVER_NET_LOOP_H_
#define NBO_SERVER_NET_LOOP_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace nbo::server {

// A turn: wait, tell the watchers whose sockets are ready, run what was posted and what is due, tell those who asked to
// be told at its end. Everything here is for the loop's own thread unless it says otherwise.
class Loop {
 public:
  using Task = absl::AnyInvocable<void()>;

  class Watcher {
   public:
    // `events`: as epoll tells them.
    virtual void OnReady(uint32_t events) = 0;
    virtual void OnTurnEnd() {}

   protected:
    ~Watcher() = default;
  };

  // Begins the thread. Dies if the system gives no descriptors: nothing can be served then.
  Loop();
  // Stop.
  ~Loop();
  Loop(const Loop&) = delete;

  // Runs the task on the loop's thread, soon. Any thread. After Stop it is kept, and dropped with the loop.
  void Post(Task task);
  // Ends the thread when what was posted has run. Any other thread; again does nothing.
  void Stop();
  // Whether the caller is on the loop's thread. Any thread.
  bool IsHere() const;

  // `events` as for epoll, level-triggered. A watcher must be forgotten before it dies.
  void Watch(int fd, uint32_t events, Watcher* watcher);
  void Change(int fd, uint32_t events, Watcher* watcher);
  void Forget(int fd);

  // Calls watcher->OnTurnEnd() once at the end of this turn. It must live till then, and ask no more than once a turn.
  void CallAtTurnEnd(Watcher* watcher) { turn_end_.push_back(watcher); }
  // Runs after all OnTurnEnd of this turn: for what others may still point to.
  void RunAfterTurn(Task task) { after_turn_.push_back(std::move(task)); }

  // Runs the task at `time`, a millisecond late at most when idle. The result is for Cancel.
  using Timer = std::pair<absl::Time, uint64_t>;
  Timer RunAt(absl::Time time, Task task);
  // A timer that has run is cancelled without effect.
  void Cancel(const Timer& timer) { timers_.erase(timer); }

 private:
  void Run();
  int MillisecondsToWait() const;
  void RunPosted();
  void RunDue();
  void EndTurn();

  int epoll_fd_ = -1, wake_fd_ = -1;
  absl::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;  // the descriptor is readable already
  std::vector<Task> running_;                   // swapped with posted_, so that neither allocates every turn
  std::vector<Watcher*> turn_end_;
  std::vector<Task> after_turn_;
  std::map<Timer, Task> timers_;
  uint64_t next_timer_ = 1;
  std::thread thread_;  // last: begins when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_LOOP_H_
