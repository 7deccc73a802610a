#include "core/redemption/finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "tests/core/catalog/catalog_builder.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'718'366'400);
constexpr int kWindowDays = 7;

std::shared_ptr<Catalog> MakeCatalog() {
  CatalogDraft draft = DraftOfCatalog({{.id = "milk", .products = {"m1", "m2"}},
                                       {.id = "dairy", .categories = {"DAIRY"}},
                                       {.id = "both", .categories = {"DAIRY"}, .products = {"m2"}},
                                       {.id = "coupon", .products = {"x"}},
                                       {.id = "bare"},
                                       {.id = "bare-coupon"},
                                       {.id = "gift", .products = {"g"}}});
  draft.offers[3].coupon = CouponDraft{At("C-1"), std::nullopt};
  draft.offers[5].coupon = CouponDraft{At("C-2"), std::nullopt};
  draft.offers[6].kind = At("gift");
  return Compiled(draft);
}

int64_t Us(absl::Time time) { return absl::ToUnixMicros(time); }

Contact Told(const std::string& offer, uint64_t number, absl::Time time, Channel channel = Channel::kMobileApp) {
  Contact contact;
  contact.decision = {absl::ToUnixMillis(time), number};
  contact.rank = 1;
  contact.offer = Hash64(offer);
  contact.channel = channel;
  contact.attribution_days = kWindowDays;
  contact.reserve_us = contact.present_us = Us(time);
  contact.expire_us = contact.reserve_us + 60'000'000;
  return contact;
}

PersonContacts ContactsOf(std::vector<Contact> contacts) {
  std::sort(contacts.begin(), contacts.end(), IsBefore);
  PersonContacts person;
  person.Assign(std::move(contacts));
  return person;
}

KeptLine Line(const std::string& product, int64_t amount_minor, const std::string& category = "",
              int64_t quantity_milli = 1000, int64_t discount_minor = 0) {
  return {product, category.empty() ? 0 : CategoryKey(category), quantity_milli, amount_minor, discount_minor};
}

ReceiptRecord Sale(absl::Time time, std::vector<KeptLine> lines) {
  ReceiptRecord record;
  record.content.emplace();
  record.content->time = time;
  record.content->lines = std::move(lines);
  return record;
}

class FinderTest : public ::testing::Test {
 protected:
  std::vector<Redemption> Find(const std::vector<Contact>& contacts, const ReceiptRecord& record,
                               const std::vector<std::string>& coupons = {}) {
    person_ = ContactsOf(contacts);
    return FindRedemptions(person_, PurchasedBy(record, coupons), *catalog_);
  }
  // "<offer>#<number of its decision>"
  std::vector<std::string> Names(const std::vector<Contact>& contacts, const ReceiptRecord& record,
                                 const std::vector<std::string>& coupons = {}) {
    std::vector<std::string> names;
    for (const Redemption& found : Find(contacts, record, coupons)) {
      names.push_back(absl::StrCat(found.offer->id, "#", found.contact.decision.random));
    }
    return names;
  }

  const std::shared_ptr<Catalog> catalog_ = MakeCatalog();
  PersonContacts person_;
};

TEST_F(FinderTest, ProductsOfAnOfferRedeemWhatWasToldLast) {
  const std::vector<Contact> told = {Told("milk", 1, kStart), Told("milk", 2, kStart + absl::Hours(1)),
                                     Told("milk", 3, kStart + absl::Hours(3))};
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(2), {Line("m1", 100)})), ElementsAre("milk#2"));
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(4), {Line("m2", 100)})), ElementsAre("milk#3"));
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(4), {Line("m3", 100, "DAIRY")})), IsEmpty());
}

TEST_F(FinderTest, CategoriesRedeemOnlyOffersThatNameNoProducts) {
  const std::vector<Contact> told = {Told("dairy", 1, kStart), Told("both", 2, kStart), Told("bare", 3, kStart)};
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(1), {Line("m1", 100, "DAIRY")})), ElementsAre("dairy#1"));
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(1), {Line("m2", 100, "DAIRY")})), ElementsAre("dairy#1", "both#2"));
}

TEST_F(FinderTest, ACouponRedeemsItsOfferWhateverWasBought) {
  const std::vector<Contact> told = {Told("coupon", 1, kStart), Told("bare-coupon", 2, kStart)};
  const ReceiptRecord sale = Sale(kStart + absl::Hours(1), {Line("other", 100)});
  EXPECT_THAT(Names(told, sale), IsEmpty());
  EXPECT_THAT(Names(told, sale, {"c-1", "C-", "C-3"}), IsEmpty());
  const std::vector<Redemption> found = Find(told, sale, {"C-2", "C-1"});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].by, RedeemedBy::kCoupon);
  EXPECT_EQ(found[1].offer->id, "bare-coupon");
}

TEST_F(FinderTest, NothingIsRedeemedOutsideOfTheAttributionWindow) {
  const auto at = [&](absl::Duration after) {
    return Names({Told("milk", 1, kStart)}, Sale(kStart + after, {Line("m1", 1)}));
  };
  EXPECT_THAT(at(-absl::Microseconds(1)), IsEmpty());
  EXPECT_THAT(at(absl::ZeroDuration()), ElementsAre("milk#1"));
  EXPECT_THAT(at(absl::Hours(24) * kWindowDays - absl::Microseconds(1)), ElementsAre("milk#1"));
  EXPECT_THAT(at(absl::Hours(24) * kWindowDays), IsEmpty());
}

TEST_F(FinderTest, ATillsClockMayBeFiveMinutesSlow) {
  const auto at = [&](absl::Duration after, Channel channel) {
    return Names({Told("milk", 1, kStart, channel)}, Sale(kStart + after, {Line("m1", 1)}));
  };
  EXPECT_THAT(at(-absl::Minutes(5), Channel::kPos), ElementsAre("milk#1"));
  EXPECT_THAT(at(-absl::Minutes(5), Channel::kKiosk), ElementsAre("milk#1"));
  EXPECT_THAT(at(-absl::Minutes(5) - absl::Microseconds(1), Channel::kPos), IsEmpty());
  EXPECT_THAT(at(-absl::Minutes(1), Channel::kMobileApp), IsEmpty()) << "shown after the purchase";
  const std::vector<Redemption> found =
      Find({Told("milk", 1, kStart, Channel::kPos)}, Sale(kStart - absl::Minutes(2), {Line("m1", 1)}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].time_us, Us(kStart)) << "nothing is redeemed before it was told";
  // What was told before the purchase goes first; of what was told after, the nearest.
  EXPECT_THAT(Names({Told("milk", 1, kStart - absl::Hours(1)), Told("milk", 2, kStart, Channel::kPos)},
                    Sale(kStart - absl::Minutes(2), {Line("m1", 1)})),
              ElementsAre("milk#1"));
  EXPECT_THAT(Names({Told("milk", 1, kStart, Channel::kPos), Told("milk", 2, kStart + absl::Minutes(1), Channel::kPos)},
                    Sale(kStart - absl::Minutes(2), {Line("m1", 1)})),
              ElementsAre("milk#1"));
}

TEST_F(FinderTest, WhatWasNotPresentedIsNotRedeemed) {
  Contact reserved = Told("milk", 1, kStart);
  reserved.present_us = kNever;
  EXPECT_THAT(Names({reserved}, Sale(kStart + absl::Hours(1), {Line("m1", 1)})), IsEmpty());
  EXPECT_FALSE(MayRedeem(person_, Us(kStart + absl::Hours(1))));
  Contact without_window = Told("milk", 1, kStart);
  without_window.attribution_days = 0;
  EXPECT_THAT(Names({without_window}, Sale(kStart, {Line("m1", 1)})), IsEmpty());
}

TEST_F(FinderTest, AReceiptSentAgainRedeemsNothingMore) {
  std::vector<Contact> told = {Told("milk", 1, kStart), Told("milk", 2, kStart + absl::Hours(1))};
  told[1].redeem_us = Us(kStart + absl::Hours(2));
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(2), {Line("m1", 1)})), IsEmpty());
  EXPECT_THAT(Names(told, Sale(kStart + absl::Hours(3), {Line("m1", 1)})), IsEmpty()) << "not the one before either";
  const std::vector<Redemption> earlier = Find(told, Sale(kStart + absl::Minutes(90), {Line("m1", 1)}));
  ASSERT_EQ(earlier.size(), 1u) << "an earlier use that came late";
  EXPECT_EQ(earlier[0].contact.decision.random, 2u);
}

TEST_F(FinderTest, WhatIsTakenBackRedeemsNothing) {
  const std::vector<Contact> told = {Told("milk", 1, kStart), Told("bare-coupon", 2, kStart)};
  const absl::Time time = kStart + absl::Hours(1);
  ReceiptRecord sale = Sale(time, {Line("m1", 100, "", 2000), Line("m1", -100, "", -2000)});
  EXPECT_THAT(Names(told, sale, {"C-2"}), IsEmpty()) << "within the receipt";
  sale = Sale(time, {Line("m1", 100, "", 2000), Line("z", 50)});
  Attach({"s", "r2"}, 1, {{"s", "r"}, false, {Line("m1", -100, "", -2000)}}, &sale);
  EXPECT_THAT(Names(told, sale, {"C-2"}), ElementsAre("bare-coupon#2")) << "by another one";
  Attach({"s", "r3"}, 1, {{"s", "r"}, true, {}}, &sale);
  EXPECT_THAT(Names(told, sale, {"C-2"}), IsEmpty());
  ReceiptRecord cancelled = Sale(time, {Line("m1", 100)});
  cancelled.content->cancelled = true;
  EXPECT_THAT(Names(told, cancelled, {"C-2"}), IsEmpty());
  EXPECT_THAT(Names(told, ReceiptRecord(), {"C-2"}), IsEmpty());
}

TEST_F(FinderTest, OffersTheCatalogDoesNotHaveAreLeftAlone) {
  EXPECT_THAT(Names({Told("gone", 1, kStart)}, Sale(kStart, {Line("m1", 1)})), IsEmpty());
}

TEST_F(FinderTest, ADiscountCostsNoMoreThanWhatItWasGivenOn) {
  const absl::Time time = kStart + absl::Hours(1);
  const auto cost = [&](const std::string& offer, const std::vector<KeptLine>& lines,
                        const std::vector<std::string>& coupons) {
    const std::vector<Redemption> found = Find({Told(offer, 1, kStart)}, Sale(time, lines), coupons);
    return found.size() == 1 ? found[0].CostMinor(50) : -1;
  };
  EXPECT_EQ(cost("milk", {Line("m1", 500)}, {}), 50);
  EXPECT_EQ(cost("milk", {Line("m1", 20), Line("m2", 10), Line("z", 900)}, {}), 30);
  EXPECT_EQ(cost("milk", {Line("m1", 0, "", 1000, 40)}, {}), 40) << "price before the discount";
  EXPECT_EQ(cost("bare-coupon", {Line("a", 20), Line("b", 15)}, {"C-2"}), 35) << "of the whole receipt";
  EXPECT_EQ(cost("coupon", {Line("x", 20), Line("b", 900)}, {"C-1"}), 20);
  EXPECT_EQ(cost("coupon", {Line("x", 900)}, {}), 0) << "bought, but at the full price";
  EXPECT_EQ(cost("coupon", {Line("x", 900, "", 1000, 30)}, {}), 30);
  EXPECT_EQ(cost("gift", {Line("g", 0)}, {}), 50) << "what a gift costs is not on its line";
}

TEST_F(FinderTest, MayRedeemNeverSaysNoWhereSomethingIsFound) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    std::vector<Contact> told;
    for (uint64_t n = 0; n < 4; ++n) {
      told.push_back(Told("milk", n, kStart + absl::Minutes(random() % 30'000), static_cast<Channel>(random() % 4)));
      if (random() % 3 == 0) told.back().present_us = kNever;
      if (random() % 3 == 0) told.back().redeem_us = told.back().reserve_us + random() % 1'000'000'000;
    }
    const absl::Time time = kStart + absl::Minutes(random() % 40'000);
    const bool found = !Find(told, Sale(time, {Line("m1", 1)})).empty();
    EXPECT_TRUE(!found || MayRedeem(person_, Us(time)));
  }
}

// Receipts and outcomes of contacts that were presented, in any order and more than once each.
TEST_F(FinderTest, TheOrderOfReceiptsAndOutcomesDoesNotMatter) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    const std::vector<std::string> offers = {"milk", "dairy", "both", "coupon", "bare-coupon"};
    std::vector<Contact> told;
    for (uint64_t n = 0; n < 12; ++n) {
      told.push_back(Told(offers[random() % offers.size()], n, kStart + absl::Minutes(random() % 20'000),
                          static_cast<Channel>(random() % 4)));
    }
    using Event = std::function<void(PersonContacts*)>;
    std::vector<Event> events;
    for (int i = 0; i < 10; ++i) {
      const absl::Time time = kStart + absl::Minutes(random() % 25'000);
      const std::vector<std::string> products = {"m1", "m2", "x", "y"};
      const ReceiptRecord sale = Sale(time, {Line(products[random() % 4], 100, random() % 2 == 0 ? "DAIRY" : "")});
      std::vector<std::string> coupons;
      if (random() % 2 == 0) coupons.push_back(absl::StrCat("C-", 1 + random() % 2));
      events.push_back([this, sale, coupons](PersonContacts* person) {
        for (const Redemption& found : FindRedemptions(*person, PurchasedBy(sale, coupons), *catalog_)) {
          person->Record(found.contact, {OutcomeKind::kRedeemed, found.time_us}, absl::InfiniteFuture());
        }
      });
      const Contact& contact = told[random() % told.size()];
      const auto kind = static_cast<OutcomeKind>(static_cast<int>(OutcomeKind::kAccepted) + random() % 4);
      const Outcome outcome{kind, contact.present_us + static_cast<int64_t>(random() % 1'000'000'000)};
      events.push_back([contact, outcome](PersonContacts* person) { person->Record(contact, outcome, kStart); });
    }
    PersonContacts first;
    for (int order = 0; order < 8; ++order) {
      PersonContacts person = ContactsOf(told);
      std::vector<Event> shuffled = events;
      if (order > 0) {
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        const std::vector<Event> again(shuffled.begin(), shuffled.begin() + 5);
        shuffled.insert(shuffled.end(), again.begin(), again.end());
      }
      for (const Event& event : shuffled) event(&person);
      if (order == 0) first = person;
      ASSERT_EQ(person, first) << "order " << order;
    }
    ASSERT_TRUE(std::any_of(first.contacts().begin(), first.contacts().end(),
                            [](const Contact& contact) { return contact.redeemed(); }));
  }
}

}  // namespace
}  // namespace nbo
