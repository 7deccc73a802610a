#include "storage/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "core/profile/fold.h"
#include "core/profile/recorder.h"
#include "core/profile/registry.h"
#include "storage/database.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/storage/temp_directory.h"

namespace nbo::storage {
namespace {

using ::testing::HasSubstr;

class StorageTest : public ::testing::Test {
 protected:
  StorageOptions Options() const { return {.path = directory_.path() + "/db", .block_cache_bytes = 8 << 20}; }
  std::unique_ptr<Storage> Open() const {
    auto opened = OpenStorage(Options());
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  static SwitchEvent PauseOf(int64_t number, const std::string& offer) {
    return {number, true, {{SwitchScope::kOffer, offer}, "anna", "why", absl::FromUnixSeconds(number)}};
  }

  TempDirectory directory_;
};

TEST_F(StorageTest, ReopeningKeepsThePopulationAndADamagedOneIsReplaced) {
  PopulationBuilder builder;
  builder.Add({1, 2, 300});
  const Population population = builder.Build(20'000, 100);
  ASSERT_TRUE(Open()->populations().Keep(population).ok());
  EXPECT_EQ((*Open()->populations().Read())->customers, 1);
  for (const std::string& damage : {std::string("\xFF\xFF"), std::string()}) {  // no message; a message without columns
    auto database = Database::Open(Options());
    ASSERT_TRUE((*database)->db()->Put({}, (*database)->family(kDefault), kPopulationKey, damage).ok());
    database->reset();
    auto storage = Open();
    EXPECT_EQ(storage->populations().Read().status().code(), absl::StatusCode::kDataLoss);
    ASSERT_TRUE(storage->populations().Keep(population).ok());
    EXPECT_TRUE(storage->populations().Read().ok());
  }
}

TEST_F(StorageTest, ReopeningKeepsEverything) {
  const std::vector<Receipt> receipts = RandomReceipts(11).Many(80, "c");
  const Identity card{IdentityType::kLoyaltyCard, "4711"};
  {
    auto storage = Open();
    Recorder recorder(&storage->profiles());
    for (const auto& result : recorder.Record(Pointers(receipts))) ASSERT_EQ(*result, RecordResult::kAccepted);
    Registry registry(&storage->profiles());
    ASSERT_TRUE(registry.Link(card, "c", absl::FromUnixSeconds(77)).ok());
    ASSERT_TRUE(registry.Erase("erased", absl::FromUnixSeconds(78)).ok());
    PublishedCatalog catalog{1, "catalog: x", "x.yaml", 3, "me", "why", absl::FromUnixSeconds(9)};
    catalog.yaml_bytes = static_cast<int64_t>(catalog.yaml.size());
    ASSERT_TRUE(storage->catalogs().Write(&catalog, {}).ok());
    ASSERT_TRUE(storage->Close().ok());
    ASSERT_TRUE(storage->Close().ok()) << "closing twice is once";
  }
  auto storage = Open();
  CustomerState expected, state;
  for (const Receipt& receipt : receipts) Fold(receipt, &expected);
  ASSERT_TRUE(*storage->profiles().ReadState("c", &state));
  EXPECT_EQ(StateDigest(state), StateDigest(expected));
  EXPECT_EQ(storage->profiles().ReadIdentity(card)->current().customer_id, "c");
  EXPECT_EQ(*storage->profiles().ReadTombstone("erased"), absl::FromUnixSeconds(78));
  EXPECT_EQ((*storage->catalogs().Read(0))->yaml, "catalog: x");
  Recorder recorder(&storage->profiles());
  for (const auto& result : recorder.Record(Pointers(receipts))) EXPECT_EQ(*result, RecordResult::kDuplicate);
}

TEST_F(StorageTest, CategoryNamesAreReadAgain) {
  size_t count = 0;
  {
    auto storage = Open();
    const std::vector<Receipt> receipts = RandomReceipts(11).Many(80, "c");
    Recorder(&storage->profiles()).Record(Pointers(receipts));
    count = storage->profiles().category_names().size();
  }
  auto storage = Open();
  EXPECT_EQ(count, 30u);
  EXPECT_EQ(storage->profiles().category_names().size(), count);
  for (int i = 0; i < 30; ++i) {
    const std::string name = absl::StrCat("category ", i);
    EXPECT_EQ(storage->profiles().category_names().Name(CategoryKey(name)), name);
  }
}

TEST_F(StorageTest, TheDestructorClosesToo) {
  const Receipt receipt = ReceiptOf("c", "1", 10, {Bought("A", 1)});
  const Receipt* const one[] = {&receipt};
  { EXPECT_TRUE(Recorder(&Open()->profiles()).Record(one)[0].ok()); }
  EXPECT_EQ(*Recorder(&Open()->profiles()).Record(one)[0], RecordResult::kDuplicate);
}

TEST_F(StorageTest, ASecondOpeningOfTheSameDirectoryIsRefused) {
  auto storage = Open();
  auto second = OpenStorage(Options());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
  CustomerState state;
  EXPECT_TRUE(storage->profiles().ReadState("c", &state).ok()) << "the first one goes on";
}

TEST_F(StorageTest, AnotherFormatVersionIsRefusedAndLeftAsItIs) {
  {
    auto database = Database::Open(Options());
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE((*database)->db()->Put({}, (*database)->family(kDefault), kFormatKey, "1").ok());
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto refused = OpenStorage(Options());
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(refused.status().message()),
                HasSubstr("written in format 1; this version reads formats 2 to 5"));
  }
}

TEST_F(StorageTest, AStoreOfFormatTwoIsRaisedAndItsCatalogsAreRead) {
  {
    auto database = Database::Open(Options());
    ASSERT_TRUE(database.ok());
    auto put = [&](Family family, const std::string& key, const std::string& value) {
      return (*database)->db()->Put({}, (*database)->family(family), key, value).ok();
    };
    ASSERT_TRUE(put(kDefault, kFormatKey, "2"));
    ASSERT_TRUE(put(kCatalogs, NumberKey(1),
                    std::string("\x0A\x05"
                                "hello")));  // field 1: the text
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto storage = Open();
    const auto kept = storage->catalogs().Read(0);
    ASSERT_TRUE(kept.ok() && kept->has_value());
    EXPECT_EQ((*kept)->yaml, "hello");
    EXPECT_EQ(storage->catalogs().List(0, 10)->at(0).yaml_bytes, 5);
  }
  std::string format;
  auto database = Database::Open(Options());
  ASSERT_TRUE((*database)->db()->Get({}, (*database)->family(kDefault), kFormatKey, &format).ok());
  EXPECT_EQ(format, "5");
}

// As the version before left it: without the family that this one adds.
TEST_F(StorageTest, AStoreOfFormatThreeIsRaisedAndTakesSwitches) {
  const PublishedCatalog catalog{1, "catalog: x", "x.yaml", 3, "me", "why", absl::FromUnixSeconds(9), 10};
  {
    auto storage = Open();
    ASSERT_TRUE(storage->catalogs().Write(&catalog, {}).ok());
  }
  {
    auto database = Database::Open(Options());
    ASSERT_TRUE((*database)->db()->Put({}, (*database)->family(kDefault), kFormatKey, "3").ok());
    ASSERT_TRUE((*database)->db()->DropColumnFamily((*database)->family(kSwitches)).ok());
  }
  {
    auto storage = Open();
    EXPECT_EQ((*storage->catalogs().Read(0))->yaml, "catalog: x");
    EXPECT_EQ(storage->switches().Read()->last_number, 0);
    ASSERT_TRUE(storage->switches().Append(PauseOf(1, "a")).ok());
  }
  EXPECT_EQ(Open()->switches().Read()->paused.size(), 1u);
  std::string format;
  auto database = Database::Open(Options());
  ASSERT_TRUE((*database)->db()->Get({}, (*database)->family(kDefault), kFormatKey, &format).ok());
  EXPECT_EQ(format, "5");
}

TEST_F(StorageTest, AStoreOfFormatFourIsRaisedAndItsStatesTakeAttributes) {
  // A state of format 4: nothing but a consent to SMS, given at the microsecond 7.
  const std::string four = absl::HexStringToBytes("0100fdffffff0f00e0f3f97c003e9f0f7ce2121c00");
  {
    auto database = Database::Open(Options());
    ASSERT_TRUE((*database)->db()->Put({}, (*database)->family(kDefault), kFormatKey, "4").ok());
    ASSERT_TRUE((*database)->db()->Put({}, (*database)->family(kState), StateKey("anna"), four).ok());
  }
  const Attribute gold{"tier", "gold", absl::FromUnixSeconds(1), "crm"};
  {
    auto storage = Open();
    CustomerState state;
    ASSERT_TRUE(*storage->profiles().ReadState("anna", &state));
    EXPECT_EQ(state.consents, (std::vector<Consent>{{Channel::kSms, true, absl::FromUnixMicros(7), ""}}));
    EXPECT_TRUE(state.attributes.empty());
    EXPECT_TRUE(Registry(&storage->profiles()).RecordAttributes("anna", {gold})->changed);
  }
  auto storage = Open();
  CustomerState state;
  ASSERT_TRUE(*storage->profiles().ReadState("anna", &state));
  EXPECT_EQ(state.attributes, std::vector<Attribute>{gold});
  EXPECT_EQ(state.consents.size(), 1u);
}

// The bytes of all files, packed ones included as they are.
std::string AllBytesUnder(const std::string& path) {
  std::string bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), {});
  }
  return bytes;
}

// Texts of a state begin at any bit: looks at each of the eight.
bool HoldsText(absl::string_view bytes, absl::string_view text) {
  for (int shift = 0; shift < 8; ++shift) {
    std::string shifted(bytes.size(), 0);
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto low = static_cast<uint8_t>(bytes[i]);
      const auto high = static_cast<uint8_t>(i + 1 < bytes.size() ? bytes[i + 1] : 0);
      shifted[i] = static_cast<char>(low >> shift | high << (8 - shift));
    }
    if (absl::StrContains(shifted, text)) return true;
  }
  return false;
}

TEST_F(StorageTest, NothingOfAnErasedPersonsAttributesIsInTheFiles) {
  const std::vector<std::string> secrets = {"kZq8vX2mLw", "vR7tYb3nPd", "sJ5hGc9xTf", "oM4dWk6zQa"};
  auto storage = Open();
  Registry registry(&storage->profiles());
  const Attribute first{secrets[0], secrets[1], absl::FromUnixSeconds(1), secrets[2]};
  Attribute second = first;
  second.value = secrets[3];
  second.time += absl::Seconds(1);
  ASSERT_TRUE(registry.RecordAttributes("anna", {first})->changed);
  ASSERT_TRUE(registry.RecordAttributes("anna", {second})->changed);
  ASSERT_TRUE(storage->profiles().Sync().ok());
  const std::string before = AllBytesUnder(Options().path);
  for (const std::string& secret : secrets) EXPECT_TRUE(HoldsText(before, secret)) << "else the search is blind";
  ASSERT_TRUE(registry.Erase("anna", absl::FromUnixSeconds(9)).ok());
  ASSERT_TRUE(storage->profiles().Sync().ok());
  ASSERT_TRUE(storage->Compact().ok());
  ASSERT_TRUE(storage->Close().ok());
  const std::string after = AllBytesUnder(Options().path);
  for (const std::string& secret : secrets) EXPECT_FALSE(HoldsText(after, secret)) << secret;
}

TEST_F(StorageTest, ALostOrDamagedSwitchIsDataLossAndNotTakenForResumed) {
  {
    auto storage = Open();
    for (int64_t number = 1; number <= 3; ++number) {
      ASSERT_TRUE(storage->switches().Append(PauseOf(number, absl::StrCat("o", number))).ok());
    }
  }
  const auto said_after = [this](const std::function<rocksdb::Status(Database&)>& damage) {
    {
      auto database = Database::Open(Options());
      EXPECT_TRUE(damage(**database).ok());
    }
    return Open()->switches().Read().status();
  };
  absl::Status said = said_after([](Database& database) {
    return database.db()->Put({}, database.family(kSwitches), NumberKey(2), std::string("\x08\x63"));  // scope 99
  });
  EXPECT_EQ(said, absl::DataLossError("switch event 2: not readable"));
  said = said_after(
      [](Database& database) { return database.db()->Delete({}, database.family(kSwitches), NumberKey(2)); });
  EXPECT_EQ(said, absl::DataLossError("switch event 2: is missing"));
}

TEST_F(StorageTest, ADirectoryThatCannotBeMadeIsUnavailable) {
  std::ofstream(directory_.path() + "/db") << "a file stands in the way";
  EXPECT_EQ(OpenStorage(Options()).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(OpenStorage({.path = ""}).status().message()), HasSubstr("storage.path: is required"));
}

TEST_F(StorageTest, ACorruptStateIsDataLossAndHarmsNobodyElse) {
  auto database = Database::Open(Options());
  ASSERT_TRUE(database.ok());
  const CustomerState good = [] {
    CustomerState state;
    Fold(ReceiptOf("good", "1", 10, {Bought("A", 1)}), &state);
    return state;
  }();
  ASSERT_TRUE((*database)->db()->Put({}, (*database)->family(kState), StateKey("bad"), "\xFF no state").ok());
  ASSERT_TRUE((*database)->Close().ok());
  auto storage = Open();
  WriteGroup group;
  group.states.push_back({"good", &good});
  ASSERT_TRUE(storage->profiles().Write(group).ok());
  CustomerState state;
  EXPECT_EQ(storage->profiles().ReadState("bad", &state).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(*storage->profiles().ReadState("good", &state));
  std::vector<std::string> seen;
  const auto unreadable = storage->profiles().ScanStates([&seen](absl::string_view customer, const CustomerState&) {
    seen.emplace_back(customer);
    return true;
  });
  ASSERT_TRUE(unreadable.ok());
  EXPECT_EQ(*unreadable, 1);
  EXPECT_THAT(seen, ::testing::ElementsAre("good"));
  const Receipt receipt = ReceiptOf("bad", "1", 10, {Bought("A", 1)});
  const Receipt* const one[] = {&receipt};
  EXPECT_EQ(Recorder(&storage->profiles()).Record(one)[0].status().code(), absl::StatusCode::kDataLoss)
      << "never folded upon an empty state";
}

TEST_F(StorageTest, StatsFollowTheData) {
  auto storage = Open();
  const std::vector<Receipt> receipts = RandomReceipts(1).Many(200, "c");
  Recorder(&storage->profiles()).Record(Pointers(receipts));
  EXPECT_EQ(storage->Stats().estimated_customers, 1u);
  EXPECT_GT(storage->Stats().wal_bytes, 0u);
  EXPECT_FALSE(storage->Stats().write_stopped);
}

}  // namespace
}  // namespace nbo::storage
