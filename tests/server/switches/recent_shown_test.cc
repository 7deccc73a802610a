#include "server/switches/recent_shown.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"

namespace nbo::server {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'718'366'400);  // 12:00, the begin of a bucket

Offer OfferOf(const std::string& id, const std::string& group = "") {
  Offer offer;
  offer.id = id;
  offer.key = Hash64(id);
  offer.group_key = group.empty() ? 0 : Hash64(group);
  return offer;
}

class RecentShownTest : public ::testing::Test {
 protected:
  RecentShownTest() { catalog_.offers = {OfferOf("tea", "drinks"), OfferOf("coffee", "drinks"), OfferOf("cake")}; }

  // An answer that holds the offers at these positions.
  void Answer(absl::Time now, Channel channel, const std::string& store, const std::vector<int>& offers,
              uint64_t random = 0) {
    std::vector<RankedOffer> ranked;
    for (const int offer : offers) ranked.push_back({&catalog_.offers[static_cast<size_t>(offer)], nullptr, 1});
    recent_.Count(now, random, channel, store, ranked);
  }
  int64_t Affected(SwitchScope scope, const std::string& id, absl::Time now = kNoon) const {
    return recent_.Affected({scope, id}, now).affected;
  }
  RecentShown::Answers All(absl::Time now = kNoon) const {
    return recent_.Affected({SwitchScope::kEverything, ""}, now);
  }

  Catalog catalog_;
  RecentShown recent_{kNoon - absl::Hours(5)};
};

TEST_F(RecentShownTest, CountsAnswersByWhatASwitchWouldStop) {
  Answer(kNoon, Channel::kPos, "1", {0, 2});
  Answer(kNoon, Channel::kPos, "2", {1});
  Answer(kNoon, Channel::kWeb, "", {2});
  Answer(kNoon, Channel::kPos, "3", {});
  EXPECT_EQ(All().all, 4);
  EXPECT_EQ(All().affected, 3) << "an answer without offers loses nothing";
  EXPECT_EQ(Affected(SwitchScope::kChannel, "POS"), 2);
  EXPECT_EQ(Affected(SwitchScope::kChannel, "WEB"), 1);
  EXPECT_EQ(Affected(SwitchScope::kChannel, "SMS"), 0);
  EXPECT_EQ(Affected(SwitchScope::kStore, "1"), 1);
  EXPECT_EQ(Affected(SwitchScope::kStore, "3"), 0);
  EXPECT_EQ(Affected(SwitchScope::kGroup, "drinks"), 2);
  EXPECT_EQ(Affected(SwitchScope::kOffer, "cake"), 2);
  EXPECT_EQ(Affected(SwitchScope::kOffer, "pie"), 0);
}

TEST_F(RecentShownTest, CountsAnAnswerOnceHoweverManyOffersOfACampaignItHolds) {
  catalog_.offers[0].campaign_key = catalog_.offers[2].campaign_key = Hash64("spring");
  Answer(kNoon, Channel::kPos, "1", {0, 2});
  Answer(kNoon, Channel::kPos, "1", {1, 2});
  Answer(kNoon, Channel::kPos, "1", {1});
  EXPECT_EQ(Affected(SwitchScope::kCampaign, "spring"), 2);
  EXPECT_EQ(Affected(SwitchScope::kCampaign, "summer"), 0);
}

TEST_F(RecentShownTest, KnowsStoresThatAskedEvenIfTheyGotNothing) {
  Answer(kNoon, Channel::kPos, "3", {});
  EXPECT_TRUE(recent_.HasStore("3", kNoon));
  EXPECT_FALSE(recent_.HasStore("4", kNoon));
  EXPECT_FALSE(recent_.HasStore("", kNoon));
  EXPECT_FALSE(recent_.HasStore("3", kNoon + absl::Hours(1)));
}

TEST_F(RecentShownTest, ForgetsAfterAnHour) {
  for (int minutes = 0; minutes < 180; minutes += 10) {
    Answer(kNoon + absl::Minutes(minutes) + absl::Seconds(599), Channel::kPos, "1", {0});
  }
  const absl::Time end = kNoon + absl::Minutes(180) - absl::Seconds(1);
  EXPECT_EQ(All(end).all, 6);
  EXPECT_EQ(All(end).since, kNoon + absl::Minutes(120));
  EXPECT_EQ(All(end + absl::Seconds(1)).all, 5) << "the oldest ten minutes have gone";
  EXPECT_EQ(All(end + absl::Hours(1)).all, 0);
  EXPECT_EQ(Affected(SwitchScope::kOffer, "tea", end + absl::Hours(1)), 0);
}

TEST_F(RecentShownTest, SaysSinceWhenItCounts) {
  EXPECT_EQ(All().since, kNoon - absl::Minutes(50));
  const RecentShown young(kNoon - absl::Minutes(7));
  EXPECT_EQ(young.Affected({SwitchScope::kEverything, ""}, kNoon).since, kNoon - absl::Minutes(7));
}

TEST_F(RecentShownTest, AClockThatGoesBackHarmsNothing) {
  Answer(kNoon + absl::Hours(1), Channel::kPos, "1", {0});
  EXPECT_EQ(All().all, 0) << "what is to come is not recent";
  Answer(kNoon, Channel::kPos, "1", {0});
  EXPECT_EQ(All().all, 1);
  Answer(absl::FromUnixSeconds(-700), Channel::kPos, "1", {0});
  EXPECT_EQ(All(absl::FromUnixSeconds(-700)).all, 0);
}

TEST_F(RecentShownTest, EstimatesWhatComesBeyondAThousandInTenMinutes) {
  for (uint64_t i = 0; i < 17'000; ++i)
    Answer(kNoon, Channel::kPos, "1", {i % 4 == 0 ? 0 : 2}, Hash64(absl::StrCat(i)));
  // 16,000 are sampled 1 in 16, each for 16: standard deviations of 16 * sqrt(1000 * 15 / 16) and half of that.
  EXPECT_NEAR(static_cast<double>(All().all), 17'000, 5 * 490);
  EXPECT_NEAR(static_cast<double>(Affected(SwitchScope::kOffer, "tea")), 4'250, 5 * 245);
  EXPECT_EQ(All().all, All().affected);
  const int64_t before = All(kNoon + absl::Minutes(10)).all;
  Answer(kNoon + absl::Minutes(10), Channel::kPos, "1", {0}, 1);
  EXPECT_EQ(All(kNoon + absl::Minutes(10)).all, before + 1) << "the next ten minutes are exact again";
}

TEST_F(RecentShownTest, HoldsABoundedNumberOfStores) {
  for (size_t i = 0; i < RecentShown::kMaxKeys + 5; ++i) Answer(kNoon, Channel::kPos, absl::StrCat("s", i), {0}, 0);
  EXPECT_TRUE(recent_.HasStore("s0", kNoon));
  EXPECT_FALSE(recent_.HasStore(absl::StrCat("s", RecentShown::kMaxKeys), kNoon));
  EXPECT_EQ(Affected(SwitchScope::kStore, "s0"), 1);
  Answer(kNoon, Channel::kPos, "s0", {0}, 0);
  EXPECT_EQ(Affected(SwitchScope::kStore, "s0"), 17) << "those that are known go on to be counted";
}

TEST_F(RecentShownTest, ManyThreadsCountAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        Answer(kNoon, Channel::kPos, "1", {0});
        EXPECT_LE(Affected(SwitchScope::kOffer, "tea"), 800);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(All().all, 800);
  EXPECT_EQ(Affected(SwitchScope::kOffer, "tea"), 800);
}

}  // namespace
}  // namespace nbo::server
