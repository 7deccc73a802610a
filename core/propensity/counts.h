// What became of offers that people were told: how often they were, and how often they took them.
#ifndef NBO_CORE_PROPENSITY_COUNTS_H_
#define NBO_CORE_PROPENSITY_COUNTS_H_

#include <compare>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/base/channel.h"

namespace nbo {

// Ids are hashes (Hash64), so that counts outlive catalogs.
struct OutcomeKey {
  uint64_t offer = 0;    // of the offer's id
  uint64_t segment = 0;  // of the id of the person's RFM segment at the decision; 0: the person was not scored
  Channel channel = Channel::kUnspecified;

  friend auto operator<=>(const OutcomeKey&, const OutcomeKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const OutcomeKey& key) {
    return H::combine(std::move(h), key.offer, key.segment, key.channel);
  }
};

struct OutcomeCount {
  int64_t trials = 0;     // presented contacts that were answered, or whose attribution window is over
  int64_t successes = 0;  // of these: accepted or redeemed

  friend bool operator==(const OutcomeCount&, const OutcomeCount&) = default;
};

// One line of the plain form.
struct OutcomeRow {
  OutcomeKey key;
  OutcomeCount count;

  friend bool operator==(const OutcomeRow&, const OutcomeRow&) = default;
};

// Sums: in whatever order they are made, they are the same. A contact told twice counts twice: the caller makes sure,
// by the state of the contact, that it is new. Nothing is forgotten with time. Not thread-safe.
class OutcomeCounts {
 public:
  // A success that was counted as a trial before, and came late, is {0, 1}.
  void Add(const OutcomeKey& key, const OutcomeCount& count) {
    OutcomeCount& sum = counts_[key];
    sum.trials += count.trials;
    sum.successes += count.successes;
  }
  void Merge(const OutcomeCounts& other);

  // In order of their keys; to be added again one by one. For equal sums equal rows.
  std::vector<OutcomeRow> Rows() const;
  OutcomeCount Of(const OutcomeKey& key) const;
  const absl::flat_hash_map<OutcomeKey, OutcomeCount>& counts() const { return counts_; }

 private:
  absl::flat_hash_map<OutcomeKey, OutcomeCount> counts_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROPENSITY_COUNTS_H_
