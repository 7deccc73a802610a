#include "storage/log_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/storage/faulty_store.h"

namespace nbo::storage {
namespace {

using ::testing::HasSubstr;

class LogCheckTest : public FaultyStoreTest {
 protected:
  static constexpr int kReceipts = 300;

  // A log of kReceipts records, one after the other, as a kill leaves it.
  void WriteLog(size_t lines = 3) {
    Open(/*hold_back=*/false);
    for (int i = 0; i < kReceipts; ++i) ASSERT_TRUE(Record(i, lines).ok());
    CutPower();
    for (const auto& file : std::filesystem::directory_iterator(path())) {
      if (file.path().extension() == ".log" && file.file_size() > 0) log_ = file.path();
    }
    ASSERT_FALSE(log_.empty());
    std::ifstream in(log_, std::ios::binary);
    intact_.assign(std::istreambuf_iterator<char>(in), {});
    ASSERT_GT(intact_.size(), 40'000u) << "more than one block";
  }
  void Put(const std::string& bytes) { std::ofstream(log_, std::ios::binary) << bytes; }
  absl::StatusOr<LogCheck> Check() { return CheckLogs(rocksdb::Env::Default(), path()); }

  std::filesystem::path log_;
  std::string intact_;
};

TEST_F(LogCheckTest, AnIntactLogOpens) {
  WriteLog();
  const auto check = Check();
  ASSERT_TRUE(check.ok());
  EXPECT_EQ(check->damage, "");
  EXPECT_GT(check->last_sequence, 2u * kReceipts);
  Open(/*hold_back=*/false);
  for (int i = 0; i < kReceipts; ++i) EXPECT_TRUE(Has(i));
}

TEST_F(LogCheckTest, ATornTailOpensAndKeepsAllBeforeIt) {
  WriteLog();
  std::string zeros = intact_;
  std::fill(zeros.end() - 100, zeros.end(), '\0');
  std::string garbage = intact_ + std::string(5000, '\x5a');
  for (const std::string& torn : {intact_.substr(0, intact_.size() - 1), intact_.substr(0, intact_.size() - 100),
                                  intact_ + std::string(40'000, '\0'), garbage, zeros}) {
    Put(torn);
    ASSERT_EQ(Check()->damage, "") << torn.size();
  }
  Put(intact_.substr(0, intact_.size() - 100));
  ASSERT_EQ(Check()->torn_ends.size(), 1u);
  EXPECT_LT(Check()->torn_ends[0].intact_bytes, intact_.size() - 100);
  Open(/*hold_back=*/false);
  for (int i = 0; i < kReceipts - 1; ++i) EXPECT_TRUE(Has(i));
  EXPECT_FALSE(Has(kReceipts - 1)) << "torn";
}

// What a recovery that a kill cut short leaves: half of a record that was refused, and the whole of it behind.
TEST_F(LogCheckTest, ARefusedRecordThatWasWrittenTwiceIsATornEnd) {
  WriteLog();
  Put(intact_.substr(0, intact_.size() - 1));
  const size_t last = Check()->torn_ends.at(0).intact_bytes;
  const std::string before = intact_.substr(0, last), record = intact_.substr(last);
  Put(before + record.substr(0, record.size() / 2) + record);
  EXPECT_EQ(Check()->damage, "");
  ASSERT_EQ(Check()->torn_ends.size(), 1u);
  EXPECT_EQ(Check()->torn_ends[0].intact_bytes, last);
  Put(before + record.substr(0, record.size() / 2) + record + intact_.substr(0, last));
  EXPECT_NE(Check()->damage, "") << "something else follows";
}

// Whether anything is missing between a torn end and the next log: its sequence numbers tell.
TEST_F(LogCheckTest, ATornEndBeforeAnotherLogIsDamageOnlyIfARecordIsMissing) {
  WriteLog();
  auto begin_of_last = [this](size_t end) {
    Put(intact_.substr(0, end - 1));
    return static_cast<size_t>(Check()->torn_ends.at(0).intact_bytes);
  };
  const size_t last = begin_of_last(intact_.size()), second_last = begin_of_last(last);
  const std::string a = intact_.substr(second_last, last - second_last), b = intact_.substr(last);
  Put(intact_.substr(0, second_last) + a.substr(0, a.size() / 2));
  const std::string next_log = path() + "/009999.log";
  std::ofstream(next_log, std::ios::binary) << a;
  EXPECT_EQ(Check()->damage, "") << "the same sequence number: what is torn was refused";
  EXPECT_EQ(Check()->torn_ends.size(), 1u);
  std::ofstream(next_log, std::ios::binary) << b;
  EXPECT_NE(Check()->damage, "") << "what is torn was acknowledged";
}

TEST_F(LogCheckTest, AFlippedByteAnywhereButInTheLastRecordIsSeen) {
  WriteLog();
  const size_t end = intact_.size() - intact_.size() / kReceipts * 2;
  for (size_t at = 0; at < end; at += 97) {
    std::string damaged = intact_;
    damaged[at] ^= 0x10;
    Put(damaged);
    ASSERT_THAT(Check()->damage, HasSubstr(", byte ")) << at;
  }
}

TEST_F(LogCheckTest, RecordsOverSeveralBlocksAreChecked) {
  WriteLog(/*lines=*/900);
  for (const double part : {0.1, 0.5, 0.9}) {
    std::string damaged = intact_;
    damaged[static_cast<size_t>(static_cast<double>(damaged.size()) * part)] ^= 1;
    Put(damaged);
    EXPECT_NE(Check()->damage, "") << part;
  }
  std::string hole = intact_;
  std::fill_n(hole.begin() + (5 << 15), 1 << 15, '\0');  // a block that never reached the disk
  Put(hole);
  EXPECT_NE(Check()->damage, "");
  Put(intact_.substr(0, intact_.size() - (40 << 10)));
  EXPECT_EQ(Check()->damage, "") << "the last record lost its second half";
}

TEST_F(LogCheckTest, DamageInTheMiddleRefusesToOpenAndChangesNothing) {
  WriteLog();
  std::string damaged = intact_;
  damaged[damaged.size() / 2] ^= 1;
  Put(damaged);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const absl::Status refused = TryOpen(/*hold_back=*/false);
    ASSERT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("the write-ahead log in " + path() + " is damaged (0"));
    EXPECT_THAT(std::string(refused.message()), HasSubstr("Restore a backup"));
  }
  Put(intact_);
  Open(/*hold_back=*/false);
  for (int i = 0; i < kReceipts; ++i) EXPECT_TRUE(Has(i)) << "mended by hand, nothing is lost";
}

TEST_F(LogCheckTest, TheWayOutIsToOpenOnceWithoutSync) {
  WriteLog();
  std::string damaged = intact_;
  damaged[damaged.size() / 2] ^= 1;
  Put(damaged);
  ASSERT_EQ(TryOpen(/*hold_back=*/false).code(), absl::StatusCode::kDataLoss);
  Open(/*hold_back=*/false, /*sync=*/false);
  EXPECT_TRUE(Has(0));
  EXPECT_FALSE(Has(kReceipts - 1)) << "given up";
  EXPECT_TRUE(Record(kReceipts - 1).ok());
  storage_.reset();
  Open(/*hold_back=*/false);
  EXPECT_TRUE(Has(kReceipts - 1));
}

TEST_F(LogCheckTest, DamageInALogThatIsOutOfUseIsHarmless) {
  WriteLog();
  Open(/*hold_back=*/false);
  ASSERT_TRUE(storage_->Close().ok());  // all of it lies in tables now
  storage_.reset();
  std::string damaged = intact_;
  damaged[damaged.size() / 2] ^= 1;
  Put(damaged);  // as if a kill had come before it was deleted
  ASSERT_NE(Check()->damage, "");
  Open(/*hold_back=*/false);
  for (int i = 0; i < kReceipts; ++i) EXPECT_TRUE(Has(i));
}

}  // namespace
}  // namespace nbo::storage
