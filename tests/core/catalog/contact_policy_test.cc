// The contact policy of a catalog, from draft to what gates read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/base/hash.h"
#include "tests/core/catalog/catalog_builder.h"

namespace nbo {
namespace {

using ::testing::StartsWith;
using Scope = ContactCap::Scope;

CatalogDraft Plain() {
  return DraftOfCatalog({{.id = "a", .group = "pantry"}, {.id = "b"}, {.id = "c", .group = "bar"}});
}

ContactCapDraft Cap(const std::string& max, const std::optional<Text>& days, const std::optional<Text>& hours = {}) {
  return {{7, 5}, At(max), days, hours};
}

TEST(ContactPolicyOfCatalog, IsEmptyUnlessOneIsWritten) {
  const auto catalog = Compiled(Plain());
  const ContactPolicy& policy = catalog->contacts;
  EXPECT_TRUE(policy.caps.empty() && policy.quiet_hours.empty());
  EXPECT_FALSE(policy.has_offer_rules || policy.cooldowns.any());
  EXPECT_EQ(policy.consent_channels | policy.presumed_channels, 0);
  EXPECT_EQ(policy.ReservationOf(Channel::kPos), absl::Hours(24));
  ASSERT_EQ(policy.offers.size(), 3u);
  EXPECT_EQ(policy.groups[policy.offers[0].group].id, "pantry");
  EXPECT_EQ(policy.offers[1].group, 0);
  EXPECT_EQ(policy.groups[policy.offers[2].group].key, Hash64("bar"));
  EXPECT_EQ(policy.positions.at(Hash64("c")), 2);
}

TEST(ContactPolicyOfCatalog, TakesCapsAsTheyAreWritten) {
  CatalogDraft draft = Plain();
  auto& caps = draft.contact_policy.caps;
  caps = {Cap("3", At("1")), Cap("1", {}, At("4")), Cap("2", At("7")), Cap("2", At("7")), Cap("3", At("30"))};
  caps[1].channel = At("POS");
  caps[2].group = At("bar");
  caps[3].group = At("*");
  caps[4].offer = At("*");
  const auto catalog = Compiled(draft);
  const ContactPolicy& policy = catalog->contacts;
  ASSERT_EQ(policy.caps.size(), 5u);
  EXPECT_EQ(policy.caps[0].scope, Scope::kOverall);
  EXPECT_EQ(policy.caps[0].max, 3);
  EXPECT_EQ(policy.caps[0].window_us(), absl::ToInt64Microseconds(absl::Hours(24)));
  EXPECT_EQ(policy.caps[1].channel, Channel::kPos);
  EXPECT_EQ(policy.caps[1].window_minutes, 240);
  EXPECT_EQ(policy.caps[2].scope, Scope::kGroup);
  EXPECT_EQ(policy.caps[2].group, policy.offers[2].group);
  EXPECT_EQ(policy.caps[3].scope, Scope::kEachGroup);
  EXPECT_EQ(policy.caps[4].scope, Scope::kEachOffer);
}

TEST(ContactPolicyOfCatalog, LetsAnOfferReplaceWhatItSaysItself) {
  CatalogDraft draft = Plain();
  draft.contact_policy.cooldowns = {At("7"), At("30"), At("3"), At("14")};
  draft.offers[0].contact = OfferContactDraft{{}, At("2"), At("30"), {}, {.accepted_days = At("90")}};
  draft.offers[1].contact = OfferContactDraft{{}, {}, {}, {}, {.declined_days = At("0"), .ignored_days = At("0")}};
  const auto catalog = Compiled(draft);
  const ContactPolicy& policy = catalog->contacts;
  EXPECT_TRUE(policy.has_offer_rules);
  EXPECT_EQ(policy.offers[0].cooldowns, (ContactCooldowns{90, 30, 14, 3}));
  EXPECT_TRUE(policy.offers[0].has_own_cap);
  EXPECT_EQ(policy.offers[0].own_max, 2);
  EXPECT_EQ(policy.offers[0].own_window_minutes, 30 * 24 * 60);
  EXPECT_EQ(policy.offers[1].cooldowns, (ContactCooldowns{7, 0, 0, 3}));
  EXPECT_FALSE(policy.offers[1].has_own_cap);
  EXPECT_EQ(policy.offers[2].cooldowns, (ContactCooldowns{7, 30, 14, 3}));
}

TEST(ContactPolicyOfCatalog, KnowsTimesAndChannels) {
  CatalogDraft draft = Plain();
  draft.contact_policy.quiet_hours = {{{}, At("21:00"), At("09:30"), {At("SMS"), At("PUSH")}}};
  draft.contact_policy.consent = {At("EMAIL"), At("SMS")};
  draft.contact_policy.presumed = {At("POS")};
  draft.contact_policy.reservation_minutes = {{"POS", At("15")}, {"default", At("60")}};
  const auto catalog = Compiled(draft);
  const ContactPolicy& policy = catalog->contacts;
  ASSERT_EQ(policy.quiet_hours.size(), 1u);
  EXPECT_EQ(policy.quiet_hours[0].from_minute, 21 * 60);
  EXPECT_EQ(policy.quiet_hours[0].to_minute, 9 * 60 + 30);
  EXPECT_EQ(policy.quiet_hours[0].channels, ChannelBit(Channel::kSms) | ChannelBit(Channel::kPush));
  EXPECT_EQ(policy.consent_channels, ChannelBit(Channel::kSms) | ChannelBit(Channel::kEmail));
  EXPECT_TRUE(policy.Presumes(Channel::kPos));
  EXPECT_FALSE(policy.Presumes(Channel::kWeb));
  EXPECT_EQ(policy.ReservationOf(Channel::kPos), absl::Minutes(15));
  EXPECT_EQ(policy.ReservationOf(Channel::kWeb), absl::Minutes(60)) << "also if the default comes last";
}

// One mistake in an otherwise good policy, and the begin of its message.
struct Case {
  const char* message;
  std::function<void(CatalogDraft&)> make;
};

TEST(ContactPolicyOfCatalog, TellsEachMistakeOnce) {
  const auto cap = [](std::function<void(ContactCapDraft&)> make) {
    return [make](CatalogDraft& d) { make(d.contact_policy.caps[0]); };
  };
  const auto quiet = [](std::function<void(QuietHoursDraft&)> make) {
    return [make](CatalogDraft& d) { make(d.contact_policy.quiet_hours[0]); };
  };
  const auto own = [](std::function<void(OfferContactDraft&)> make) {
    return [make](CatalogDraft& d) { make(*d.offers[0].contact); };
  };
  const Case cases[] = {
      {"contact_policy.caps.max: '0' is no whole number of 1 to 100000", cap([](auto& c) { c.max = At("0"); })},
      {"contact_policy.caps.max: '1.5' is no whole number", cap([](auto& c) { c.max = At("1.5"); })},
      {"contact_policy.caps: in which time? give it days or hours", cap([](auto& c) { c.days.reset(); })},
      {"contact_policy.caps: days or hours, not both", cap([](auto& c) { c.hours = At("3"); })},
      {"contact_policy.caps.days: '3651' is no whole number of 1 to 3650", cap([](auto& c) { c.days = At("3651"); })},
      {"contact_policy.caps.channel: 'TILL' is no channel; use POS,", cap([](auto& c) { c.channel = At("TILL"); })},
      {"contact_policy.caps.group: 'Pan try' is no id", cap([](auto& c) { c.group = At("Pan try"); })},
      {"contact_policy.caps: of a group or of offers, not both", cap([](auto& c) { c.group = c.offer = At("*"); })},
      {"contact_policy.caps.offer: only \"*\", each offer by itself, can stand here; for one offer, write 'contact:",
       cap([](auto& c) { c.offer = At("a"); })},
      {"contact_policy.caps: 33; at most 32",
       [](auto& d) { d.contact_policy.caps.resize(33, d.contact_policy.caps[0]); }},
      {"contact_policy.cooldowns.accepted_days: '-1' is no whole number of 0 to 3650",
       [](auto& d) { d.contact_policy.cooldowns.accepted_days = At("-1"); }},
      {"contact_policy.cooldowns.ignored_times: for how long? give it ignored_days",
       [](auto& d) { d.contact_policy.cooldowns.ignored_times = At("3"); }},
      {"contact_policy.cooldowns.ignored_days: after how many times in a row? give it ignored_times",
       [](auto& d) { d.contact_policy.cooldowns.ignored_days = At("3"); }},
      {"contact_policy.quiet_hours.from: '9pm' is no time of day; write \"00:00\" to \"23:59\"",
       quiet([](auto& q) { q.from = At("9pm"); })},
      {"contact_policy.quiet_hours.to: '24:00' is no time of day", quiet([](auto& q) { q.to = At("24:00"); })},
      {"contact_policy.quiet_hours.to: '9:00' is no time of day", quiet([](auto& q) { q.to = At("9:00"); })},
      {"contact_policy.quiet_hours: begins and ends at 21:00", quiet([](auto& q) { q.to = At("21:00"); })},
      {"contact_policy.quiet_hours: which channels are silent?", quiet([](auto& q) { q.channels.clear(); })},
      {"contact_policy.quiet_hours.channels: 'MAIL' is no channel", quiet([](auto& q) { q.channels[0] = At("MAIL"); })},
      {"contact_policy.consent: 'sms' is no channel", [](auto& d) { d.contact_policy.consent = {At("sms")}; }},
      {"contact_policy.presumed: 'TILL' is no channel", [](auto& d) { d.contact_policy.presumed = {At("TILL")}; }},
      {"contact_policy.reservation_minutes.POS: '0' is no whole number of 1 to 86400",
       [](auto& d) {
         d.contact_policy.reservation_minutes = {{"POS", At("0")}};
       }},
      {"offers.contact.max: 'many' is no whole number", own([](auto& c) { c.max = At("many"); })},
      {"offers.contact: in which time? give it days or hours", own([](auto& c) { c.days.reset(); })},
      {"offers.contact: how often in this time? give it max, too", own([](auto& c) { c.max.reset(); })},
      {"offers.contact.ignored_times: '101' is no whole number of 1 to 100", own([](auto& c) {
         c.cooldowns = {{}, {}, At("101"), At("3")};
       })},
  };
  for (const Case& one : cases) {
    CatalogDraft draft = Plain();
    draft.contact_policy.caps = {Cap("3", At("1"))};
    draft.contact_policy.quiet_hours = {{{}, At("21:00"), At("09:00"), {At("SMS")}}};
    draft.offers[0].contact = OfferContactDraft{{}, At("2"), At("30")};
    one.make(draft);
    auto result = CompileCatalog(draft, {"USD", 0});
    const auto* mistakes = std::get_if<std::vector<CatalogMistake>>(&result);
    ASSERT_NE(mistakes, nullptr) << one.message;
    ASSERT_EQ(mistakes->size(), 1u) << one.message << " and " << (*mistakes)[1].message;
    EXPECT_THAT((*mistakes)[0].message, StartsWith(one.message));
  }
}

TEST(ContactPolicyOfCatalog, LetsAnOfferSayNeverWhereTheCatalogSaysSometimes) {
  CatalogDraft draft = Plain();
  draft.offers[0].contact = OfferContactDraft{{}, {}, {}, {}, {.ignored_times = At("2"), .ignored_days = At("0")}};
  EXPECT_FALSE(Compiled(draft)->contacts.has_offer_rules);
}

}  // namespace
}  // namespace nbo
