// Ctrl-C while nboctl only watches what the server does.
#pragma once

#include <csignal>

namespace nbo::ctl {

// While it lives, the first SIGINT is noted instead of ending the process; a second one ends it. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool interrupted() const;

 private:
  struct sigaction before_;
};

}  // namespace nbo::ctl
