// Decoded states of customers seen lately. A person who scans a card is asked about again within minutes, at the kiosk,
// with every line of the basket, at the till; the second reading costs a copy instead of a lookup and a decoding.
#ifndef NBO_STORAGE_STATE_CACHE_H_
#define NBO_STORAGE_STATE_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/profile/state.h"

namespace nbo::storage {

// Least recently used leave first. Find never returns a state older than the last Store of its customer. Thread-safe.
class StateCache {
 public:
  // 0 bytes: holds nothing.
  explicit StateCache(size_t max_bytes) : max_shard_bytes_(max_bytes / kShards) {}

  // Proves that no Store came between a miss and the Insert of what was read meanwhile.
  struct Miss {
    uint64_t generation = 0;
  };

  // Copies the state and returns true, or fills *miss and returns false.
  bool Find(absl::string_view customer_id, CustomerState* state, Miss* miss);

  // Keeps what was read from the database after `miss`; does nothing if it may be out of date already.
  void Insert(absl::string_view customer_id, const CustomerState& state, Miss miss);

  // Call after `state` was written to the database and before anybody is told: replaces what is cached, if it is.
  void Store(absl::string_view customer_id, const CustomerState& state);

  // Call after a write of a state whose outcome is unknown: Find does not find it any more until it is read or stored
  // anew, FindLastKnown does.
  void Doubt(absl::string_view customer_id);

  // Call after the customer was removed, or may have been.
  void Forget(absl::string_view customer_id);

  // Copies the state, which may lack the latest write, and returns true; false: there is none. Counts as no use.
  bool FindLastKnown(absl::string_view customer_id, CustomerState* state) const;

  struct Stats {
    uint64_t hits = 0, misses = 0, bytes = 0, entries = 0;
  };
  Stats GetStats() const;

 private:
  static constexpr size_t kShards = 16;

  struct Entry {
    std::string customer_id;
    CustomerState state;
    size_t bytes;
    bool in_doubt = false;
  };
  struct Shard {
    mutable absl::Mutex mutex;
    std::list<Entry> entries ABSL_GUARDED_BY(mutex);  // most recently used first
    // Keys point into the entries.
    absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> index ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t generation ABSL_GUARDED_BY(mutex) = 0;
    uint64_t hits ABSL_GUARDED_BY(mutex) = 0;
    uint64_t misses ABSL_GUARDED_BY(mutex) = 0;
  };

  static size_t ShardNumber(absl::string_view customer_id);
  Shard& ShardOf(absl::string_view customer_id);
  static void Remove(std::list<Entry>::iterator entry, Shard* shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex);
  void Evict(Shard* shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex);

  const size_t max_shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace nbo::storage

#endif  // NBO_STORAGE_STATE_CACHE_H_
