#include "storage/write_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/faulty_store.h"

namespace nbo::storage {
namespace {

using ::rocksdb::IOStatus;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WriteHealthTest : public FaultyStoreTest {
 protected:
  // Receipts 0 .. 9 are acknowledged, then `fault` holds and 10 .. 19 are refused.
  void RunInto(const FileFault& fault) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(Record(i).ok());
    files_->Fail(fault);
    for (int i = 10; i < 20; ++i) {
      const auto refused = Record(i);
      ASSERT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
      reason_ = std::string(refused.status().message());
    }
    ASSERT_TRUE(told_.Await(/*writable=*/false));
  }
  // What must hold after any trouble: the acknowledged are there, the refused can be sent again and count once.
  void ExpectWhole() {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(*Record(i), RecordResult::kDuplicate) << i;
    for (int i = 10; i < 20; ++i) {
      EXPECT_TRUE(Record(i).ok()) << i;
      CustomerState state;
      ASSERT_TRUE(*storage_->profiles().ReadState(absl::StrCat("c", i), &state));
      EXPECT_EQ(state.receipts, 1) << i;
    }
  }
  std::string reason_;
};

TEST_F(WriteHealthTest, AFullDiskRefusesReceiptsServesReadsAndRecoversByItself) {
  Open(/*hold_back=*/false);
  ASSERT_NO_FATAL_FAILURE(RunInto({IOStatus::NoSpace("disk"), kEveryFileOperation, ""}));
  EXPECT_EQ(reason_, absl::StrCat("store: no space left on ", path(),
                                  "; receipts are refused until there is room, offers go on"));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Has(i)) << "reads go on";
  for (int i = 10; i < 20; ++i) EXPECT_FALSE(Has(i)) << "refused";
  EXPECT_FALSE(storage_->GetWriteState().writable);
  EXPECT_FALSE(storage_->Stats().write_state.writable);
  EXPECT_GT(storage_->Stats().background_errors, 0u);
  EXPECT_THAT(storage_->GetWriteState().trouble, StartsWith("no space left on "));

  files_->Heal();
  ASSERT_TRUE(told_.Await(/*writable=*/true));
  EXPECT_TRUE(storage_->GetWriteState().writable);
  EXPECT_EQ(storage_->GetWriteState().trouble, "");
  ExpectWhole();
  EXPECT_EQ(told_.all().size(), 2u) << "told once when it stops and once when it goes on, not for every receipt";

  storage_.reset();
  Open(/*hold_back=*/false);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*Record(i), RecordResult::kDuplicate) << i;
}

TEST_F(WriteHealthTest, ALogThatCannotBeSyncedIsNotTrustedAgain) {
  Open(/*hold_back=*/true);
  ASSERT_NO_FATAL_FAILURE(RunInto({IOStatus::IOError("no such device"), kFileSync, ".log"}));
  EXPECT_THAT(reason_, HasSubstr(absl::StrCat("store: cannot write to ", path(), ": IO error: no such device")));
  EXPECT_THAT(reason_, HasSubstr("; receipts are refused until it can be written again, offers go on"));
  files_->Heal();
  ASSERT_TRUE(told_.Await(/*writable=*/true));
  ExpectWhole();
  CutPower();
  Open(/*hold_back=*/true);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*Record(i), RecordResult::kDuplicate) << i;
}

TEST_F(WriteHealthTest, AKillWhileTheDiskIsFullLosesNothing) {
  Open(/*hold_back=*/true);
  ASSERT_NO_FATAL_FAILURE(RunInto({IOStatus::NoSpace("disk"), kFileAppend, ".log"}));
  CutPower();
  Open(/*hold_back=*/true);
  ExpectWhole();
}

TEST_F(WriteHealthTest, AKillAfterRecoveryLosesNothing) {
  Open(/*hold_back=*/false);
  ASSERT_NO_FATAL_FAILURE(RunInto({IOStatus::NoSpace("disk"), kFileAppend, ".log"}));  // leaves half a record behind
  files_->Heal();
  ASSERT_TRUE(told_.Await(/*writable=*/true));
  for (int i = 10; i < 20; ++i) ASSERT_TRUE(Record(i).ok());
  CutPower();
  Open(/*hold_back=*/false);
  ExpectWhole();
}

TEST_F(WriteHealthTest, RecoversFromEveryKindOfFileThatFails) {
  for (const char* part : {".log", "MANIFEST", ".sst"}) {
    SCOPED_TRACE(part);
    Open(/*hold_back=*/false);
    ASSERT_TRUE(Record(0).ok());
    // A full log makes a new one, a flush a table and an entry of the manifest.
    files_->Fail({IOStatus::IOError("input/output error"), kEveryFileOperation, part});
    auto* database = storage_.get();
    int number = 1000;
    while (database->GetWriteState().writable && number < 100'000) Record(number++, /*lines=*/900).IgnoreError();
    ASSERT_TRUE(told_.Await(/*writable=*/false));
    EXPECT_TRUE(Has(0));
    files_->Heal();
    ASSERT_TRUE(told_.Await(/*writable=*/true));
    EXPECT_TRUE(Record(number).ok());
    storage_.reset();
    Open(/*hold_back=*/false);
    EXPECT_TRUE(Has(0));
    EXPECT_TRUE(Has(number));
    storage_.reset();
  }
}

TEST_F(WriteHealthTest, ClosingWhileReadOnlyDoesNotHangAndKeepsTheAcknowledged) {
  Open(/*hold_back=*/false);
  ASSERT_NO_FATAL_FAILURE(RunInto({IOStatus::NoSpace("disk"), kEveryFileOperation, ""}));
  EXPECT_FALSE(storage_->Close().ok()) << "it could not flush, and says so";
  storage_.reset();
  Open(/*hold_back=*/false);
  ExpectWhole();
}

TEST_F(WriteHealthTest, ACompactionThatFailsStopsNoReceipt) {
  auto files = std::make_shared<FaultyFileSystem>(/*hold_back=*/false);
  StorageOptions options{.path = path(), .block_cache_bytes = 8 << 20};
  options.file_system = files;
  auto database = Database::Open(options);
  ASSERT_TRUE(database.ok()) << database.status();
  rocksdb::DB* db = (*database)->db();
  rocksdb::ColumnFamilyHandle* family = (*database)->family(kState);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(db->Put({}, family, "a", "1").ok());
    ASSERT_TRUE(db->Put({}, family, "z", "1").ok());
    ASSERT_TRUE(db->Flush({}, family).ok());
  }
  files->Fail({IOStatus::NoSpace("disk"), kEveryFileOperation, ".sst"});
  ASSERT_FALSE(db->CompactRange({}, family, nullptr, nullptr).ok());
  EXPECT_GT((*database)->health().Errors(), 0u);
  const WriteState state = (*database)->health().State();
  EXPECT_TRUE(state.writable);
  EXPECT_THAT(state.trouble, HasSubstr("cannot be compacted"));
  EXPECT_TRUE(db->Put({}, family, "m", "1").ok());
  files->Heal();
  EXPECT_TRUE(db->CompactRange({}, family, nullptr, nullptr).ok());
}

}  // namespace
}  // namespace nbo::storage
