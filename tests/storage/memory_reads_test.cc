// Readings that never touch a disk, over RocksDB: what they answer is what the store would, or that it must be asked.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/profile/lookup.h"
#include "tests/storage/faulty_store.h"

namespace nbo::storage {
namespace {

const Identity kCard{IdentityType::kLoyaltyCard, "77"};

class MemoryReadsTest : public FaultyStoreTest {
 protected:
  ~MemoryReadsTest() override {
    if (files_ != nullptr) files_->GoOn();
  }

  // Anna with a card, known as "old" before; on the disk only.
  void Write() {
    CustomerState state;
    state.receipts = 3;
    IdentityHistory history;
    history.Add({absl::UnixEpoch(), {Owner::kCustomer, "anna"}});
    WriteGroup group;
    group.states.push_back({"anna", &state});
    group.identities.push_back({kCard, &history});
    group.names.push_back({"anna", kCard, true});
    group.aliases.push_back({"old", "anna", true});
    ASSERT_TRUE(storage_->profiles().Write(group).ok());
  }
  void Reopen() {
    ASSERT_TRUE(storage_->Close().ok());
    storage_.reset();
    Open(/*hold_back=*/false);
  }
};

TEST_F(MemoryReadsTest, WhatIsOnTheDiskOnlyIsSaidToBeSoWithoutReading) {
  Open(false);
  Write();
  Reopen();
  files_->StallReads();  // whoever reads now hangs
  const ProfileReader& memory = storage_->profiles().memory();
  CustomerState state;
  EXPECT_TRUE(IsNotInMemory(memory.ReadState("anna", &state).status()));
  EXPECT_TRUE(IsNotInMemory(memory.ReadIdentity(kCard).status()));
  EXPECT_TRUE(IsNotInMemory(memory.ListIdentities("anna").status()));
  EXPECT_TRUE(IsNotInMemory(memory.ReadAlias("old").status()));
  EXPECT_FALSE(storage_->profiles().ReadLastKnownState("anna", &state));
}

TEST_F(MemoryReadsTest, WhatWasReadOnceIsInMemory) {
  Open(false);
  Write();
  Reopen();
  const ProfileStore& store = storage_->profiles();
  CustomerState state;
  ASSERT_TRUE(*store.ReadState("anna", &state));
  ASSERT_FALSE(store.ReadIdentity(kCard)->empty());
  ASSERT_EQ(store.ListIdentities("anna")->size(), 1u);
  ASSERT_EQ(*store.ReadAlias("old"), "anna");
  files_->StallReads();
  state.Clear();
  ASSERT_TRUE(*store.memory().ReadState("anna", &state));
  EXPECT_EQ(state.receipts, 3);
  EXPECT_EQ(CustomerOf(store.memory(), kCard, absl::UnixEpoch()).value(), "anna");
  EXPECT_EQ(store.memory().ListIdentities("anna").value().size(), 1u);
  EXPECT_EQ(store.memory().ReadAlias("old").value(), "anna");
  EXPECT_TRUE(store.ReadLastKnownState("anna", &state));
}

TEST_F(MemoryReadsTest, WhatWasJustWrittenIsInMemory) {
  Open(false);
  Write();
  files_->StallReads();
  CustomerState state;
  ASSERT_TRUE(storage_->profiles().memory().ReadState("anna", &state).value());
  EXPECT_EQ(state.receipts, 3);
}

TEST_F(MemoryReadsTest, WhoIsKnownToNoFilterIsUnknownWithoutReading) {
  Open(false);
  Write();
  Reopen();
  files_->StallReads();
  const ProfileReader& memory = storage_->profiles().memory();
  int unknown = 0;
  for (int i = 0; i < 100; ++i) {
    std::string id = absl::StrCat("stranger-", i);
    CustomerState state;
    const absl::StatusOr<bool> found = ReadCurrentState(memory, &id, &state);
    if (found.ok()) {
      EXPECT_FALSE(*found);
      ++unknown;
    } else {
      EXPECT_TRUE(IsNotInMemory(found.status())) << found.status();
    }
  }
  EXPECT_GT(unknown, 80) << "the filter lets one in a hundred through";
}

TEST_F(MemoryReadsTest, AfterAWriteThatFailedTheStateBeforeItIsTheLastKnown) {
  Open(false);
  Write();
  CustomerState state;
  ASSERT_TRUE(*storage_->profiles().ReadState("anna", &state));  // into the cache
  files_->Fail({rocksdb::IOStatus::IOError("disk")});
  state.receipts = 4;
  WriteGroup group;
  group.states.push_back({"anna", &state});
  ASSERT_FALSE(storage_->profiles().Write(group).ok());
  CustomerState last;
  ASSERT_TRUE(storage_->profiles().ReadLastKnownState("anna", &last));
  EXPECT_EQ(last.receipts, 3);
}

}  // namespace
}  // namespace nbo::storage
