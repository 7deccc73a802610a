// Which time zone each store keeps: it decides the civil day of a receipt and the "today" of a decision made there.
#ifndef NBO_CORE_BASE_STORE_ZONES_H_
#define NBO_CORE_BASE_STORE_ZONES_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo {

// The zones of up to kMaxStores stores. Filled once, then immutable and read from any thread.
class StoreZones {
 public:
  // Adds a store. `zone_name` is an IANA name; each is loaded once. INVALID_ARGUMENT names the store and the remedy: an
  // id that is none (CheckId) or was added before, a zone that is not known, or one store too many.
  absl::Status Add(absl::string_view store_id, absl::string_view zone_name);

  // The zone of a store, or `otherwise` (the deployment's) if it is not listed or the id is empty.
  absl::TimeZone ZoneOf(absl::string_view store_id, absl::TimeZone otherwise) const {
    const auto found = zones_.find(store_id);
    return found == zones_.end() ? otherwise : found->second;
  }

  bool Has(absl::string_view store_id) const { return zones_.contains(store_id); }
  size_t size() const { return zones_.size(); }
  size_t distinct_zones() const { return loaded_.size(); }

 private:
  absl::flat_hash_map<std::string, absl::TimeZone> zones_;   // by store
  absl::flat_hash_map<std::string, absl::TimeZone> loaded_;  // by name
};

// The zones in force. A reader pins those it begins with and takes every zone of one request from them; a reload swaps
// them whole. Thread-safe. Never null: before the first Swap no store has a zone of its own.
class ActiveStoreZones {
 public:
  std::shared_ptr<const StoreZones> Pin() const { return current_.load(std::memory_order_acquire); }
  void Swap(std::shared_ptr<const StoreZones> next) { current_.store(std::move(next), std::memory_order_release); }

 private:
  std::atomic<std::shared_ptr<const StoreZones>> current_{std::make_shared<const StoreZones>()};
};

}  // namespace nbo

#endif  // NBO_CORE_BASE_STORE_ZONES_H_
