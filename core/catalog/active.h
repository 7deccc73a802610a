// The catalog in force. A reader pins the one it begins with; a publisher swaps it whole.
#ifndef NBO_CORE_CATALOG_ACTIVE_H_
#define NBO_CORE_CATALOG_ACTIVE_H_

#include <atomic>
#include <memory>
#include <utility>

#include "core/catalog/catalog.h"

namespace nbo {

// Thread-safe. Never null: before the first publication an empty catalog of version 0 is in force.
class ActiveCatalog {
 public:
  std::shared_ptr<const Catalog> Pin() const { return current_.load(std::memory_order_acquire); }
  void Swap(std::shared_ptr<const Catalog> next) { current_.store(std::move(next), std::memory_order_release); }

 private:
  std::atomic<std::shared_ptr<const Catalog>> current_{std::make_shared<const Catalog>()};
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_ACTIVE_H_
