#include "core/contact/gate.h"

#include <gtest/gtest.h>

#include "core/base/hash.h"
#include "core/contact/person_contacts.h"

namespace nbo {
namespace {

using Scope = ContactCap::Scope;

constexpr int32_t kDay = 24 * 60, kHour = 60;  // minutes
constexpr int64_t kMinuteUs = kMicrosPerMinute;
// 2024-03-05 12:00 UTC, a Tuesday.
const absl::Time kNow = absl::FromCivil(absl::CivilHour(2024, 3, 5, 12), absl::UTCTimeZone());

// A person, a catalog of three offers ('a' and 'b' of group 'pantry', 'c' of none), and a request at a till.
class ContactGateTest : public ::testing::Test {
 protected:
  void Cap(Scope scope, int32_t max, int32_t window_minutes, Channel channel = Channel::kUnspecified) {
    ContactCap cap{scope, channel, max, window_minutes, 0};
    if (scope == Scope::kGroup) cap.group = policy_.NumberOfGroup("pantry");
    policy_.caps.push_back(cap);
  }
  ContactVerdict RequestVerdict() { return Gate().RequestVerdict(); }
  ContactVerdict Check(int32_t offer) { return Gate().Check(offer); }
  std::string ExplainRequest() { return Gate().Explain(Gate().RequestVerdict()); }
  std::string Explain(int32_t offer) { return Gate().Explain(Gate().Check(offer)); }
  std::optional<absl::Time> Again(int32_t offer) { return Gate().AgainAt(Gate().Check(offer)); }

  const ContactGate& Gate() {
    if (policy_.offers.empty()) {
      for (const char* offer : {"a", "b", "c"}) {
        OfferContactPolicy own = *offer == 'a' ? own_a_ : OfferContactPolicy{};
        if (*offer != 'c') own.group = policy_.NumberOfGroup("pantry");
        if (*offer != 'a') own.cooldowns = policy_.cooldowns;
        policy_.AddOffer(offer, own);
      }
    }
    gate_.emplace(policy_, contacts_.contacts(), consents_, here_);
    return *gate_;
  }

  // Told or reserved so many minutes ago; it may be shown for a quarter of an hour.
  Contact Reserved(const char* offer, int minutes_ago, Channel channel = Channel::kPos) {
    Contact contact;
    contact.reserve_us = absl::ToUnixMicros(kNow) - minutes_ago * kMinuteUs;
    contact.expire_us = contact.reserve_us + 15 * kMinuteUs;
    contact.decision = {contact.reserve_us / 1000, ++decisions_};
    contact.rank = 1;
    contact.offer = Hash64(offer);
    contact.group = *offer == 'c' ? 0 : Hash64("pantry");
    contact.channel = channel;
    return contact;
  }
  void Reserve(const Contact& contact) {
    PersonContacts other;
    other.Assign({contact});
    contacts_.Merge(other, nullptr);
  }
  Contact Tell(const char* offer, int minutes_ago, Channel channel = Channel::kPos) {
    Contact contact = Reserved(offer, minutes_ago, channel);
    Outcomes(contact, OutcomeKind::kSeen, minutes_ago);
    return contact;
  }
  void Outcomes(const Contact& contact, OutcomeKind kind, int minutes_ago) {
    contacts_.Record(contact, {kind, absl::ToUnixMicros(kNow) - minutes_ago * kMinuteUs}, kNow);
  }

  ContactPolicy policy_;
  OfferContactPolicy own_a_;
  PersonContacts contacts_;
  std::vector<Consent> consents_;
  ContactCircumstances here_{Channel::kPos, 0, 0, kNow, absl::UTCTimeZone()};
  std::optional<ContactGate> gate_;
  uint64_t decisions_ = 0;
};

TEST_F(ContactGateTest, AllowsEverythingWithoutAPolicy) {
  for (int i = 0; i < 20; ++i) Tell("a", i);
  EXPECT_TRUE(RequestVerdict().allowed());
  EXPECT_TRUE(Check(0).allowed());
  EXPECT_EQ(Explain(0), "");
}

TEST_F(ContactGateTest, CapsTheContactsOfAllChannels) {
  Cap(Scope::kOverall, 2, kDay);
  Tell("a", 3 * kHour, Channel::kWeb);
  EXPECT_TRUE(RequestVerdict().allowed());
  Tell("c", 20);
  EXPECT_EQ(RequestVerdict().rule, ContactRule::kOverallCap);
  EXPECT_EQ(ExplainRequest(),
            "cap of 2 per 1 day over all channels: 2 already (last 20 min ago at POS); again in 21 h");
  EXPECT_EQ(Gate().AgainAt(Gate().RequestVerdict()), kNow + absl::Hours(21));
}

TEST_F(ContactGateTest, CapsAChannelByItself) {
  Cap(Scope::kOverall, 1, 4 * kHour, Channel::kPos);
  Tell("a", 10, Channel::kWeb);
  EXPECT_TRUE(RequestVerdict().allowed());
  Tell("a", 70);
  EXPECT_EQ(ExplainRequest(), "cap of 1 per 4 hours at POS: 1 already (last 1 h ago at POS); again in 3 h");
  here_.channel = Channel::kWeb;
  EXPECT_TRUE(RequestVerdict().allowed());
}

TEST_F(ContactGateTest, LetsAContactGoExactlyWhenItsWindowIsOver) {
  Cap(Scope::kOverall, 1, 4 * kHour);
  Tell("a", 4 * kHour);
  EXPECT_TRUE(RequestVerdict().allowed());
  here_.now -= absl::Microseconds(1);
  EXPECT_FALSE(RequestVerdict().allowed());
}

TEST_F(ContactGateTest, CapsAGroup) {
  Cap(Scope::kGroup, 2, 7 * kDay);
  Tell("a", 2 * kDay);
  EXPECT_TRUE(Check(1).allowed());
  Tell("b", 3 * kHour);
  for (const int32_t offer : {0, 1}) {
    EXPECT_EQ(Explain(offer),
              "cap of 2 per 7 days for group 'pantry': 2 already (last 3 h ago at POS); again in 5 days");
  }
  EXPECT_TRUE(Check(2).allowed());
  EXPECT_TRUE(RequestVerdict().allowed());
}

TEST_F(ContactGateTest, CapsEachGroupButNotOffersWithoutOne) {
  Cap(Scope::kEachGroup, 1, kDay);
  Tell("a", 30);
  Tell("c", 30);
  EXPECT_EQ(Check(1).rule, ContactRule::kGroupCap);
  EXPECT_TRUE(Check(2).allowed());
}

TEST_F(ContactGateTest, CountsAContactForTheGroupItWasToldIn) {
  Cap(Scope::kGroup, 1, kDay);
  Contact contact = Reserved("c", 5);
  contact.group = Hash64("pantry");
  Reserve(contact);
  EXPECT_FALSE(Check(0).allowed());
}

TEST_F(ContactGateTest, CapsEachOffer) {
  Cap(Scope::kEachOffer, 1, 30 * kDay);
  Tell("b", 50 * kHour, Channel::kKiosk);
  EXPECT_TRUE(Check(0).allowed());
  EXPECT_EQ(Explain(1), "cap of 1 per 30 days for this offer: 1 already (last 2 days ago at KIOSK); again in 28 days");
}

TEST_F(ContactGateTest, PutsAnOffersOwnCapInPlaceOfTheCatalogs) {
  Cap(Scope::kEachOffer, 1, 30 * kDay);
  own_a_.has_own_cap = true;
  own_a_.own_max = 2;
  own_a_.own_window_minutes = kDay;
  Tell("a", kHour);
  EXPECT_TRUE(Check(0).allowed());
  Tell("a", kHour);
  EXPECT_EQ(Check(0).rule, ContactRule::kOwnCap);
  EXPECT_EQ(Explain(0), "cap of 2 per 1 day for this offer: 2 already (last 1 h ago at POS); again in 23 h");
}

TEST_F(ContactGateTest, CountsReservationsUntilTheyExpire) {
  Cap(Scope::kOverall, 1, kDay);
  Reserve(Reserved("a", 14));
  EXPECT_EQ(ExplainRequest(),
            "cap of 1 per 1 day over all channels: 1 already (last 14 min ago at POS); again in 1 min");
  here_.now += absl::Minutes(1);
  EXPECT_TRUE(RequestVerdict().allowed());
}

TEST_F(ContactGateTest, DoesNotCountWhatItsOwnAnswerTakesThePlaceOf) {
  Cap(Scope::kOverall, 1, kDay);
  Contact contact = Reserved("a", 1);
  contact.terminal = 7;
  contact.request = 1;
  Reserve(contact);
  EXPECT_FALSE(RequestVerdict().allowed());
  here_.terminal = 7;
  here_.request = 2;
  EXPECT_TRUE(RequestVerdict().allowed());
  here_.request = 1;
  EXPECT_FALSE(RequestVerdict().allowed()) << "the same request gets its answer again";
  here_.request = 2;
  Outcomes(contact, OutcomeKind::kSpoken, 0);
  EXPECT_FALSE(RequestVerdict().allowed()) << "said is said";
}

TEST_F(ContactGateTest, CountsADecisionThatOvertookThisOne) {
  Cap(Scope::kOverall, 1, kDay);
  Reserve(Reserved("a", -1));
  EXPECT_FALSE(RequestVerdict().allowed());
}

TEST_F(ContactGateTest, LetsAnOfferRestAfterAnAnswer) {
  own_a_.cooldowns = {7, 30, 0, 0};
  Outcomes(Tell("a", 10 * kDay), OutcomeKind::kAccepted, 7 * kDay);
  EXPECT_TRUE(Check(0).allowed()) << "exactly 7 days ago";
  here_.now -= absl::Minutes(1);
  EXPECT_EQ(Explain(0), "accepted 6 days ago; it rests 7 days; again in 1 min");
  here_.now += absl::Minutes(1);
  Outcomes(Tell("a", 5 * kDay), OutcomeKind::kDeclined, 4 * kDay);
  EXPECT_EQ(Explain(0), "declined 4 days ago; it rests 30 days; again in 26 days");
  EXPECT_EQ(Again(0), kNow + absl::Hours(26 * 24));
  EXPECT_TRUE(Check(1).allowed());
}

TEST_F(ContactGateTest, CountsARedemptionAsAcceptedAndForgetsTheDecline) {
  own_a_.cooldowns = {7, 30, 0, 0};
  const Contact contact = Tell("a", 20 * kDay);
  Outcomes(contact, OutcomeKind::kDeclined, 20 * kDay);
  EXPECT_EQ(Check(0).rule, ContactRule::kDeclined);
  Outcomes(contact, OutcomeKind::kRedeemed, 8 * kDay);
  EXPECT_TRUE(Check(0).allowed());
  here_.now -= absl::Hours(48);
  EXPECT_EQ(Check(0).rule, ContactRule::kAccepted);
}

TEST_F(ContactGateTest, LetsAnOfferRestThatIsIgnoredThreeTimesInARow) {
  own_a_.cooldowns = {0, 0, 14, 3};
  Tell("a", 10 * kDay);
  Tell("a", 8 * kDay);
  EXPECT_TRUE(Check(0).allowed());
  Tell("a", 6 * kDay);
  EXPECT_EQ(Explain(0), "ignored 3 times in a row, the last time 5 days ago; it rests 14 days; again in 9 days");
  EXPECT_EQ(Again(0), kNow + absl::Hours(8 * 24) + absl::Minutes(15)) << "it was ignored when its time was over";
  Outcomes(Tell("a", 7 * kDay), OutcomeKind::kDismissed, 7 * kDay);
  EXPECT_TRUE(Check(0).allowed()) << "an answer in between";
  Tell("a", 5);
  EXPECT_TRUE(Check(0).allowed()) << "it may still be answered";
}

TEST_F(ContactGateTest, NeedsConsentWhereThePolicySaysSo) {
  policy_.consent_channels = ChannelBit(Channel::kSms) | ChannelBit(Channel::kEmail);
  EXPECT_TRUE(RequestVerdict().allowed()) << "at the till";
  here_.channel = Channel::kSms;
  EXPECT_EQ(ExplainRequest(), "SMS needs the customer's consent: none was given");
  EXPECT_EQ(Gate().AgainAt(Gate().RequestVerdict()), std::nullopt);
  consents_ = {{Channel::kEmail, true, kNow, ""}};
  EXPECT_EQ(RequestVerdict().rule, ContactRule::kConsent) << "for e-mail only";
  consents_ = {{Channel::kSms, false, kNow - absl::Hours(72), ""}};
  EXPECT_EQ(ExplainRequest(), "SMS needs the customer's consent: it was withdrawn 3 days ago");
  consents_ = {{Channel::kSms, true, kNow, ""}};
  EXPECT_TRUE(RequestVerdict().allowed());
}

class QuietHoursTest : public ContactGateTest {
 protected:
  void Quiet(int from_minute, int to_minute) {
    policy_.quiet_hours.push_back(
        {static_cast<int16_t>(from_minute), static_cast<int16_t>(to_minute), ChannelBit(Channel::kSms)});
  }
  void Local(const absl::CivilMinute& local) {
    here_.channel = Channel::kSms;
    here_.now = absl::FromCivil(local, here_.zone);
  }
  absl::CivilSecond AgainLocal() { return here_.zone.At(*Gate().AgainAt(Gate().RequestVerdict())).cs; }
};

TEST_F(QuietHoursTest, AreSilentOverMidnightFromTheFirstMinuteToBeforeTheLast) {
  Quiet(21 * 60, 9 * 60);
  Local(absl::CivilMinute(2024, 3, 5, 20, 59));
  EXPECT_TRUE(RequestVerdict().allowed());
  Local(absl::CivilMinute(2024, 3, 5, 21, 0));
  EXPECT_EQ(ExplainRequest(), "quiet hours of SMS from 21:00 to 09:00: it is 21:00; again in 12 h");
  EXPECT_EQ(AgainLocal(), absl::CivilSecond(2024, 3, 6, 9));
  Local(absl::CivilMinute(2024, 3, 6, 8, 59));
  EXPECT_FALSE(RequestVerdict().allowed());
  EXPECT_EQ(AgainLocal(), absl::CivilSecond(2024, 3, 6, 9));
  Local(absl::CivilMinute(2024, 3, 6, 9, 0));
  EXPECT_TRUE(RequestVerdict().allowed());
  Local(absl::CivilMinute(2024, 3, 6, 3, 0));
  here_.channel = Channel::kPos;
  EXPECT_TRUE(RequestVerdict().allowed()) << "the till speaks";
}

TEST_F(QuietHoursTest, AreThoseOfThePlace) {
  Quiet(13 * 60, 15 * 60);
  Local(absl::CivilMinute(2024, 3, 5, 14, 0));
  EXPECT_FALSE(RequestVerdict().allowed());
  absl::LoadTimeZone("Asia/Tokyo", &here_.zone);
  EXPECT_TRUE(RequestVerdict().allowed()) << "23:00 there";
}

TEST_F(QuietHoursTest, EndWhereTheNextOnesDoNotGoOn) {
  Quiet(21 * 60, 0);
  Quiet(0, 8 * 60);
  Local(absl::CivilMinute(2024, 3, 5, 22, 0));
  EXPECT_EQ(AgainLocal(), absl::CivilSecond(2024, 3, 6, 8));
  Quiet(8 * 60, 21 * 60);
  EXPECT_EQ(Gate().AgainAt(Gate().RequestVerdict()), std::nullopt) << "they never end";
}

TEST_F(QuietHoursTest, FollowTheClockWhenItIsPutForwardAndBack) {
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &here_.zone));
  Quiet(0, 2 * 60 + 30);
  Local(absl::CivilMinute(2024, 3, 31, 1, 59));  // then comes 3:00
  EXPECT_EQ(AgainLocal(), absl::CivilSecond(2024, 3, 31, 3));
  EXPECT_EQ(*Gate().AgainAt(Gate().RequestVerdict()), here_.now + absl::Minutes(1));
  Local(absl::CivilMinute(2024, 10, 27, 1, 0));  // 2:30 comes twice, after an hour and a half for the first time
  EXPECT_EQ(*Gate().AgainAt(Gate().RequestVerdict()), here_.now + absl::Minutes(90));
  here_.now += absl::Minutes(130);  // 2:10 for the second time
  EXPECT_EQ(*Gate().AgainAt(Gate().RequestVerdict()), here_.now + absl::Minutes(20));
}

class ContactAllowanceTest : public ContactGateTest {};

TEST_F(ContactAllowanceTest, LetsThroughWhatTheCapsLeave) {
  Cap(Scope::kOverall, 3, kDay);
  Cap(Scope::kEachGroup, 2, 7 * kDay);
  Tell("b", 3 * kHour);
  ContactAllowance allowance(Gate());
  EXPECT_TRUE(allowance.Take(0).allowed());
  const ContactVerdict second = allowance.Take(1);
  EXPECT_EQ(second.rule, ContactRule::kGroupCap);
  EXPECT_EQ(gate_->Explain(second),
            "cap of 2 per 7 days for group 'pantry': 1 already (last 3 h ago at POS) and 1 in this answer");
  EXPECT_TRUE(allowance.Take(2).allowed()) << "what was refused took nothing";
  const ContactVerdict fourth = allowance.Take(2);
  EXPECT_EQ(fourth.rule, ContactRule::kOverallCap);
  EXPECT_EQ(gate_->Explain(fourth),
            "cap of 3 per 1 day over all channels: 1 already (last 3 h ago at POS) and 2 in this answer");
}

TEST_F(ContactAllowanceTest, IsOfThisRequestAlone) {
  Cap(Scope::kOverall, 1, kDay);
  const ContactGate& gate = Gate();
  ContactAllowance first(gate), second(gate);
  EXPECT_TRUE(first.Take(0).allowed());
  EXPECT_FALSE(first.Take(1).allowed());
  EXPECT_TRUE(second.Take(1).allowed());
}

TEST_F(ContactAllowanceTest, IsBoundlessWithoutCaps) {
  ContactAllowance allowance(Gate());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(allowance.Take(i % 3).allowed());
}

}  // namespace
}  // namespace nbo
