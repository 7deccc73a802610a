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

void RecentShown::AddDistinct(absl::Span<const RankedOffer> offers, uint64_t Offer::*key, int64_t weight,
                              Counts* counts) {
  for (size_t i = 0; i < offers.size(); ++i) {
    const uint64_t own = offers[i].offer->*key;
    const auto counted = offers.first(i);
    if (own == 0 || std::any_of(counted.begin(), counted.end(),
                                [&](const RankedOffer& other) { return other.offer->*key == own; })) {
      continue;
    }
    Add(own, weight, counts);
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
  AddDistinct(offers, &Offer::key, weight, &bucket.by_offer);
  AddDistinct(offers, &Offer::group_key, weight, &bucket.by_group);
  AddDistinct(offers, &Offer::campaign_key, weight, &bucket.by_campaign);
}

RecentShown::Answers RecentShown::Affected(const SwitchTarget& target, absl::Time now) const {
  const int64_t oldest = BucketOf(now) - kBuckets + 1;
  Answers answers;
  answers.since = std::max(start_, absl::FromUnixSeconds(oldest * kBucketSeconds));
  const auto channel = ChannelByName(target.id);
  const uint64_t key = Hash64(target.id);
  const auto of = [](const Counts& counts, uint64_t wanted) {
    const auto it = counts.find(wanted);
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
      case SwitchScope::kStore: answers.affected += of(bucket.by_store, key); break;
      case SwitchScope::kGroup: answers.affected += of(bucket.by_group, key); break;
      case SwitchScope::kOffer: answers.affected += of(bucket.by_offer, key); break;
      case SwitchScope::kCampaign: answers.affected += of(bucket.by_campaign, key); break;
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
