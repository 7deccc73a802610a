// The contract of core's archives of catalogs and of the population: what is true of one store is true of all.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/core/profile/random_receipts.h"
#include "tests/storage/store_contract.h"

namespace nbo {
namespace {

Population PopulationOf(int64_t seed) {
  PopulationBuilder builder;
  RandomReceipts random(static_cast<uint64_t>(seed));
  for (int i = 0; i < 500; ++i) {
    builder.Add({static_cast<int32_t>(random.Below(900)), static_cast<int32_t>(1 + random.Below(90)),
                 random.Below(1'000'000) - 1000});
  }
  Population population = builder.Build(static_cast<Day>(20'000 - seed), 100);
  population.compute_time = absl::FromUnixMicros(1'700'000'000'000'000 + seed);
  population.duration = absl::Microseconds(1'234'567 + seed);
  return population;
}

TEST_P(StoreContract, ThePopulationIsKeptAndReplaced) {
  const auto none = stores_->populations().Read();
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  for (int64_t seed : {1, 2}) {
    const Population kept = PopulationOf(seed);
    ASSERT_TRUE(stores_->populations().Keep(kept).ok());
    const auto read = stores_->populations().Read();
    ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
    const Population& population = **read;
    EXPECT_EQ(population.as_of_day, kept.as_of_day);
    EXPECT_EQ(population.compute_time, kept.compute_time);
    EXPECT_EQ(population.duration, kept.duration);
    EXPECT_EQ(population.customers, 500);
    EXPECT_EQ(population.recency_days.lower_fifths, kept.recency_days.lower_fifths);
    EXPECT_EQ(population.frequency.lower_fifths, kept.frequency.lower_fifths);
    EXPECT_EQ(population.revenue_minor.lower_fifths, kept.revenue_minor.lower_fifths);
    for (int cell = 0; cell < kRfmCells; ++cell) {
      EXPECT_EQ(population.cells[cell].customers, kept.cells[cell].customers);
      EXPECT_EQ(population.cells[cell].orders, kept.cells[cell].orders);
      EXPECT_EQ(population.cells[cell].revenue_minor, kept.cells[cell].revenue_minor);
    }
  }
}

PublishedCatalog Catalog(int64_t version) {
  PublishedCatalog catalog{version,
                           absl::StrCat("catalog: v", version, "\n"),
                           "c.yaml",
                           -7,
                           "anna",
                           "why \xD0\x96",
                           absl::FromUnixMicros(1'700'000'000'000'001 + version)};
  catalog.yaml_bytes = static_cast<int64_t>(catalog.yaml.size());
  return catalog;
}

TEST_P(StoreContract, TheArchiveIsEmptyAtFirst) {
  EXPECT_FALSE(stores_->catalogs().Read(0)->has_value());
  EXPECT_FALSE(stores_->catalogs().Read(1)->has_value());
}

TEST_P(StoreContract, TheArchiveKeepsEveryVersionAndKnowsTheNewest) {
  for (int64_t version = 1; version <= 300; ++version) {  // beyond one byte
    const PublishedCatalog catalog = Catalog(version);
    ASSERT_TRUE(stores_->catalogs().Write(&catalog, {}).ok());
  }
  for (int64_t version : {1, 255, 256, 300}) {
    const auto read = stores_->catalogs().Read(version);
    ASSERT_TRUE(read.ok() && read->has_value()) << version;
    const PublishedCatalog wanted = Catalog(version);
    EXPECT_EQ((*read)->version, version);
    EXPECT_EQ((*read)->yaml, wanted.yaml);
    EXPECT_EQ((*read)->file_name, wanted.file_name);
    EXPECT_EQ((*read)->window_shift_days, wanted.window_shift_days);
    EXPECT_EQ((*read)->author, wanted.author);
    EXPECT_EQ((*read)->note, wanted.note);
    EXPECT_EQ((*read)->publish_time, wanted.publish_time);
  }
  EXPECT_EQ((*stores_->catalogs().Read(0))->version, 300);
  EXPECT_FALSE(stores_->catalogs().Read(301)->has_value());
  const auto page = stores_->catalogs().List(257, 2);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ(page->at(0).version, 256);
  EXPECT_EQ(page->at(1).version, 255);
  EXPECT_EQ(page->at(0).yaml, "") << "lists hold no texts";
  EXPECT_EQ(page->at(0).author, "anna");
  EXPECT_EQ(stores_->catalogs().List(0, 1000)->size(), 300u);
}

TEST_P(StoreContract, TheArchiveKeepsALargeText) {
  PublishedCatalog catalog = Catalog(1);
  for (int64_t i = 0; catalog.yaml.size() < (20 << 20); ++i)
    absl::StrAppend(&catalog.yaml, "- ", i * 7919 % 10007, "\n");
  catalog.yaml_bytes = static_cast<int64_t>(catalog.yaml.size());
  catalog.offer_count = 10;
  catalog.segment_count = 2;
  ASSERT_TRUE(stores_->catalogs().Write(&catalog, {}).ok());
  const auto read = stores_->catalogs().Read(1);
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_TRUE((*read)->yaml == catalog.yaml);
  EXPECT_EQ((*read)->offer_count, 10);
  EXPECT_EQ((*read)->segment_count, 2);
}

CatalogActivation Activation(int64_t number) {
  CatalogActivation activation;
  activation.number = number;
  activation.version = 1000 - number;
  activation.cause = CatalogActivation::Cause::kRollback;
  activation.state = CatalogActivation::State::kCancelled;
  activation.request_time = absl::FromUnixMicros(1);
  activation.activate_time = absl::FromUnixMicros(2);
  activation.end_time = absl::FromUnixMicros(3);
  activation.order = 4;
  activation.author = "anna";
  activation.note = "why \xD0\x96";
  activation.end_author = "ben";
  activation.end_note = "not yet";
  return activation;
}

TEST_P(StoreContract, TheArchiveKeepsActivationsAndWhatBecameOfThem) {
  EXPECT_TRUE(stores_->catalogs().ListActivations(0, 10)->empty());
  std::vector<CatalogActivation> many;
  for (int64_t number = 1; number <= 300; ++number) many.push_back(Activation(number));
  const PublishedCatalog catalog = Catalog(1);
  ASSERT_TRUE(stores_->catalogs().Write(&catalog, many).ok());
  CatalogActivation changed = Activation(256);
  changed.state = CatalogActivation::State::kDone;
  ASSERT_TRUE(stores_->catalogs().Write(nullptr, {changed}).ok());
  const auto page = stores_->catalogs().ListActivations(258, 2);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 2u);
  const CatalogActivation wanted = Activation(257);
  EXPECT_EQ(page->at(0).number, 257);
  EXPECT_EQ(page->at(0).version, wanted.version);
  EXPECT_EQ(page->at(0).cause, wanted.cause);
  EXPECT_EQ(page->at(0).state, wanted.state);
  EXPECT_EQ(page->at(0).request_time, wanted.request_time);
  EXPECT_EQ(page->at(0).activate_time, wanted.activate_time);
  EXPECT_EQ(page->at(0).end_time, wanted.end_time);
  EXPECT_EQ(page->at(0).order, wanted.order);
  EXPECT_EQ(page->at(0).author + page->at(0).note, wanted.author + wanted.note);
  EXPECT_EQ(page->at(0).end_author + page->at(0).end_note, wanted.end_author + wanted.end_note);
  EXPECT_EQ(page->at(1).state, CatalogActivation::State::kDone);
  EXPECT_EQ(stores_->catalogs().ListActivations(0, 1000)->size(), 300u);
}

SwitchEvent EventOf(int64_t number, bool paused, SwitchScope scope, const std::string& id) {
  return {number, paused, {{scope, id}, "anna", "why \xD0\x96", absl::FromUnixMicros(1'700'000'000'000'001 + number)}};
}

void ExpectEqual(const SwitchEvent& got, const SwitchEvent& wanted) {
  EXPECT_EQ(got.number, wanted.number);
  EXPECT_EQ(got.paused, wanted.paused);
  EXPECT_EQ(got.what.target, wanted.what.target);
  EXPECT_EQ(got.what.author, wanted.what.author);
  EXPECT_EQ(got.what.reason, wanted.what.reason);
  EXPECT_EQ(got.what.time, wanted.what.time);
}

TEST_P(StoreContract, NoSwitchIsKeptAtFirst) {
  const auto kept = stores_->switches().Read();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(kept->paused.empty());
  EXPECT_EQ(kept->last_number, 0);
  EXPECT_TRUE(stores_->switches().List(0, 10)->empty());
}

TEST_P(StoreContract, SwitchesInForceAreTheFoldOfTheirEvents) {
  PausedSwitches wanted;
  for (int64_t number = 1; number <= 300; ++number) {  // beyond one byte
    const auto scope = static_cast<SwitchScope>(1 + number % kSwitchScopes);
    const SwitchEvent event = EventOf(number, number % 3 != 0, scope, absl::StrCat("id", number % 7));
    ASSERT_TRUE(stores_->switches().Append(event).ok());
    ApplySwitch(event, &wanted);
  }
  const auto kept = stores_->switches().Read();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->last_number, 300);
  ASSERT_EQ(kept->paused.size(), wanted.size());
  for (const auto& [target, what] : wanted) {
    ASSERT_EQ(kept->paused.count(target), 1u) << TargetName(target);
    ExpectEqual({0, true, kept->paused.at(target)}, {0, true, what});
  }
}

TEST_P(StoreContract, TheHistoryOfSwitchesIsListedNewestFirstAndByPage) {
  for (int64_t number = 1; number <= 300; ++number) {
    ASSERT_TRUE(stores_->switches().Append(EventOf(number, number % 2 == 0, SwitchScope::kStore, "388")).ok());
  }
  const auto page = stores_->switches().List(258, 2);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->size(), 2u);
  ExpectEqual(page->at(0), EventOf(257, false, SwitchScope::kStore, "388"));
  ExpectEqual(page->at(1), EventOf(256, true, SwitchScope::kStore, "388"));
  EXPECT_TRUE(stores_->switches().List(1, 10)->empty());
  const auto all = stores_->switches().List(0, 1000);
  ASSERT_EQ(all->size(), 300u);
  EXPECT_EQ(all->front().number, 300);
  EXPECT_EQ(all->back().number, 1);
}

}  // namespace
}  // namespace nbo
