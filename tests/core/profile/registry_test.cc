#include "core/profile/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "core/profile/lookup.h"
#include "core/profile/recorder.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::HasSubstr;

constexpr Day kToday = 19'000;

absl::Time OnDay(Day day) { return absl::FromUnixSeconds(int64_t{day} * 86'400); }

class RegistryTest : public ::testing::Test {
 protected:
  // A receipt of 1.00 by the card at noon of a day.
  Receipt ByCard(const std::string& id, Day day) {
    Receipt receipt = ReceiptOf("", id, day, {Bought("MILK", 100)});
    receipt.addressed_by = card_;
    return receipt;
  }
  RecordResult Record(Receipt receipt) {
    const auto somebody = recorder_.Resolve(&receipt);
    EXPECT_TRUE(somebody.ok());
    if (!*somebody) return RecordResult::kErased;
    const Receipt* const one[] = {&receipt};
    const auto result = recorder_.Record(one).front();
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(RecordResult::kElsewhere);
  }
  int64_t ReceiptsOf(const std::string& customer) {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState(customer, &state).ok());
    return state.receipts;
  }
  std::vector<Attribute> AttributesOf(const std::string& customer) {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState(customer, &state).ok());
    return state.attributes;
  }
  bool Known(const std::string& customer) {
    CustomerState state;
    return *store_.ReadState(customer, &state);
  }

  const Identity card_{IdentityType::kLoyaltyCard, "4711"};
  FlakyStore store_;
  Recorder recorder_{&store_};
  Registry registry_{&store_};
};

TEST_F(RegistryTest, ReceiptsOfACardMoveToItsFirstOwnerWhateverTheirDay) {
  Record(ByCard("1", kToday - 100));
  Record(ByCard("2", kToday));
  EXPECT_EQ(ReceiptsOf("~c:4711"), 2);
  const auto linked = registry_.Link(card_, "anna", OnDay(kToday - 50));
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->moved_receipts, 2);
  EXPECT_EQ(linked->customer_id, "anna");
  EXPECT_EQ(ReceiptsOf("anna"), 2);
  EXPECT_FALSE(Known("~c:4711")) << "nothing is left of it";
  EXPECT_EQ(Record(ByCard("3", kToday)), RecordResult::kAccepted);
  EXPECT_EQ(Record(ByCard("1", kToday - 100)), RecordResult::kDuplicate);
  EXPECT_EQ(ReceiptsOf("anna"), 3);
}

TEST_F(RegistryTest, ACardThatMovesTakesOnlyTheReceiptsSinceThen) {
  ASSERT_TRUE(registry_.Link(card_, "anna", OnDay(kToday - 100)).ok());
  Record(ByCard("1", kToday - 20));
  Record(ByCard("2", kToday - 5));
  Record(ReceiptOf("anna", "3", kToday - 5, {Bought("MILK", 100)}));
  const auto linked = registry_.Link(card_, "bert", OnDay(kToday - 10));
  EXPECT_EQ(linked->moved_receipts, 1);
  EXPECT_EQ(ReceiptsOf("anna"), 2) << "what was recorded under her own id stays";
  EXPECT_EQ(ReceiptsOf("bert"), 1);
  Record(ByCard("4", kToday - 15));  // late
  Record(ByCard("5", kToday));
  EXPECT_EQ(ReceiptsOf("anna"), 3);
  EXPECT_EQ(ReceiptsOf("bert"), 2);
  EXPECT_EQ(*CustomerOf(store_, card_, OnDay(kToday)), "bert");
}

TEST_F(RegistryTest, AnUnlinkedCardIsACustomerOfItsOwnFromThenOn) {
  ASSERT_TRUE(registry_.Link(card_, "anna", OnDay(kToday - 100)).ok());
  Record(ByCard("1", kToday - 20));
  Record(ByCard("2", kToday));
  const auto unlinked = registry_.Link(card_, std::nullopt, OnDay(kToday - 10));
  ASSERT_TRUE(unlinked.ok());
  EXPECT_EQ(unlinked->customer_id, "");
  EXPECT_EQ(ReceiptsOf("anna"), 1);
  EXPECT_EQ(ReceiptsOf("~c:4711"), 1);
  EXPECT_EQ(*CustomerOf(store_, card_, OnDay(kToday)), "~c:4711");
}

TEST_F(RegistryTest, AStatementThatIsKnownChangesAndWritesNothing) {
  ASSERT_TRUE(registry_.Link(card_, "anna", OnDay(kToday)).ok());
  const int writes = store_.writes;
  EXPECT_EQ(registry_.Link(card_, "anna", OnDay(kToday))->customer_id, "anna");
  EXPECT_EQ(store_.writes, writes);
}

TEST_F(RegistryTest, OfAReceiptKnownForBothMergedCustomersOneCounts) {
  const Receipt twice = ReceiptOf("old", "1", kToday, {Bought("MILK", 100)});
  Receipt same = twice;
  same.customer_id = "anna";
  Record(twice);
  Record(same);
  Record(ReceiptOf("old", "2", kToday, {Bought("MILK", 100)}));
  const auto merged = registry_.Merge("old", "anna");
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->customer_id, "anna");
  EXPECT_EQ(merged->moved_receipts, 2);
  EXPECT_EQ(ReceiptsOf("anna"), 2);
  EXPECT_FALSE(Known("old"));
}

TEST_F(RegistryTest, WhatComesForAnAbsorbedIdIsTheSurvivors) {
  ASSERT_TRUE(registry_.Merge("old", "anna").ok()) << "neither is known yet";
  EXPECT_EQ(Record(ReceiptOf("old", "1", kToday, {Bought("MILK", 100)})), RecordResult::kAccepted);
  EXPECT_EQ(ReceiptsOf("anna"), 1);
  std::string id = "old";
  CustomerState state;
  EXPECT_TRUE(*ReadCurrentState(store_, &id, &state));
  EXPECT_EQ(id, "anna");
  // Resolved before the merge, recorded after it.
  const Receipt late = ReceiptOf("old", "2", kToday, {Bought("MILK", 100)});
  const Receipt* const one[] = {&late};
  EXPECT_EQ(*recorder_.Record(one).front(), RecordResult::kElsewhere);
}

TEST_F(RegistryTest, MergesFormChainsThatOneReadResolves) {
  ASSERT_TRUE(registry_.Link(card_, "a", OnDay(kToday - 9)).ok());
  ASSERT_TRUE(registry_.Merge("a", "b").ok());
  ASSERT_TRUE(registry_.Merge("b", "c").ok());
  EXPECT_EQ(*store_.ReadAlias("a"), "c");
  EXPECT_EQ(*CustomerOf(store_, card_, OnDay(kToday)), "c");
  EXPECT_EQ(*store_.ListIdentities("c"), std::vector<Identity>{card_});
  EXPECT_TRUE(store_.ListIdentities("a")->empty());
  const auto again = registry_.Merge("a", "c");
  EXPECT_EQ(again->moved_receipts, 0);
  EXPECT_EQ(registry_.Merge("c", "a")->customer_id, "c") << "the other way round nothing is left to do";
}

TEST_F(RegistryTest, ConsentsUniteAndTheLatestForEachChannelHolds) {
  ASSERT_TRUE(registry_.RecordConsent("old", {Channel::kSms, true, OnDay(10), "form"})->changed);
  ASSERT_TRUE(registry_.RecordConsent("old", {Channel::kEmail, true, OnDay(30), "form"})->changed);
  ASSERT_TRUE(registry_.RecordConsent("anna", {Channel::kSms, false, OnDay(20), "app"})->changed);
  EXPECT_FALSE(registry_.RecordConsent("anna", {Channel::kSms, true, OnDay(20), "app"})->changed)
      << "withdrawn at once wins";
  ASSERT_TRUE(registry_.Merge("old", "anna").ok());
  CustomerState state;
  ASSERT_TRUE(*store_.ReadState("anna", &state));
  ASSERT_EQ(state.consents.size(), 2u);
  EXPECT_EQ(state.consents[0], (Consent{Channel::kEmail, true, OnDay(30), "form"}));
  EXPECT_EQ(state.consents[1], (Consent{Channel::kSms, false, OnDay(20), "app"}));
}

Attribute Holds(const std::string& key, const std::string& value, Day day) { return {key, value, OnDay(day), "crm"}; }
Attribute Removed(const std::string& key, Day day) { return {key, std::nullopt, OnDay(day), "crm"}; }

TEST_F(RegistryTest, AttributesUniteAndTheLatestForEachKeyHolds) {
  ASSERT_TRUE(registry_.RecordAttributes("old", {Holds("tier", "gold", 10), Holds("app", "7", 10)})->changed);
  ASSERT_TRUE(registry_.RecordAttributes("old", {Removed("trial", 30)})->changed);
  ASSERT_TRUE(registry_.RecordAttributes("anna", {Holds("tier", "silver", 20), Holds("trial", "yes", 20)})->changed);
  EXPECT_FALSE(registry_.RecordAttributes("anna", {Holds("tier", "silver", 20)})->changed) << "known";
  EXPECT_FALSE(registry_.RecordAttributes("anna", {Holds("tier", "bronze", 19)})->changed) << "late";
  ASSERT_TRUE(registry_.Merge("old", "anna").ok());
  EXPECT_EQ(AttributesOf("anna"),
            (std::vector<Attribute>{Holds("app", "7", 10), Holds("tier", "silver", 20), Removed("trial", 30)}));
  const auto late = registry_.RecordAttributes("old", {Holds("trial", "yes", 29), Holds("app", "8", 11)});
  EXPECT_EQ(late->customer_id, "anna");
  EXPECT_TRUE(late->changed);
  EXPECT_EQ(AttributesOf("anna"),
            (std::vector<Attribute>{Holds("app", "8", 11), Holds("tier", "silver", 20), Removed("trial", 30)}))
      << "what was removed stays so";
}

TEST_F(RegistryTest, ReceiptsThatMakeAStateAnewLeaveAttributesAlone) {
  ASSERT_TRUE(registry_.RecordAttributes("anna", {Holds("tier", "gold", 10)})->changed);
  Receipt sale = ReceiptOf("anna", "1", kToday, {Bought("MILK", 100)});
  Record(sale);
  sale.revision = 1;
  sale.lines[0].amount_minor = 50;
  EXPECT_EQ(Record(sale), RecordResult::kCorrected);
  EXPECT_EQ(AttributesOf("anna"), std::vector<Attribute>{Holds("tier", "gold", 10)});
}

TEST_F(RegistryTest, AttributesOfACardAreItsFirstOwners) {
  ASSERT_TRUE(registry_.RecordAttributes("~c:4711", {Holds("tier", "gold", 10)})->changed);
  ASSERT_TRUE(registry_.Link(card_, "anna", OnDay(kToday)).ok());
  EXPECT_EQ(AttributesOf("anna"), std::vector<Attribute>{Holds("tier", "gold", 10)});
  EXPECT_FALSE(Known("~c:4711"));
}

TEST_F(RegistryTest, OneAttributeTooManyIsRefusedWithTheRemedy) {
  std::vector<Attribute> full;
  for (size_t i = 0; i < kMaxAttributesPerCustomer; ++i) full.push_back(Holds(absl::StrCat("k", i), "v", 10));
  ASSERT_TRUE(registry_.RecordAttributes("anna", full)->changed);
  const auto refused = registry_.RecordAttributes("anna", {Holds("new", "v", 11), Holds("k1", "w", 11)});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("attributes: the customer would have 33; at most 32"));
  EXPECT_EQ(AttributesOf("anna").size(), full.size());
  EXPECT_EQ(AttributesOf("anna")[1].value, "v") << "nothing of it is taken in";
  EXPECT_TRUE(registry_.RecordAttributes("anna", {Holds("new", "v", 11), Removed("k1", 11)})->changed);
  EXPECT_FALSE(registry_.RecordAttributes("anna", full)->changed) << "what was taken in may be sent again";
}

TEST_F(RegistryTest, AnAttributeThatHoldsIsNeverForgottenForANewKey) {
  ASSERT_TRUE(registry_.RecordAttributes("anna", {Holds("tier", "gold", 1)})->changed);
  Day day = 2;
  for (size_t i = 1; i < kMaxAttributeKeysPerCustomer; ++i) {  // a key for each campaign, removed after it
    ASSERT_TRUE(registry_.RecordAttributes("anna", {Removed(absl::StrCat("campaign", i), day++)})->changed);
  }
  const auto refused = registry_.RecordAttributes("anna", {Holds("one-more", "v", day)});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("\"tier\" was stated the longest ago"));
  EXPECT_TRUE(registry_.RecordAttributes("anna", {Holds("one-more", "v", day), Holds("tier", "gold", day)})->changed)
      << "the remedy";
  EXPECT_EQ(AttributesOf("anna").size(), kMaxAttributeKeysPerCustomer);
  EXPECT_FALSE(registry_.RecordAttributes("anna", {Holds("campaign1", "late", 1)})->changed)
      << "older than the last statements about all that is kept";
}

TEST_F(RegistryTest, MergingTwoWithManyAttributesKeepsTheLatest) {
  std::vector<Attribute> old, young;
  for (size_t i = 0; i < kMaxAttributesPerCustomer; ++i) {
    old.push_back(Holds(absl::StrCat("old", i), "v", 10));
    young.push_back(Holds(absl::StrCat("young", i), "v", 20));
  }
  ASSERT_TRUE(registry_.RecordAttributes("a", old)->changed);
  ASSERT_TRUE(registry_.RecordAttributes("b", young)->changed);
  ASSERT_TRUE(registry_.RecordAttributes("c", {Holds("young-too", "v", 20)})->changed);
  ASSERT_TRUE(registry_.Merge("a", "b").ok());
  ASSERT_EQ(AttributesOf("b").size(), 64u);
  ASSERT_TRUE(registry_.Merge("b", "c").ok());
  EXPECT_EQ(AttributesOf("c").size(), 64u) << "of the oldest the first by key is forgotten";
  EXPECT_NE(AttributesOf("c").front().key, "old0");
  EXPECT_TRUE(registry_.RecordAttributes("c", {Removed("young1", 21)})->changed) << "fewer are always welcome";
}

class ErasureTest : public RegistryTest {
 protected:
  ErasureTest() {
    EXPECT_TRUE(registry_.Link(card_, "anna", OnDay(kToday - 100)).ok());
    EXPECT_TRUE(registry_.Merge("old", "anna").ok());
    Record(ByCard("1", kToday - 20));
    Record(ReceiptOf("old", "2", kToday, {Bought("MILK", 100)}));
    EXPECT_TRUE(registry_.RecordConsent("anna", {Channel::kSms, true, OnDay(10), "form"})->changed);
    EXPECT_TRUE(registry_.RecordAttributes("anna", {Holds("tier", "gold", 10)})->changed);
  }
};

TEST_F(ErasureTest, NothingIsLeftUnderAnyName) {
  const auto erased = registry_.Erase("old", OnDay(kToday));
  ASSERT_TRUE(erased.ok());
  EXPECT_EQ(erased->receipts, 2);
  EXPECT_EQ(erased->identities, 1);
  EXPECT_TRUE(erased->known);
  for (const char* id : {"anna", "old", "~c:4711"}) {
    EXPECT_FALSE(Known(id)) << id;
    EXPECT_TRUE(store_.ReadAlias(id)->empty());
    EXPECT_TRUE(store_.ListIdentities(id)->empty());
    EXPECT_TRUE(store_.ListAbsorbed(id)->empty());
    int records = 0;
    ASSERT_TRUE(store_.ScanRecords(id, [&](const ReceiptKey&, const ReceiptRecord&) { ++records; }).ok());
    EXPECT_EQ(records, 0);
  }
  EXPECT_TRUE(store_.ReadIdentity(card_)->empty());
}

TEST_F(ErasureTest, LateEventsDoNotResurrectThePerson) {
  ASSERT_TRUE(registry_.Erase("anna", OnDay(kToday)).ok());
  EXPECT_EQ(Record(ByCard("3", kToday - 1)), RecordResult::kErased);
  EXPECT_EQ(Record(ByCard("4", kToday + 1)), RecordResult::kErased) << "the card in the wallet goes on being scanned";
  EXPECT_EQ(Record(ReceiptOf("anna", "5", kToday - 1, {Bought("MILK", 100)})), RecordResult::kErased);
  EXPECT_EQ(Record(ReceiptOf("old", "6", kToday - 1, {Bought("MILK", 100)})), RecordResult::kErased);
  EXPECT_EQ(registry_.Link(card_, "anna", OnDay(kToday - 1))->customer_id, "");
  EXPECT_FALSE(registry_.RecordConsent("anna", {Channel::kSms, true, OnDay(kToday), ""})->changed);
  EXPECT_FALSE(registry_.RecordAttributes("anna", {Holds("tier", "gold", kToday)})->changed);
  EXPECT_EQ(registry_.Merge("anna", "bert").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(registry_.Merge("bert", "anna").status().code(), absl::StatusCode::kFailedPrecondition);
  for (const char* id : {"anna", "old", "~c:4711", "bert"}) EXPECT_FALSE(Known(id)) << id;
  EXPECT_FALSE(registry_.Erase("anna", OnDay(kToday))->known) << "twice is once";
}

TEST_F(ErasureTest, TheCardMayBeGivenToANewPerson) {
  ASSERT_TRUE(registry_.Erase("anna", OnDay(kToday)).ok());
  ASSERT_EQ(registry_.Link(card_, "bert", OnDay(kToday + 10))->customer_id, "bert");
  EXPECT_EQ(Record(ByCard("3", kToday + 5)), RecordResult::kErased) << "from before: not his";
  EXPECT_EQ(Record(ByCard("4", kToday + 11)), RecordResult::kAccepted);
  EXPECT_EQ(ReceiptsOf("bert"), 1);
}

TEST_F(ErasureTest, TheCustomerIdMayBeUsedAgainForANewBeginning) {
  ASSERT_TRUE(registry_.Erase("anna", OnDay(kToday)).ok());
  ASSERT_EQ(registry_.Link(card_, "anna", OnDay(kToday + 10))->customer_id, "anna");
  EXPECT_EQ(Record(ReceiptOf("anna", "late", kToday - 1, {Bought("MILK", 100)})), RecordResult::kErased);
  EXPECT_EQ(Record(ReceiptOf("anna", "new", kToday + 11, {Bought("MILK", 100)})), RecordResult::kAccepted);
  EXPECT_EQ(ReceiptsOf("anna"), 1);
  EXPECT_FALSE(registry_.RecordAttributes("anna", {Holds("tier", "gold", kToday)})->changed) << "of the one before";
  EXPECT_TRUE(registry_.RecordAttributes("anna", {Holds("tier", "new", kToday + 11)})->changed);
}

TEST_F(ErasureTest, OthersWhoHadTheCardKeepTheirs) {
  ASSERT_TRUE(registry_.Link(card_, "bert", OnDay(kToday - 5)).ok());
  Record(ByCard("bert's", kToday));
  ASSERT_TRUE(registry_.Erase("anna", OnDay(kToday)).ok());
  EXPECT_EQ(ReceiptsOf("bert"), 1);
  EXPECT_EQ(Record(ByCard("late of anna", kToday - 10)), RecordResult::kErased);
  EXPECT_EQ(Record(ByCard("bert's next", kToday)), RecordResult::kAccepted);
  const IdentityHistory history = *store_.ReadIdentity(card_);
  for (const OwnerStatement& statement : history.statements()) {
    EXPECT_NE(statement.owner.customer_id, "anna");
  }
}

TEST_F(RegistryTest, AnUnknownCustomerMayBeErasedInAdvance) {
  EXPECT_FALSE(registry_.Erase("anna", OnDay(kToday))->known);
  EXPECT_EQ(Record(ReceiptOf("anna", "1", kToday, {Bought("MILK", 100)})), RecordResult::kErased);
}

TEST_F(RegistryTest, AFailedWriteChangesNothing) {
  Record(ByCard("1", kToday));
  store_.fail_writes = true;
  EXPECT_EQ(registry_.Link(card_, "anna", OnDay(kToday)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(registry_.Merge("a", "b").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(registry_.Erase("~c:4711", OnDay(kToday)).status().code(), absl::StatusCode::kUnavailable);
  store_.fail_writes = false;
  EXPECT_EQ(ReceiptsOf("~c:4711"), 1);
  EXPECT_TRUE(store_.ReadIdentity(card_)->empty());
  EXPECT_TRUE(store_.ReadAlias("a")->empty());
}

TEST_F(RegistryTest, ACardThatManyShareIsNotMoved) {
  CustomerState shared;
  shared.receipts = kMaxReceiptsToMove + 1;
  shared.newest_day = kToday;
  WriteGroup group;
  group.states.push_back({"~c:4711", &shared});
  ASSERT_TRUE(store_.Write(group).ok());
  const auto linked = registry_.Link(card_, "anna", OnDay(kToday));
  EXPECT_EQ(linked.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(linked.status().message()), HasSubstr("100001 receipts"));
}

TEST_F(RegistryTest, TheNextChangeOfHandsBeyondTheLimitIsRefused) {
  for (size_t i = 0; i < kMaxStatementsPerIdentity; ++i) {
    ASSERT_TRUE(registry_.Link(card_, absl::StrCat("customer", i % 2), OnDay(static_cast<Day>(i))).ok());
  }
  const auto refused = registry_.Link(card_, "anna", OnDay(kToday));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_.ReadIdentity(card_)->current().customer_id, "customer1");
}

TEST_F(RegistryTest, ARebuildMendsAStateAndKeepsWhatReceiptsDoNotTell) {
  Record(ReceiptOf("anna", "1", kToday, {Bought("MILK", 100)}));
  ASSERT_TRUE(registry_.RecordConsent("anna", {Channel::kSms, true, OnDay(10), "form"})->changed);
  ASSERT_TRUE(registry_.RecordAttributes("anna", {Holds("tier", "gold", 10), Removed("trial", 10)})->changed);
  CustomerState right, wrong;
  ASSERT_TRUE(*store_.ReadState("anna", &right));
  wrong = right;
  wrong.days[0].revenue_minor = 7;
  WriteGroup group;
  group.states.push_back({"anna", &wrong});
  ASSERT_TRUE(store_.Write(group).ok());
  EXPECT_TRUE(*registry_.Rebuild("anna"));
  EXPECT_FALSE(*registry_.Rebuild("anna"));
  CustomerState state;
  ASSERT_TRUE(*store_.ReadState("anna", &state));
  EXPECT_EQ(StateDigest(state), StateDigest(right));
  EXPECT_EQ(state.attributes, right.attributes);
}

TEST_F(RegistryTest, ASaleAndItsReturnAreDroppedTogetherOrNotAtAll) {
  Record(ReceiptOf("anna", "sale", kToday - 400, {Bought("MILK", 500)}));
  Receipt back = ReceiptOf("anna", "back", kToday - 100, {});
  back.returns = {{"s1", "sale", false, {Returned("MILK", 200)}}};
  Record(back);
  EXPECT_EQ(*registry_.DropReceiptsBefore("anna", kToday - 200), 0) << "the return is younger";
  EXPECT_EQ(*registry_.DropReceiptsBefore("anna", kToday - 50), 2);
  CustomerState state;
  ASSERT_TRUE(*store_.ReadState("anna", &state));
  EXPECT_EQ(state.days.at(0).revenue_minor, 300);
  EXPECT_EQ(state.receipts, 2);
}

}  // namespace
}  // namespace nbo
