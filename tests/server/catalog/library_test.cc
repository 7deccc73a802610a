#include "server/catalog/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/fakes.h"

namespace nbo::server {
namespace {

using ::testing::ElementsAre;

// Notes which versions are read.
class NotingArchive : public MemoryCatalogArchive {
 public:
  absl::StatusOr<std::optional<PublishedCatalog>> Read(int64_t version) const override {
    read.push_back(version);
    return MemoryCatalogArchive::Read(version);
  }
  mutable std::vector<int64_t> read;
};

class CatalogLibraryTest : public ::testing::Test {
 protected:
  // Versions 1 to `count`, each with one offer of its own.
  void Publish(int count) {
    for (int i = 1; i <= count; ++i) {
      ASSERT_TRUE(publisher_.Publish({CatalogOf(absl::StrCat("offer-", i)), "c.yaml", 0}, {}).ok());
    }
    archive_.read.clear();
  }
  void ExpectIsVersion(int64_t version) {
    const auto catalog = library_.Get(version);
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    EXPECT_EQ((*catalog)->version, version);
    EXPECT_EQ((*catalog)->offers.at(0).id, absl::StrCat("offer-", version));
  }

  NotingArchive archive_;
  ActiveCatalog active_;
  FakeClock clock_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
  CatalogLibrary library_{&active_, &publisher_};
};

TEST_F(CatalogLibraryTest, CompilesAnOldVersionOnceWhileItIsAskedFor) {
  Publish(3);
  for (int i = 0; i < 3; ++i) ExpectIsVersion(1);
  ExpectIsVersion(3);
  EXPECT_THAT(archive_.read, ElementsAre(1)) << "the active one is at hand";
}

TEST_F(CatalogLibraryTest, LetsGoOfTheVersionThatWasNotAskedForLongestAndReadsItAgain) {
  Publish(7);
  for (const int64_t version : {1, 2, 3, 4}) ExpectIsVersion(version);
  ExpectIsVersion(1);  // not the one that was not asked for longest any more
  ExpectIsVersion(5);  // instead of 2
  for (const int64_t version : {5, 4, 3, 1}) ExpectIsVersion(version);
  EXPECT_THAT(archive_.read, ElementsAre(1, 2, 3, 4, 5));
  ExpectIsVersion(2);
  EXPECT_THAT(archive_.read, ElementsAre(1, 2, 3, 4, 5, 2));
}

TEST_F(CatalogLibraryTest, WhoHoldsACatalogThatLeftKeepsIt) {
  Publish(7);
  const auto held = *library_.Get(1);
  for (const int64_t version : {2, 3, 4, 5, 6}) ExpectIsVersion(version);
  EXPECT_EQ(held->offers.at(0).id, "offer-1");
}

TEST_F(CatalogLibraryTest, SaysThatThereIsNoSuchVersion) {
  Publish(1);
  EXPECT_EQ(library_.Get(9).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ((*library_.Get(0))->offers.size(), 0u);
}

}  // namespace
}  // namespace nbo::server
