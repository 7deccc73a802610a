// The contract of core's ports, held against every implementation: what is true of one store is true of all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

TEST_P(StoreContract, DigestsAreKeptByCustomerStoreAndReceipt) {
  const Receipt stored = ReceiptOf("c", "b1", 10, {Bought("A", 1)}, "a");
  WriteGroup group;
  group.receipts.push_back({&stored, 0xFEDCBA9876543210u});
  ASSERT_TRUE(store_.Write(group).ok());
  const Receipt other_customer = ReceiptOf("d", "b1", 10, {}, "a"), other_store = ReceiptOf("c", "b1", 10, {}, "b"),
                other_id = ReceiptOf("c", "b2", 10, {}, "a"), runs_together = ReceiptOf("c", "1", 10, {}, "ab"),
                also_together = ReceiptOf("ca", "b1", 10, {}, ""), same_key = ReceiptOf("c", "b1", 99, {}, "a");
  const std::vector<const Receipt*> asked = {&other_customer, &other_store,   &stored,  &other_id,
                                             &runs_together,  &also_together, &same_key};
  std::vector<std::optional<uint64_t>> digests = {1, 2, 3};
  ASSERT_TRUE(store_.ReadDigests(asked, &digests).ok());
  const auto none = std::optional<uint64_t>();
  const auto kept = std::optional<uint64_t>(0xFEDCBA9876543210u);
  EXPECT_THAT(digests, ElementsAre(none, none, kept, none, none, none, kept));
}

TEST_P(StoreContract, ADigestOfZeroIsADigest) {
  const Receipt receipt = ReceiptOf("c", "1", 10, {Bought("A", 1)});
  WriteGroup group;
  group.receipts.push_back({&receipt, 0});
  ASSERT_TRUE(store_.Write(group).ok());
  const std::vector<const Receipt*> asked = {&receipt};
  std::vector<std::optional<uint64_t>> digests;
  ASSERT_TRUE(store_.ReadDigests(asked, &digests).ok());
  EXPECT_EQ(digests[0], std::optional<uint64_t>(0));
}

TEST_P(StoreContract, ALinkIsKeptByTypeAndValueAndReplaced) {
  const IdentityLink first{{IdentityType::kPhone, "1"}, "anna", absl::FromUnixMicros(1'700'000'000'123'456)};
  const IdentityLink second{{IdentityType::kPhone, "1"}, "bert", absl::FromUnixMicros(1'700'000'000'123'457)};
  for (const IdentityLink& link : {first, second}) {
    WriteGroup group;
    group.links.push_back(&link);
    ASSERT_TRUE(store_.Write(group).ok());
    const auto read = store_.ReadLink(link.identity);
    ASSERT_TRUE(read.ok() && read->has_value());
    EXPECT_EQ((*read)->customer_id, link.customer_id);
    EXPECT_EQ((*read)->since, link.since);
    EXPECT_EQ((*read)->identity.value, "1");
    EXPECT_EQ((*read)->identity.type, IdentityType::kPhone);
  }
  EXPECT_FALSE(store_.ReadLink({IdentityType::kEmail, "1"})->has_value()) << "the same value of another type";
  EXPECT_FALSE(store_.ReadLink({IdentityType::kPhone, "11"})->has_value());
}

TEST_P(StoreContract, AGroupIsWrittenTogether) {
  const Receipt receipt = ReceiptOf("c", "1", 10, {Bought("MILK", 1)});
  const CustomerState state = RandomState(4);
  const IdentityLink link{{IdentityType::kDevice, "d"}, "c", absl::FromUnixSeconds(5)};
  WriteGroup group{{{&receipt, 7}}, {{"c", &state}}, {"MILK", "BREAD"}, {&link}};
  ASSERT_TRUE(store_.Write(group).ok());
  CustomerState read;
  EXPECT_TRUE(*store_.ReadState("c", &read));
  EXPECT_TRUE(store_.ReadLink(link.identity)->has_value());
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
  const Receipt receipt{longest, longest, longest, absl::FromUnixSeconds(0), 0, Channel::kPos, {}};
  WriteGroup group;
  group.receipts.push_back({&receipt, 3});
  ASSERT_TRUE(store_.Write(group).ok());
  CustomerState read;
  EXPECT_TRUE(*store_.ReadState(longest, &read));
  const std::vector<const Receipt*> asked = {&receipt};
  std::vector<std::optional<uint64_t>> digests;
  ASSERT_TRUE(store_.ReadDigests(asked, &digests).ok());
  EXPECT_EQ(digests[0], std::optional<uint64_t>(3));
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
  return {version,
          absl::StrCat("catalog: v", version, "\n"),
          "c.yaml",
          -7,
          "anna",
          "why \xD0\x96",
          absl::FromUnixMicros(1'700'000'000'000'001 + version)};
}

TEST_P(StoreContract, TheArchiveIsEmptyAtFirst) {
  EXPECT_FALSE(stores_->catalogs().Read(0)->has_value());
  EXPECT_FALSE(stores_->catalogs().Read(1)->has_value());
}

TEST_P(StoreContract, TheArchiveKeepsEveryVersionAndKnowsTheNewest) {
  for (int64_t version = 1; version <= 300; ++version) {  // beyond one byte
    ASSERT_TRUE(stores_->catalogs().Append(Catalog(version)).ok());
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
}

}  // namespace
}  // namespace nbo
