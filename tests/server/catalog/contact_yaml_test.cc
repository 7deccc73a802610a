// Contact policies in YAML: every key is read, and mistakes are told at their places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/catalog/source.h"
#include "tests/server/catalog/catalog_text.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// As given, behind one offer in 13 lines: the first line of `more` is line 14.
std::string Behind(const std::string& more) { return CatalogYaml(OfferText("a")) + more; }

std::vector<std::string> MistakesOf(const std::string& yaml) {
  const auto result = CompileYaml(yaml, "c.yaml", {"USD", 0});
  std::vector<std::string> told;
  if (const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&result)) {
    for (const Diagnostic& d : *mistakes) told.push_back(absl::StrCat(d.line, ":", d.column, ": ", d.message));
  }
  return told;
}

TEST(ContactYaml, ReadsEveryKey) {
  const auto result = CompileYaml(
      CatalogYaml(OfferText("a",
                            "    contact: {max: 2, hours: 30, accepted_days: 90, declined_days: 60, ignored_times: 4, "
                            "ignored_days: 5}\n")) +
          "contact_policy:\n"
          "  caps:\n"
          "    - {max: 3, days: 1}\n"
          "    - {max: 1, hours: 4, channel: POS}\n"
          "    - {max: 2, days: 7, group: pantry}\n"
          "    - {max: 2, days: 7, group: \"*\"}\n"
          "    - {max: 3, days: 30, offer: \"*\"}\n"
          "  cooldowns: {accepted_days: 7, declined_days: 30, ignored_times: 3, ignored_days: 14}\n"
          "  quiet_hours: [{from: \"21:00\", to: 09:00, channels: [SMS, PUSH]}]\n"
          "  consent: [EMAIL, SMS]\n"
          "  reservation_minutes: {POS: 15, KIOSK: 20, default: 720}\n"
          "  presumed: [POS]\n",
      "c.yaml", {"USD", 0});
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result))
      << std::get<std::vector<Diagnostic>>(result)[0].rendered;
  const ContactPolicy& policy = std::get<std::shared_ptr<Catalog>>(result)->contacts;
  ASSERT_EQ(policy.caps.size(), 5u);
  EXPECT_EQ(policy.caps[1].channel, Channel::kPos);
  EXPECT_EQ(policy.caps[2].scope, ContactCap::Scope::kGroup);
  EXPECT_EQ(policy.caps[3].scope, ContactCap::Scope::kEachGroup);
  EXPECT_EQ(policy.caps[4].scope, ContactCap::Scope::kEachOffer);
  EXPECT_EQ(policy.cooldowns, (ContactCooldowns{7, 30, 14, 3}));
  ASSERT_EQ(policy.quiet_hours.size(), 1u);
  EXPECT_EQ(policy.quiet_hours[0].to_minute, 9 * 60);
  EXPECT_EQ(policy.consent_channels, ChannelBit(Channel::kEmail) | ChannelBit(Channel::kSms));
  EXPECT_EQ(policy.ReservationOf(Channel::kKiosk), absl::Minutes(20));
  EXPECT_EQ(policy.ReservationOf(Channel::kWeb), absl::Hours(12));
  EXPECT_TRUE(policy.Presumes(Channel::kPos));
  ASSERT_EQ(policy.offers.size(), 1u);
  EXPECT_EQ(policy.offers[0].own_max, 2);
  EXPECT_EQ(policy.offers[0].own_window_minutes, 30 * 60);
  EXPECT_EQ(policy.offers[0].cooldowns, (ContactCooldowns{90, 60, 5, 4}));
}

TEST(ContactYaml, TellsEveryMistakeAtItsPlaceInOneRun) {
  EXPECT_THAT(
      MistakesOf(Behind("contact_policy:\n"
                        "  caps:\n"
                        "    - {max: many, days: 1}\n"
                        "    - {days: 1}\n"
                        "    - {max: 1, days: 1, chanel: POS}\n"
                        "    - just words\n"
                        "  cooldown: {accepted_days: 7}\n"
                        "  quiet_hours: [{from: 9pm, to: \"09:00\", channels: [SMS]}]\n"
                        "  consent: SMS\n"
                        "  reservation_minutes: {TILL: 15}\n"
                        "  presumed:\n")),
      ElementsAre("16:13: contact_policy.caps.max: 'many' is no whole number of 1 to 100000",
                  "17:7: contact_policy.caps.max: is required",
                  StartsWith("18:25: contact_policy.caps.chanel: unknown key; known are channel, days, group, "),
                  "19:7: contact_policy.caps: a mapping (key: value) is expected here",
                  StartsWith("20:3: contact_policy.cooldown: unknown key; known are caps, consent, cooldowns, "),
                  "21:24: contact_policy.quiet_hours.from: '9pm' is no time of day; write \"00:00\" to \"23:59\"",
                  "22:12: contact_policy.consent: a list is expected here",
                  StartsWith("23:25: contact_policy.reservation_minutes.TILL: unknown key; known are AD_CABINET")));
}

TEST(ContactYaml, WantsMappingsWhereTheyBelong) {
  EXPECT_THAT(MistakesOf(Behind("contact_policy: strict\n")),
              ElementsAre("14:17: contact_policy: a mapping (key: value) is expected here"));
  EXPECT_THAT(MistakesOf(CatalogYaml(OfferText("a", "    contact: 2\n"))),
              ElementsAre("12:14: offers.contact: a mapping (key: value) is expected here"));
  std::string caps = "contact_policy:\n  caps:\n";
  for (int i = 0; i < 33; ++i) caps += "    - {max: 1, days: 1}\n";
  EXPECT_THAT(MistakesOf(Behind(caps)), ElementsAre("16:5: contact_policy.caps: 33 entries; at most 32 are allowed"));
}

TEST(ContactYaml, WarnsOfCapsThatCanNeverBind) {
  std::vector<Diagnostic> warnings;
  const auto result = CompileYaml(Behind("contact_policy:\n"
                                         "  caps:\n"
                                         "    - {max: 3, days: 7}\n"
                                         "    - {max: 3, days: 7, channel: POS}\n"),
                                  "c.yaml", {"USD", 0}, &warnings);
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<Catalog>>(result));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(
      warnings[0].rendered,
      StartsWith("c.yaml:17:7: warning: contact_policy.caps: can never bind: line 16 allows at most 3 in 7 days "
                 "already\n"));
}

}  // namespace
}  // namespace nbo::server
