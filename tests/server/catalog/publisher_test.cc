#include "server/catalog/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "core/base/limits.h"
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
  absl::Status Append(const PublishedCatalog& catalog) override {
    return fail ? absl::UnavailableError("disk full") : MemoryCatalogArchive::Append(catalog);
  }
};

class PublisherTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const Catalog>> Publish(const std::string& yaml, bool validate_only = false) {
    return publisher_.Publish({yaml, "c.yaml", 0}, "anna", "why", validate_only);
  }

  FlakyArchive archive_;
  ActiveCatalog active_;
  FakeClock clock_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
};

TEST_F(PublisherTest, BeforeTheFirstPublicationVersionZeroIsInForce) {
  EXPECT_EQ(active_.Pin()->version, 0);
  EXPECT_FALSE(*publisher_.ActivateNewest());
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
  EXPECT_TRUE(*publisher.ActivateNewest());
  EXPECT_EQ(after_restart.Pin()->version, 2);
  EXPECT_EQ(after_restart.Pin()->offers.at(0).id, "two");
  ActiveCatalog elsewhere;
  EXPECT_EQ(CatalogPublisher("EUR", &archive_, &elsewhere, &clock_).ActivateNewest().status().code(),
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
              StartsWith("source.yaml: 3145729 bytes"));
  EXPECT_THAT(message(publisher_.Publish({"x", "", 36'501}, "", "", false).status()),
              StartsWith("source.window_shift_days: "));
  EXPECT_THAT(message(publisher_.Publish({"x", std::string(257, 'f'), 0}, "", "", false).status()),
              StartsWith("source.file_name: "));
  EXPECT_THAT(message(publisher_.Publish({"x", "", 0}, std::string(65, 'a'), "", false).status()),
              StartsWith("author: "));
  EXPECT_THAT(message(publisher_.Publish({"x", "", 0}, "", std::string(257, 'n'), false).status()),
              StartsWith("note: "));
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

}  // namespace
}  // namespace nbo::server
