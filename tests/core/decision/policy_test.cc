// Decisions under contact policies and budgets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/decision/engine.h"
#include "core/profile/fold.h"
#include "tests/core/catalog/catalog_builder.h"
#include "tests/core/catalog/experiments_builder.h"
#include "tests/core/contact/history.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 12, 0, 0), absl::UTCTimeZone());
const int64_t kNowUs = absl::ToUnixMicros(kNow);

ContactCapDraft Cap(const std::string& max, const std::string& days) { return {{7, 5}, At(max), At(days)}; }

std::vector<std::string> Ids(const std::vector<RankedOffer>& offers) {
  std::vector<std::string> ids;
  for (const RankedOffer& ranked : offers) ids.push_back(ranked.offer->id);
  return ids;
}

class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() {
    Fold(ReceiptOf("c", "1", 19'885, {Bought("MILK", 300)}), &state_);
    request_.channel = Channel::kPos;
    request_.max_offers = 9;
  }

  static CatalogDraft Shelf() {
    const std::vector<std::pair<std::string, std::string>> both = {{"POS", "en"}, {"SMS", "en"}};
    return DraftOfCatalog({{.id = "tea", .group = "drinks", .weight = "9", .treatments = both},
                           {.id = "bread", .weight = "7", .treatments = both},
                           {.id = "salt", .weight = "5", .treatments = both},
                           {.id = "card", .weight = "3", .is_default = true, .treatments = both}});
  }

  // The person was told of an offer some hours ago.
  Contact& Tell(const std::string& offer, int hours_ago, const std::string& group = "") {
    Contact contact;
    contact.decision = {(kNowUs - hours_ago * kHourUs) / 1000, 0};
    contact.offer = Hash64(offer);
    contact.group = group.empty() ? 0 : Hash64(group);
    contact.rank = 1;
    contact.channel = Channel::kPos;
    contact.reserve_us = contact.present_us = kNowUs - hours_ago * kHourUs;
    contact.expire_us = contact.reserve_us + 24 * kHourUs;
    told_.push_back(contact);
    return told_.back();
  }

  Decision Decided(const CatalogDraft& draft, bool known = true) {
    catalog_ = Compiled(draft);
    std::vector<Contact> contacts = told_;
    std::sort(contacts.begin(), contacts.end(), IsBefore);
    contacts_.Assign(contacts);
    Person person;
    if (known) person = {&state_, nullptr, 0, customer_id_, &contacts_};
    Circumstances circumstances;
    circumstances.exhausted = &exhausted_;
    return Decide(*catalog_, person, request_, kNow, {}, circumstances);
  }
  std::vector<std::string> Given(const CatalogDraft& draft, bool known = true) {
    return Ids(Decided(draft, known).offers);
  }
  // The gate and what is said of each offer.
  std::map<std::string, std::pair<Gate, std::string>> Why(const CatalogDraft& draft) {
    request_.explain = true;
    std::map<std::string, std::pair<Gate, std::string>> why;
    for (const Explanation& e : Decided(draft).explanations) why[e.offer->id] = {e.gate, e.detail};
    request_.explain = false;
    return why;
  }

  CustomerState state_;
  std::string customer_id_ = "c";
  OfferRequest request_;
  std::vector<Contact> told_;
  PersonContacts contacts_;
  ExhaustedOffers exhausted_;
  std::shared_ptr<Catalog> catalog_;
};

TEST_F(PolicyTest, AFullCapStopsAllPersonalOffersButNotTheDefaultOnes) {
  CatalogDraft draft = Shelf();
  draft.contact_policy.caps = {Cap("2", "1")};
  Tell("x", 30);
  Tell("y", 3);
  EXPECT_THAT(Given(draft), ElementsAre("tea", "card"));  // one is left, and the default offer counts for none
  Tell("z", 2);
  EXPECT_THAT(Given(draft), ElementsAre("card"));
  const auto why = Why(draft);
  EXPECT_EQ(why.at("tea").first, Gate::kContactPolicy);
  EXPECT_EQ(why.at("tea").second,
            "cap of 2 per 1 day over all channels: 2 already (last 2 h ago at POS); again in 21 h");
  EXPECT_EQ(why.at("card").first, Gate::kShown);
}

TEST_F(PolicyTest, RefusesInTheAnswerWhatWouldBeTooMuchWithTheBetterOnes) {
  CatalogDraft draft = Shelf();
  draft.contact_policy.caps = {Cap("2", "1")};
  EXPECT_THAT(Given(draft), ElementsAre("tea", "bread", "card"));
  const auto why = Why(draft);
  EXPECT_EQ(why.at("salt").first, Gate::kContactPolicy);
  EXPECT_THAT(why.at("salt").second,
              StartsWith("cap of 2 per 1 day over all channels: 0 already and 2 in this answer; score: offer.weight"));
}

TEST_F(PolicyTest, OffersRestAndGroupsAreCapped) {
  CatalogDraft draft = Shelf();
  draft.contact_policy.cooldowns.declined_days = At("30");
  draft.contact_policy.caps = {Cap("1", "7")};
  draft.contact_policy.caps[0].group = At("*");
  Contact& bread = Tell("bread", 48);
  bread.answer = Answer::kDeclined;
  bread.answer_us = bread.present_us;
  Tell("coffee", 24, "drinks");
  EXPECT_THAT(Given(draft), ElementsAre("salt", "card"));
  const auto why = Why(draft);
  EXPECT_EQ(why.at("bread").second, "declined 2 days ago; it rests 30 days; again in 28 days");
  EXPECT_THAT(why.at("tea").second, StartsWith("cap of 1 per 7 days for group 'drinks': 1 already"));
}

TEST_F(PolicyTest, NothingIsSentInQuietHoursNorWithoutConsent) {
  CatalogDraft draft = Shelf();
  request_.channel = Channel::kSms;
  draft.contact_policy.consent = {At("SMS")};
  EXPECT_THAT(Given(draft), IsEmpty()) << "not even the default offers";
  EXPECT_THAT(Given(draft, /*known=*/false), IsEmpty());
  EXPECT_THAT(Why(draft).at("card").second, HasSubstr("SMS needs the customer's consent: none was given"));
  AddConsent({Channel::kSms, true, kNow - absl::Hours(1), "form"}, &state_);
  EXPECT_THAT(Given(draft), ElementsAre("tea", "bread", "salt", "card"));
  draft.contact_policy.quiet_hours = {{{}, At("11:00"), At("13:00"), {At("SMS")}}};
  EXPECT_THAT(Given(draft), IsEmpty());
  EXPECT_THAT(Why(draft).at("card").second, HasSubstr("quiet hours of SMS from 11:00 to 13:00: it is 12:00"));
  request_.channel = Channel::kPos;
  EXPECT_THAT(Given(draft), ElementsAre("tea", "bread", "salt", "card"));
}

TEST_F(PolicyTest, AChannelIsSilentForEverybodyInItsQuietHours) {
  CatalogDraft draft = Shelf();
  draft.contact_policy.quiet_hours = {{{}, At("11:00"), At("13:00"), {At("POS")}}};
  EXPECT_THAT(Given(draft), IsEmpty());
  EXPECT_THAT(Given(draft, /*known=*/false), IsEmpty());
}

TEST_F(PolicyTest, ControlCustomersAreAnsweredAsNobodyAndTheirGhostsObeyThePolicy) {
  CatalogDraft draft = Shelf();
  draft.control = DraftOfControl("0.5", "2026");
  draft.contact_policy.caps = {Cap("2", "1")};
  Tell("x", 3);
  for (int i = 0;; ++i) {
    ASSERT_LT(i, 1000);
    customer_id_ = absl::StrCat("c", i);
    const Decision decision = Decided(draft);
    if (decision.global.arm != GlobalArm::kControl) continue;
    EXPECT_THAT(Ids(decision.offers), ElementsAre("card"));
    EXPECT_THAT(Ids(decision.ghosts), ElementsAre("tea", "card"));
    return;
  }
}

TEST_F(PolicyTest, LeavesOutWhatHasNoBudgetLeftForAnybody) {
  CatalogDraft draft = Shelf();
  draft.offers[1].budget = BudgetDraft{{7, 5}, At("1000"), At("500"), {}};
  exhausted_.Add(1);
  exhausted_.Add(3);
  EXPECT_THAT(Given(draft), ElementsAre("tea", "salt"));
  EXPECT_THAT(Given(draft, /*known=*/false), IsEmpty());
  const auto why = Why(draft);
  EXPECT_EQ(why.at("bread").first, Gate::kBudget);
  EXPECT_THAT(why.at("bread").second, StartsWith("nothing is left of its budget of 1000 redemptions and 500 in cost"));
  const Decision decision = Decided(Shelf());
  EXPECT_FALSE(decision.offers.at(0).has_budget);
}

TEST_F(PolicyTest, CountsForOnePersonWhatWasRedeemedAndWhatMayStillBe) {
  CatalogDraft draft = Shelf();
  draft.offers[1].budget = BudgetDraft{{7, 5}, {}, {}, At("2")};
  draft.offers[1].attribution_days = At("3");
  request_.max_offers = 2;
  Contact& redeemed = Tell("bread", 24 * 300);
  redeemed.redeem_us = redeemed.present_us;
  Tell("bread", 24 * 3);  // exactly over
  EXPECT_THAT(Given(draft), ElementsAre("tea", "bread"));
  Tell("bread", 24 * 3 - 1);
  EXPECT_THAT(Given(draft), ElementsAre("tea", "salt"));
  EXPECT_EQ(Why(draft).at("bread").first, Gate::kBudget);
  EXPECT_EQ(Why(draft).at("bread").second,
            "budget of 2 per customer: 1 redeemed and 1 that may still be; again in 1 h");
  told_.back().present_us = kNever;
  told_.back().expire_us = kNowUs + 1;
  EXPECT_THAT(Given(draft), ElementsAre("tea", "salt")) << "a living reservation";
  told_.back().terminal = Hash64("till-1");
  request_.terminal_id = "till-1";
  EXPECT_THAT(Given(draft), ElementsAre("tea", "bread")) << "this answer takes its place";
  request_.terminal_id = "till-2";
  told_.back().expire_us = kNowUs;
  EXPECT_THAT(Given(draft), ElementsAre("tea", "bread")) << "over";
  told_.back().redeem_us = kNowUs - 5;
  EXPECT_THAT(Why(draft).at("bread").second, "budget of 2 per customer: 2 redeemed and 0 that may still be");
}

TEST_F(PolicyTest, SaysWhatARecordNeeds) {
  CatalogDraft draft = Shelf();
  draft.offers[0].cost = At("0.75");
  draft.offers[0].budget = BudgetDraft{{7, 5}, At("10"), {}, {}};
  draft.offers[0].attribution_days = At("14");
  draft.offers[2].weight = At("0");
  draft.contact_policy.caps = {Cap("1", "1")};
  request_.trace = true;
  const Decision decision = Decided(draft);
  ASSERT_THAT(Ids(decision.offers), ElementsAre("tea", "card"));
  const RankedOffer& tea = decision.offers[0];
  EXPECT_EQ(tea.propensity, 0.1);
  EXPECT_EQ(tea.cost_minor, 75);
  EXPECT_TRUE(tea.has_budget);
  EXPECT_EQ(tea.attribution_days, 14);
  EXPECT_EQ(decision.scored, 4);
  EXPECT_THAT(decision.candidates, ElementsAre(Candidate{0, Gate::kShown, 9}, Candidate{1, Gate::kContactPolicy, 7},
                                               Candidate{2, Gate::kScore, 0}, Candidate{3, Gate::kShown, 3}));
}

// Random policies, histories and budgets: whoever asks why is answered the same, a trace changes nothing, and with what
// is given no cap is exceeded.
class PolicyPropertyTest : public PolicyTest, public ::testing::WithParamInterface<int> {};

TEST_P(PolicyPropertyTest, GivesTheSameToWhoeverAsksAndNeverTooMuch) {
  RandomHistory random(static_cast<uint64_t>(GetParam()));
  int given = 0, refused = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<OfferSpec> offers;
    for (int i = 0; i < 30; ++i) {
      offers.push_back({.id = absl::StrCat("o", i),
                        .group = random.Chance(60) ? absl::StrCat("g", random.Below(20)) : "",
                        .weight = absl::StrCat(random.Below(12)),
                        .is_default = random.Chance(15)});
    }
    CatalogDraft draft = DraftOfCatalog(offers);
    draft.contact_policy.caps = {Cap(absl::StrCat(1 + random.Below(6)), absl::StrCat(1 + random.Below(5)))};
    ContactCapDraft each = Cap(absl::StrCat(1 + random.Below(3)), absl::StrCat(1 + random.Below(5)));
    (random.Chance(50) ? each.group : each.offer) = At("*");
    draft.contact_policy.caps.push_back(each);
    if (random.Chance(50)) draft.contact_policy.cooldowns.declined_days = At("3");
    for (OfferDraft& offer : draft.offers) {
      if (random.Chance(30)) offer.budget = BudgetDraft{{7, 5}, {}, {}, At("1")};
    }
    exhausted_ = {};
    for (size_t position = 0; position < 20; ++position) {
      if (random.Chance(25)) exhausted_.Add(position);
    }
    told_.clear();
    for (int i = random.Below(8); i > 0; --i) {
      const int offer = random.Below(30);
      Contact& contact = Tell(offers[static_cast<size_t>(offer)].id, 1 + random.Below(150), offers[offer].group);
      contact.rank = static_cast<uint16_t>(i);
      if (random.Chance(30)) contact.answer = Answer::kDeclined;
      if (contact.answer != Answer::kNone) contact.answer_us = contact.present_us;
    }
    request_.max_offers = 1 + random.Below(10);
    request_.placements.clear();
    if (random.Chance(40)) request_.placements = {"top", "left", "right"};
    const Decision plain = Decided(draft);
    const auto same = [&](const Decision& other) {
      ASSERT_EQ(other.offers.size(), plain.offers.size());
      for (size_t i = 0; i < plain.offers.size(); ++i) {
        ASSERT_EQ(other.offers[i].offer->id, plain.offers[i].offer->id);
        ASSERT_EQ(other.offers[i].placement, plain.offers[i].placement);
      }
    };
    const std::vector<std::string> ids = Ids(plain.offers);
    const std::vector<RankedOffer> answer = plain.offers;
    int personal = 0;
    for (const RankedOffer& ranked : answer) personal += !ranked.offer->is_default;
    const std::shared_ptr<Catalog> kept = catalog_;  // `plain` points into it
    // What counts for the first cap already.
    int64_t count = 0;
    for (const Contact& contact : told_) {
      count += contact.present_us > kNowUs - kept->contacts.caps[0].window_us();
    }
    ASSERT_TRUE(personal == 0 || count + personal <= kept->contacts.caps[0].max) << "round " << round;
    request_.trace = true;
    const Decision traced = Decided(draft);
    same(traced);
    const std::shared_ptr<Catalog> kept_too = catalog_;
    request_.trace = false;
    request_.explain = true;
    const Decision explained = Decided(draft);
    same(explained);
    request_.explain = false;
    for (const Candidate& candidate : traced.candidates) {
      if (candidate.gate == Gate::kArbitration || candidate.gate == Gate::kShown || candidate.gate == Gate::kScore) {
        ASSERT_EQ(explained.explanations[static_cast<size_t>(candidate.position)].gate, candidate.gate);
      }
      refused += candidate.gate == Gate::kContactPolicy;
    }
    given += personal;
  }
  EXPECT_GT(given, 20);
  EXPECT_GT(refused, 20);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PolicyPropertyTest, ::testing::Range(1, 16));

}  // namespace
}  // namespace nbo
