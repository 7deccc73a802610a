#include "storage/state_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace nbo::storage {
namespace {

CustomerState StateWith(int64_t receipts) {
  CustomerState state;
  state.receipts = receipts;
  state.days.push_back({.day = 100, .visits = receipts, .revenue_minor = 0, .discount_minor = 0});
  return state;
}

TEST(StateCache, GivesBackWhatWasInsertedAfterAMiss) {
  StateCache cache(1 << 20);
  CustomerState state;
  StateCache::Miss miss;
  ASSERT_FALSE(cache.Find("anna", &state, &miss));
  cache.Insert("anna", StateWith(3), miss);
  ASSERT_TRUE(cache.Find("anna", &state, &miss));
  EXPECT_EQ(StateDigest(state), StateDigest(StateWith(3)));
  EXPECT_EQ(cache.GetStats().hits, 1u);
  EXPECT_EQ(cache.GetStats().misses, 1u);
}

TEST(StateCache, StoreReplacesWhatIsCachedAndAddsNothingNew) {
  StateCache cache(1 << 20);
  CustomerState state;
  StateCache::Miss miss;
  cache.Store("anna", StateWith(1));
  ASSERT_FALSE(cache.Find("anna", &state, &miss)) << "a till asks for few of those who buy";
  cache.Insert("anna", StateWith(1), miss);
  cache.Store("anna", StateWith(2));
  ASSERT_TRUE(cache.Find("anna", &state, &miss));
  EXPECT_EQ(state.receipts, 2);
}

TEST(StateCache, RefusesWhatWasReadBeforeAStore) {
  StateCache cache(1 << 20);
  CustomerState state;
  StateCache::Miss miss;
  ASSERT_FALSE(cache.Find("anna", &state, &miss));
  // Meanwhile a receipt is written; the reader still holds the state before it.
  cache.Store("anna", StateWith(2));
  cache.Insert("anna", StateWith(1), miss);
  EXPECT_FALSE(cache.Find("anna", &state, &miss));
}

TEST(StateCache, WhatIsInDoubtIsOnlyTheLastThingKnown) {
  StateCache cache(1 << 20);
  CustomerState state;
  StateCache::Miss before, miss;
  ASSERT_FALSE(cache.Find("anna", &state, &before));
  EXPECT_FALSE(cache.FindLastKnown("anna", &state));
  cache.Insert("anna", StateWith(1), before);
  cache.Doubt("anna");  // a write of 2 has failed, or has it?
  EXPECT_FALSE(cache.Find("anna", &state, &miss));
  ASSERT_TRUE(cache.FindLastKnown("anna", &state));
  EXPECT_EQ(state.receipts, 1);
  cache.Insert("anna", StateWith(1), before);
  EXPECT_FALSE(cache.Find("anna", &state, &miss)) << "it was read before the write";
  cache.Insert("anna", StateWith(2), miss);
  ASSERT_TRUE(cache.Find("anna", &state, &miss));
  EXPECT_EQ(state.receipts, 2);
  EXPECT_EQ(cache.GetStats().entries, 1u);
  cache.Doubt("anna");
  cache.Store("anna", StateWith(3));
  ASSERT_TRUE(cache.Find("anna", &state, &miss));
  EXPECT_EQ(state.receipts, 3);
}

TEST(StateCache, WhoIsForgottenIsNotEvenTheLastThingKnown) {
  StateCache cache(1 << 20);
  CustomerState state;
  StateCache::Miss miss;
  ASSERT_FALSE(cache.Find("anna", &state, &miss));
  cache.Insert("anna", StateWith(1), miss);
  cache.Doubt("anna");
  cache.Forget("anna");
  EXPECT_FALSE(cache.FindLastKnown("anna", &state));
  EXPECT_EQ(cache.GetStats().bytes, 0u);
}

TEST(StateCache, StaysWithinItsBytesAndForgetsTheLeastRecentlyUsed) {
  constexpr size_t kBytes = 1 << 20;
  StateCache cache(kBytes);
  CustomerState state;
  StateCache::Miss miss;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = absl::StrCat("c", i);
    if (!cache.Find(id, &state, &miss)) cache.Insert(id, StateWith(i), miss);
    ASSERT_LE(cache.GetStats().bytes, kBytes);
    ASSERT_TRUE(cache.Find("c0", &state, &miss)) << "used at every step, forgotten at " << i;
  }
  EXPECT_FALSE(cache.Find("c1", &state, &miss));
  EXPECT_TRUE(cache.Find("c19999", &state, &miss));
}

TEST(StateCache, OfNoBytesHoldsNothing) {
  StateCache cache(0);
  CustomerState state;
  StateCache::Miss miss;
  ASSERT_FALSE(cache.Find("anna", &state, &miss));
  cache.Insert("anna", StateWith(1), miss);
  EXPECT_FALSE(cache.Find("anna", &state, &miss));
}

// A database and its cache: what a reader is given is never older than what the writer had made known before.
TEST(StateCache, NeverGivesAStateOlderThanTheLastStore) {
  StateCache cache(1 << 20);
  absl::Mutex database_mutex;
  CustomerState database = StateWith(0);
  std::atomic<int64_t> known{0};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int64_t i = 1; i <= 20'000; ++i) {
      {
        absl::MutexLock lock(&database_mutex);
        database = StateWith(i);
      }
      cache.Store("anna", StateWith(i));
      known = i;
    }
    stop = true;
  });
  while (!stop) {
    const int64_t at_least = known;
    CustomerState state;
    StateCache::Miss miss;
    if (!cache.Find("anna", &state, &miss)) {
      {
        absl::MutexLock lock(&database_mutex);
        state = database;
      }
      cache.Insert("anna", state, miss);
    }
    ASSERT_GE(state.receipts, at_least);
  }
  writer.join();
}

}  // namespace
}  // namespace nbo::storage
