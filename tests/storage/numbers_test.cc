#include "storage/numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/profile/fold.h"
#include "storage/codec.h"
#include "storage/database.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/storage/temp_directory.h"

namespace nbo::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<uint32_t> NumbersOf(const std::vector<std::string>& keys, NumberTable<std::string>* table,
                                std::vector<uint32_t>* unwritten) {
  std::vector<const std::string*> pointers;
  for (const std::string& key : keys) pointers.push_back(&key);
  std::vector<uint32_t> numbers(keys.size());
  unwritten->clear();
  table->NumbersOf(pointers, numbers.data(), unwritten);
  return numbers;
}

TEST(NumberTable, GivesNumbersInOrderOfArrival) {
  NumberTable<std::string> table(10);
  std::vector<uint32_t> unwritten;
  EXPECT_THAT(NumbersOf({"b", "a", "b", ""}, &table, &unwritten), ElementsAre(0, 1, 0, kNoNumber));
  EXPECT_THAT(NumbersOf({"c", "a"}, &table, &unwritten), ElementsAre(2, 1));
  EXPECT_EQ(*table.KeyOf(2), "c");
  EXPECT_EQ(table.KeyOf(3), nullptr);
}

TEST(NumberTable, TellsAMeaningUntilItIsWritten) {
  NumberTable<std::string> table(10);
  std::vector<uint32_t> mine, others;
  NumbersOf({"a"}, &table, &mine);
  NumbersOf({"a", "b"}, &table, &others);  // of another writer, before the first one is done
  EXPECT_THAT(others, ElementsAre(0, 1));
  table.MarkWritten(mine);
  NumbersOf({"a", "b"}, &table, &others);  // "b": its batch failed
  EXPECT_THAT(others, ElementsAre(1));
  table.MarkWritten(others);
  NumbersOf({"a", "b"}, &table, &others);
  EXPECT_THAT(others, IsEmpty());
}

TEST(NumberTable, GivesNoneBeyondItsRoom) {
  NumberTable<std::string> table(2);
  std::vector<uint32_t> unwritten;
  EXPECT_THAT(NumbersOf({"a", "b", "c", "a"}, &table, &unwritten), ElementsAre(0, 1, kNoNumber, 0));
}

TEST(NumberTable, LoadsWithGapsAndGoesOnAfterTheLast) {
  NumberTable<std::string> table(5000);
  ASSERT_TRUE(table.Load(1, "a"));
  ASSERT_TRUE(table.Load(3000, "b"));
  EXPECT_FALSE(table.Load(3000, "c"));
  EXPECT_FALSE(table.Load(3001, "a"));
  EXPECT_FALSE(table.Load(5000, "c"));
  EXPECT_FALSE(table.Load(3001, ""));
  EXPECT_EQ(table.KeyOf(0), nullptr);
  EXPECT_EQ(table.KeyOf(1500), nullptr);
  EXPECT_EQ(*table.KeyOf(3000), "b");
  std::vector<uint32_t> unwritten;
  EXPECT_THAT(NumbersOf({"c", "b"}, &table, &unwritten), ElementsAre(3001, 3000));
  EXPECT_THAT(unwritten, ElementsAre(3001));
}

TEST(NumberTable, WithoutRoomStatesKeepTheTextItself) {
  Numbers full;
  for (uint32_t i = 0; i < 100'000; ++i) ASSERT_TRUE(full.stores.Load(i, absl::StrCat("old ", i)));
  CustomerState state, decoded;
  Fold(ReceiptOf("c", "1", 100, {Bought("A", 5)}, "new"), &state);
  Fold(ReceiptOf("c", "2", 101, {Bought("A", 5)}, "old 77777"), &state);
  Fold(ReceiptOf("c", "3", 102, {Bought("A", 5)}, "also new"), &state);
  std::string bytes;
  UnwrittenNumbers unwritten;
  EncodeState(state, &full, &unwritten, &bytes);
  EXPECT_THAT(unwritten.stores, IsEmpty());
  ASSERT_TRUE(DecodeState(bytes, full, &decoded).ok());
  EXPECT_EQ(StateDigest(decoded), StateDigest(state));
}

CustomerState StateAt(const std::string& store, const std::string& category) {
  CustomerState state;
  Fold(ReceiptOf("c", "1", 100, {Bought(category, 5)}, store), &state);
  return state;
}

class StoredNumbers : public ::testing::Test {
 protected:
  std::unique_ptr<Storage> Open() {
    auto opened = OpenStorage({.path = directory_.path() + "/db", .state_cache_bytes = 0});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  static void Write(const std::string& customer, const CustomerState& state, Storage* storage) {
    WriteGroup group;
    group.states.push_back({customer, &state});
    ASSERT_TRUE(storage->profiles().Write(group).ok());
  }
  static void ExpectState(const std::string& customer, const CustomerState& wanted, Storage* storage) {
    CustomerState read;
    const auto found = storage->profiles().ReadState(customer, &read);
    ASSERT_TRUE(found.ok() && *found) << customer << ": " << found.status();
    EXPECT_EQ(StateDigest(read), StateDigest(wanted)) << customer;
  }

  TempDirectory directory_;
};

TEST_F(StoredNumbers, AreTheSameAfterReopening) {
  for (int opening = 0; opening < 3; ++opening) {
    auto storage = Open();
    for (int i = 0; i < opening; ++i) {
      ExpectState(absl::StrCat("c", i), StateAt(absl::StrCat("s", i), absl::StrCat("k", i)), storage.get());
    }
    const std::string n = absl::StrCat(opening);
    Write("c" + n, StateAt("s" + n, "k" + n), storage.get());
  }
}

TEST_F(StoredNumbers, WritersThatMeetTheSameNewNamesAgree) {
  constexpr int kThreads = 4, kNames = 300;
  {
    auto storage = Open();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kNames; ++i) {
          Write(absl::StrCat("c", t, "-", i), StateAt(absl::StrCat("s", i), absl::StrCat("k", i)), storage.get());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  {
    auto storage = Open();
    for (int i = 0; i < kThreads * kNames; ++i) {
      const int name = i % kNames;
      ExpectState(absl::StrCat("c", i / kNames, "-", name), StateAt(absl::StrCat("s", name), absl::StrCat("k", name)),
                  storage.get());
    }
  }
  auto database = Database::Open({.path = directory_.path() + "/db"});
  ASSERT_TRUE(database.ok());
  std::unique_ptr<rocksdb::Iterator> it((*database)->db()->NewIterator({}, (*database)->family(Family::kNumbers)));
  int entries = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++entries;
  EXPECT_EQ(entries, 2 * kNames) << "one for each name, none lost to a second writer";
}

TEST_F(StoredNumbers, DamagedOnesAreRefusedAtTheStart) {
  { Write("c", StateAt("s", "k"), Open().get()); }
  {
    auto database = Database::Open({.path = directory_.path() + "/db"});
    ASSERT_TRUE(
        (*database)->db()->Put({}, (*database)->family(Family::kNumbers), MeaningKey(kStoreNumber, 9), "s").ok());
  }
  EXPECT_EQ(OpenStorage({.path = directory_.path() + "/db"}).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace nbo::storage
