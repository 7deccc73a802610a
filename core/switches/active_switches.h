// The switches in force. A request pins those it begins with; a change swaps them whole.
#ifndef NBO_CORE_SWITCHES_ACTIVE_SWITCHES_H_
#define NBO_CORE_SWITCHES_ACTIVE_SWITCHES_H_

#include <atomic>
#include <memory>
#include <utility>

#include "core/switches/switches.h"

namespace nbo {

// Thread-safe, but for Swap, whose callers take turns. A request that begins after Swap returned sees what it put in.
class ActiveSwitches {
 public:
  // Null: nothing is paused. That costs one load, and nearly always nothing is paused.
  std::shared_ptr<const Switches> Pin() const {
    return any_.load(std::memory_order_acquire) ? current_.load(std::memory_order_acquire) : nullptr;
  }
  // `next` may be null or empty: nothing is paused.
  void Swap(std::shared_ptr<const Switches> next) {
    if (next != nullptr && next->empty()) next = nullptr;
    const bool any = next != nullptr;
    current_.store(std::move(next), std::memory_order_release);
    any_.store(any, std::memory_order_release);
  }

 private:
  std::atomic<bool> any_{false};
  std::atomic<std::shared_ptr<const Switches>> current_;
};

}  // namespace nbo

#endif  // NBO_CORE_SWITCHES_ACTIVE_SWITCHES_H_
