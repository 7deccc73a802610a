// The model of propensities in force. A reader pins the one it begins with; a refresh swaps it whole.
#ifndef NBO_CORE_PROPENSITY_ACTIVE_H_
#define NBO_CORE_PROPENSITY_ACTIVE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/propensity/model.h"

namespace nbo {

// Offers are told by their positions in one version of the catalog: the model is of no use to another.
struct CatalogPropensities {
  int64_t catalog_version = 0;
  PropensityModel model;
};

// Thread-safe.
class ActivePropensities {
 public:
  // Null if there is none of that version, or not yet: the author's propensities hold.
  std::shared_ptr<const PropensityModel> Pin(int64_t catalog_version) const {
    std::shared_ptr<const CatalogPropensities> current = current_.load(std::memory_order_acquire);
    if (current == nullptr || current->catalog_version != catalog_version) return nullptr;
    const PropensityModel* const model = &current->model;
    return {std::move(current), model};
  }
  void Swap(std::shared_ptr<const CatalogPropensities> next) {
    current_.store(std::move(next), std::memory_order_release);
  }

 private:
  std::atomic<std::shared_ptr<const CatalogPropensities>> current_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROPENSITY_ACTIVE_H_
