// What a desk says of checkouts, over a store whose disk is in our hand. With streams and browsers:
// app/checkout_test.cc.
#include "server/checkout/checkout_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/app/system.h"
#include "server/catalog/publisher.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/decision/slow_store.h"
#include "tests/server/fakes.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

// Writes down what it is told: for whom offers are, and how it ended.
class Listener final : public CheckoutListener {
 public:
  void OnOffers(const v1::GetOffersResponse& offers) override {
    absl::MutexLock lock(&mutex_);
    told_.push_back(offers.customer_id().empty() ? "nobody" : offers.customer_id());
    decision_ids_.push_back(offers.decision_id());
  }
  void OnClosed(const v1::CheckoutClosed&) override { Note("closed"); }
  void OnEnd(const absl::Status& status) override { Note(absl::StatusCodeToString(status.code())); }

  // All that it was told, as soon as the last is this; or after 10 s.
  std::vector<std::string> Await(const std::string& last) {
    auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !told_.empty() && told_.back() == last; };
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(10));
    return told_;
  }
  std::vector<std::string> decision_ids() {
    absl::MutexLock lock(&mutex_);
    return decision_ids_;
  }

 private:
  void Note(const std::string& what) {
    absl::MutexLock lock(&mutex_);
    told_.push_back(what);
  }

  absl::Mutex mutex_;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> decision_ids_ ABSL_GUARDED_BY(mutex_);
};

class CheckoutDeskTest : public ::testing::Test {
 protected:
  CheckoutDeskTest() {
    CatalogPublisher publisher("USD", &archive_, &active_, &clock_);
    EXPECT_TRUE(publisher.Publish({CatalogYaml(OfferText("any", "    default: true\n")), "", 0}, {}).ok());
    MakeDesk({});
  }
  ~CheckoutDeskTest() override {
    store_.GoOn();
    store_.OpenGate();
    pipeline_.reset();  // receipts under way end with a call of the desk
    desk_->Drain();
    offers_.reset();  // what it still reads ends with a call of the desk
  }

  void MakeDesk(const CheckoutOptions& options) {
    desk_ = std::make_unique<CheckoutDesk>(options, offers_.get(), &events_, &system_clock_, &metrics_);
  }
  std::shared_ptr<Listener> Open(const std::string& id, const std::string& customer = "") {
    v1::OpenCheckout open;
    open.set_checkout_id(id);
    open.mutable_request()->set_channel(v1::CHANNEL_POS);
    if (!customer.empty()) *open.mutable_request()->mutable_customer() = CustomerOf(customer);
    auto listener = std::make_shared<Listener>();
    desk_->Open(open, listener, nullptr);
    return listener;
  }
  void ScanCard(const std::string& id, const std::string& customer) {
    v1::UpdateCheckout update;
    *update.mutable_customer() = CustomerOf(customer);
    ASSERT_TRUE(desk_->Update(id, update).ok());
  }

  // Its receipt waits for the disk until the gate is opened; then `told` is what became of it.
  void Close(const std::string& id, const std::string& receipt_id, std::atomic<int>* told) {
    v1::CloseCheckout close;
    *close.mutable_purchase() = PurchaseOf(CustomerOf("anna"), receipt_id);
    close.mutable_purchase()->clear_customer();
    desk_->Close(id, close, [told](const absl::Status& status, const v1::CheckoutClosed& closed) {
      *told = status.ok() && closed.customer_id() == "anna" ? 1 : -1;
    });
  }
  static void Await(const std::atomic<int>& told) {
    while (told == 0) absl::SleepFor(absl::Milliseconds(1));
  }

  SlowStore store_;
  FakeClock clock_;
  SystemClock system_clock_;  // of the desk: its pauses are real
  FakeRandomness randomness_;
  MemoryCatalogArchive archive_;
  ActiveCatalog active_;
  ActivePopulation population_;
  ActiveStoreZones zones_;
  Metrics metrics_;
  Deciding deciding_{&active_, &archive_, &clock_, &randomness_};
  DecisionHandler handler_{&store_, &active_, &population_, &clock_, deciding_.decider(), absl::UTCTimeZone(),
                           &zones_, false};
  std::unique_ptr<OfferDesk> offers_ =
      std::make_unique<OfferDesk>(DeskOptions{.max_wait = absl::ZeroDuration()}, &handler_, &metrics_);
  CountingObserver observer_;
  std::unique_ptr<IngestPipeline> pipeline_ = std::make_unique<IngestPipeline>(IngestOptions(), &store_, &observer_);
  EventHandler events_{pipeline_.get(), &clock_, {absl::UTCTimeZone(), absl::Hours(24), &zones_}, &observer_};
  std::unique_ptr<CheckoutDesk> desk_;
};

TEST_F(CheckoutDeskTest, RecordsTheReceiptForItsCustomerAndTellsEverybody) {
  const auto owner = Open("c1", "anna");
  owner->Await("anna");
  std::atomic<int> told{0};
  Close("c1", "r1", &told);
  Await(told);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(owner->Await("closed").back(), "closed");
  EXPECT_EQ(desk_->open_count(), 0u);
  EXPECT_THAT(store_.WrittenReceiptIds(), ElementsAre("r1"));
}

TEST_F(CheckoutDeskTest, AFailedReceiptLeavesItOpen) {
  const auto owner = Open("c1", "anna");
  store_.fail_writes = true;
  std::atomic<int> told{0};
  Close("c1", "r1", &told);
  Await(told);
  EXPECT_EQ(told, -1);
  EXPECT_EQ(desk_->open_count(), 1u);
  store_.fail_writes = false;
  told = 0;
  Close("c1", "r1", &told);
  Await(told);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(desk_->open_count(), 0u);
}

// The next customer's sale at the same till, while the receipt of the one before is being written.
TEST_F(CheckoutDeskTest, WhatIsOpenedAnewDuringACloseIsAnotherSale) {
  Open("c1", "anna");
  store_.CloseGate();
  std::atomic<int> told{0};
  Close("c1", "r1", &told);
  store_.AwaitWaiting(1);
  const auto next = Open("c1", "bert");
  store_.OpenGate();
  Await(told);
  EXPECT_EQ(told, 1) << "who closed is told all the same";
  EXPECT_THAT(next->Await("bert"), Not(Contains("closed")));
  EXPECT_EQ(desk_->open_count(), 1u);
}

TEST_F(CheckoutDeskTest, KeepsTheCustomerWhoseReceiptIsBeingWritten) {
  Open("c1", "anna");
  store_.CloseGate();
  std::atomic<int> told{0};
  Close("c1", "r1", &told);
  store_.AwaitWaiting(1);
  v1::UpdateCheckout update;
  update.add_basket_lines()->set_product_id("p");
  EXPECT_TRUE(desk_->Update("c1", update).ok());
  *update.mutable_customer() = CustomerOf("bert");
  EXPECT_EQ(desk_->Update("c1", update).code(), absl::StatusCode::kFailedPrecondition);
  store_.fail_writes = true;
  store_.OpenGate();
  Await(told);
  EXPECT_EQ(told, -1);
  EXPECT_TRUE(desk_->Update("c1", update).ok());
}

// Somebody stops the offer while nothing happens at the till.
TEST_F(CheckoutDeskTest, LooksAgainAtWhatIsOnTheScreen) {
  MakeDesk({.look_again = absl::Milliseconds(20)});
  const auto listener = Open("c1");
  EXPECT_THAT(listener->Await("nobody"), ElementsAre("nobody"));
  CatalogPublisher publisher("USD", &archive_, &active_, &clock_);
  ASSERT_TRUE(publisher.Publish({CatalogYaml(OfferText("other", "    default: true\n")), "", 1}, {}).ok());
  for (int i = 0; i < 1000 && listener->decision_ids().size() < 2; ++i) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(listener->decision_ids().size(), 2u);
}

TEST_F(CheckoutDeskTest, ShowsNobodyWhatWasDecidedForThePersonBefore) {
  const auto listener = Open("c1");
  EXPECT_THAT(listener->Await("nobody"), ElementsAre("nobody"));
  store_.Stall();
  ScanCard("c1", "anna");
  store_.AwaitStalled(1);  // she is being read
  ScanCard("c1", "bert");
  store_.GoOn();
  const auto told = listener->Await("bert");
  EXPECT_THAT(told, Contains("bert"));
  EXPECT_THAT(told, Not(Contains("anna")));
}

TEST_F(CheckoutDeskTest, DecidesNothingAnewThatLooksTheSame) {
  const auto listener = Open("c1");
  listener->Await("nobody");
  v1::UpdateCheckout update;
  for (int i = 0; i < 3; ++i) {
    update.add_basket_lines()->set_product_id(absl::StrCat("p", i));
    ASSERT_TRUE(desk_->Update("c1", update).ok());
    absl::SleepFor(absl::Milliseconds(300));
  }
  EXPECT_THAT(listener->Await("nobody"), ElementsAre("nobody"));
  const auto late = std::make_shared<Listener>();
  ASSERT_TRUE(desk_->Listen("c1", late).ok());
  EXPECT_EQ(late->decision_ids(), listener->decision_ids());
}

TEST_F(CheckoutDeskTest, ForgetsCheckoutsThatAreSilent) {
  MakeDesk({.max_silence = absl::Milliseconds(60)});
  const auto listener = Open("c1");
  EXPECT_THAT(listener->Await("DEADLINE_EXCEEDED"), ElementsAre("nobody", "DEADLINE_EXCEEDED"));
  EXPECT_EQ(desk_->open_count(), 0u);
  EXPECT_TRUE(absl::IsNotFound(desk_->Update("c1", {})));
}

TEST_F(CheckoutDeskTest, LetsTheFirstListenerGoWhenThereAreTooMany) {
  const auto owner = Open("c1");
  owner->Await("nobody");
  std::vector<std::shared_ptr<Listener>> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(std::make_shared<Listener>());
    ASSERT_TRUE(desk_->Listen("c1", others.back()).ok());
  }
  EXPECT_THAT(others[0]->Await("ABORTED"), ElementsAre("nobody", "ABORTED"));
  EXPECT_THAT(others[3]->Await("nobody"), ElementsAre("nobody"));
  EXPECT_THAT(owner->Await("nobody"), ElementsAre("nobody"));
}

TEST_F(CheckoutDeskTest, TellsEverybodyThatACheckoutIsGivenUp) {
  const auto owner = Open("c1");
  owner->Await("nobody");
  bool told = false;
  desk_->Close("c1", {}, [&told](const absl::Status& status, const auto&) { told = status.ok(); });
  EXPECT_TRUE(told);
  EXPECT_THAT(owner->Await("closed"), ElementsAre("nobody", "closed"));
}

TEST_F(CheckoutDeskTest, ADrainLetsEverybodyGo) {
  store_.Stall();
  const auto waiting = Open("c1", "anna");
  store_.AwaitStalled(1);
  const auto idle = Open("c2");
  idle->Await("nobody");
  desk_->Drain();
  EXPECT_THAT(waiting->Await("UNAVAILABLE"), ElementsAre("UNAVAILABLE"));
  EXPECT_THAT(idle->Await("UNAVAILABLE"), ElementsAre("nobody", "UNAVAILABLE"));
  EXPECT_THAT(Open("c3")->Await("UNAVAILABLE"), ElementsAre("UNAVAILABLE"));
  store_.GoOn();
}

}  // namespace
}  // namespace nbo::server
