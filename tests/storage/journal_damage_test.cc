// What the journal makes of files that a disk or a person has damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/storage/journal_harness.h"

namespace nbo::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint64_t kRecords = 900;

// A journal of a few sealed segments and one half full, all synced, to be damaged again and again.
class JournalDamage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TempDirectory;
    auto journal = *Journal::Open(SmallJournal(directory_->path()));
    for (uint64_t n = 0; n < kRecords; ++n) ASSERT_TRUE(AppendNth(journal.get(), n).ok());
    ASSERT_TRUE(journal->Sync().ok());
    AwaitSealed(*journal, directory_->path());
    ASSERT_TRUE(journal->Close().ok());
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }
  void SetUp() override { Reset(); }
  void Reset() {
    journal_.reset();
    CopyAsIfKilled(directory_->path(), copy_.path());
  }
  void Open() {
    journal_.reset();
    auto opened = Journal::Open(SmallJournal(copy_.path()));
    ASSERT_TRUE(opened.ok()) << opened.status();
    journal_ = *std::move(opened);
  }
  std::vector<std::string> Segments() const { return FilesOf(copy_.path(), ".segment"); }
  // That of the segment that is written.
  std::string Active() const { return Segments()[Segments().size() - 2]; }

  // Nothing may be wrong or out of order, what is missing must be reported, at most `missing` records may be; and new
  // records are kept from then on.
  void ExpectHonest(size_t missing) {
    for (int restart = 0; restart < 2; ++restart) {
      ASSERT_NO_FATAL_FAILURE(Open());
      const Reading strict = ReadAll(*journal_);
      const Reading past = ReadAll(*journal_, 0, /*past_damage=*/true);
      ASSERT_TRUE(past.status.ok()) << past.status;
      EXPECT_TRUE(std::is_sorted(past.numbers.begin(), past.numbers.end()));
      EXPECT_GE(past.numbers.size() + missing, kRecords);
      if (strict.status.ok()) {
        EXPECT_EQ(strict.numbers, Range(0, kRecords + restart));
        EXPECT_EQ(past.numbers, strict.numbers);
      } else {
        EXPECT_EQ(strict.status.code(), absl::StatusCode::kDataLoss);
        EXPECT_THAT(strict.status.message(), HasSubstr(copy_.path() + "/decisions/"));
        EXPECT_EQ(strict.numbers, Range(0, strict.numbers.size()));
        EXPECT_THAT(past.damages, Not(IsEmpty()));
      }
      ExpectFindIsHonest(past.numbers);
      ASSERT_TRUE(AppendNth(journal_.get(), kRecords + restart).ok());
      EXPECT_EQ(ReadAll(*journal_, 0, true).numbers.back(), kRecords + restart);
    }
  }
  void ExpectFindIsHonest(const std::vector<uint64_t>& there) {
    for (uint64_t n = 0; n < kRecords; n += 11) {
      if (KeyOf(n).random == 0) continue;
      const auto found = journal_->Find(KindOf(n), KeyOf(n));
      if (std::binary_search(there.begin(), there.end(), n)) {
        ASSERT_TRUE(found.ok() && found->has_value()) << n << ": " << found.status();
        EXPECT_EQ((*found)->bytes, BytesOf(n));
      } else {
        EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss) << n << " is not said to be unknown";
      }
    }
  }
  void FlipBit(const std::string& path, uint64_t byte, int bit) {
    std::string bytes = Contents(path);
    ASSERT_LT(byte, bytes.size());
    bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
    SetContents(path, bytes);
  }

  static TempDirectory* directory_;
  TempDirectory copy_;
  std::unique_ptr<Journal> journal_;
};
TempDirectory* JournalDamage::directory_ = nullptr;

TEST_F(JournalDamage, IsNotThereAtFirst) {
  ExpectHonest(0);
  EXPECT_TRUE(ReadAll(*journal_).status.ok());
}

TEST_F(JournalDamage, OfAnyBitOfTheFirstRecordAndTheHeaderIsReported) {
  for (const std::string& path : {Segments()[0], Active()}) {
    for (uint64_t byte = 0; byte < 40; ++byte) {  // the header
      SCOPED_TRACE(absl::StrCat(path, " byte ", byte));
      FlipBit(path, byte, static_cast<int>(byte % 8));
      Open();
      EXPECT_EQ(ReadAll(*journal_).status.code(), absl::StatusCode::kDataLoss);
      const Reading past = ReadAll(*journal_, 0, true);
      EXPECT_EQ(past.numbers, Range(0, kRecords)) << "the records are not affected";
      EXPECT_THAT(past.damages, SizeIs(1));
      Reset();
    }
    for (uint64_t byte = 4096; byte < 4096 + 40; ++byte) {  // the first record: its header, and some of its bytes
      SCOPED_TRACE(absl::StrCat(path, " byte ", byte));
      FlipBit(path, byte, static_cast<int>(byte % 8));
      Open();
      const Reading strict = ReadAll(*journal_);
      EXPECT_EQ(strict.status.code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(strict.status.message(), HasSubstr(path + ", byte 4096"));
      const Reading past = ReadAll(*journal_, 0, true);
      EXPECT_THAT(past.numbers, SizeIs(kRecords - 1)) << "the others are read";
      EXPECT_THAT(past.damages, SizeIs(1));
      Reset();
    }
  }
}

TEST_F(JournalDamage, OfABitAnywhereIsNeverPassedOverInSilence) {
  std::vector<std::string> files = Segments();
  for (const std::string& index : FilesOf(copy_.path(), ".index")) files.push_back(index);
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    const std::string path = files[random() % files.size()];
    const uint64_t byte = random() % std::filesystem::file_size(path);
    SCOPED_TRACE(absl::StrCat(path, " byte ", byte));
    FlipBit(path, byte, static_cast<int>(random() % 8));
    ExpectHonest(1);
    Reset();
    if (HasFailure()) return;
  }
}

TEST_F(JournalDamage, OfAnUnsealedSegmentIsFoundWithoutItsIndex) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    for (const std::string& index : FilesOf(copy_.path(), ".index")) std::filesystem::remove(index);
    const std::string path = Segments()[random() % (Segments().size() - 1)];
    FlipBit(path, 4096 + random() % 20'000, static_cast<int>(random() % 8));
    ExpectHonest(1);
    Reset();
    if (HasFailure()) return;
  }
}

TEST_F(JournalDamage, ByCuttingAFileIsReported) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    const std::vector<std::string> segments = Segments();
    const std::string path = segments[random() % (segments.size() - 1)];
    const uint64_t size = seed == 1 ? 0 : seed == 2 ? 4096 : random() % Contents(path).find_last_not_of('\0');
    SCOPED_TRACE(absl::StrCat(path, " cut to ", size));
    if (seed % 2 == 0) {
      for (const std::string& index : FilesOf(copy_.path(), ".index")) std::filesystem::remove(index);
    }
    std::filesystem::resize_file(path, size);
    Open();
    EXPECT_EQ(ReadAll(*journal_).status.code(), absl::StatusCode::kDataLoss);
    ExpectHonest(250);
    Reset();
    if (HasFailure()) return;
  }
}

TEST_F(JournalDamage, ByCuttingWhatWasNeverWrittenIsNone) {
  // Of the last segment, and of all without losing a record: room is set aside again.
  const uint64_t size = std::filesystem::file_size(Active());
  std::filesystem::resize_file(Active(), size - 4096);
  std::filesystem::resize_file(Segments().back(), 4096);
  ExpectHonest(0);
  EXPECT_TRUE(ReadAll(*journal_).status.ok());
  EXPECT_EQ(std::filesystem::file_size(Active()), size);
}

TEST_F(JournalDamage, ByRemovingAFileIsReported) {
  const std::vector<std::string> segments = Segments();
  ASSERT_GE(segments.size(), 5u);
  std::filesystem::remove(segments[1]);
  Open();
  const Reading strict = ReadAll(*journal_);
  EXPECT_EQ(strict.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(strict.status.message(), HasSubstr("files are missing"));
  const Reading past = ReadAll(*journal_, 0, true);
  ASSERT_THAT(past.damages, SizeIs(1));
  EXPECT_EQ(past.damages[0].position, kSmallSegment);
  EXPECT_EQ(past.damages[0].end, 2 * kSmallSegment);
  EXPECT_TRUE(ReadAll(*journal_, 2 * kSmallSegment).status.ok()) << "from behind it nothing is missing";
  ExpectFindIsHonest(past.numbers);
  EXPECT_THAT(FilesOf(copy_.path(), ".index"), SizeIs(segments.size() - 3)) << "its index has gone, too";
}

TEST_F(JournalDamage, ByZeroingSyncedRecordsOfTheLastSegmentIsReported) {
  std::string bytes = Contents(Active());
  bytes.replace(8192, bytes.size() - 8192, bytes.size() - 8192, '\0');
  SetContents(Active(), bytes);
  Open();
  EXPECT_THAT(journal_->opening_notes(), SizeIs(1));
  EXPECT_THAT(ReadAll(*journal_).status.message(), HasSubstr("no intact record"));
  ExpectHonest(200);
}

TEST_F(JournalDamage, LeavesUnknownWhatIsOfAnotherTime) {
  FlipBit(Segments()[1], 30'000, 3);
  Open();
  ASSERT_EQ(ReadAll(*journal_).status.code(), absl::StatusCode::kDataLoss);
  for (const int64_t unix_ms : {int64_t{0}, kFirstMs - 1, kFirstMs + static_cast<int64_t>(kRecords)}) {
    const auto found = journal_->Find(1, {unix_ms, 1'000'000});
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, std::nullopt);
  }
}

TEST_F(JournalDamage, IsReportedBackwardsWhereItLies) {
  FlipBit(Segments()[1], 30'000, 3);
  Open();
  std::vector<uint64_t> numbers;
  const auto visit = [&](const JournalRecord& record) {
    numbers.push_back(NumberOf(record));
    return true;
  };
  const auto scan = [&](const DecisionJournal::OnDamage& on_damage) {
    numbers.clear();
    JournalRange range;
    range.newest_first = true;
    return journal_->ScanRange(range, visit, on_damage).status();
  };
  EXPECT_EQ(scan({}).code(), absl::StatusCode::kDataLoss);
  ASSERT_THAT(numbers, Not(IsEmpty()));
  const uint64_t behind = numbers.back();
  EXPECT_EQ(numbers.size(), kRecords - behind) << "the newer ones were seen";
  size_t seen_before = 0;
  EXPECT_TRUE(scan([&](const nbo::JournalDamage& damage) {
                seen_before = numbers.size();
                return true;
              }).ok());
  EXPECT_EQ(seen_before, kRecords - behind);
  EXPECT_THAT(numbers, SizeIs(kRecords - 1));
}

}  // namespace
}  // namespace nbo::storage
