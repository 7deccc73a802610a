#include "server/handlers/statement_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/handlers/customer_fixture.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDaySeconds = 86'400;

class StatementHandlerTest : public CustomerTest {};

// ---- Links

TEST_F(StatementHandlerTest, ALinkMovesTheReceiptsThatCameBefore) {
  Record(PurchaseOf(CardOf("4711"), "1"));
  Record(PurchaseOf(CardOf("4711"), "2"));
  EXPECT_EQ(Receipts("~c:4711"), 2);
  const auto linked = Link("4711", "anna", kNoon);
  ASSERT_TRUE(linked.status.ok()) << linked.status;
  EXPECT_EQ(linked.response.customer_id(), "anna");
  EXPECT_EQ(linked.response.moved_receipts_count(), 2) << "the first owner had the card all along";
  EXPECT_EQ(Receipts("anna"), 2);
  EXPECT_EQ(Receipts("~c:4711"), 0);
  const auto late = Record(PurchaseOf(CardOf("4711"), "3"));
  EXPECT_EQ(late.response.customer_id(), "anna");
  EXPECT_EQ(late.response.result(), v1::RECORD_RESULT_ACCEPTED);
  EXPECT_EQ(Record(PurchaseOf(CardOf("4711"), "1")).response.result(), v1::RECORD_RESULT_DUPLICATE);
  const auto again = Link("4711", "anna", kNoon);
  EXPECT_EQ(again.response.customer_id(), "anna");
  EXPECT_EQ(again.response.moved_receipts_count(), 0) << "idempotent";
}

TEST_F(StatementHandlerTest, ACardThatChangesHandsTakesTheReceiptsOfItsTimeAlong) {
  Link("4711", "anna", kNoon - 10 * kDaySeconds);
  Record(At(CardOf("4711"), "annas", kNoon - 6 * kDaySeconds));
  Record(At(CardOf("4711"), "berts", kNoon - 4 * kDaySeconds));
  const auto linked = Link("4711", "bert", kNoon - 5 * kDaySeconds);
  EXPECT_EQ(linked.response.customer_id(), "bert");
  EXPECT_EQ(linked.response.moved_receipts_count(), 1);
  EXPECT_EQ(Record(At(CardOf("4711"), "late", kNoon - 7 * kDaySeconds)).response.customer_id(), "anna");
  EXPECT_EQ(Record(At(CardOf("4711"), "new", kNoon)).response.customer_id(), "bert");
  EXPECT_EQ(Receipts("anna"), 2);
  EXPECT_EQ(Receipts("bert"), 2);
  const auto older = Link("4711", "carl", kNoon - 20 * kDaySeconds);
  EXPECT_EQ(older.response.customer_id(), "bert") << "a later statement is known";
}

TEST_F(StatementHandlerTest, FromAnUnlinkOnTheCardIsACustomerOfItsOwn) {
  Link("4711", "anna", kNoon - 10 * kDaySeconds);
  Record(At(CardOf("4711"), "1", kNoon - 6 * kDaySeconds));
  Record(At(CardOf("4711"), "2", kNoon - 4 * kDaySeconds));
  const auto unlinked = Unlink("4711", kNoon - 5 * kDaySeconds);
  ASSERT_TRUE(unlinked.status.ok()) << unlinked.status;
  EXPECT_EQ(unlinked.response.customer_id(), "");
  EXPECT_EQ(unlinked.response.moved_receipts_count(), 1);
  EXPECT_EQ(Receipts("anna"), 1);
  EXPECT_EQ(Receipts("~c:4711"), 1);
  EXPECT_EQ(Record(At(CardOf("4711"), "3", kNoon)).response.customer_id(), "~c:4711");
  EXPECT_EQ(Record(At(CardOf("4711"), "4", kNoon - 7 * kDaySeconds)).response.customer_id(), "anna");
  EXPECT_EQ(Unlink("4711", kNoon - 20 * kDaySeconds).response.customer_id(), "") << "the latest word is nobody";
}

TEST_F(StatementHandlerTest, ACardThatManyShareCannotBeLinked) {
  CustomerState crowd;
  crowd.receipts = 100'001;
  crowd.newest_day = 19'888;
  WriteGroup group;
  group.states.push_back({"~c:0000", &crowd});
  ASSERT_TRUE(store_.Write(group).ok());
  const auto refused = Link("0000", "anna", kNoon);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("100001 receipts"));
  EXPECT_EQ(Record(PurchaseOf(CardOf("0000"), "1")).response.customer_id(), "~c:0000") << "nothing has changed";
}

// ---- Merges

TEST_F(StatementHandlerTest, AMergeUnitesEverythingUnderTheSurvivor) {
  Link("1", "old", kNoon - 10 * kDaySeconds);
  Record(PurchaseOf(CardOf("1"), "by-card"));
  Record(PurchaseOf(CustomerOf("old"), "both"));
  Record(PurchaseOf(CustomerOf("new"), "both"));
  Record(PurchaseOf(CustomerOf("new"), "own"));
  Consent(CustomerOf("old"), true, kNoon - 100);
  const auto merged = Merge("old", "new");
  ASSERT_TRUE(merged.status.ok()) << merged.status;
  EXPECT_EQ(merged.response.customer_id(), "new");
  EXPECT_EQ(merged.response.moved_receipts_count(), 2);
  EXPECT_EQ(Receipts("new"), 3) << "a receipt known for both counts once";
  EXPECT_EQ(Receipts("old"), 0);
  ASSERT_EQ(StateOf("new").consents.size(), 1u);
  EXPECT_TRUE(StateOf("new").consents[0].granted);
  for (const v1::CustomerRef& ref : {CustomerOf("old"), CardOf("1"), CustomerOf("new")}) {
    EXPECT_EQ(Record(PurchaseOf(ref, "both")).response.result(), v1::RECORD_RESULT_DUPLICATE);
    const auto late = Record(PurchaseOf(ref, absl::StrCat("late", ref.ref_case(), ref.customer_id())));
    EXPECT_EQ(late.response.customer_id(), "new");
    EXPECT_EQ(late.response.result(), v1::RECORD_RESULT_ACCEPTED);
  }
  EXPECT_EQ(Link("2", "old", kNoon).response.customer_id(), "new");
  EXPECT_EQ(Merge("old", "new").response.moved_receipts_count(), 0) << "idempotent";
  const auto chained = Merge("third", "old");
  EXPECT_EQ(chained.response.customer_id(), "new") << "old was itself merged";
}

// ---- Consents

TEST_F(StatementHandlerTest, OfConsentsTheLatestHolds) {
  const auto given = Consent(CustomerOf("anna"), true, kNoon - 100, "till form 12");
  ASSERT_TRUE(given.status.ok()) << given.status;
  EXPECT_EQ(given.response.customer_id(), "anna");
  EXPECT_TRUE(given.response.changed());
  EXPECT_FALSE(Consent(CustomerOf("anna"), true, kNoon - 100, "till form 12").response.changed());
  EXPECT_FALSE(Consent(CustomerOf("anna"), false, kNoon - 200).response.changed()) << "older";
  EXPECT_TRUE(Consent(CustomerOf("anna"), false, kNoon - 100).response.changed()) << "the withdrawal of that moment";
  EXPECT_FALSE(Consent(CustomerOf("anna"), true, kNoon - 100).response.changed());
  const CustomerState state = StateOf("anna");
  ASSERT_EQ(state.consents.size(), 1u);
  EXPECT_EQ(state.consents[0].channel, Channel::kEmail);
  EXPECT_FALSE(state.consents[0].granted);
  EXPECT_EQ(state.consents[0].time, absl::FromUnixSeconds(kNoon - 100));
  EXPECT_EQ(state.consents[0].source, "app");
  EXPECT_EQ(Record(PurchaseOf(CustomerOf("anna"), "1")).response.result(), v1::RECORD_RESULT_ACCEPTED);
  EXPECT_EQ(StateOf("anna").consents.size(), 1u) << "receipts leave consents alone";
}

TEST_F(StatementHandlerTest, AConsentByCardIsItsOwners) {
  EXPECT_EQ(Consent(CardOf("1"), true, kNoon).response.customer_id(), "~c:1");
  EXPECT_EQ(Link("1", "anna", kNoon - 10).response.customer_id(), "anna");
  EXPECT_EQ(StateOf("anna").consents.size(), 1u) << "all that is known of the card is the owner's";
  const auto withdrawn = Consent(CardOf("1"), false, kNoon + 1);
  EXPECT_EQ(withdrawn.response.customer_id(), "anna");
  EXPECT_TRUE(withdrawn.response.changed());
}

TEST_F(StatementHandlerTest, AConsentForAMergedIdTellsTheSurvivor) {
  Merge("old", "new");
  const auto given = Consent(CustomerOf("old"), true, kNoon);
  ASSERT_TRUE(given.status.ok()) << given.status;
  EXPECT_TRUE(given.response.changed());
  EXPECT_EQ(StateOf("new").consents.size(), 1u);
  EXPECT_EQ(given.response.customer_id(), "new") << "the id for which it is recorded";
}

// ---- Attributes

TEST_F(StatementHandlerTest, OfAttributesTheLatestOfEachKeyHolds) {
  const auto told = Attributes(CustomerOf("anna"), {{"tier", "gold"}, {"app", "7"}}, kNoon - 100);
  ASSERT_TRUE(told.status.ok()) << told.status;
  EXPECT_EQ(told.response.customer_id(), "anna");
  EXPECT_TRUE(told.response.changed());
  EXPECT_FALSE(Attributes(CustomerOf("anna"), {{"app", "7"}, {"tier", "gold"}}, kNoon - 100).response.changed());
  EXPECT_FALSE(Attributes(CustomerOf("anna"), {{"tier", "zinc"}}, kNoon - 200, {"app"}).response.changed()) << "older";
  EXPECT_TRUE(Attributes(CustomerOf("anna"), {{"tier", "silver"}}, kNoon - 100).response.changed()) << "the greater";
  EXPECT_FALSE(Attributes(CustomerOf("anna"), {{"tier", "gold"}}, kNoon - 100).response.changed());
  EXPECT_TRUE(Attributes(CustomerOf("anna"), {{"new", "yes"}}, kNoon - 100, {"tier"}).response.changed());
  EXPECT_FALSE(Attributes(CustomerOf("anna"), {{"tier", "zinc"}}, kNoon - 100).response.changed()) << "removed wins";
  const absl::Time time = absl::FromUnixSeconds(kNoon - 100);
  EXPECT_EQ(StateOf("anna").attributes,
            (std::vector<Attribute>{
                {"app", "7", time, "crm"}, {"new", "yes", time, "crm"}, {"tier", std::nullopt, time, "crm"}}));
  Record(PurchaseOf(CustomerOf("anna"), "1"));
  EXPECT_EQ(StateOf("anna").attributes.size(), 3u) << "receipts leave attributes alone";
}

TEST_F(StatementHandlerTest, AttributesByCardAndOfAMergedIdAreThePersons) {
  EXPECT_EQ(Attributes(CardOf("1"), {{"tier", "gold"}}, kNoon).response.customer_id(), "~c:1");
  Link("1", "old", kNoon - 10);
  Attributes(CustomerOf("new"), {{"tier", "silver"}, {"app", "7"}}, kNoon - 1);
  Merge("old", "new");
  EXPECT_EQ(StateOf("new").attributes.size(), 2u);
  EXPECT_EQ(StateOf("new").attributes[1].value, "gold") << "the later one";
  const auto later = Attributes(CardOf("1"), {}, kNoon + 1, {"tier"});
  EXPECT_EQ(later.response.customer_id(), "new");
  EXPECT_TRUE(later.response.changed());
}

TEST_F(StatementHandlerTest, TooManyAttributesAreRefusedAndNothingIsChanged) {
  std::map<std::string, std::string> many;
  for (int i = 0; i < 32; ++i) many[absl::StrCat("k", i)] = "v";
  ASSERT_TRUE(Attributes(CustomerOf("anna"), many, kNoon - 2).status.ok());
  const auto refused = Attributes(CustomerOf("anna"), {{"k0", "w"}, {"one-more", "v"}}, kNoon - 1);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "attributes: the customer would have 33; at most 32 are kept; name those that are not needed in "
            "removed_keys");
  EXPECT_EQ(StateOf("anna").attributes[0].value, "v");
  EXPECT_TRUE(Attributes(CustomerOf("anna"), {{"one-more", "v"}}, kNoon - 1, {"k1"}).response.changed());
}

// ---- Erasures

TEST_F(StatementHandlerTest, AnErasedPersonIsForgottenAndLateReceiptsAreDropped) {
  Link("1", "anna", kNoon - 10 * kDaySeconds);
  Merge("anna-before", "anna");
  Record(PurchaseOf(CardOf("1"), "1"));
  Record(PurchaseOf(CustomerOf("anna"), "2"));
  Consent(CustomerOf("anna"), true, kNoon - 5);
  Attributes(CustomerOf("anna"), {{"tier", "gold"}}, kNoon - 5);
  const auto erased = Erase(CardOf("1"));
  ASSERT_TRUE(erased.status.ok()) << erased.status;
  EXPECT_EQ(erased.response.receipts_count(), 2);
  EXPECT_EQ(erased.response.identities_count(), 1);
  EXPECT_TRUE(erased.response.known());
  for (const v1::CustomerRef& ref : {CardOf("1"), CustomerOf("anna"), CustomerOf("anna-before")}) {
    const auto late = Record(PurchaseOf(ref, "late"));
    ASSERT_TRUE(late.status.ok()) << late.status;
    EXPECT_EQ(late.response.result(), v1::RECORD_RESULT_ERASED);
    EXPECT_EQ(late.response.customer_id(), "");
    const auto consent = Consent(ref, true, kNoon);
    ASSERT_TRUE(consent.status.ok()) << consent.status;
    EXPECT_FALSE(consent.response.changed());
    const auto attributes = Attributes(ref, {{"tier", "gold"}}, kNoon);
    ASSERT_TRUE(attributes.status.ok()) << attributes.status;
    EXPECT_FALSE(attributes.response.changed());
  }
  for (const char* id : {"anna", "~c:1", "anna-before"}) {
    CustomerState state;
    EXPECT_FALSE(*store_.ReadState(id, &state)) << id;
  }
  EXPECT_EQ(Link("1", "anna", kNoon - 1).response.customer_id(), "") << "a late link of the person";
  EXPECT_EQ(Merge("bert", "anna").status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Merge("anna", "bert").status.code(), absl::StatusCode::kFailedPrecondition);
  const auto again = Erase(CustomerOf("anna"));
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_FALSE(again.response.known());
  EXPECT_EQ(again.response.receipts_count(), 0);
}

TEST_F(StatementHandlerTest, ALinkAfterTheErasureTakesCardAndIdIntoUseForANewPerson) {
  Link("1", "anna", kNoon - 10 * kDaySeconds);
  Record(PurchaseOf(CardOf("1"), "1"));
  Erase(CustomerOf("anna"));
  clock_.Set(absl::FromUnixSeconds(kNoon + 100));
  EXPECT_EQ(Link("1", "anna", kNoon + 50).response.customer_id(), "anna");
  EXPECT_EQ(Record(At(CardOf("1"), "1", kNoon - 3600)).response.result(), v1::RECORD_RESULT_ERASED) << "the old one's";
  EXPECT_EQ(Record(At(CustomerOf("anna"), "2", kNoon - 3600)).response.result(), v1::RECORD_RESULT_ERASED);
  EXPECT_EQ(Record(At(CardOf("1"), "3", kNoon + 60)).response.customer_id(), "anna");
  EXPECT_EQ(Receipts("anna"), 1);
}

TEST_F(StatementHandlerTest, AnUnknownIdIsErasedInAdvance) {
  const auto erased = Erase(CustomerOf("nobody"));
  ASSERT_TRUE(erased.status.ok()) << erased.status;
  EXPECT_FALSE(erased.response.known());
  EXPECT_EQ(Record(PurchaseOf(CustomerOf("nobody"), "1")).response.result(), v1::RECORD_RESULT_ERASED);
}

// The card had another owner before, whose time of it stays.
TEST_F(StatementHandlerTest, ACardWhoseLastOwnerWasErasedIsNobodyNew) {
  Link("1", "anna", kNoon - 10 * kDaySeconds);
  Link("1", "bert", kNoon - 5 * kDaySeconds);
  Record(At(CardOf("1"), "annas", kNoon - 7 * kDaySeconds));
  Record(At(CardOf("1"), "berts", kNoon - 3 * kDaySeconds));
  EXPECT_TRUE(Erase(CustomerOf("bert")).response.known());
  EXPECT_EQ(Receipts("anna"), 1);
  EXPECT_EQ(Record(At(CardOf("1"), "late", kNoon - 2 * kDaySeconds)).response.result(), v1::RECORD_RESULT_ERASED);
  EXPECT_EQ(Record(At(CardOf("1"), "annas2", kNoon - 6 * kDaySeconds)).response.customer_id(), "anna");
  const auto consent = Consent(CardOf("1"), true, kNoon);
  ASSERT_TRUE(consent.status.ok()) << consent.status;
  EXPECT_FALSE(consent.response.changed()) << "the customer was erased";
  CustomerState state;
  EXPECT_FALSE(*store_.ReadState("~c:1", &state)) << "no new profile of an erased person";
}

}  // namespace
}  // namespace nbo::server
