// What was shown in the last hour, so that people see how much a switch stops before they use it.
#ifndef NBO_SERVER_SWITCHES_RECENT_SHOWN_H_
#define NBO_SERVER_SWITCHES_RECENT_SHOWN_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/base/channel.h"
#include "core/catalog/catalog.h"
#include "core/decision/engine.h"
#include "core/switches/switch.h"

namespace nbo::server {

// Counts answers by offer, group, campaign, channel and store in six buckets of ten minutes, in memory only. A bucket's
// first kExact answers are counted each; of those that follow one in kSampled is, for kSampled: then most answers cost
// one load, and a count of n is off by about 4 * sqrt(n). Thread-safe.
class RecentShown {
 public:
  static constexpr int64_t kBucketSeconds = 600;
  static constexpr int kBuckets = 6;
  static constexpr int64_t kExact = 1000;
  static constexpr int64_t kSampled = 16;
  // Distinct offers of a bucket, and distinct groups, campaigns and stores: what comes beyond is not counted. All
  // buckets take 7 MB at most.
  static constexpr size_t kMaxKeys = 10'000;

  explicit RecentShown(absl::Time start) : start_(start) {}

  // An answer that was given at `now`. `random`: of any bits whether it is in the sample. `store_id` may be empty.
  void Count(absl::Time now, uint64_t random, Channel channel, absl::string_view store_id,
             absl::Span<const RankedOffer> offers) {
    const bool busy = busy_bucket_.load(std::memory_order_relaxed) == BucketOf(now);
    if (busy && random % kSampled != 0) return;
    CountOne(now, busy ? kSampled : 1, channel, store_id, offers);
  }

  struct Answers {
    absl::Time since;      // the begin of the oldest bucket, or the start
    int64_t all = 0;       // since then
    int64_t affected = 0;  // those that held an offer which a switch for the target stops
  };
  Answers Affected(const SwitchTarget& target, absl::Time now) const;

  // Whether a request that named the store was counted, answered with offers or without.
  bool HasStore(absl::string_view store_id, absl::Time now) const;

 private:
  using Counts = absl::flat_hash_map<uint64_t, int64_t>;  // by Hash64 of the id

  struct Bucket {
    int64_t number = -1;  // since 1970
    int64_t counted = 0;  // without weights
    int64_t answers = 0;  // the rest: with weights
    int64_t with_offers = 0;
    std::array<int64_t, kChannelCount> by_channel{};  // with offers
    Counts by_store;                                  // with offers; 0: only without
    Counts by_offer, by_group, by_campaign;
  };

  static int64_t BucketOf(absl::Time now) { return absl::ToUnixSeconds(now) / kBucketSeconds; }
  void CountOne(absl::Time now, int64_t weight, Channel channel, absl::string_view store_id,
                absl::Span<const RankedOffer> offers);
  static void Add(uint64_t key, int64_t weight, Counts* counts);
  // Once for each key that the offers have, 0 being none.
  static void AddDistinct(absl::Span<const RankedOffer> offers, uint64_t Offer::*key, int64_t weight, Counts* counts);
  // Calls each(bucket) for those of the last hour.
  template <typename Each>
  void ForEachRecent(absl::Time now, Each each) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int64_t newest = BucketOf(now);
    for (const Bucket& bucket : buckets_) {
      if (bucket.number > newest - kBuckets && bucket.number <= newest) each(bucket);
    }
  }

  const absl::Time start_;
  std::atomic<int64_t> busy_bucket_{-1};  // the number of the one that has kExact answers
  mutable absl::Mutex mutex_;
  std::array<Bucket, kBuckets> buckets_ ABSL_GUARDED_BY(mutex_);  // each at its number modulo kBuckets
};

}  // namespace nbo::server

#endif  // NBO_SERVER_SWITCHES_RECENT_SHOWN_H_
