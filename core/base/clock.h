// The ports through which time and randomness come in. Core never asks the operating system.
#ifndef NBO_CORE_BASE_CLOCK_H_
#define NBO_CORE_BASE_CLOCK_H_

#include <cstdint>

#include "absl/time/time.h"

namespace nbo {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// Thread-safe source of random bits.
class Randomness {
 public:
  virtual ~Randomness() = default;
  virtual uint64_t Bits64() = 0;
};

}  // namespace nbo

#endif  // NBO_CORE_BASE_CLOCK_H_
