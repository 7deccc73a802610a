// The contract of core's profile store: what is true of one store is true of all.
#include "tests/storage/store_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/hash.h"
#include "core/profile/fold.h"
#include "core/profile/recorder.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {

INSTANTIATE_TEST_SUITE_P(Every, StoreContract,
                         ::testing::Values(Kind{"Memory", [] { return std::make_unique<InMemory>(); }},
                                           Kind{"RocksDb", [] { return std::make_unique<OnRocks>(); }}),
                         [](const auto& info) { return info.param.name; });

namespace {

using ::testing::ElementsAre;

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

}  // namespace
}  // namespace nbo
