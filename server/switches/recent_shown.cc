#include "server/switches/recent_shown.h"

#include <algorithm>

#include "core/base/hash.h"

namespace nbo::server {

void RecentShown::Add(uint64_t key, int64_t weight, Counts* counts) {
  if (const auto it = counts->find(key); it != counts->end()) {
    it->second += weight;
  } else if (counts->size() < kMaxKeys) {
    counts->emplace(key, weight);
  }
}

void RecentShown::CountOne(absl::Time now, int64_t weight, Channel channel, absl::string_view store_id,
                           absl::Span<const RankedOffer> offers) {
  const int64_t number = BucketOf(now);
  if (number < 0) return;
  absl::MutexLock lock(&mutex_);
  Bucket& bucket = buckets_[static_cast<size_t>(number % kBuckets)];
  if (bucket.number != number) {
    bucket = Bucket();
    bucket.number = number;
  }
  if (++bucket.counted == kExact) busy_bucket_.store(number, std::memory_order_relaxed);
  bucket.answers += weight;
  const int64_t held = offers.empty() ? 0 : weight;
  bucket.with_offers += held;
  bucket.by_channel[static_cast<size_t>(channel)] += held;
  if (!store_id.empty()) Add(Hash64(store_id), held, &bucket.by_store);
  for (const RankedOffer& ranked : offers) Add(ranked.offer->key, weight, &bucket.by_offer);
}

RecentShown::Answers RecentShown::Affected(const SwitchTarget& target, const Catalog& catalog, absl::Time now) const {
  const int64_t oldest = BucketOf(now) - kBuckets + 1;
  Answers answers;
  answers.since = std::max(start_, absl::FromUnixSeconds(oldest * kBucketSeconds));
  const auto channel = ChannelByName(target.id);
  const auto of = [](const Counts& counts, uint64_t key) {
    const auto it = counts.find(key);
    return it == counts.end() ? 0 : it->second;
  };
  absl::MutexLock lock(&mutex_);
  ForEachRecent(now, [&](const Bucket& bucket) {
    answers.all += bucket.answers;
    switch (target.scope) {
      case SwitchScope::kEverything: answers.affected += bucket.with_offers; break;
      case SwitchScope::kChannel:
        if (channel.has_value()) answers.affected += bucket.by_channel[static_cast<size_t>(*channel)];
        break;
      case SwitchScope::kStore: answers.affected += of(bucket.by_store, Hash64(target.id)); break;
      case SwitchScope::kGroup:
        for (const Offer& offer : catalog.offers) {
          if (offer.group == target.id) answers.affected += of(bucket.by_offer, offer.key);
        }
        break;
      case SwitchScope::kOffer: answers.affected += of(bucket.by_offer, Hash64(target.id)); break;
    }
  });
  return answers;
}

bool RecentShown::HasStore(absl::string_view store_id, absl::Time now) const {
  const uint64_t key = Hash64(store_id);
  bool found = false;
  absl::MutexLock lock(&mutex_);
  ForEachRecent(now, [&](const Bucket& bucket) { found |= bucket.by_store.contains(key); });
  return found;
}

}  // namespace nbo::server
