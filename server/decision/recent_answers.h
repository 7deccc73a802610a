// The answers given lately to requests with an id, over all customers: beyond the few that each person's ledger holds.
#ifndef NBO_SERVER_DECISION_RECENT_ANSWERS_H_
#define NBO_SERVER_DECISION_RECENT_ANSWERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/base/hash.h"
#include "core/decision/decision_id.h"

namespace nbo::server {

// Of all since the start, the last kCapacity; each takes about 64 bytes. A hint: whoever finds a decision here reads it
// in the log, and looks whether it is the one. Thread-safe.
class RecentAnswers {
 public:
  static constexpr size_t kCapacity = 1 << 17;

  void Add(absl::string_view customer_id, uint64_t request, const DecisionId& decision) {
    const uint64_t key = KeyOf(customer_id, request);
    Shard& shard = shards_[key % kShards];
    absl::MutexLock lock(&shard.mutex);
    if (!shard.decisions.insert_or_assign(key, decision).second) return;  // its place in the row stays
    if (shard.row.size() < kCapacity / kShards) {
      shard.row.push_back(key);
      return;
    }
    shard.decisions.erase(std::exchange(shard.row[shard.oldest], key));
    shard.oldest = (shard.oldest + 1) % shard.row.size();
  }

  std::optional<DecisionId> Find(absl::string_view customer_id, uint64_t request) const {
    const uint64_t key = KeyOf(customer_id, request);
    const Shard& shard = shards_[key % kShards];
    absl::MutexLock lock(&shard.mutex);
    const auto it = shard.decisions.find(key);
    return it == shard.decisions.end() ? std::nullopt : std::optional<DecisionId>(it->second);
  }

 private:
  static constexpr size_t kShards = 64;
  struct Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<uint64_t, DecisionId> decisions ABSL_GUARDED_BY(mutex);
    std::vector<uint64_t> row ABSL_GUARDED_BY(mutex);  // in the order of their coming, from `oldest` on
    size_t oldest ABSL_GUARDED_BY(mutex) = 0;
  };

  static uint64_t KeyOf(absl::string_view customer_id, uint64_t request) {
    return Hash64(customer_id) * 0x9E3779B97F4A7C15 ^ request;
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_RECENT_ANSWERS_H_
