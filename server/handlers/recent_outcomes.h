// The outcomes of default offers that were taken in lately. A default offer is given to anybody and is no contact in
// the ledger, which tells what is known already of all others.
#ifndef NBO_SERVER_HANDLERS_RECENT_OUTCOMES_H_
#define NBO_SERVER_HANDLERS_RECENT_OUTCOMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/contact/contact.h"
#include "core/decision/decision_id.h"

namespace nbo::server {

// Of all since the start, the last kCapacity; each takes about 80 bytes. One that comes again later is taken in again.
// Thread-safe.
class RecentOutcomes {
 public:
  static constexpr size_t kCapacity = 1 << 16;

  // Runs `write` and returns what it returns, unless it has returned OK before for that kind of outcome of that offer:
  // then nullopt. Of two at a time one writes and the other waits.
  std::optional<absl::StatusOr<uint64_t>> Once(const AttributionToken& token, OutcomeKind kind,
                                               absl::FunctionRef<absl::StatusOr<uint64_t>()> write) {
    const Key key{token.decision, token.rank, kind};
    Shard& shard = shards_[token.decision.random % kShards];
    absl::MutexLock lock(&shard.mutex);
    if (shard.known.contains(key)) return std::nullopt;
    absl::StatusOr<uint64_t> written = write();
    if (!written.ok()) return written;
    shard.known.insert(key);
    if (shard.row.size() < kCapacity / kShards) {
      shard.row.push_back(key);
    } else {
      shard.known.erase(shard.row[shard.oldest]);
      shard.row[shard.oldest] = key;
      shard.oldest = (shard.oldest + 1) % shard.row.size();
    }
    return written;
  }

 private:
  using Key = std::tuple<DecisionId, int, OutcomeKind>;
  static constexpr size_t kShards = 16;
  struct Shard {
    absl::Mutex mutex;
    absl::flat_hash_set<Key> known ABSL_GUARDED_BY(mutex);
    std::vector<Key> row ABSL_GUARDED_BY(mutex);  // in the order of their coming, from `oldest` on
    size_t oldest ABSL_GUARDED_BY(mutex) = 0;
  };

  std::array<Shard, kShards> shards_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_RECENT_OUTCOMES_H_
