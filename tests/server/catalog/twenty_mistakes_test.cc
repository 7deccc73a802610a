// A catalog with twenty mistakes gets twenty messages in one run, each at its place; none hides another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/catalog/source.h"

namespace nbo::server {
namespace {

TEST(TwentyMistakes, AreToldInOneRunEachAtItsPlace) {
  std::ifstream file(NBO_SOURCE_DIR "/tests/server/catalog/twenty_mistakes.yaml", std::ios::binary);
  const std::string yaml((std::istreambuf_iterator<char>(file)), {});
  std::vector<Diagnostic> warnings;
  const auto result = CompileYaml(yaml, "spring.yaml", {"USD", 0, DayOf(absl::CivilDay(2024, 3, 15))}, &warnings);
  const auto* mistakes = std::get_if<std::vector<Diagnostic>>(&result);
  ASSERT_NE(mistakes, nullptr);
  std::vector<std::string> told;
  for (const Diagnostic& d : *mistakes) told.push_back(absl::StrCat(d.line, ":", d.column, ": ", d.message));
  EXPECT_THAT(
      told,
      ::testing::ElementsAreArray({
          "3:11: currency: 'EUR' is not the deployment's 'USD'",
          "5:57: score: unknown name 'offer.costs'; did you mean 'offer.cost'?",
          "11:10: segments.id: 'best' is already used in line 10",
          "12:64: segments.rule: '>' cannot compare int with string; write the number without quotes: 14",
          "14:9: offers.id: 'Coffee-2for1' is no id; use 1 to 64 of a-z, 0-9, '-', '_' and '.'",
          "16:11: offers.kind: 'rebate' is no kind; use discount, points, gift, cross_sell, up_sell or information",
          "17:12: offers.value: '2,10' is not a number; write for example 1.50",
          "19:17: offers.propensity: 10 is outside 0..1",
          "20:36: offers.window: ends 2024-03-01, before it begins; it would never open",
          "21:19: offers.eligibility: no segment 'bets' is in this catalog; did you mean 'best'?",
          "23:44: offers.treatments.script: line 'Two coffees for the price of one today only' has 43 characters; a "
          "till shows 30",
          "24:19: offers.treatments.channel: 'TILL' is no channel; use POS, KIOSK, MOBILE_APP, WEB, CALL_CENTER, "
          "EMAIL, SMS, PUSH, MESSENGER, COURIER or AD_CABINET",
          "29:5: offers.costt: unknown key; known are applicability, attribution_days, budget, campaign, categories, "
          "contact, cost, coupon, default, eligibility, evidence, group, id, kind, name, placements, products, "
          "propensity, supplier, treatments, value, weight, window; did you mean 'cost'?",
          "31:20: offers.window.from: '01.03.2024' is no date; write YYYY-MM-DD",
          "32:48: offers.eligibility: never true, the offer would never be shown: 'customer.recency_days < 14' "
          "contradicts 'customer.recency_days > 30'",
          "33:20: offers.applicability: unknown name 'request.chanel'; did you mean 'request.channel'?",
          "34:18: offers.placements: 'home_baner' is not declared under placements; did you mean 'home_banner'?",
          "37:5: offers.treatments: offer 'cake' has no text for KIOSK in the default locale 'en'",
          "45:43: offers.treatments.title: 23 characters; placement 'home_banner' takes 20",
          "53:5: offers.weight: is empty; give it a value or remove the key",
      }));
  told.clear();  // of warnings
  for (const Diagnostic& d : warnings) told.push_back(absl::StrCat(d.line, ":", d.column, ": ", d.message));
  EXPECT_THAT(
      told,
      ::testing::ElementsAreArray({
          "14:5: offers.treatments: offer 'Coffee-2for1' has no text for WEB, where every other offer can be shown",
          "20:36: offers.window: over since 2024-03-02; the offer will not be shown",
          "37:5: offers.treatments: offer 'cake' has no text for WEB in 'ru', which it has in another channel",
      }));
}

}  // namespace
}  // namespace nbo::server
