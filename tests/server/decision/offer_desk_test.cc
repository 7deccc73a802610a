// Tiers and deadlines of answers over a store whose disk is in our hand.
#include "server/decision/offer_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "server/catalog/publisher.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/decision/slow_store.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a caller of the desk gets.
struct Answered {
  absl::Status status = absl::UnknownError("not yet");
  v1::GetOffersResponse response;
  absl::Notification told;
  std::shared_ptr<OfferDesk::Waiting> waiting;  // null: answered at once

  v1::AnswerTier tier() {
    told.WaitForNotification();
    EXPECT_TRUE(status.ok()) << status;
    return response.tier();
  }
};

class OfferDeskTest : public ::testing::Test {
 protected:
  OfferDeskTest() {
    Publish("");
    Know("anna");
    MakeDesk({.max_wait = absl::ZeroDuration()});
  }
  ~OfferDeskTest() override { store_.GoOn(); }

  // Two offers, one of them for everybody; `more` goes before them.
  void Publish(const std::string& more, const std::string& rule = "") {
    CatalogPublisher publisher("USD", &archive_, &active_, &clock_);
    auto published = publisher.Publish(
        {absl::StrCat(more, CatalogYaml(OfferText("personal", rule) + OfferText("any", "    default: true\n"))), "", 0},
        {});
    ASSERT_TRUE(published.ok()) << published.status();
  }
  void Know(const std::string& customer) {
    CustomerState state;
    state.receipts = 1;
    WriteGroup group;
    group.states.push_back({customer, &state});
    ASSERT_TRUE(store_.Write(group).ok());
  }
  // Not while the store is stalled: a desk ends when the disk has answered.
  void MakeDesk(const DeskOptions& options) { desk_ = std::make_unique<OfferDesk>(options, &handler_, &metrics_); }

  static v1::GetOffersRequest For(const v1::CustomerRef& customer) {
    v1::GetOffersRequest request;
    *request.mutable_customer() = customer;
    request.set_channel(v1::CHANNEL_POS);
    request.set_max_offers(10);
    return request;
  }
  std::unique_ptr<Answered> Ask(const v1::GetOffersRequest& request, absl::Time deadline) {
    auto answered = std::make_unique<Answered>();
    if (auto status = desk_->TryNow(request, &answered->response); status.has_value()) {
      answered->status = *status;
      answered->told.Notify();
      return answered;
    }
    answered->waiting = desk_->Wait(request, absl::Now(), deadline,
                                    [a = answered.get()](const absl::Status& status, const auto& response) {
                                      a->status = status;
                                      a->response = response;
                                      a->told.Notify();
                                    });
    return answered;
  }
  std::unique_ptr<Answered> Ask(const std::string& customer, absl::Time deadline = absl::InfiniteFuture()) {
    return Ask(For(CustomerOf(customer)), deadline);
  }
  static std::vector<std::string> Offers(const Answered& answered) {
    std::vector<std::string> ids;
    for (const auto& offer : answered.response.offers()) ids.push_back(offer.offer_id());
    return ids;
  }

  SlowStore store_;
  FakeClock clock_;
  FakeRandomness randomness_;
  MemoryCatalogArchive archive_;
  ActiveCatalog active_;
  ActivePopulation population_;
  ActiveStoreZones zones_;
  Metrics metrics_;
  Deciding deciding_{&active_, &archive_, &clock_, &randomness_};
  DecisionHandler handler_{&store_, &active_, &population_, &clock_, deciding_.decider(), absl::UTCTimeZone(),
                           &zones_, false};
  std::unique_ptr<OfferDesk> desk_;
};

TEST_F(OfferDeskTest, WhoIsInMemoryIsAnsweredAtOnceAndInFull) {
  EXPECT_EQ(Ask("anna")->tier(), v1::ANSWER_TIER_FULL);  // now she is
  store_.Stall();
  const auto again = Ask("anna");
  EXPECT_EQ(again->waiting, nullptr);
  EXPECT_EQ(again->tier(), v1::ANSWER_TIER_FULL);
  EXPECT_THAT(Offers(*again), ElementsAre("personal", "any"));
}

TEST_F(OfferDeskTest, WhoMustBeReadFromTheDiskIsAnsweredInFullWhenItIs) {
  store_.Stall();
  const auto answered = Ask("anna", absl::Now() + absl::Hours(1));
  ASSERT_NE(answered->waiting, nullptr);
  store_.AwaitStalled(1);
  store_.GoOn();
  EXPECT_EQ(answered->tier(), v1::ANSWER_TIER_FULL);
  EXPECT_EQ(answered->response.tier_reason(), v1::TIER_REASON_UNSPECIFIED);
  EXPECT_EQ(answered->response.customer_id(), "anna");
}

TEST_F(OfferDeskTest, AtTheDeadlineSomebodyOfWhomNothingIsRememberedGetsDefaultOffers) {
  store_.Stall();
  const auto answered = Ask("anna", absl::Now() + absl::Milliseconds(6));
  EXPECT_EQ(answered->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(answered->response.tier_reason(), v1::TIER_REASON_DEADLINE);
  EXPECT_EQ(answered->response.customer_id(), "anna");
  EXPECT_THAT(Offers(*answered), ElementsAre("any"));
}

TEST_F(OfferDeskTest, TheServersOwnBoundEndsTheWaitOfACallThatHasNoDeadline) {
  MakeDesk({.max_wait = absl::Milliseconds(1)});
  store_.Stall();
  EXPECT_EQ(Ask("anna", absl::InfiniteFuture())->tier(), v1::ANSWER_TIER_DEFAULT);
  store_.GoOn();
  // Of two bounds the earlier counts.
  MakeDesk({.max_wait = absl::Hours(1)});
  store_.Chill();
  store_.Stall();
  EXPECT_EQ(Ask("anna", absl::Now() + absl::Milliseconds(6))->tier(), v1::ANSWER_TIER_DEFAULT);
}

TEST_F(OfferDeskTest, ADeadlineThatIsOverAlreadyIsAnsweredAllTheSame) {
  store_.Stall();
  EXPECT_EQ(Ask("anna", absl::InfinitePast())->tier(), v1::ANSWER_TIER_DEFAULT);
}

TEST_F(OfferDeskTest, AtTheDeadlineSomebodyWhoIsRememberedGetsACachedAnswer) {
  CustomerState state;
  state.receipts = 1;
  store_.Remember("anna", state);
  store_.Stall();
  const auto answered = Ask("anna", absl::Now() + absl::Milliseconds(6));
  EXPECT_EQ(answered->tier(), v1::ANSWER_TIER_CACHED);
  EXPECT_EQ(answered->response.tier_reason(), v1::TIER_REASON_DEADLINE);
  EXPECT_THAT(Offers(*answered), ElementsAre("personal", "any"));
}

TEST_F(OfferDeskTest, ACardThatCannotBeResolvedInTimeIsNobodys) {
  store_.Remember("anna", CustomerState());
  store_.Stall();
  const auto answered = Ask(For(CardOf("77")), absl::Now() + absl::Milliseconds(6));
  EXPECT_EQ(answered->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(answered->response.tier_reason(), v1::TIER_REASON_DEADLINE);
  EXPECT_EQ(answered->response.customer_id(), "");
  EXPECT_THAT(Offers(*answered), ElementsAre("any"));
}

TEST_F(OfferDeskTest, AStateWithoutTheIdentitiesThatTheCatalogAsksForIsCachedNotFull) {
  Publish("", "    eligibility: \"!('PHONE' in customer.identities)\"\n");
  CustomerState state;
  ASSERT_TRUE(*store_.ReadState("anna", &state));  // in memory from now on; the names are not
  store_.Stall();
  const auto answered = Ask("anna", absl::Now() + absl::Milliseconds(6));
  EXPECT_EQ(answered->tier(), v1::ANSWER_TIER_CACHED);
  store_.GoOn();
  EXPECT_EQ(Ask("anna")->tier(), v1::ANSWER_TIER_FULL);
}

TEST_F(OfferDeskTest, ACustomerOfTheControlGroupStaysInItOnEveryTier) {
  Publish("control: {share: 1.0, salt: x}\n");
  const auto full = Ask("anna");
  EXPECT_EQ(full->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(full->response.tier_reason(), v1::TIER_REASON_CONTROL_GROUP);
  EXPECT_THAT(Offers(*full), ElementsAre("any"));
  store_.Chill();
  store_.Stall();
  const auto late = Ask("anna", absl::Now() + absl::Milliseconds(6));
  EXPECT_EQ(late->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_THAT(Offers(*late), ElementsAre("any"));
  CustomerState state;
  state.receipts = 1;
  store_.Remember("anna", state);
  const auto cached = Ask("anna", absl::Now() + absl::Milliseconds(6));
  EXPECT_EQ(cached->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(cached->response.tier_reason(), v1::TIER_REASON_CONTROL_GROUP);
  EXPECT_THAT(Offers(*cached), ElementsAre("any"));
}

TEST_F(OfferDeskTest, AStoreThatFailsGivesWhatIsRemembered) {
  store_.fail_read_states = true;
  const auto failed = Ask("anna");
  EXPECT_EQ(failed->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(failed->response.tier_reason(), v1::TIER_REASON_STORE_UNAVAILABLE);
  store_.Remember("anna", CustomerState());
  const auto cached = Ask("anna");
  EXPECT_EQ(cached->tier(), v1::ANSWER_TIER_CACHED);
  EXPECT_EQ(cached->response.tier_reason(), v1::TIER_REASON_STORE_UNAVAILABLE);
}

TEST_F(OfferDeskTest, BeyondThoseWhoMayWaitNobodyQueues) {
  MakeDesk({.max_wait = absl::ZeroDuration(), .reader_threads = 1, .max_waiting = 2});
  for (const char* customer : {"ben", "cleo", "dora"}) Know(customer);
  store_.Stall();
  const auto reading = Ask("anna"), queued = Ask("ben"), beyond = Ask("cleo");
  ASSERT_TRUE(beyond->told.HasBeenNotified()) << "before anything else has happened";
  EXPECT_EQ(beyond->tier(), v1::ANSWER_TIER_DEFAULT);
  EXPECT_EQ(beyond->response.tier_reason(), v1::TIER_REASON_OVERLOADED);
  EXPECT_EQ(desk_->GetFigures().reads.waiting, 2u);
  store_.GoOn();
  EXPECT_EQ(reading->tier(), v1::ANSWER_TIER_FULL);
  EXPECT_EQ(queued->tier(), v1::ANSWER_TIER_FULL);
  EXPECT_EQ(Ask("dora")->tier(), v1::ANSWER_TIER_FULL);
}

TEST_F(OfferDeskTest, WhoIsCancelledIsToldSoAndNothingIsDecided) {
  store_.Stall();
  const auto answered = Ask("anna");
  desk_->Cancel(answered->waiting);
  answered->told.WaitForNotification();
  EXPECT_EQ(answered->status.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Offers(*answered), IsEmpty());
  desk_->Cancel(answered->waiting);  // again: nothing happens
  store_.GoOn();
  EXPECT_EQ(Ask("anna")->tier(), v1::ANSWER_TIER_FULL);
}

TEST_F(OfferDeskTest, CountsCallsInAndRefusesThoseBeyondTheBound) {
  MakeDesk({.max_wait = absl::Milliseconds(70), .max_in_flight = 2});
  EXPECT_TRUE(desk_->Enter());
  EXPECT_TRUE(desk_->Enter());
  EXPECT_FALSE(desk_->Enter());
  EXPECT_EQ(desk_->GetFigures().in_flight, 2u);
  EXPECT_EQ(desk_->retry_delay(), absl::Milliseconds(70));
  desk_->Leave();
  EXPECT_TRUE(desk_->Enter());
}

TEST_F(OfferDeskTest, ABadRequestIsRefusedAtOnce) {
  v1::GetOffersResponse response;
  v1::GetOffersRequest request = For(CustomerOf(std::string(65, 'x')));
  const auto status = desk_->TryNow(request, &response);
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nbo::server
