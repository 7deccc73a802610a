#include "core/contact/person_contacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/base/limits.h"
#include "tests/core/contact/history.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kMinuteUs = 60'000'000;
absl::Time At(int64_t us) { return absl::FromUnixMicros(us); }

// A till's answer of `offers` items, `minutes` after the start, for a quarter of an hour.
Reservation Till(int minutes, uint64_t terminal, uint64_t request = 0, uint16_t offers = 1) {
  Reservation reservation;
  reservation.reserve_us = kStartUs + minutes * kMinuteUs;
  reservation.decision = {reservation.reserve_us / 1000, 1};
  reservation.channel = Channel::kPos;
  reservation.terminal = terminal;
  reservation.request = request;
  reservation.expire_us = reservation.reserve_us + 15 * kMinuteUs;
  for (uint16_t rank = 1; rank <= offers; ++rank) reservation.items.push_back({100u + rank, 0, rank});
  return reservation;
}
Outcome Happened(OutcomeKind kind, int minutes) { return {kind, kStartUs + minutes * kMinuteUs}; }
Contact First(const Reservation& reservation) { return ContactOf(reservation, reservation.items[0]); }

int Counted(const PersonContacts& contacts, int minutes) {
  return static_cast<int>(std::count_if(contacts.contacts().begin(), contacts.contacts().end(),
                                        [&](const Contact& c) { return c.Counts(kStartUs + minutes * kMinuteUs); }));
}

TEST(PersonContacts, ReservesUntilItExpires) {
  PersonContacts contacts;
  contacts.Reserve(Till(0, 1, 0, 2), nullptr);
  ASSERT_THAT(contacts.contacts(), SizeIs(2));
  EXPECT_EQ(Counted(contacts, 14), 2);
  EXPECT_EQ(Counted(contacts, 15), 0) << "it lives before its expiry, not at it";
  contacts.Prune(At(kStartUs + 15 * kMinuteUs - 1));
  EXPECT_THAT(contacts.contacts(), SizeIs(2));
  contacts.Prune(At(kStartUs + 15 * kMinuteUs));
  EXPECT_TRUE(contacts.empty());
}

TEST(PersonContacts, CountsWhatWasPresentedAlsoAfterItsTime) {
  PersonContacts contacts;
  contacts.Reserve(Till(0, 1), nullptr);
  const OutcomeEffect effect = contacts.Record(First(Till(0, 1)), Happened(OutcomeKind::kSpoken, 1), At(kStartUs));
  EXPECT_TRUE(effect.changed && effect.first_presented && effect.was_reserved);
  EXPECT_FALSE(effect.first_redeemed);
  contacts.Prune(At(kStartUs + 100 * kMinuteUs));
  EXPECT_EQ(Counted(contacts, 100), 1);
  EXPECT_EQ(contacts.contacts()[0].count_us(), kStartUs + kMinuteUs);
}

TEST(PersonContacts, TakesInAnOutcomeOfWhatItHasForgotten) {
  PersonContacts contacts;
  contacts.Reserve(Till(0, 1), nullptr);
  contacts.Prune(At(kStartUs + 60 * kMinuteUs));
  ASSERT_TRUE(contacts.empty());
  const OutcomeEffect effect =
      contacts.Record(First(Till(0, 1)), Happened(OutcomeKind::kSeen, 10), At(kStartUs + 60 * kMinuteUs));
  EXPECT_TRUE(effect.changed && effect.first_presented);
  EXPECT_FALSE(effect.was_reserved);
  EXPECT_EQ(Counted(contacts, 60), 1);
}

TEST(PersonContacts, IsNotToldByADeliveryToAScreenButByAMessage) {
  PersonContacts contacts;
  contacts.Reserve(Till(0, 1), nullptr);
  const OutcomeEffect delivered =
      contacts.Record(First(Till(0, 1)), Happened(OutcomeKind::kDelivered, 1), At(kStartUs));
  EXPECT_TRUE(delivered.changed);
  EXPECT_FALSE(delivered.first_presented);
  Reservation message = Till(1, 0);
  message.channel = Channel::kSms;
  contacts.Reserve(message, nullptr);
  EXPECT_TRUE(contacts.Record(First(message), Happened(OutcomeKind::kDelivered, 2), At(kStartUs)).first_presented);
}

TEST(PersonContacts, TakesEveryKindOfOutcomeOnceAlsoIfItWasPresentedAlready) {
  for (const bool presumed : {false, true}) {
    for (const OutcomeKind last :
         {OutcomeKind::kDelivered, OutcomeKind::kRendered, OutcomeKind::kSeen, OutcomeKind::kSpoken,
          OutcomeKind::kClicked, OutcomeKind::kAccepted, OutcomeKind::kRedeemed}) {
      PersonContacts contacts;
      Reservation reservation = Till(0, 1);
      reservation.presumed = presumed;
      contacts.Reserve(reservation, nullptr);
      const Contact contact = First(reservation);
      contacts.Record(contact, Happened(OutcomeKind::kDismissed, 1), At(kStartUs));
      EXPECT_TRUE(contacts.Record(contact, Happened(last, 2), At(kStartUs)).changed) << static_cast<int>(last);
      EXPECT_FALSE(contacts.Record(contact, Happened(last, 2), At(kStartUs)).changed) << static_cast<int>(last);
      EXPECT_TRUE(contacts.contacts()[0].WasTold(last));
      EXPECT_TRUE(contacts.contacts()[0].WasTold(OutcomeKind::kDismissed));
    }
  }
}

TEST(PersonContacts, TakesAnAnswerThatAnotherOneOutweighs) {
  PersonContacts contacts;
  const Contact contact = First(Till(0, 1));
  contacts.Record(contact, Happened(OutcomeKind::kAccepted, 5), At(kStartUs));
  EXPECT_TRUE(contacts.Record(contact, Happened(OutcomeKind::kDeclined, 4), At(kStartUs)).changed);
  EXPECT_FALSE(contacts.Record(contact, Happened(OutcomeKind::kDeclined, 4), At(kStartUs)).changed);
  EXPECT_EQ(contacts.contacts()[0].answer, Answer::kAccepted);
}

TEST(PersonContacts, RemembersADeliveryOfWhatItHadForgottenAndCountsItForNothing) {
  PersonContacts contacts;
  const Contact contact = First(Till(0, 1));
  EXPECT_TRUE(contacts.Record(contact, Happened(OutcomeKind::kDelivered, 20), At(kStartUs)).changed);
  contacts.Prune(At(kStartUs + 60 * kMinuteUs));
  EXPECT_FALSE(contacts.Record(contact, Happened(OutcomeKind::kDelivered, 20), At(kStartUs)).changed);
  EXPECT_EQ(Counted(contacts, 60), 0);
}

TEST(PersonContacts, KeepsTheLatestAnswer) {
  PersonContacts contacts;
  const Contact contact = First(Till(0, 1));
  contacts.Record(contact, Happened(OutcomeKind::kDeclined, 5), At(kStartUs));
  contacts.Record(contact, Happened(OutcomeKind::kAccepted, 3), At(kStartUs));
  EXPECT_EQ(contacts.contacts()[0].answer, Answer::kDeclined);
  EXPECT_EQ(contacts.contacts()[0].present_us, kStartUs + 3 * kMinuteUs) << "who answers was told";
  contacts.Record(contact, Happened(OutcomeKind::kAccepted, 6), At(kStartUs));
  EXPECT_EQ(contacts.contacts()[0].answer, Answer::kAccepted);
  contacts.Record(contact, Happened(OutcomeKind::kDismissed, 6), At(kStartUs));
  EXPECT_EQ(contacts.contacts()[0].answer, Answer::kAccepted) << "of one moment, to dismiss says least";
}

TEST(PersonContacts, CountsARedemptionOnceAndAsTakenInSpiteOfADecline) {
  PersonContacts contacts;
  const Contact contact = First(Till(0, 1));
  contacts.Record(contact, Happened(OutcomeKind::kDeclined, 5), At(kStartUs));
  EXPECT_EQ(contacts.contacts()[0].decline_us(), kStartUs + 5 * kMinuteUs);
  EXPECT_TRUE(contacts.Record(contact, Happened(OutcomeKind::kRedeemed, 8), At(kStartUs)).first_redeemed);
  EXPECT_FALSE(contacts.Record(contact, Happened(OutcomeKind::kRedeemed, 8), At(kStartUs)).changed);
  const OutcomeEffect earlier = contacts.Record(contact, Happened(OutcomeKind::kRedeemed, 7), At(kStartUs));
  EXPECT_TRUE(earlier.changed);
  EXPECT_FALSE(earlier.first_redeemed);
  EXPECT_EQ(contacts.contacts()[0].decline_us(), kNever);
  EXPECT_EQ(contacts.contacts()[0].accept_us(), kStartUs + 7 * kMinuteUs);
}

TEST(PersonContacts, TellsNothingBeforeItWasDecided) {
  PersonContacts contacts;
  contacts.Record(First(Till(10, 1)), Happened(OutcomeKind::kSpoken, 2), At(kStartUs));
  EXPECT_EQ(contacts.contacts()[0].present_us, kStartUs + 10 * kMinuteUs) << "the clock of the till is slow";
}

TEST(PersonContacts, IsIgnoredWhenItsTimeIsOverWithoutAnAnswer) {
  Contact contact = First(Till(0, 1));
  contact.present_us = contact.reserve_us;
  EXPECT_FALSE(contact.IsIgnored(contact.expire_us - 1));
  EXPECT_TRUE(contact.IsIgnored(contact.expire_us));
  EXPECT_EQ(contact.ignored_us(), contact.expire_us);
  contact.redeem_us = contact.expire_us + 1;
  EXPECT_FALSE(contact.IsIgnored(contact.expire_us)) << "redeemed without a word";
}

TEST(PersonContacts, ShowsOneAnswerAtATimeOnADevice) {
  PersonContacts contacts;
  std::vector<Contact> released;
  contacts.Reserve(Till(0, 1, 0, 2), &released);
  contacts.Reserve(Till(1, 2), &released);  // another till
  Reservation kiosk = Till(2, 1);           // the same number, another channel
  kiosk.channel = Channel::kKiosk;
  contacts.Reserve(kiosk, &released);
  EXPECT_THAT(released, IsEmpty());
  EXPECT_EQ(Counted(contacts, 3), 4);
  contacts.Reserve(Till(3, 1), &released);
  EXPECT_THAT(released, SizeIs(2));
  EXPECT_EQ(Counted(contacts, 3), 3);
  contacts.Reserve(Till(4, 0), &released);
  contacts.Reserve(Till(5, 0), &released);
  EXPECT_THAT(released, SizeIs(2)) << "of an unknown terminal nothing is known";
}

TEST(PersonContacts, GivesUpADevicesAnswerForNothingToo) {
  PersonContacts contacts;
  std::vector<Contact> released;
  contacts.Reserve(Till(0, 1), nullptr);
  contacts.Reserve(Till(1, 1, 0, 0), &released);
  EXPECT_THAT(released, SizeIs(1));
  EXPECT_EQ(Counted(contacts, 1), 0);
}

TEST(PersonContacts, KeepsWhatTheSameRequestReservedOrWasPresented) {
  PersonContacts contacts;
  std::vector<Contact> released;
  contacts.Reserve(Till(0, 1, 77), &released);
  contacts.Reserve(Till(1, 1, 77), &released);
  EXPECT_THAT(released, IsEmpty());
  contacts.Record(First(Till(0, 1, 77)), Happened(OutcomeKind::kSpoken, 2), At(kStartUs));
  contacts.Reserve(Till(3, 1, 78), &released);
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].decision, Till(1, 1).decision);
  EXPECT_EQ(Counted(contacts, 3), 2);
}

TEST(PersonContacts, CountsWhatWasPresentedAfterItWasReleased) {
  PersonContacts contacts;
  std::vector<Contact> released;
  contacts.Reserve(Till(0, 1, 0, 2), nullptr);
  contacts.Release(Till(0, 1).decision, 1, At(kStartUs + kMinuteUs), &released);
  ASSERT_THAT(released, SizeIs(1));
  contacts.Release(Till(0, 1).decision, 1, At(kStartUs + kMinuteUs), &released);
  EXPECT_THAT(released, SizeIs(1)) << "once";
  EXPECT_EQ(Counted(contacts, 2), 1);
  const OutcomeEffect effect = contacts.Record(First(Till(0, 1)), Happened(OutcomeKind::kSpoken, 2), At(kStartUs));
  EXPECT_TRUE(effect.first_presented);
  EXPECT_FALSE(effect.was_reserved);
  EXPECT_EQ(Counted(contacts, 2), 2);
  contacts.Release(Till(0, 1).decision, 0, At(kStartUs + 3 * kMinuteUs), &released);
  EXPECT_THAT(released, SizeIs(2)) << "the other one of the decision";
  EXPECT_EQ(Counted(contacts, 3), 1);
}

TEST(PersonContacts, DoesNotReserveAgainWhatWasReleased) {
  PersonContacts contacts;
  contacts.Reserve(Till(0, 1), nullptr);
  contacts.Release(Till(0, 1).decision, 0, At(kStartUs), nullptr);
  contacts.Reserve(Till(0, 1), nullptr);
  EXPECT_EQ(Counted(contacts, 1), 0);
}

TEST(PersonContacts, FindsByDecisionAndRank) {
  PersonContacts contacts;
  contacts.Reserve(Till(0, 1, 0, 3), nullptr);
  ASSERT_NE(contacts.Find(Till(0, 1).decision, 2), nullptr);
  EXPECT_EQ(contacts.Find(Till(0, 1).decision, 2)->offer, 102u);
  EXPECT_EQ(contacts.Find(Till(0, 1).decision, 4), nullptr);
  EXPECT_EQ(contacts.Find(Till(1, 1).decision, 1), nullptr);
}

TEST(PersonContacts, ForgetsWhatIsOlderThan400Days) {
  PersonContacts contacts;
  contacts.Record(First(Till(0, 1)), Happened(OutcomeKind::kAccepted, 1), At(kStartUs));
  contacts.Prune(At(kStartUs) + 400 * absl::Hours(24) - absl::Microseconds(1));
  EXPECT_THAT(contacts.contacts(), SizeIs(1));
  contacts.Prune(At(kStartUs) + 400 * absl::Hours(24));
  EXPECT_TRUE(contacts.empty());
}

TEST(PersonContacts, LetsWhatWasOnlyDeliveredLeaveBeforeWhatWasPresented) {
  PersonContacts contacts;
  for (int i = 0; i < 512; ++i) {
    const auto kind = i == 300 ? OutcomeKind::kDelivered : OutcomeKind::kSeen;
    contacts.Record(First(Till(i, 0)), Happened(kind, i + 1), At(kStartUs));
  }
  contacts.Reserve(Till(512, 0), nullptr);
  ASSERT_THAT(contacts.contacts(), SizeIs(kMaxContactsPerCustomer));
  EXPECT_EQ(contacts.Find(Till(300, 0).decision, 1), nullptr);
  EXPECT_NE(contacts.Find(Till(0, 0).decision, 1), nullptr);
}

TEST(PersonContacts, LetsTheReleasedLeaveFirstAndThenTheOldest) {
  PersonContacts contacts;
  for (int i = 0; i < 512; ++i) contacts.Reserve(Till(i, 0), nullptr);
  EXPECT_THAT(contacts.contacts(), SizeIs(kMaxContactsPerCustomer));
  contacts.Release(Till(300, 0).decision, 0, At(kStartUs), nullptr);
  contacts.Reserve(Till(512, 0), nullptr);
  ASSERT_THAT(contacts.contacts(), SizeIs(kMaxContactsPerCustomer));
  EXPECT_EQ(contacts.Find(Till(300, 0).decision, 1), nullptr);
  EXPECT_NE(contacts.Find(Till(0, 0).decision, 1), nullptr);
  contacts.Reserve(Till(513, 0), nullptr);
  ASSERT_THAT(contacts.contacts(), SizeIs(kMaxContactsPerCustomer));
  EXPECT_EQ(contacts.Find(Till(0, 0).decision, 1), nullptr);
  EXPECT_NE(contacts.Find(Till(1, 0).decision, 1), nullptr);
}

// The fold as events arrive, some of them twice, with what is over forgotten now and then.
TEST(PersonContactsProperty, EqualsTheReferenceHoweverEventsArrive) {
  for (uint64_t seed = 1; seed <= 5'000; ++seed) {
    RandomHistory random(seed);
    const std::vector<Event> events = random.Events(1 + random.Below(25));
    PersonContacts contacts;
    int64_t now_us = kStartUs;
    for (size_t i = 0; i < events.size(); ++i) {
      if (const auto* reservation = std::get_if<Reservation>(&events[i])) now_us = reservation->reserve_us;
      Fold(events[i], now_us, &contacts);
      if (random.Chance(20)) {
        const PersonContacts before = contacts;
        Fold(events[i], now_us, &contacts);
        ASSERT_EQ(contacts, before) << "seed " << seed << ", event " << i << " twice";
      }
      if (random.Chance(20)) contacts.Prune(At(now_us));
    }
    now_us += kHourUs / 2 * random.Below(60);
    contacts.Prune(At(now_us));
    const std::vector<Contact> expected = Kept(Recompute(events), now_us);
    ASSERT_TRUE(std::equal(contacts.contacts().begin(), contacts.contacts().end(), expected.begin(), expected.end()))
        << "seed " << seed;
  }
}

TEST(PersonContactsProperty, IsTheSameInAnyOrderOfOutcomesAndWithEventsTwice) {
  for (uint64_t seed = 1; seed <= 3'000; ++seed) {
    RandomHistory random(seed);
    const std::vector<Event> events = random.Events(1 + random.Below(20));
    // Reservations and releases in order, outcomes anywhere, also before their decision.
    std::vector<Event> shuffled, outcomes;
    for (const Event& event : events)
      (std::holds_alternative<OutcomeEvent>(event) ? outcomes : shuffled).push_back(event);
    for (const Event& outcome : outcomes) {
      for (int copies = 1 + random.Chance(20); copies > 0; --copies) {
        shuffled.insert(shuffled.begin() + random.Below(static_cast<int>(shuffled.size()) + 1), outcome);
      }
    }
    PersonContacts in_order, otherwise;
    for (const Event& event : events) Fold(event, kStartUs, &in_order);
    for (const Event& event : shuffled) Fold(event, kStartUs, &otherwise);
    ASSERT_EQ(in_order, otherwise) << "seed " << seed;
    ASSERT_EQ(ContactsDigest(in_order), ContactsDigest(otherwise));
  }
}

TEST(PersonContactsProperty, MergesAsIfAllHadBeenOnePersons) {
  for (uint64_t seed = 1; seed <= 3'000; ++seed) {
    RandomHistory random(seed);
    PersonContacts whole, parts[3];
    const auto owner_of = [](const DecisionId& decision) { return decision.random % 3; };
    for (const Event& event : random.Events(1 + random.Below(25))) {
      Fold(event, kStartUs, &whole);
      const auto* reservation = std::get_if<Reservation>(&event);
      const auto* outcome = std::get_if<OutcomeEvent>(&event);
      const DecisionId decision = reservation != nullptr ? reservation->decision
                                  : outcome != nullptr   ? outcome->contact.decision
                                                         : std::get<ReleaseEvent>(event).decision;
      Fold(event, kStartUs, &parts[owner_of(decision)]);
    }
    PersonContacts left = parts[0], right = parts[2];
    left.Merge(parts[1], nullptr);
    left.Merge(parts[2], nullptr);
    right.Merge(parts[1], nullptr);
    right.Merge(parts[0], nullptr);
    ASSERT_EQ(left, right) << "seed " << seed;
    ASSERT_EQ(left, whole) << "seed " << seed;
    left.Merge(parts[1], nullptr);
    ASSERT_EQ(left, whole) << "seed " << seed << ", merged twice";
  }
}

}  // namespace
}  // namespace nbo
