// The operating system's clock and randomness behind core's ports. The only place that asks for the time of day.
#ifndef NBO_SERVER_APP_SYSTEM_H_
#define NBO_SERVER_APP_SYSTEM_H_

#include "absl/random/random.h"
#include "absl/time/clock.h"
#include "core/base/clock.h"

namespace nbo::server {

class SystemClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

class SystemRandomness : public Randomness {
 public:
  uint64_t Bits64() override {
    static thread_local absl::BitGen generator;  // one per thread: no lock on the hot path
    return absl::Uniform<uint64_t>(generator);
  }
};

}  // namespace nbo::server

#endif  // NBO_SERVER_APP_SYSTEM_H_
