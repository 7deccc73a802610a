// The population in force. A reader pins the one it begins with; a refresh swaps it whole.
#ifndef NBO_CORE_POPULATION_ACTIVE_H_
#define NBO_CORE_POPULATION_ACTIVE_H_

#include <atomic>
#include <memory>
#include <utility>

#include "core/population/population.h"

namespace nbo {

// Thread-safe. Null until the first refresh.
class ActivePopulation {
 public:
  std::shared_ptr<const Population> Pin() const { return current_.load(std::memory_order_acquire); }
  void Swap(std::shared_ptr<const Population> next) { current_.store(std::move(next), std::memory_order_release); }

 private:
  std::atomic<std::shared_ptr<const Population>> current_;
};

}  // namespace nbo

#endif  // NBO_CORE_POPULATION_ACTIVE_H_
