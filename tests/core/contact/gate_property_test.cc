// The gate against a reference that recounts the plain list of events for every question.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/contact/gate.h"
#include "tests/core/contact/history.h"

namespace nbo {
namespace {

using Scope = ContactCap::Scope;

// Offers 101 to 105 are in the catalog at positions 0 to 4, in the groups that RandomHistory mostly gives them.
constexpr int kInCatalog = RandomHistory::kOffers - 1;
uint64_t KeyOf(int32_t offer) { return 101u + static_cast<uint64_t>(offer); }
uint64_t GroupKeyOf(int32_t offer) {
  const int group = offer % (RandomHistory::kGroups + 1);
  return group == 0 ? 0 : 200u + static_cast<uint64_t>(group);
}

// A policy whose keys are those of the random histories rather than hashes of ids.
class RandomPolicy {
 public:
  explicit RandomPolicy(RandomHistory* random) : random_(*random) {
    for (int i = random_.Below(7); i > 0; --i) AddCap();
    if (random_.Chance(60)) policy.cooldowns = AnyCooldowns();
    for (int32_t offer = 0; offer < kInCatalog; ++offer) AddOffer(offer);
    if (random_.Chance(20)) policy.consent_channels = static_cast<ChannelSet>(random_.Below(1 << kChannelCount));
    if (random_.Chance(30)) {
      policy.quiet_hours.push_back({static_cast<int16_t>(60 * random_.Below(24)),
                                    static_cast<int16_t>(60 * random_.Below(24)),
                                    static_cast<ChannelSet>(random_.Below(1 << kChannelCount))});
    }
  }

  ContactPolicy policy;

 private:
  int32_t AnyWindow() { return 30 * (1 + (random_.Chance(50) ? random_.Below(20) : random_.Below(1'000))); }
  ContactCooldowns AnyCooldowns() {
    const auto days = [&] { return static_cast<uint16_t>(random_.Chance(40) ? 0 : 1 + random_.Below(20)); };
    return {days(), days(), days(), static_cast<uint16_t>(1 + random_.Below(3))};
  }
  void AddCap() {
    ContactCap cap;
    cap.scope = static_cast<Scope>(random_.Below(4));
    if (random_.Chance(40)) cap.channel = random_.AnyChannel();
    cap.max = 1 + random_.Below(4);
    cap.window_minutes = AnyWindow();
    if (cap.scope == Scope::kGroup)
      cap.group = policy.NumberOfGroupKey(201u + static_cast<uint64_t>(random_.Below(3)), "g");
    policy.caps.push_back(cap);
  }
  void AddOffer(int32_t offer) {
    OfferContactPolicy own;
    own.group = policy.NumberOfGroupKey(GroupKeyOf(offer), "g");
    own.cooldowns = random_.Chance(70) ? policy.cooldowns : AnyCooldowns();
    if (random_.Chance(30)) {
      own.has_own_cap = true;
      own.own_max = 1 + random_.Below(3);
      own.own_window_minutes = AnyWindow();
    }
    policy.AddOfferByKey(KeyOf(offer), own);
  }

  RandomHistory& random_;
};

class Reference {
 public:
  Reference(const ContactPolicy& policy, const Tolds& tolds, const ContactCircumstances& here)
      : policy_(policy), here_(here), now_us_(absl::ToUnixMicros(here.now)) {
    for (const auto& [key, told] : tolds) {
      if (now_us_ - told.reserved.reserve_us < 400 * 24 * kHourUs) tolds_.push_back(told);
    }
  }

  // An offer of this very answer.
  void AddTaken(int32_t offer) { taken_.push_back(offer); }

  bool MaySpeak(const std::vector<Consent>& consents) const {
    const absl::CivilSecond local = here_.zone.At(here_.now).cs;
    for (const QuietHours& quiet : policy_.quiet_hours) {
      if (!HasChannel(quiet.channels, here_.channel)) continue;
      // Minute by minute from its begin: is it now?
      int minute = quiet.from_minute;
      do {
        if (minute == local.hour() * 60 + local.minute()) return false;
        minute = (minute + 1) % (24 * 60);
      } while (minute != quiet.to_minute);
    }
    bool granted = !HasChannel(policy_.consent_channels, here_.channel);
    for (const Consent& consent : consents) granted |= consent.channel == here_.channel && consent.granted;
    return granted && CapsHold([](const ContactCap& cap) { return cap.scope == Scope::kOverall; }, 0);
  }

  bool MayTell(int32_t offer) const {
    return !Rests(offer) && OwnCapHolds(offer) &&
           CapsHold([](const ContactCap& c) { return c.scope != Scope::kOverall; }, offer);
  }
  // One more of the overall caps and of the offer's group.
  bool MayTake(int32_t offer) const {
    return CapsHold([](const ContactCap& c) { return c.scope != Scope::kEachOffer; }, offer);
  }

 private:
  std::optional<int64_t> CountsAt(const Told& told) const {
    if (told.presented_us) return told.presented_us;
    const Contact& c = told.reserved;
    const bool mine = here_.terminal != 0 && here_.terminal == c.terminal && here_.channel == c.channel &&
                      !(here_.request != 0 && here_.request == c.request);
    if (told.released || mine || c.expire_us <= now_us_) return std::nullopt;
    return c.reserve_us;
  }
  int Count(int64_t window_us, const std::function<bool(const Contact&)>& of) const {
    int count = 0;
    for (const Told& told : tolds_) {
      const auto at_us = CountsAt(told);
      count += at_us && now_us_ - *at_us < window_us && of(told.reserved);
    }
    return count;
  }

  bool CapsHold(const std::function<bool(const ContactCap&)>& wanted, int32_t offer) const {
    for (const ContactCap& cap : policy_.caps) {
      if (!wanted(cap) || (cap.channel != Channel::kUnspecified && cap.channel != here_.channel)) continue;
      const uint64_t group = GroupKeyOf(offer);
      if (cap.scope == Scope::kGroup && policy_.groups[cap.group].key != group) continue;
      if (cap.scope == Scope::kEachGroup && group == 0) continue;
      if (cap.scope == Scope::kEachOffer && policy_.offers[static_cast<size_t>(offer)].has_own_cap) continue;
      int count = Count(cap.window_minutes * int64_t{60'000'000}, [&](const Contact& c) {
        if (cap.channel != Channel::kUnspecified && c.channel != cap.channel) return false;
        if (cap.scope == Scope::kOverall) return true;
        return cap.scope == Scope::kEachOffer ? c.offer == KeyOf(offer) : c.group == group;
      });
      for (const int32_t taken : taken_) count += cap.scope == Scope::kOverall || GroupKeyOf(taken) == group;
      if (count >= cap.max) return false;
    }
    return true;
  }

  bool OwnCapHolds(int32_t offer) const {
    const OfferContactPolicy& own = policy_.offers[static_cast<size_t>(offer)];
    if (!own.has_own_cap) return true;
    return Count(own.own_window_minutes * int64_t{60'000'000},
                 [&](const Contact& c) { return c.offer == KeyOf(offer); }) < own.own_max;
  }

  bool Recent(int64_t time_us, int days) const { return days > 0 && now_us_ - time_us < days * 24 * kHourUs; }

  bool Rests(int32_t offer) const {
    const ContactCooldowns& cooldowns = policy_.offers[static_cast<size_t>(offer)].cooldowns;
    std::vector<Told> told;
    for (const Told& t : tolds_) {
      if (t.reserved.offer == KeyOf(offer) && t.presented_us) told.push_back(t);
    }
    int64_t row_begins_us = 0;  // behind the presentation of whatever was answered
    for (const Told& t : told) {
      const auto answer = t.LastAnswer();
      if (t.redeemed_us && Recent(*t.redeemed_us, cooldowns.accepted_days)) return true;
      if (answer && answer->second == Answer::kAccepted && Recent(answer->first, cooldowns.accepted_days)) return true;
      const bool declined = answer && answer->second == Answer::kDeclined && !t.redeemed_us;
      if (declined && Recent(answer->first, cooldowns.declined_days)) return true;
      if (answer || t.redeemed_us) row_begins_us = std::max(row_begins_us, *t.presented_us + 1);
    }
    std::vector<int64_t> ignored_us;
    for (const Told& t : told) {
      const bool open = t.reserved.expire_us > now_us_;
      if (!open && *t.presented_us >= row_begins_us) {
        ignored_us.push_back(std::max(t.reserved.expire_us, *t.presented_us));
      }
    }
    if (ignored_us.empty() || ignored_us.size() < cooldowns.ignored_times) return false;
    return Recent(*std::max_element(ignored_us.begin(), ignored_us.end()), cooldowns.ignored_days);
  }

  const ContactPolicy& policy_;
  std::vector<Told> tolds_;
  const ContactCircumstances here_;
  const int64_t now_us_;
  std::vector<int32_t> taken_;
};

struct Scene {
  std::vector<Event> events;
  ContactPolicy policy;
  PersonContacts contacts;
  std::vector<Consent> consents;
  ContactCircumstances here;
};

Scene AnyScene(RandomHistory* random) {
  Scene scene;
  scene.events = random->Events(1 + random->Below(30));
  scene.policy = RandomPolicy(random).policy;
  int64_t now_us = random->last_us() + kHourUs / 2 * (random->Chance(50) ? random->Below(5) : random->Below(600));
  for (const Event& event : scene.events) Fold(event, now_us, &scene.contacts);
  if (random->Chance(50)) scene.contacts.Prune(absl::FromUnixMicros(now_us));
  scene.here = {random->AnyChannel(), static_cast<uint64_t>(random->Below(3)), static_cast<uint64_t>(random->Below(10)),
                absl::FromUnixMicros(now_us), absl::FixedTimeZone(3600 * (random->Below(20) - 10))};
  for (int c = 1; c < kChannelCount; ++c) {
    if (random->Chance(50)) scene.consents.push_back({static_cast<Channel>(c), random->Chance(50), scene.here.now, ""});
  }
  return scene;
}

ContactGate GateOf(const Scene& scene) {
  return ContactGate(scene.policy, scene.contacts.contacts(), scene.consents, scene.here);
}

constexpr uint64_t kSeeds = 10'000;

TEST(ContactGateProperty, JudgesAsTheReferenceDoes) {
  int refused[10] = {};
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomHistory random(seed);
    const Scene scene = AnyScene(&random);
    const ContactGate gate = GateOf(scene);
    const Reference reference(scene.policy, Recompute(scene.events), scene.here);
    ASSERT_EQ(gate.RequestVerdict().allowed(), reference.MaySpeak(scene.consents))
        << "seed " << seed << ": " << gate.Explain(gate.RequestVerdict());
    ++refused[static_cast<int>(gate.RequestVerdict().rule)];
    for (int32_t offer = 0; offer < kInCatalog; ++offer) {
      const ContactVerdict verdict = gate.Check(offer);
      ASSERT_EQ(verdict.allowed(), reference.MayTell(offer))
          << "seed " << seed << ", offer " << offer << ": " << gate.Explain(verdict);
      ASSERT_EQ(gate.Explain(verdict).empty(), verdict.allowed());
      ++refused[static_cast<int>(verdict.rule)];
    }
  }
  for (const int count : refused) EXPECT_GT(count, 100) << "each rule decides now and then";
}

TEST(ContactGateProperty, DrawsOnTheCapsAsTheReferenceDoes) {
  int refused = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomHistory random(seed);
    const Scene scene = AnyScene(&random);
    const ContactGate gate = GateOf(scene);
    if (!gate.RequestVerdict().allowed()) continue;
    ContactAllowance allowance(gate);
    Reference reference(scene.policy, Recompute(scene.events), scene.here);
    for (int32_t offer = 0; offer < kInCatalog; ++offer) {
      if (!gate.Check(offer).allowed()) continue;
      const ContactVerdict verdict = allowance.Take(offer);
      ASSERT_EQ(verdict.allowed(), reference.MayTake(offer)) << "seed " << seed << ", offer " << offer;
      if (verdict.allowed()) reference.AddTaken(offer);
      refused += !verdict.allowed();
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(ContactGateProperty, SaysWhenTheRuleLetsItPassAgain) {
  int said = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomHistory random(seed);
    Scene scene = AnyScene(&random);
    const auto verdicts = [](const ContactGate& gate) {
      std::vector<ContactVerdict> all{gate.RequestVerdict()};
      for (int32_t offer = 0; offer < kInCatalog; ++offer) all.push_back(gate.Check(offer));
      return all;
    };
    const absl::Time now = scene.here.now;
    const ContactGate gate = GateOf(scene);
    const std::vector<ContactVerdict> today = verdicts(gate);
    for (size_t i = 0; i < today.size(); ++i) {
      // What is still open may be ignored by then, which begins the rest anew.
      if (today[i].allowed() || today[i].rule == ContactRule::kIgnored) continue;
      const auto again = gate.AgainAt(today[i]);
      if (!again) continue;
      ++said;
      ASSERT_GT(*again, now) << "seed " << seed;
      scene.here.now = *again;
      const ContactVerdict then = verdicts(GateOf(scene))[i];
      ASSERT_FALSE(then.rule == today[i].rule && then.number == today[i].number)
          << "seed " << seed << ": " << gate.Explain(today[i]);
      scene.here.now = *again - absl::Microseconds(1);
      ASSERT_FALSE(verdicts(GateOf(scene))[i].allowed()) << "seed " << seed << ": " << gate.Explain(today[i]);
      scene.here.now = now;
    }
  }
  EXPECT_GT(said, 1'000);
}

}  // namespace
}  // namespace nbo
