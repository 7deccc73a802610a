#include "server/catalog/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "server/app/system.h"
#include "server/catalog/worker.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// An archive that can be told to fail.
class FlakyArchive : public MemoryCatalogArchive {
 public:
  bool fail = false;
  bool fail_reading = false;
  absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const override {
    if (fail_reading) return absl::UnavailableError("no answer from the disk");
    return MemoryCatalogArchive::Read(version);
  }
  absl::Status Write(const PublishedCatalog* catalog, const std::vector<CatalogActivation>& activations) override {
    return fail ? absl::UnavailableError("disk full") : MemoryCatalogArchive::Write(catalog, activations);
  }
};

class PublisherTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const Catalog>> Publish(const std::string& yaml, bool validate_only = false) {
    auto published = publisher_.Publish({yaml, "c.yaml", 0}, {"anna", "why"}, validate_only);
    if (!published.ok()) return published.status();
    return published->catalog;
  }

  FlakyArchive archive_;
  ActiveCatalog active_;
  FakeClock clock_;
  std::vector<CatalogActivation> told_;
  CatalogPublisher publisher_{"USD",   &archive_,           &active_,
                              &clock_, absl::UTCTimeZone(), [this](const CatalogActivation& a) { told_.push_back(a); }};
};

TEST_F(PublisherTest, BeforeTheFirstPublicationVersionZeroIsInForce) {
  EXPECT_EQ(active_.Pin()->version, 0);
  EXPECT_FALSE(*publisher_.Resume());
  EXPECT_EQ(publisher_.Read(0).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(PublisherTest, CountsVersionsWithoutGapsAndKeepsTheText) {
  EXPECT_EQ((*Publish(CatalogOf("one")))->version, 1);
  EXPECT_FALSE(Publish("nonsense").ok());
  EXPECT_EQ((*Publish(CatalogOf("two")))->version, 2);
  EXPECT_EQ(active_.Pin()->version, 2);
  EXPECT_EQ(active_.Pin()->offers.at(0).id, "two");
  const auto kept = publisher_.Read(1);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept->yaml, CatalogOf("one"));
  EXPECT_EQ(kept->author, "anna");
  EXPECT_EQ(kept->publish_time, clock_.Now());
  EXPECT_EQ(publisher_.Read(0)->version, 2);
  EXPECT_EQ(publisher_.Read(3).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(publisher_.Read(-1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PublisherTest, ABadCatalogLeavesTheOldOneInForceAndSaysWhere) {
  ASSERT_TRUE(Publish(CatalogOf("good")).ok());
  const auto pinned = active_.Pin();
  const auto refused = Publish(CatalogYaml(OfferText("bad", "    weight: heavy\n")));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), StartsWith("c.yaml:12:13: offers.weight: "));
  EXPECT_EQ(active_.Pin(), pinned);
  EXPECT_FALSE(archive_.Read(2)->has_value());
}

TEST_F(PublisherTest, ACatalogThatCannotBeKeptIsNotActivated) {
  ASSERT_TRUE(Publish(CatalogOf("good")).ok());
  archive_.fail = true;
  EXPECT_EQ(Publish(CatalogOf("next")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(active_.Pin()->version, 1);
  archive_.fail = false;
  EXPECT_EQ((*Publish(CatalogOf("next")))->version, 2);
}

TEST_F(PublisherTest, ADryRunTellsTheVersionAndChangesNothing) {
  ASSERT_TRUE(Publish(CatalogOf("good")).ok());
  EXPECT_EQ((*Publish(CatalogOf("next"), /*validate_only=*/true))->version, 2);
  EXPECT_EQ(active_.Pin()->version, 1);
  EXPECT_FALSE(archive_.Read(2)->has_value());
}

TEST_F(PublisherTest, ANewStartActivatesTheNewest) {
  ASSERT_TRUE(Publish(CatalogOf("one")).ok());
  ASSERT_TRUE(Publish(CatalogOf("two")).ok());
  ActiveCatalog after_restart;
  CatalogPublisher publisher("USD", &archive_, &after_restart, &clock_);
  EXPECT_TRUE(*publisher.Resume());
  EXPECT_EQ(after_restart.Pin()->version, 2);
  EXPECT_EQ(after_restart.Pin()->offers.at(0).id, "two");
  ActiveCatalog elsewhere;
  EXPECT_EQ(CatalogPublisher("EUR", &archive_, &elsewhere, &clock_).Resume().status().code(),
            absl::StatusCode::kInvalidArgument)
      << "kept, but no longer good here";
  EXPECT_EQ(elsewhere.Pin()->version, 0);
}

TEST_F(PublisherTest, ALongListOfMistakesIsCutAndCounted) {
  std::string offers;
  for (int i = 0; i < 15; ++i) absl::StrAppend(&offers, OfferText(absl::StrCat("o", i), "    weight: heavy\n"));
  EXPECT_THAT(std::string(Publish(CatalogYaml(offers)).status().message()), HasSubstr("\n5 more"));
}

TEST_F(PublisherTest, RefusesWhatIsBeyondALimitByName) {
  auto message = [](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_THAT(message(Publish("").status()), StartsWith("source.yaml: is required"));
  EXPECT_THAT(message(Publish(std::string(kMaxCatalogBytes + 1, '#')).status()),
              StartsWith("source.yaml: 52428801 bytes"));
  EXPECT_THAT(message(publisher_.Publish({"x", "", 36'501}, {}).status()), StartsWith("source.window_shift_days: "));
  EXPECT_THAT(message(publisher_.Publish({"x", std::string(257, 'f'), 0}, {}).status()),
              StartsWith("source.file_name: "));
  EXPECT_THAT(message(publisher_.Publish({"x", "", 0}, {std::string(65, 'a'), ""}).status()), StartsWith("author: "));
  EXPECT_THAT(message(publisher_.Publish({"x", "", 0}, {"", std::string(257, 'n')}).status()), StartsWith("note: "));
}

TEST_F(PublisherTest, PublishersAtTheSameTimeGetDifferentVersionsWithoutGaps) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(Publish(CatalogOf(absl::StrCat("o", t, "-", i))).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int version = 1; version <= 40; ++version) EXPECT_TRUE(archive_.Read(version)->has_value()) << version;
  EXPECT_FALSE(archive_.Read(41)->has_value());
  EXPECT_EQ(active_.Pin()->version, 40) << "the newest kept is the one in force";
}

// Times of the tests below: minutes after the start of the clock.
class ActivationTest : public PublisherTest {
 protected:
  absl::Time At(int minutes) const { return begin_ + absl::Minutes(minutes); }
  void Publish3() {
    for (const char* id : {"one", "two", "three"}) ASSERT_TRUE(Publish(CatalogOf(id)).ok());
  }
  const absl::Time begin_ = clock_.Now();
};

TEST_F(ActivationTest, AnOlderVersionIsActivatedAndTheHistorySaysWhoAndWhy) {
  Publish3();
  const auto activation = publisher_.Activate(1, {"ben", "three was wrong"}, /*roll_back=*/true);
  ASSERT_TRUE(activation.ok()) << activation.status();
  EXPECT_EQ(active_.Pin()->version, 1);
  EXPECT_EQ(active_.Pin()->offers.at(0).id, "one");
  const auto history = publisher_.ListActivations(0, 10);
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->size(), 4u);
  EXPECT_EQ(history->at(0).cause, CatalogActivation::Cause::kRollback);
  EXPECT_EQ(history->at(0).author, "ben");
  EXPECT_EQ(history->at(0).note, "three was wrong");
  EXPECT_EQ(history->at(0).number, publisher_.active_activation());
  EXPECT_EQ(history->at(3).cause, CatalogActivation::Cause::kPublication);
  EXPECT_EQ(publisher_.Read(0)->version, 1) << "0 is the one in force, not the newest";
  EXPECT_EQ((*Publish(CatalogOf("four")))->version, 4);
}

TEST_F(ActivationTest, ARollbackWithoutAVersionGoesToTheOneThatWasActiveBefore) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(1, {}, false).ok());
  ASSERT_TRUE(publisher_.Activate(3, {}, false).ok());
  EXPECT_EQ(publisher_.Activate(0, {}, true)->version, 1);
  EXPECT_EQ(publisher_.Activate(0, {}, true).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(publisher_.Activate(2, {}, true).status().code(), absl::StatusCode::kFailedPrecondition) << "not older";
  EXPECT_EQ(publisher_.Activate(1, {}, false).status().code(), absl::StatusCode::kFailedPrecondition) << "is active";
  EXPECT_EQ(publisher_.Activate(9, {}, false).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(publisher_.Activate(0, {}, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ActivationTest, AScheduledPublicationWaitsForItsTime) {
  ASSERT_TRUE(Publish(CatalogOf("one")).ok());
  const auto published = publisher_.Publish({CatalogOf("two"), "c.yaml", 0}, {"anna", "easter", At(10)});
  ASSERT_TRUE(published.ok());
  EXPECT_EQ(published->activation.state, CatalogActivation::State::kScheduled);
  EXPECT_EQ(active_.Pin()->version, 1);
  EXPECT_EQ(publisher_.Read(2)->version, 2) << "it is kept already";
  EXPECT_EQ(publisher_.ActivateDue(), At(10));
  EXPECT_EQ(active_.Pin()->version, 1);
  clock_.Set(At(10));
  EXPECT_EQ(publisher_.ActivateDue(), absl::InfiniteFuture());
  EXPECT_EQ(active_.Pin()->version, 2);
  ASSERT_EQ(told_.size(), 3u);
  EXPECT_EQ(told_[0].state, CatalogActivation::State::kDone);
  EXPECT_EQ(told_[1].state, CatalogActivation::State::kScheduled);
  EXPECT_EQ(told_[2].state, CatalogActivation::State::kDone);
  EXPECT_EQ(told_[2].end_time, At(10));
  EXPECT_EQ(publisher_.active_activation(), 2);
  EXPECT_TRUE(publisher_.Scheduled().empty());
}

TEST_F(ActivationTest, WhatIsScheduledSurvivesARestartAndIsCarriedOutInOrder) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(2, {"anna", "later", At(20)}, false).ok());
  ASSERT_TRUE(publisher_.Activate(1, {"anna", "sooner", At(10)}, false).ok());
  ActiveCatalog after_restart;
  CatalogPublisher publisher("USD", &archive_, &after_restart, &clock_);
  EXPECT_TRUE(*publisher.Resume());
  EXPECT_EQ(after_restart.Pin()->version, 3);
  ASSERT_EQ(publisher.Scheduled().size(), 2u);
  EXPECT_EQ(publisher.Scheduled()[0].version, 1);
  clock_.Set(At(15));
  EXPECT_EQ(publisher.ActivateDue(), At(20));
  EXPECT_EQ(after_restart.Pin()->version, 1);
  clock_.Set(At(30));
  EXPECT_EQ(publisher.ActivateDue(), absl::InfiniteFuture());
  EXPECT_EQ(after_restart.Pin()->version, 2);
  ActiveCatalog later;
  CatalogPublisher third("USD", &archive_, &later, &clock_);
  EXPECT_TRUE(*third.Resume());
  EXPECT_EQ(later.Pin()->version, 2) << "the last that came into force, not the last that was asked for";
  EXPECT_EQ(third.Publish({CatalogOf("four"), "", 0}, {})->activation.number, 6) << "numbers go on";
}

TEST_F(ActivationTest, WhatIsScheduledCanBeCancelledUntilItIsDone) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(1, {"anna", "", At(10)}, false).ok());
  const auto cancelled = publisher_.Cancel(4, "ben", "rain");
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state, CatalogActivation::State::kCancelled);
  EXPECT_EQ(cancelled->end_author + cancelled->end_note, "benrain");
  clock_.Set(At(11));
  EXPECT_EQ(publisher_.ActivateDue(), absl::InfiniteFuture());
  EXPECT_EQ(active_.Pin()->version, 3);
  EXPECT_EQ(publisher_.Cancel(4, "", "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(publisher_.Cancel(3, "", "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(publisher_.Cancel(5, "", "").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ActivationTest, AnActivationThatCannotBeKeptStaysDue) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(1, {"anna", "", At(10)}, false).ok());
  clock_.Set(At(10));
  archive_.fail = true;
  EXPECT_GT(publisher_.ActivateDue(), At(10));
  EXPECT_EQ(active_.Pin()->version, 3);
  archive_.fail = false;
  publisher_.ActivateDue();
  EXPECT_EQ(active_.Pin()->version, 1);
}

TEST_F(ActivationTest, AStoreWithoutActivationsHasItsNewestVersionInForce) {
  for (int version : {1, 2}) {
    PublishedCatalog kept{version, CatalogOf(absl::StrCat("v", version))};
    ASSERT_TRUE(archive_.Write(&kept, {}).ok());
  }
  EXPECT_TRUE(*publisher_.Resume());
  EXPECT_EQ(active_.Pin()->version, 2);
}

TEST_F(ActivationTest, WhatWasInForceBeforeActivationsWereKeptStaysSoBesideOnesThatAreScheduled) {
  for (int version : {1, 2}) {
    PublishedCatalog kept{version, CatalogOf(absl::StrCat("v", version))};
    ASSERT_TRUE(archive_.Write(&kept, {}).ok());
  }
  ASSERT_TRUE(*publisher_.Resume());
  ASSERT_TRUE(publisher_.Publish({CatalogOf("three"), "", 0}, {"", "", At(10)}).ok());
  ASSERT_TRUE(publisher_.Activate(1, {"", "", At(20)}, false).ok());
  ActiveCatalog after_restart;
  CatalogPublisher publisher("USD", &archive_, &after_restart, &clock_);
  EXPECT_TRUE(*publisher.Resume());
  EXPECT_EQ(after_restart.Pin()->version, 2);
  clock_.Set(At(10));
  EXPECT_EQ(publisher.ActivateDue(), At(20));
  EXPECT_EQ(after_restart.Pin()->version, 3);
  EXPECT_EQ(publisher.Activate(0, {}, /*roll_back=*/true)->version, 2) << "it was active before";
}

TEST_F(ActivationTest, AStoreInWhichAllIsScheduledHasNothingInForce) {
  ASSERT_TRUE(publisher_.Publish({CatalogOf("one"), "", 0}, {"", "", At(10)}).ok());
  ActiveCatalog after_restart;
  CatalogPublisher publisher("USD", &archive_, &after_restart, &clock_);
  EXPECT_FALSE(*publisher.Resume());
  clock_.Set(At(10));
  publisher.ActivateDue();
  EXPECT_EQ(after_restart.Pin()->version, 1);
}

TEST_F(ActivationTest, AVersionThatIsNoLongerGoodFailsAtItsTimeAndSaysWhyInWholeCharacters) {
  Publish3();
  // As an older nbod, which knew other limits, may have kept it.
  PublishedCatalog kept{4, CatalogYaml(OfferText("bad", "    group: " + std::string(400, '!') + "\n"))};
  kept.file_name = "ab";
  for (size_t at = 0; (at = kept.yaml.find('!', at)) != std::string::npos; at += 2) kept.yaml.replace(at, 1, "\u0436");
  CatalogActivation due;
  due.number = due.version = 4;
  due.activate_time = At(10);
  ASSERT_TRUE(archive_.Write(&kept, {due}).ok());
  ActiveCatalog active;
  CatalogPublisher publisher("USD", &archive_, &active, &clock_);
  EXPECT_TRUE(*publisher.Resume());
  clock_.Set(At(11));
  EXPECT_EQ(publisher.ActivateDue(), absl::InfiniteFuture());
  EXPECT_EQ(active.Pin()->version, 3);
  const CatalogActivation failed = publisher.ListActivations(0, 1)->at(0);
  EXPECT_EQ(failed.state, CatalogActivation::State::kFailed);
  EXPECT_EQ(failed.end_time, At(11));
  EXPECT_THAT(failed.end_note, HasSubstr(":12:12: offers.group: "));
  EXPECT_TRUE(IsUtf8(failed.end_note)) << "it could not be sent otherwise";
  EXPECT_EQ(failed.end_note.size(), kMaxNoteBytes - 1) << "what is one byte longer ends within a character";
}

TEST_F(ActivationTest, AnArchiveThatCannotBeReadNowIsAskedAgain) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(1, {"anna", "", At(10)}, false).ok());
  clock_.Set(At(10));
  archive_.fail_reading = true;
  EXPECT_GT(publisher_.ActivateDue(), At(10));
  EXPECT_EQ(publisher_.Scheduled().size(), 1u);
  archive_.fail_reading = false;
  publisher_.ActivateDue();
  EXPECT_EQ(active_.Pin()->version, 1);
}

TEST_F(ActivationTest, OfTwoAtTheSameTimeTheOneAskedForLaterIsInForceInTheEnd) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(2, {"", "", At(10)}, false).ok());
  ASSERT_TRUE(publisher_.Activate(1, {"", "", At(10)}, false).ok());
  ActiveCatalog after_restart;
  CatalogPublisher publisher("USD", &archive_, &after_restart, &clock_);
  ASSERT_TRUE(*publisher.Resume());
  clock_.Set(At(10));
  publisher_.ActivateDue();
  publisher.ActivateDue();
  EXPECT_EQ(active_.Pin()->version, 1);
  EXPECT_EQ(after_restart.Pin()->version, 1) << "in the same order after a restart";
}

TEST_F(ActivationTest, AClockSetBackDelaysAndForgetsNothing) {
  Publish3();
  ASSERT_TRUE(publisher_.Activate(1, {"", "", At(10)}, false).ok());
  clock_.Set(At(-60));
  EXPECT_EQ(publisher_.ActivateDue(), At(10));
  ASSERT_TRUE(publisher_.Activate(2, {}, false).ok());
  ActiveCatalog after_restart;
  CatalogPublisher publisher("USD", &archive_, &after_restart, &clock_);
  ASSERT_TRUE(*publisher.Resume());
  EXPECT_EQ(after_restart.Pin()->version, 2) << "the last done, though its time is before that of the others";
  clock_.Set(At(10));
  publisher.ActivateDue();
  EXPECT_EQ(after_restart.Pin()->version, 1);
}

TEST_F(ActivationTest, OrdersBeyondALimitAreRefusedByName) {
  Publish3();
  auto message = [](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_THAT(message(publisher_.Activate(1, {"", "", At(367 * 24 * 60)}, false).status()),
              StartsWith("activate_time: "));
  EXPECT_THAT(message(publisher_.Activate(1, {std::string(65, 'a')}, false).status()), StartsWith("author: "));
  for (size_t i = 0; i < kMaxScheduledActivations; ++i)
    ASSERT_TRUE(publisher_.Activate(1, {"", "", At(5)}, false).ok());
  EXPECT_THAT(message(publisher_.Activate(1, {"", "", At(5)}, false).status()), StartsWith("activate_time: 100 "));
  EXPECT_TRUE(publisher_.Activate(1, {}, false).ok()) << "at once needs no room";
}

TEST_F(ActivationTest, VersionsAreComparedInWords) {
  ASSERT_TRUE(Publish(CatalogOf("one")).ok());
  std::string changed = CatalogOf("one");
  changed.replace(changed.find("value: 2\n"), 9, "value: 2.5\n");
  ASSERT_TRUE(Publish(changed).ok());
  const auto changes = publisher_.Diff(1, 2);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ(changes->at(0).subject, "offer 'one'");
  EXPECT_THAT(changes->at(0).changes, ::testing::ElementsAre("value 2 -> 2.5"));
  EXPECT_TRUE(publisher_.Diff(0, 2)->empty()) << "0 is the active one";
  EXPECT_EQ(publisher_.Diff(0, CatalogText{changed, "", 7})->at(0).subject, "windows");
  EXPECT_EQ(publisher_.Diff(1, 9).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(publisher_.Diff(1, CatalogText{"a: [", "x.yaml"}).status().message()), StartsWith("x.yaml:"));
}

TEST_F(ActivationTest, CatalogsOutOfForceAreFreedWhenNobodyUsesThem) {
  ASSERT_TRUE(Publish(CatalogOf("one")).ok());
  auto pinned = active_.Pin();
  const std::weak_ptr<const Catalog> watched = pinned;
  ASSERT_TRUE(Publish(CatalogOf("two")).ok());
  EXPECT_TRUE(publisher_.FreeRetired()) << "a request has it";
  pinned.reset();
  EXPECT_FALSE(watched.expired()) << "not freed by the request";
  EXPECT_FALSE(publisher_.FreeRetired());
  EXPECT_TRUE(watched.expired());
}

TEST(CatalogWorker, RunsWhatIsScheduledAndWhatItIsGiven) {
  MemoryCatalogArchive archive;
  ActiveCatalog active;
  SystemClock clock;
  absl::Notification told;
  const auto tell = [&told](const CatalogActivation& a) {
    if (a.version == 2 && a.state == CatalogActivation::State::kDone) told.Notify();
  };
  CatalogPublisher publisher("USD", &archive, &active, &clock, absl::UTCTimeZone(), tell);
  ASSERT_TRUE(publisher.Publish({CatalogOf("one"), "", 0}, {}).ok());
  ASSERT_TRUE(publisher.Publish({CatalogOf("two"), "", 0}, {"", "", absl::Now() + absl::Milliseconds(50)}).ok());
  CatalogWorker worker(&publisher);
  told.WaitForNotification();
  EXPECT_EQ(active.Pin()->version, 2);
  absl::Notification ran;
  ASSERT_TRUE(worker.Run([&ran] { ran.Notify(); }).ok());
  ran.WaitForNotification();
  int count = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(worker.Run([&count] { ++count; }).ok());
  worker.Stop();
  EXPECT_EQ(count, 5) << "what was taken is done before the end";
  EXPECT_EQ(worker.Run([] {}).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace nbo::server
