#include "core/switches/switches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/switches/active_switches.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'718'366'400);

Switch Pause(SwitchScope scope, const std::string& id, absl::Duration ago = absl::Hours(3)) {
  return {{scope, id}, "anna", "out of stock", kNow - ago};
}

PausedSwitches AllOf(const std::vector<Switch>& list) {
  PausedSwitches paused;
  int64_t number = 0;
  for (const Switch& what : list) ApplySwitch({++number, true, what}, &paused);
  return paused;
}

Offer OfferOf(const std::string& id, const std::string& group = "") {
  Offer offer;
  offer.id = id;
  offer.key = Hash64(id);
  offer.group = group;
  offer.group_key = group.empty() ? 0 : Hash64(group);
  return offer;
}

std::string NameOf(const Switch* what) { return what == nullptr ? "nothing" : TargetName(what->target); }

TEST(Switches, StopNothingWhenNothingIsPaused) {
  const Switches none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.stops_offers());
  EXPECT_EQ(none.RequestStopped(Channel::kPos, "388"), nullptr);
  EXPECT_EQ(none.OfferStopped(OfferOf("a", "g")), nullptr);
}

TEST(Switches, NameTheWidestOfWhatStopsARequest) {
  const Switches store(AllOf({Pause(SwitchScope::kStore, "388")}));
  EXPECT_EQ(NameOf(store.RequestStopped(Channel::kPos, "388")), "store '388'");
  EXPECT_EQ(NameOf(store.RequestStopped(Channel::kPos, "389")), "nothing");
  EXPECT_EQ(NameOf(store.RequestStopped(Channel::kPos, "")), "nothing");
  const Switches both(AllOf({Pause(SwitchScope::kStore, "388"), Pause(SwitchScope::kChannel, "POS")}));
  EXPECT_EQ(NameOf(both.RequestStopped(Channel::kPos, "388")), "channel POS");
  EXPECT_EQ(NameOf(both.RequestStopped(Channel::kWeb, "388")), "store '388'");
  EXPECT_EQ(NameOf(both.RequestStopped(Channel::kWeb, "1")), "nothing");
  const Switches all(AllOf({Pause(SwitchScope::kChannel, "POS"), Pause(SwitchScope::kEverything, "")}));
  EXPECT_EQ(NameOf(all.RequestStopped(Channel::kPos, "388")), "everything");
  EXPECT_EQ(NameOf(all.RequestStopped(Channel::kEmail, "")), "everything");
}

TEST(Switches, StopAnOfferByItselfOrByItsGroup) {
  const Switches some(AllOf({Pause(SwitchScope::kOffer, "a"), Pause(SwitchScope::kGroup, "drinks")}));
  EXPECT_TRUE(some.stops_offers());
  EXPECT_EQ(NameOf(some.OfferStopped(OfferOf("a"))), "offer 'a'");
  EXPECT_EQ(NameOf(some.OfferStopped(OfferOf("b"))), "nothing");
  EXPECT_EQ(NameOf(some.OfferStopped(OfferOf("b", "drinks"))), "group 'drinks'");
  EXPECT_EQ(NameOf(some.OfferStopped(OfferOf("a", "drinks"))), "group 'drinks'");
  EXPECT_EQ(NameOf(some.OfferStopped(OfferOf("drinks"))), "nothing") << "an offer that is called as a group";
  EXPECT_EQ(NameOf(some.OfferStopped(OfferOf("b", "a"))), "nothing") << "a group that is called as an offer";
  EXPECT_EQ(some.RequestStopped(Channel::kPos, "a"), nullptr) << "a store that is called as an offer";
  EXPECT_FALSE(Switches(AllOf({Pause(SwitchScope::kStore, "a")})).stops_offers());
}

TEST(Switches, StopTheOffersOfACampaign) {
  const Switches some(AllOf({Pause(SwitchScope::kCampaign, "spring"), Pause(SwitchScope::kOffer, "a")}));
  EXPECT_TRUE(some.stops_offers());
  Offer offer = OfferOf("a", "spring");
  EXPECT_EQ(NameOf(some.OfferStopped(offer)), "offer 'a'") << "a group that is called as a campaign";
  offer.terms.campaign = "spring";
  offer.campaign_key = Hash64("spring");
  EXPECT_EQ(NameOf(some.OfferStopped(offer)), "campaign 'spring'");
  EXPECT_TRUE(Concerns({SwitchScope::kCampaign, "spring"}, offer));
  EXPECT_FALSE(Concerns({SwitchScope::kCampaign, "summer"}, offer));
}

TEST(Switches, ATargetThatIsNoneStopsNothing) {
  const Switches odd(AllOf({Pause(SwitchScope::kChannel, "TILL"), Pause(SwitchScope::kOffer, "")}));
  EXPECT_EQ(odd.RequestStopped(Channel::kPos, ""), nullptr);
  EXPECT_EQ(odd.OfferStopped(OfferOf("")), nullptr);
}

TEST(Switches, TheFirstToPauseCountsUntilItIsResumed) {
  PausedSwitches paused = AllOf({Pause(SwitchScope::kOffer, "a")});
  Switch again = Pause(SwitchScope::kOffer, "a", absl::ZeroDuration());
  again.author = "ben";
  ApplySwitch({2, true, again}, &paused);
  EXPECT_EQ(Switches(paused).Find(again.target)->author, "anna");
  ApplySwitch({3, false, again}, &paused);
  EXPECT_THAT(paused, IsEmpty());
  ApplySwitch({4, false, again}, &paused);
  ApplySwitch({5, true, again}, &paused);
  EXPECT_EQ(Switches(paused).Find(again.target)->author, "ben");
  EXPECT_EQ(Switches(paused).Find({SwitchScope::kGroup, "a"}), nullptr);
}

// Against the plain meaning: by names, without hashes.
TEST(Switches, AgreeWithTheirTargetsByName) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    PausedSwitches paused;
    std::set<SwitchTarget> wanted;
    for (int64_t number = 1; number <= 40; ++number) {
      const auto scope = static_cast<SwitchScope>(4 + random() % 2);
      const Switch what = Pause(scope, absl::StrCat("x", random() % 12));
      const bool pause = random() % 3 != 0;
      ApplySwitch({number, pause, what}, &paused);
      if (pause) {
        wanted.insert(what.target);
      } else {
        wanted.erase(what.target);
      }
    }
    const Switches switches(paused);
    ASSERT_EQ(switches.size(), wanted.size());
    for (int i = 0; i < 12; ++i) {
      const Offer offer = OfferOf(absl::StrCat("x", i), i % 2 == 0 ? absl::StrCat("x", i / 2) : "");
      const bool stopped = wanted.count({SwitchScope::kOffer, offer.id}) > 0 ||
                           (!offer.group.empty() && wanted.count({SwitchScope::kGroup, offer.group}) > 0);
      ASSERT_EQ(switches.OfferStopped(offer) != nullptr, stopped) << offer.id << " of '" << offer.group << "'";
    }
  }
}

TEST(Switch, SaysWhoPausedItAndHowLongAgo) {
  const auto said = [](absl::Duration ago) { return DescribePause(Pause(SwitchScope::kOffer, "a", ago), kNow); };
  EXPECT_EQ(said(absl::Hours(3)), "paused by anna 3 h ago: out of stock");
  EXPECT_EQ(said(absl::Seconds(59)), "paused by anna just now: out of stock");
  EXPECT_EQ(said(-absl::Hours(5)), "paused by anna just now: out of stock") << "asked for an earlier moment";
  EXPECT_EQ(said(absl::Seconds(60)), "paused by anna 1 min ago: out of stock");
  EXPECT_EQ(said(absl::Minutes(59)), "paused by anna 59 min ago: out of stock");
  EXPECT_EQ(said(absl::Minutes(119)), "paused by anna 1 h ago: out of stock");
  EXPECT_EQ(said(absl::Hours(47)), "paused by anna 47 h ago: out of stock");
  EXPECT_EQ(said(absl::Hours(71)), "paused by anna 2 days ago: out of stock");
}

TEST(Switch, ConcernsTheOffersThatItWouldStop) {
  Offer offer = OfferOf("a", "drinks");
  offer.channels = 1 << static_cast<int>(Channel::kPos);
  EXPECT_TRUE(Concerns({SwitchScope::kEverything, ""}, offer));
  EXPECT_TRUE(Concerns({SwitchScope::kStore, "388"}, offer));
  EXPECT_TRUE(Concerns({SwitchScope::kChannel, "POS"}, offer));
  EXPECT_FALSE(Concerns({SwitchScope::kChannel, "WEB"}, offer));
  EXPECT_TRUE(Concerns({SwitchScope::kGroup, "drinks"}, offer));
  EXPECT_FALSE(Concerns({SwitchScope::kGroup, "food"}, offer));
  EXPECT_TRUE(Concerns({SwitchScope::kOffer, "a"}, offer));
  EXPECT_FALSE(Concerns({SwitchScope::kOffer, "b"}, offer));
}

TEST(ActiveSwitches, ARequestKeepsWhatItPinned) {
  ActiveSwitches active;
  EXPECT_EQ(active.Pin(), nullptr);
  active.Swap(std::make_shared<const Switches>(AllOf({Pause(SwitchScope::kEverything, "")})));
  const auto pinned = active.Pin();
  ASSERT_NE(pinned, nullptr);
  active.Swap(std::make_shared<const Switches>());
  EXPECT_EQ(active.Pin(), nullptr) << "nothing is paused";
  EXPECT_EQ(NameOf(pinned->RequestStopped(Channel::kPos, "")), "everything");
}

TEST(ActiveSwitches, MayBeSwappedWhileTheyArePinned) {
  ActiveSwitches active;
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto pinned = active.Pin();
        EXPECT_EQ(NameOf(pinned == nullptr ? nullptr : pinned->RequestStopped(Channel::kPos, "")),
                  pinned == nullptr ? "nothing" : "everything");
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    const bool pause = i % 2 == 0;
    active.Swap(pause ? std::make_shared<const Switches>(AllOf({Pause(SwitchScope::kEverything, "")})) : nullptr);
    ASSERT_EQ(active.Pin() != nullptr, pause) << "in effect on the next request";
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace nbo
