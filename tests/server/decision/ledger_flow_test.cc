// What one person is told over all channels, from the request to the log and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/decision/decision_fixture.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kEveryChannel[] =
    "      - {channel: MOBILE_APP, locale: en, title: t, body: b}\n"
    "      - {channel: WEB, locale: en, title: t, body: b}\n"
    "      - {channel: KIOSK, locale: en, title: t, body: b}\n";
std::string Everywhere(const std::string& id, const std::string& more = "") {
  return OfferText(id, more) + kEveryChannel;
}

class LedgerFlowTest : public DecisionTest {};

TEST_F(LedgerFlowTest, ACapHoldsOverAllChannels) {
  Publish(Yaml("contact_policy: {caps: [{max: 2, days: 1}]}\n", Everywhere("a") + Everywhere("b") + Everywhere("c")));
  Know("anna");
  EXPECT_EQ(Ids(Offers("anna")).size(), 2u) << "also within one answer";
  EXPECT_THAT(Ids(Offers("anna", v1::CHANNEL_MOBILE_APP)), IsEmpty());
  Advance(absl::Hours(25));
  EXPECT_EQ(Ids(Offers("anna", v1::CHANNEL_WEB)).size(), 2u);
}

TEST_F(LedgerFlowTest, WhatWasNotPresentedInTimeIsReleased) {
  Publish(Yaml("contact_policy: {caps: [{max: 1, days: 7}], reservation_minutes: {default: 15}}\n", Everywhere("a")));
  Know("anna");
  EXPECT_THAT(Ids(Offers("anna")), ElementsAre("a"));
  EXPECT_THAT(Ids(Offers("anna")), IsEmpty());
  Advance(absl::Minutes(15));
  const v1::GetOffersResponse again = Offers("anna");
  ASSERT_THAT(Ids(again), ElementsAre("a"));
  EXPECT_EQ(Tell(again.offers(0).attribution_token(), v1::OUTCOME_KIND_SPOKEN).response.result(),
            v1::OUTCOME_RESULT_ACCEPTED);
  Advance(absl::Minutes(15));
  EXPECT_THAT(Ids(Offers("anna")), IsEmpty()) << "now she was told";
}

TEST_F(LedgerFlowTest, ARepeatedRequestGetsTheSameAnswerAlsoFromANewCatalog) {
  Publish(Yaml("contact_policy: {caps: [{max: 1, days: 1}]}\n", Everywhere("a")));
  Know("anna");
  const v1::GetOffersRequest request = Asking("anna", v1::CHANNEL_POS, "r-1");
  const std::string first = Offers(request).SerializeAsString();
  Advance(absl::Seconds(3));
  EXPECT_EQ(Offers(request).SerializeAsString(), first);
  Publish(Yaml("", Everywhere("b")));
  EXPECT_EQ(Offers(request).SerializeAsString(), first);
  EXPECT_THAT(Ids(Offers(Asking("anna", v1::CHANNEL_POS, "r-2"))), ElementsAre("b"));
  Advance(absl::Hours(24));
  EXPECT_NE(Offers(request).SerializeAsString(), first) << "its lifetime is over";
}

TEST_F(LedgerFlowTest, WhoAsksWhyReservesNothing) {
  Publish(Yaml("contact_policy: {caps: [{max: 1, days: 1}]}\n", Everywhere("a")));
  Know("anna");
  v1::GetOffersRequest why = Asking("anna");
  why.set_explain(true);
  EXPECT_THAT(Ids(Offers(why)), ElementsAre("a"));
  EXPECT_THAT(Ids(Offers("anna")), ElementsAre("a"));
  const v1::GetOffersResponse full = Offers(why);
  ASSERT_EQ(full.explanations_size(), 1);
  EXPECT_EQ(full.explanations(0).gate(), v1::GATE_CONTACT_POLICY);
  EXPECT_THAT(full.explanations(0).detail(), HasSubstr("cap of 1"));
  EXPECT_EQ(Log().size(), 1u) << "only what was given is in the log";
}

TEST_F(LedgerFlowTest, ContactsGoWhereThePersonGoes) {
  Publish(Yaml("contact_policy: {caps: [{max: 1, days: 1}]}\n", Everywhere("a")));
  Know("anna");
  Know("ann");
  const v1::GetOffersResponse told = Offers("ann");
  ASSERT_THAT(Ids(told), ElementsAre("a"));
  v1::MergeCustomersRequest merge;
  merge.set_absorbed_customer_id("ann");
  merge.set_surviving_customer_id("anna");
  ASSERT_TRUE(
      Call<v1::MergeCustomersResponse>(statements_with_ledger_, &StatementHandler::MergeCustomers, merge).status.ok());
  EXPECT_THAT(Ids(Offers("anna")), IsEmpty());
  EXPECT_THAT(Ids(Offers("ann")), IsEmpty()) << "the old id is the same person";
  EXPECT_EQ(Tell(told.offers(0).attribution_token(), v1::OUTCOME_KIND_ACCEPTED).response.result(),
            v1::OUTCOME_RESULT_ACCEPTED);
  v1::EraseCustomerRequest erase;
  *erase.mutable_customer() = CustomerOf("anna");
  ASSERT_TRUE(
      Call<v1::EraseCustomerResponse>(statements_with_ledger_, &StatementHandler::EraseCustomer, erase).status.ok());
  EXPECT_EQ(Tell(told.offers(0).attribution_token(), v1::OUTCOME_KIND_CLICKED).response.result(),
            v1::OUTCOME_RESULT_ERASED);
}

TEST_F(LedgerFlowTest, WhatMayNotBeSaidByNowIsNotRepeated) {
  Publish(Yaml("", Everywhere("a")));
  Know("anna");
  const v1::GetOffersRequest request = Asking("anna", v1::CHANNEL_POS, "r-1");
  ASSERT_THAT(Ids(Offers(request)), ElementsAre("a"));
  PausedSwitches paused;
  const SwitchTarget target{SwitchScope::kOffer, "a"};
  paused[target] = Switch{target, "ben", "sold out", clock_.Now()};
  switches_.Swap(std::make_shared<const Switches>(paused));
  EXPECT_THAT(Ids(Offers(request)), IsEmpty()) << "it was paused";
  switches_.Swap(std::make_shared<const Switches>());
  ASSERT_THAT(Ids(Offers(Asking("anna", v1::CHANNEL_POS, "r-2"))), ElementsAre("a"));
  v1::EraseCustomerRequest erase;
  *erase.mutable_customer() = CustomerOf("anna");
  ASSERT_TRUE(
      Call<v1::EraseCustomerResponse>(statements_with_ledger_, &StatementHandler::EraseCustomer, erase).status.ok());
  EXPECT_THAT(Ids(Offers(Asking("anna", v1::CHANNEL_POS, "r-2"))), IsEmpty()) << "she was erased";
}

TEST_F(LedgerFlowTest, WhatWasGivenPersonallyIsNotRepeatedInTheControlGroup) {
  Publish(Yaml("control: {share: 0.5, salt: s}\n", Everywhere("a")));
  std::string target, control;
  for (int i = 0; target.empty() || control.empty(); ++i) {
    const std::string id = absl::StrCat("c", i);
    (active_.Pin()->control->ArmOf(id, clock_.Now()).arm == GlobalArm::kControl ? control : target) = id;
  }
  Know(target);
  Know(control);
  ASSERT_THAT(Ids(Offers(Asking(target, v1::CHANNEL_POS, "r"))), ElementsAre("a"));
  v1::MergeCustomersRequest merge;
  merge.set_absorbed_customer_id(target);
  merge.set_surviving_customer_id(control);
  ASSERT_TRUE(
      Call<v1::MergeCustomersResponse>(statements_with_ledger_, &StatementHandler::MergeCustomers, merge).status.ok());
  EXPECT_THAT(Ids(Offers(Asking(target, v1::CHANNEL_POS, "r"))), IsEmpty());
  EXPECT_THAT(Ids(Offers(Asking(control, v1::CHANNEL_POS, "r"))), IsEmpty());
}

TEST_F(LedgerFlowTest, AMergeThatIsRefusedMovesNoContacts) {
  Publish(Yaml("contact_policy: {caps: [{max: 1, days: 1}]}\n", Everywhere("a")));
  Know("anna");
  Know("ben");
  Know("cleo");
  ASSERT_THAT(Ids(Offers("ben")), ElementsAre("a"));
  v1::EraseCustomerRequest erase;
  *erase.mutable_customer() = CustomerOf("cleo");
  ASSERT_TRUE(
      Call<v1::EraseCustomerResponse>(statements_with_ledger_, &StatementHandler::EraseCustomer, erase).status.ok());
  v1::MergeCustomersRequest merge;
  merge.set_absorbed_customer_id("ben");
  merge.set_surviving_customer_id("cleo");
  EXPECT_FALSE(
      Call<v1::MergeCustomersResponse>(statements_with_ledger_, &StatementHandler::MergeCustomers, merge).status.ok());
  EXPECT_TRUE((*deciding_.ledger()->Read("cleo"))->empty());
  EXPECT_THAT(Ids(Offers("ben")), IsEmpty()) << "he is still himself, and was told";
}

TEST_F(LedgerFlowTest, ACardThatIsLinkedBringsItsContacts) {
  Publish(Yaml("contact_policy: {caps: [{max: 1, days: 1}]}\n", Everywhere("a")));
  Know("anna");
  ASSERT_TRUE(Record(PurchaseOf(CardOf("4711"), "by-card")).status.ok());
  v1::GetOffersRequest by_card = Asking("");
  *by_card.mutable_customer() = CardOf("4711");
  EXPECT_THAT(Ids(Offers(by_card)), ElementsAre("a"));
  ASSERT_TRUE(Call<v1::LinkIdentityResponse>(statements_with_ledger_, &StatementHandler::LinkIdentity,
                                             LinkOf("4711", "anna", kNoon - 86'400))
                  .status.ok());
  EXPECT_THAT(Ids(Offers("anna")), IsEmpty());
  EXPECT_THAT(Ids(Offers(by_card)), IsEmpty());
}

TEST_F(LedgerFlowTest, ABudgetIsHeldThenSpentOrReleased) {
  Publish(Yaml("contact_policy: {reservation_minutes: {default: 10}}\n",
               Everywhere("a", "    budget: {count: 2}\n    supplier: {name: acme, share: 0.5}\n")));
  for (const char* customer : {"anna", "ben", "cleo"}) Know(customer);
  const v1::GetOffersResponse anna = Offers("anna");
  ASSERT_THAT(Ids(anna), ElementsAre("a"));
  ASSERT_THAT(Ids(Offers("ben")), ElementsAre("a"));
  EXPECT_THAT(Ids(Offers("cleo")), IsEmpty());
  const uint64_t a = active_.Pin()->offers[0].key;
  EXPECT_EQ(deciding_.budgets()->Figures(a, clock_.Now()).held_count, 2);
  v1::RecordOutcomeRequest redeemed = OutcomeOf(anna.offers(0).attribution_token(), v1::OUTCOME_KIND_REDEEMED);
  redeemed.mutable_outcome()->set_amount_minor(301);
  EXPECT_TRUE(Tell(redeemed).status.ok());
  EXPECT_EQ(Tell(redeemed).response.result(), v1::OUTCOME_RESULT_DUPLICATE);
  Advance(absl::Minutes(11));
  const BudgetFigures figures = deciding_.budgets()->Figures(a, clock_.Now());
  EXPECT_EQ(figures.spent_count, 1);
  EXPECT_EQ(figures.spent_minor, 301);
  EXPECT_EQ(figures.supplier_minor, 151) << "half of it, rounded away from zero";
  EXPECT_EQ(figures.held_count, 0) << "ben's time is over";
  deciding_.budgets()->Expire(clock_.Now());
  EXPECT_THAT(Ids(Offers("cleo")), ElementsAre("a"));
}

TEST_F(LedgerFlowTest, ATillThatAsksAgainKeepsTheLastPieceThatItHolds) {
  Publish(Yaml("", Everywhere("a", "    budget: {count: 1}\n")));
  Know("anna");
  Know("ben");
  v1::GetOffersRequest at_till = Asking("anna");
  at_till.set_terminal_id("till-1");
  ASSERT_THAT(Ids(Offers(at_till)), ElementsAre("a"));
  Advance(absl::Seconds(1));
  EXPECT_THAT(Ids(Offers(at_till)), ElementsAre("a"));
  Advance(absl::Seconds(1));
  EXPECT_THAT(Ids(Offers("ben")), IsEmpty());
  at_till.set_terminal_id("till-2");
  EXPECT_THAT(Ids(Offers(at_till)), IsEmpty()) << "the other till may still show it";
  EXPECT_EQ(deciding_.budgets()->Figures(active_.Pin()->offers[0].key, clock_.Now()).held_count, 1);
}

TEST_F(LedgerFlowTest, EveryKindOfOutcomeIsTakenAndLoggedOnce) {
  for (const char* presumed : {"", "contact_policy: {presumed: [POS]}\n"}) {
    Publish(Yaml(presumed, Everywhere("a")));
    const std::string customer = *presumed != 0 ? "anna" : "ben";
    Know(customer);
    const v1::GetOffersResponse given = Offers(customer);
    ASSERT_EQ(given.offers_size(), 1);
    const size_t entries = Log().size();
    for (int kind = v1::OUTCOME_KIND_DELIVERED; kind <= v1::OUTCOME_KIND_REDEEMED; ++kind) {
      const v1::RecordOutcomeRequest outcome =
          OutcomeOf(given.offers(0).attribution_token(), static_cast<v1::OutcomeKind>(kind));
      EXPECT_EQ(Tell(outcome).response.result(), v1::OUTCOME_RESULT_ACCEPTED) << outcome.ShortDebugString();
      EXPECT_EQ(Tell(outcome).response.result(), v1::OUTCOME_RESULT_DUPLICATE) << outcome.ShortDebugString();
    }
    EXPECT_EQ(Log().size(), entries + 9);
  }
}

TEST_F(LedgerFlowTest, AnOutcomeOfADefaultOfferIsLoggedOnce) {
  Publish(Yaml("", Everywhere("c", "    default: true\n")));
  const v1::GetOffersResponse given = Offers("nobody");
  ASSERT_EQ(given.offers_size(), 1);
  const size_t entries = Log().size();
  const std::string token = given.offers(0).attribution_token();
  EXPECT_EQ(Tell(token, v1::OUTCOME_KIND_SEEN).response.result(), v1::OUTCOME_RESULT_ACCEPTED);
  EXPECT_EQ(Tell(token, v1::OUTCOME_KIND_SEEN).response.result(), v1::OUTCOME_RESULT_DUPLICATE);
  EXPECT_EQ(Tell(token, v1::OUTCOME_KIND_CLICKED).response.result(), v1::OUTCOME_RESULT_ACCEPTED);
  EXPECT_EQ(Log().size(), entries + 2);
}

TEST_F(LedgerFlowTest, BadOutcomesAreRefusedWithARemedyAndChangeNothing) {
  Publish(Yaml("", Everywhere("a")));
  Know("anna");
  Know("ben");
  const v1::GetOffersResponse given = Offers("anna");
  ASSERT_EQ(given.offers_size(), 1);
  const std::string token = given.offers(0).attribution_token();
  const size_t entries = Log().size();
  const auto refused = [&](const v1::RecordOutcomeRequest& request, absl::StatusCode code, const std::string& message) {
    const auto answer = Tell(request);
    EXPECT_EQ(answer.status.code(), code) << answer.status;
    EXPECT_THAT(answer.message(), HasSubstr(message));
  };
  v1::RecordOutcomeRequest request = OutcomeOf("", v1::OUTCOME_KIND_SEEN);
  refused(request, absl::StatusCode::kInvalidArgument, "outcome.attribution_token: is required");
  refused(OutcomeOf("nonsense", v1::OUTCOME_KIND_SEEN), absl::StatusCode::kInvalidArgument, "send it back as it came");
  refused(OutcomeOf("018c63c7a0f5d3b0c1a2e4f60718.1", v1::OUTCOME_KIND_SEEN), absl::StatusCode::kNotFound,
          "no such offer");
  refused(OutcomeOf(given.decision_id() + ".2", v1::OUTCOME_KIND_SEEN), absl::StatusCode::kNotFound, "no such offer");
  request = OutcomeOf(token, v1::OUTCOME_KIND_SEEN);
  *request.mutable_outcome()->mutable_customer() = CustomerOf("ben");
  refused(request, absl::StatusCode::kPermissionDenied, "another customer");
  request = OutcomeOf(token, v1::OUTCOME_KIND_SEEN);
  FromTime(clock_.Now() - absl::Hours(1), request.mutable_outcome()->mutable_time());
  refused(request, absl::StatusCode::kInvalidArgument, "before the offer was decided");
  request = OutcomeOf(token, v1::OUTCOME_KIND_ACCEPTED);
  request.mutable_outcome()->set_visible_ms(5);
  refused(request, absl::StatusCode::kInvalidArgument, "outcome.visible_ms: belongs to OUTCOME_KIND_SEEN only");
  request = OutcomeOf(token, v1::OUTCOME_KIND_SEEN);
  request.mutable_outcome()->set_visible_share(1.5);
  refused(request, absl::StatusCode::kInvalidArgument, "outside 0..1");
  request = OutcomeOf(token, v1::OUTCOME_KIND_UNSPECIFIED);
  refused(request, absl::StatusCode::kInvalidArgument, "outcome.kind: is required");
  EXPECT_EQ(Log().size(), entries);
  EXPECT_TRUE(Tell(token, v1::OUTCOME_KIND_SEEN).status.ok());
  EXPECT_EQ(Tell(token, v1::OUTCOME_KIND_SEEN).response.result(), v1::OUTCOME_RESULT_DUPLICATE);
  Advance(absl::Hours(24) * 800);
  refused(OutcomeOf(token, v1::OUTCOME_KIND_ACCEPTED), absl::StatusCode::kFailedPrecondition, "too late");
}

TEST_F(LedgerFlowTest, ADecisionRecordedInFullIsTheSameWhenComputedAgainWithANewCatalogInForce) {
  Publish(Yaml("control: {share: 0.3, salt: x}\ncontact_policy: {caps: [{max: 3, days: 1}]}\n",
               Everywhere("a", "    budget: {count: 3}\n") + Everywhere("b") + Everywhere("c", "    default: true\n")));
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) {
    const std::string customer = absl::StrCat("customer-", i % 8);
    if (i < 8) Know(customer);
    v1::GetOffersRequest request = Asking(customer, i % 2 == 0 ? v1::CHANNEL_POS : v1::CHANNEL_WEB);
    request.set_record_in_full(true);
    ids.push_back(Offers(request).decision_id());
    Advance(absl::Minutes(7));
  }
  Publish(Yaml("", Everywhere("z")));
  for (const std::string& id : ids) {
    v1::ReplayDecisionRequest request;
    request.set_decision_id(id);
    v1::ReplayDecisionResponse response;
    const absl::Status status = log_.ReplayDecision(request, &response);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(response.differences(), IsEmpty()) << response.recorded().ShortDebugString();
  }
}

// What the customer's attributes were is in the record, whatever they have become.
TEST_F(LedgerFlowTest, AReplaySeesTheAttributesOfItsMoment) {
  Publish(Yaml("", Everywhere("gold", "    eligibility: customer.attributes.tier == \"gold\"\n") +
                       Everywhere("silver", "    eligibility: customer.attributes.tier == \"silver\"\n")));
  std::vector<std::string> ids;
  for (const char* tier : {"gold", "silver", "zinc"}) {
    ASSERT_TRUE(Attributes(CustomerOf("anna"), {{"tier", tier}}, absl::ToUnixSeconds(clock_.Now())).response.changed());
    v1::GetOffersRequest request = Asking("anna");
    request.set_record_in_full(true);
    ids.push_back(Offers(request).decision_id());
    Advance(absl::Minutes(7));
  }
  std::set<std::string> digests;
  std::vector<std::string> offers;
  for (const std::string& id : ids) {
    v1::ReplayDecisionRequest request;
    request.set_decision_id(id);
    v1::ReplayDecisionResponse response;
    const absl::Status status = log_.ReplayDecision(request, &response);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(response.differences(), IsEmpty()) << response.recorded().ShortDebugString();
    digests.insert(absl::StrCat(response.recorded().state_digest()));
    for (const auto& offer : response.computed().offers()) offers.push_back(offer.offer_id());
  }
  EXPECT_EQ(digests.size(), 3u) << "attributes are in the digest";
  EXPECT_EQ(offers, (std::vector<std::string>{"gold", "silver"}));
}

// Sixty-four ask for one person at once, over four channels; a quarter of the requests is repeated.
TEST_F(LedgerFlowTest, CapsAndBudgetsHoldExactlyUnderManyClientsAndRepetitionsAreIdentical) {
  constexpr int kClients = 64, kRequests = 20;
  Publish(
      Yaml("contact_policy:\n  caps:\n    - {max: 40, days: 1}\n    - {max: 12, days: 1, channel: POS}\n"
           "    - {max: 9, days: 1, offer: \"*\"}\n",
           Everywhere("a") + Everywhere("b", "    budget: {count: 5}\n") + Everywhere("c") + Everywhere("d") +
               Everywhere("e") + Everywhere("f")));
  Know("anna");
  const v1::Channel channels[] = {v1::CHANNEL_POS, v1::CHANNEL_MOBILE_APP, v1::CHANNEL_WEB, v1::CHANNEL_KIOSK};
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < kRequests; ++i) {
        v1::GetOffersRequest request = Asking("anna", channels[client % 4], absl::StrCat("r-", client, "-", i));
        request.set_max_offers(2);
        const std::string first = Offers(request).SerializeAsString();
        if (i % 4 == 0) {
          EXPECT_EQ(Offers(request).SerializeAsString(), first);
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  // An auditor reads the log.
  std::map<std::string, int> by_offer;
  int all = 0, at_the_till = 0, decisions = 0;
  for (const v1::LogEntry& entry : Log()) {
    ++decisions;
    const v1::Decision& decision = entry.decision();
    all += decision.offers_size();
    if (decision.channel() == v1::CHANNEL_POS) at_the_till += decision.offers_size();
    for (const auto& offer : decision.offers()) ++by_offer[offer.offer_id()];
  }
  EXPECT_EQ(decisions, kClients * kRequests) << "a repetition is no decision";
  EXPECT_EQ(all, 40) << "exactly as many as the cap allows: none is lost either";
  EXPECT_LE(at_the_till, 12);
  EXPECT_LE(by_offer["b"], 5);
  for (const auto& [offer, count] : by_offer) EXPECT_LE(count, 9) << offer;
}

}  // namespace
}  // namespace nbo::server
