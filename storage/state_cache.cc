#include "storage/state_cache.h"

#include <iterator>
#include <utility>

#include "core/base/hash.h"

namespace nbo::storage {
namespace {

size_t BytesOf(absl::string_view customer_id, const CustomerState& state) {
  constexpr size_t kOverhead = 128;  // list node, index slot, allocator
  size_t bytes = kOverhead + customer_id.size() + sizeof(CustomerState) + state.days.size() * sizeof(DayTotals) +
                 state.categories.size() * sizeof(CategoryTotals) + state.stores.size() * (sizeof(StoreTotals) + 16);
  for (const Attribute& attribute : state.attributes) {
    bytes += sizeof(Attribute) + attribute.key.size() + attribute.source.size();
    if (attribute.value) bytes += attribute.value->size();
  }
  return bytes;
}

}  // namespace

size_t StateCache::ShardNumber(absl::string_view customer_id) { return Hash64(customer_id) % kShards; }

StateCache::Shard& StateCache::ShardOf(absl::string_view customer_id) { return shards_[ShardNumber(customer_id)]; }

bool StateCache::Find(absl::string_view customer_id, CustomerState* state, Miss* miss) {
  Shard& shard = ShardOf(customer_id);
  absl::MutexLock lock(&shard.mutex);
  auto found = shard.index.find(customer_id);
  if (found == shard.index.end() || found->second->in_doubt) {
    ++shard.misses;
    miss->generation = shard.generation;
    return false;
  }
  ++shard.hits;
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  *state = found->second->state;
  return true;
}

void StateCache::Insert(absl::string_view customer_id, const CustomerState& state, Miss miss) {
  Shard& shard = ShardOf(customer_id);
  const size_t bytes = BytesOf(customer_id, state);
  if (bytes > max_shard_bytes_) return;
  absl::MutexLock lock(&shard.mutex);
  if (shard.generation != miss.generation) return;
  if (auto found = shard.index.find(customer_id); found != shard.index.end()) {
    if (!found->second->in_doubt) return;
    Remove(found->second, &shard);
  }
  shard.entries.push_front({std::string(customer_id), state, bytes});
  shard.index.emplace(shard.entries.front().customer_id, shard.entries.begin());
  shard.bytes += bytes;
  Evict(&shard);
}

void StateCache::Store(absl::string_view customer_id, const CustomerState& state) {
  Shard& shard = ShardOf(customer_id);
  absl::MutexLock lock(&shard.mutex);
  ++shard.generation;
  auto found = shard.index.find(customer_id);
  if (found == shard.index.end()) return;
  Entry& entry = *found->second;
  shard.bytes -= entry.bytes;
  entry.state = state;
  entry.in_doubt = false;
  entry.bytes = BytesOf(customer_id, state);
  shard.bytes += entry.bytes;
  Evict(&shard);
}

void StateCache::Forget(absl::string_view customer_id) {
  Shard& shard = ShardOf(customer_id);
  absl::MutexLock lock(&shard.mutex);
  ++shard.generation;
  auto found = shard.index.find(customer_id);
  if (found != shard.index.end()) Remove(found->second, &shard);
}

void StateCache::Doubt(absl::string_view customer_id) {
  Shard& shard = ShardOf(customer_id);
  absl::MutexLock lock(&shard.mutex);
  ++shard.generation;
  if (auto found = shard.index.find(customer_id); found != shard.index.end()) found->second->in_doubt = true;
}

bool StateCache::FindLastKnown(absl::string_view customer_id, CustomerState* state) const {
  const Shard& shard = shards_[ShardNumber(customer_id)];
  absl::MutexLock lock(&shard.mutex);
  auto found = shard.index.find(customer_id);
  if (found == shard.index.end()) return false;
  *state = found->second->state;
  return true;
}

void StateCache::Remove(std::list<Entry>::iterator entry, Shard* shard) {
  shard->bytes -= entry->bytes;
  shard->index.erase(entry->customer_id);
  shard->entries.erase(entry);
}

void StateCache::Evict(Shard* shard) {
  while (shard->bytes > max_shard_bytes_) {
    Entry& oldest = shard->entries.back();
    shard->bytes -= oldest.bytes;
    shard->index.erase(oldest.customer_id);
    shard->entries.pop_back();
  }
}

StateCache::Stats StateCache::GetStats() const {
  Stats stats;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    stats.hits += shard.hits;
    stats.misses += shard.misses;
    stats.bytes += shard.bytes;
    stats.entries += shard.entries.size();
  }
  return stats;
}

}  // namespace nbo::storage
