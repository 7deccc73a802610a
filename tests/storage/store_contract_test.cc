// The contract of core's ports, held against every implementation: what is true of one store is true of all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/hash.h"
#include "core/catalog/archive.h"
#include "core/population/archive.h"
#include "core/profile/fold.h"
#include "core/profile/memory_store.h"
#include "core/profile/recorder.h"
#include "storage/storage.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/storage/temp_directory.h"

namespace nbo {
namespace {

using ::testing::ElementsAre;

// Whatever holds the two ports.
class Stores {
 public:
  virtual ~Stores() = default;
  virtual ProfileStore& profiles() = 0;
  virtual CatalogArchive& catalogs() = 0;
  virtual PopulationArchive& populations() = 0;
};

class InMemory : public Stores {
 public:
  ProfileStore& profiles() override { return profiles_; }
  CatalogArchive& catalogs() override { return catalogs_; }
  PopulationArchive& populations() override { return populations_; }

 private:
  MemoryPopulationArchive populations_;
  MemoryProfileStore profiles_;
  MemoryCatalogArchive catalogs_;
};

class OnRocks : public Stores {
 public:
  OnRocks() {
    auto opened = storage::OpenStorage({.path = directory_.path(), .sync = false, .block_cache_bytes = 8 << 20});
    EXPECT_TRUE(opened.ok()) << opened.status();
    storage_ = *std::move(opened);
  }
  ProfileStore& profiles() override { return storage_->profiles(); }
  CatalogArchive& catalogs() override { return storage_->catalogs(); }
  PopulationArchive& populations() override { return storage_->populations(); }

 private:
  TempDirectory directory_;
  std::unique_ptr<storage::Storage> storage_;
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Stores>()> make;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class StoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  StoreContract() : stores_(GetParam().make()), store_(stores_->profiles()) {}

  void WriteState(const std::string& customer, const CustomerState& state) {
    WriteGroup group;
    group.states.push_back({customer, &state});
    ASSERT_TRUE(store_.Write(group).ok());
  }

  std::unique_ptr<Stores> stores_;
  ProfileStore& store_;
};

INSTANTIATE_TEST_SUITE_P(Every, StoreContract,
                         ::testing::Values(Kind{"Memory", [] { return std::make_unique<InMemory>(); }},
                                           Kind{"RocksDb", [] { return std::make_unique<OnRocks>(); }}),
                         [](const auto& info) { return info.param.name; });

CustomerState RandomState(uint64_t seed, size_t receipts = 60) {
  CustomerState state;
  for (const Receipt& receipt : RandomReceipts(seed).Many(receipts, "c")) Fold(receipt, &state);
  return state;
}

TEST_P(StoreContract, AnUnknownCustomerHasNoStateAndLeavesNoneBehind) {
  CustomerState state = RandomState(1);
  const auto found = store_.ReadState("nobody", &state);
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(*found);
  EXPECT_EQ(StateDigest(state), StateDigest(CustomerState())) << "what was in *state is cleared";
}

TEST_P(StoreContract, AStateReadsAsItWasWritten) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const CustomerState written = RandomState(seed);
    WriteState("c", written);
    CustomerState read = RandomState(seed + 100);  // a warm object, not an empty one
    ASSERT_TRUE(*store_.ReadState("c", &read));
    ASSERT_EQ(StateDigest(read), StateDigest(written)) << "seed " << seed;
  }
}

TEST_P(StoreContract, ManyStatesAreReadInTheOrderAsked) {
  WriteState("a", RandomState(1));
  WriteState("b", RandomState(2));
  std::vector<CustomerState> states(7, RandomState(9));
  std::vector<char> found;
  const std::vector<absl::string_view> ids = {"b", "nobody", "a", "b"};
  ASSERT_TRUE(store_.ReadStates(ids, &states, &found).ok());
  ASSERT_EQ(states.size(), 4u);
  EXPECT_THAT(found, ElementsAre(1, 0, 1, 1));
  EXPECT_EQ(StateDigest(states[0]), StateDigest(RandomState(2)));
  EXPECT_EQ(StateDigest(states[1]), StateDigest(CustomerState()));
  EXPECT_EQ(StateDigest(states[2]), StateDigest(RandomState(1)));
  EXPECT_EQ(StateDigest(states[3]), StateDigest(states[0]));
  ASSERT_TRUE(store_.ReadStates({}, &states, &found).ok());
  EXPECT_TRUE(states.empty() && found.empty());
}

TEST_P(StoreContract, AScanSeesEveryStateOnce) {
  const std::string longest(64, '\xC3');
  std::map<std::string, uint64_t> written;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string customer = seed == 1 ? longest : absl::StrCat("customer-", seed);
    WriteState(customer, RandomState(seed, 5));
    written[customer] = StateDigest(RandomState(seed, 5));
  }
  WriteState("customer-7", RandomState(77));
  written["customer-7"] = StateDigest(RandomState(77));
  std::map<std::string, uint64_t> seen;
  ASSERT_TRUE(store_
                  .ScanStates([&](absl::string_view customer, const CustomerState& state) {
                    EXPECT_TRUE(seen.emplace(std::string(customer), StateDigest(state)).second) << customer << " twice";
                    return true;
                  })
                  .ok());
  EXPECT_EQ(seen, written);
}

TEST_P(StoreContract, AScanOfNothingIsNoErrorAndOneCanEndItEarly) {
  int seen = 0;
  const auto count_two = [&seen](absl::string_view, const CustomerState&) { return ++seen < 2; };
  ASSERT_TRUE(store_.ScanStates(count_two).ok());
  EXPECT_EQ(seen, 0);
  for (uint64_t seed = 1; seed <= 5; ++seed) WriteState(absl::StrCat("c", seed), RandomState(seed));
  ASSERT_TRUE(store_.ScanStates(count_two).ok());
  EXPECT_EQ(seen, 2);
}

TEST_P(StoreContract, WritesGoOnDuringAScanWhichSeesTheStatesOfItsBeginning) {
  for (int i = 0; i < 50; ++i) WriteState(absl::StrCat("c", i), RandomState(1));
  int seen = 0;
  ASSERT_TRUE(store_
                  .ScanStates([&](absl::string_view, const CustomerState& state) {
                    EXPECT_EQ(StateDigest(state), StateDigest(RandomState(1)));
                    if (++seen == 1) {
                      std::thread writer([this] {  // were it to wait for the scan, this would never end
                        for (int i = 0; i < 100; ++i) WriteState(absl::StrCat("c", i), RandomState(2));
                      });
                      writer.join();
                    }
                    return true;
                  })
                  .ok());
  EXPECT_EQ(seen, 50);
}

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

ReceiptRecord RecordOf(const Receipt& receipt, uint64_t digest = 0) {
  ReceiptRecord record;
  record.content = KeepContent(receipt, digest);
  return record;
}

// A record with something in every field.
ReceiptRecord FullRecord() {
  Receipt receipt = ReceiptOf("c", "1", 10, {Bought("A", 1, 2), {"no category", "", -3, -4, -5}}, "s", Channel::kWeb);
  receipt.revision = 7;
  receipt.addressed_by = Identity{IdentityType::kPhone, "+49"};
  receipt.returns = {{"s", "whole", true, {}}, {"t", "lines", false, {Returned("A", 3)}}};
  ReceiptRecord record = RecordOf(receipt, 0xFEDCBA9876543210u);
  record.older = {{0, 5}, {3, 0}};
  record.attached = {{{"s", "back"}, 12, true, {}}, {{"s", "back2"}, -13, false, record.content->lines}};
  return record;
}

TEST_P(StoreContract, RecordsAreKeptByCustomerStoreAndReceipt) {
  const ReceiptRecord record = FullRecord();
  WriteGroup group;
  group.records.push_back({{"c", "a", "b1"}, &record});
  ASSERT_TRUE(store_.Write(group).ok());
  const std::vector<RecordRef> asked = {{"d", "a", "b1"}, {"c", "b", "b1"}, {"c", "a", "b1"},
                                        {"c", "a", "b2"}, {"c", "ab", "1"}, {"ca", "", "b1"}};
  std::vector<ReceiptRecord> records(3, record);
  ASSERT_TRUE(store_.ReadRecords(asked, &records).ok());
  ASSERT_EQ(records.size(), asked.size());
  for (size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(records[i].empty(), i != 2) << i;
  EXPECT_EQ(records[2], record);
}

TEST_P(StoreContract, ARecordMayHoldReturnsOnlyAndMayBeRemoved) {
  ReceiptRecord record = FullRecord();
  record.content.reset();
  record.older.clear();
  WriteGroup group;
  group.records.push_back({{"c", "s", "1"}, &record});
  ASSERT_TRUE(store_.Write(group).ok());
  const RecordRef ref{"c", "s", "1"};
  std::vector<ReceiptRecord> records;
  ASSERT_TRUE(store_.ReadRecords({&ref, 1}, &records).ok());
  EXPECT_EQ(records[0], record);
  group.records[0].record = nullptr;
  ASSERT_TRUE(store_.Write(group).ok());
  ASSERT_TRUE(store_.ReadRecords({&ref, 1}, &records).ok());
  EXPECT_TRUE(records[0].empty());
}

TEST_P(StoreContract, AScanGivesAllRecordsOfOneCustomerOnly) {
  const ReceiptRecord record = FullRecord();
  WriteGroup group;
  for (const RecordRef ref : {RecordRef{"c", "", "1"}, RecordRef{"c", "a", "1"}, RecordRef{"c", "a", "2"},
                              RecordRef{"ca", "", "1"}, RecordRef{"", "c", "1"}, RecordRef{"b", "c", "c"}}) {
    group.records.push_back({ref, &record});
  }
  ASSERT_TRUE(store_.Write(group).ok());
  std::vector<ReceiptKey> keys;
  ASSERT_TRUE(store_
                  .ScanRecords("c",
                               [&](const ReceiptKey& key, const ReceiptRecord& read) {
                                 keys.push_back(key);
                                 EXPECT_EQ(read, record);
                               })
                  .ok());
  EXPECT_THAT(keys, ElementsAre(ReceiptKey{"", "1"}, ReceiptKey{"a", "1"}, ReceiptKey{"a", "2"}));
}

TEST_P(StoreContract, AHistoryIsKeptByTypeAndValueReplacedAndRemoved) {
  const Identity phone{IdentityType::kPhone, "1"};
  IdentityHistory history;
  history.Add({absl::InfinitePast(), {Owner::kErased, ""}});
  history.Add({absl::FromUnixMicros(1'700'000'000'123'456), {Owner::kCustomer, "anna"}});
  for (int64_t second : {1'800'000'000, 1'900'000'000}) {
    history.Add({absl::FromUnixSeconds(second), {}});
    WriteGroup group;
    group.identities.push_back({phone, &history});
    ASSERT_TRUE(store_.Write(group).ok());
    EXPECT_EQ(*store_.ReadIdentity(phone), history);
  }
  EXPECT_TRUE(store_.ReadIdentity({IdentityType::kEmail, "1"})->empty()) << "the same value of another type";
  EXPECT_TRUE(store_.ReadIdentity({IdentityType::kPhone, "11"})->empty());
  WriteGroup removal;
  removal.identities.push_back({phone, nullptr});
  ASSERT_TRUE(store_.Write(removal).ok());
  EXPECT_TRUE(store_.ReadIdentity(phone)->empty());
}

TEST_P(StoreContract, NamesAndMergedIdsOfACustomerAreListed) {
  const Identity card{IdentityType::kLoyaltyCard, "4711"}, phone{IdentityType::kPhone, "1"};
  WriteGroup group;
  group.names = {{"c", phone, true}, {"c", card, true}, {"ca", card, true}};
  group.aliases = {{"old2", "c", true}, {"old1", "c", true}, {"older", "old1", true}};
  ASSERT_TRUE(store_.Write(group).ok());
  EXPECT_THAT(*store_.ListIdentities("c"), ElementsAre(card, phone));
  EXPECT_THAT(*store_.ListAbsorbed("c"), ElementsAre("old1", "old2"));
  EXPECT_EQ(*store_.ReadAlias("old2"), "c");
  EXPECT_EQ(*store_.ReadAlias("c"), "");
  WriteGroup change;
  change.names = {{"c", card, false}};
  change.aliases = {{"older", "old1", false}, {"older", "c", true}, {"old2", "c", false}};
  ASSERT_TRUE(store_.Write(change).ok());
  EXPECT_THAT(*store_.ListIdentities("c"), ElementsAre(phone));
  EXPECT_THAT(*store_.ListAbsorbed("c"), ElementsAre("old1", "older"));
  EXPECT_TRUE(store_.ListAbsorbed("old1")->empty());
  EXPECT_EQ(*store_.ReadAlias("older"), "c");
  EXPECT_EQ(*store_.ReadAlias("old2"), "");
}

TEST_P(StoreContract, TombstonesAndBasesAreKeptAndRemoved) {
  const CustomerState base = RandomState(8);
  const absl::Time when = absl::FromUnixMicros(1'700'000'000'123'456);
  WriteGroup group;
  group.tombstones = {{"gone", when}};
  group.bases = {{"c", &base}};
  ASSERT_TRUE(store_.Write(group).ok());
  EXPECT_EQ(*store_.ReadTombstone("gone"), when);
  EXPECT_FALSE(store_.ReadTombstone("gon")->has_value());
  CustomerState read;
  ASSERT_TRUE(*store_.ReadBase("c", &read));
  EXPECT_EQ(StateDigest(read), StateDigest(base));
  EXPECT_FALSE(*store_.ReadState("c", &read));
  group.tombstones = {{"gone", std::nullopt}};
  group.bases = {{"c", nullptr}};
  ASSERT_TRUE(store_.Write(group).ok());
  EXPECT_FALSE(store_.ReadTombstone("gone")->has_value());
  EXPECT_FALSE(*store_.ReadBase("c", &read));
}

TEST_P(StoreContract, ErasingRemovesAllUnderACustomerAndNothingElse) {
  const CustomerState state = RandomState(3);
  const ReceiptRecord record = FullRecord();
  const Identity card{IdentityType::kLoyaltyCard, "4711"};
  WriteGroup group;
  for (const char* id : {"c", "ca"}) {
    group.states.push_back({id, &state});
    group.bases.push_back({id, &state});
    group.records.push_back({{id, "s", "1"}, &record});
    group.names.push_back({id, card, true});
  }
  ASSERT_TRUE(store_.Write(group).ok());
  CustomerState read;
  ASSERT_TRUE(*store_.ReadState("c", &read)) << "now it is cached";
  WriteGroup erasure;
  erasure.erased = {"c", "nobody"};
  ASSERT_TRUE(store_.Write(erasure).ok());
  int records = 0;
  auto count = [&](const ReceiptKey&, const ReceiptRecord&) { ++records; };
  EXPECT_FALSE(*store_.ReadState("c", &read));
  EXPECT_FALSE(*store_.ReadBase("c", &read));
  ASSERT_TRUE(store_.ScanRecords("c", count).ok());
  EXPECT_EQ(records, 0);
  EXPECT_TRUE(store_.ListIdentities("c")->empty());
  EXPECT_TRUE(*store_.ReadState("ca", &read));
  EXPECT_TRUE(*store_.ReadBase("ca", &read));
  ASSERT_TRUE(store_.ScanRecords("ca", count).ok());
  EXPECT_EQ(records, 1);
  EXPECT_EQ(store_.ListIdentities("ca")->size(), 1u);
}

TEST_P(StoreContract, CustomersOfAPartitionAreListedInSteps) {
  const CustomerState state = RandomState(2);
  std::vector<std::string> wanted;
  WriteGroup group;
  std::vector<std::string> ids;
  for (int i = 0; i < 2000; ++i) ids.push_back(absl::StrCat("customer-", i));
  for (const std::string& id : ids) {
    group.states.push_back({id, &state});
    if (PartitionOf(id) == 5) wanted.push_back(id);
  }
  std::sort(wanted.begin(), wanted.end());
  ASSERT_TRUE(store_.Write(group).ok());
  std::vector<std::string> listed;
  while (true) {
    const auto step = store_.ListCustomers(5, listed.empty() ? "" : listed.back(), 7);
    ASSERT_TRUE(step.ok());
    if (step->empty()) break;
    ASSERT_LE(step->size(), 7u);
    listed.insert(listed.end(), step->begin(), step->end());
  }
  EXPECT_EQ(listed, wanted);
}

TEST_P(StoreContract, AGroupThatIsNotDurableYetIsSeenAndSynced) {
  const CustomerState state = RandomState(4);
  WriteGroup group;
  group.durable = false;
  group.states.push_back({"c", &state});
  ASSERT_TRUE(store_.Write(group).ok());
  CustomerState read;
  EXPECT_TRUE(*store_.ReadState("c", &read));
  EXPECT_TRUE(store_.Sync().ok());
}

TEST_P(StoreContract, AGroupIsWrittenTogether) {
  const ReceiptRecord record = FullRecord();
  const CustomerState state = RandomState(4);
  IdentityHistory history;
  history.Add({absl::FromUnixSeconds(5), {Owner::kCustomer, "c"}});
  const Identity device{IdentityType::kDevice, "d"};
  WriteGroup group;
  group.records = {{{"c", "s", "1"}, &record}};
  group.states = {{"c", &state}};
  group.new_categories = {"MILK", "BREAD"};
  group.identities = {{device, &history}};
  ASSERT_TRUE(store_.Write(group).ok());
  CustomerState read;
  EXPECT_TRUE(*store_.ReadState("c", &read));
  EXPECT_FALSE(store_.ReadIdentity(device)->empty());
  EXPECT_EQ(store_.category_names().size(), 2u);
  EXPECT_EQ(store_.category_names().Name(CategoryKey("BREAD")), "BREAD");
  EXPECT_EQ(store_.category_names().Name(CategoryKey("OIL")), "");
  EXPECT_EQ(store_.category_names().StandingOf("MILK"), CategoryNames::Standing::kKnown);
  EXPECT_EQ(store_.category_names().StandingOf("OIL"), CategoryNames::Standing::kNew);
}

TEST_P(StoreContract, AnEmptyGroupIsNoError) { EXPECT_TRUE(store_.Write({}).ok()); }

TEST_P(StoreContract, KeepsIdsOfAnyBytesOfTheirLongestLength) {
  const std::string longest(64, '\xC3');
  WriteState(longest, RandomState(5));
  const ReceiptRecord record = FullRecord();
  WriteGroup group;
  group.records.push_back({{longest, longest, longest}, &record});
  ASSERT_TRUE(store_.Write(group).ok());
  CustomerState read;
  EXPECT_TRUE(*store_.ReadState(longest, &read));
  std::vector<ReceiptRecord> records;
  const RecordRef ref{longest, longest, longest};
  ASSERT_TRUE(store_.ReadRecords({&ref, 1}, &records).ok());
  EXPECT_EQ(records[0], record);
}

TEST_P(StoreContract, RecordsFromSeveralThreadsWithoutLosingOne) {
  Recorder recorder(&store_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&recorder, t] {
      const std::vector<Receipt> receipts = RandomReceipts(t + 1).Many(100, absl::StrCat("customer-", t));
      for (const Receipt& receipt : receipts) {
        const Receipt* const one[] = {&receipt};
        EXPECT_TRUE(recorder.Record(one)[0].ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) {
    CustomerState state;
    ASSERT_TRUE(*store_.ReadState(absl::StrCat("customer-", t), &state));
    EXPECT_EQ(StateDigest(state), StateDigest(RandomState(t + 1, 100)));
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
  for (int i = 0; catalog.yaml.size() < (20 << 20); ++i) absl::StrAppend(&catalog.yaml, "- ", i * 7919 % 10007, "\n");
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

}  // namespace
}  // namespace nbo
