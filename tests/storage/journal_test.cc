#include "storage/journal.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/hash.h"
#include "storage/bits.h"
#include "tests/storage/journal_harness.h"

namespace nbo::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JournalTest : public testing::Test {
 protected:
  void Open(uint64_t min_position = 0) {
    journal_.reset();
    JournalOptions options = SmallJournal(directory_.path());
    options.disk = &disk_;
    options.min_position = min_position;
    auto opened = Journal::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    journal_ = *std::move(opened);
  }
  void Append(uint64_t begin, uint64_t end) {
    for (uint64_t n = begin; n < end; ++n) {
      const auto appended = AppendNth(journal_.get(), n);
      ASSERT_TRUE(appended.ok()) << n << ": " << appended.status();
    }
  }
  void ExpectAll(uint64_t end) {
    const Reading reading = ReadAll(*journal_);
    EXPECT_TRUE(reading.status.ok()) << reading.status;
    EXPECT_EQ(reading.numbers, Range(0, end));
  }
  // Appends until that is refused; the number refused.
  uint64_t AppendUntilRefused(uint64_t n, absl::Status* why) {
    for (;; ++n) {
      const auto appended = AppendNth(journal_.get(), n);
      if (appended.ok()) continue;
      *why = appended.status();
      return n;
    }
  }

  TempDirectory directory_;
  FaultyDisk disk_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, GoesOnOverSegmentsAndRestarts) {
  uint64_t last = 0, appended = 0;
  for (int restart = 0; restart < 6; ++restart) {
    Open();
    EXPECT_THAT(journal_->opening_notes(), IsEmpty());
    EXPECT_GE(journal_->EndPosition(), last);
    ExpectAll(appended);
    for (int i = 0; i < 333; ++i) {
      const auto end = AppendNth(journal_.get(), appended++);
      ASSERT_TRUE(end.ok());
      ASSERT_GT(*end, last);
      last = *end;
    }
  }
  ExpectAll(appended);
  EXPECT_GT(FilesOf(directory_.path(), ".segment").size(), 8u);
}

TEST_F(JournalTest, FindsInSegmentsThatAreSealedAndAfterARestart) {
  Open();
  Append(0, 2000);
  AwaitSealed(*journal_, directory_.path());
  for (int restart = 0; restart < 2; ++restart) {
    for (uint64_t n = 0; n < 2000; ++n) {
      if (KeyOf(n).random == 0) continue;
      const auto found = journal_->Find(KindOf(n), KeyOf(n));
      ASSERT_TRUE(found.ok() && found->has_value()) << n << found.status();
      EXPECT_EQ((*found)->bytes, BytesOf(n));
      EXPECT_EQ(*journal_->Find(KindOf(n), {KeyOf(n).unix_ms, KeyOf(n).random + 1}), std::nullopt);
    }
    Open();
  }
}

// Proved by files that could not be read.
TEST_F(JournalTest, DoesNotReadFilesOfOtherTimesOrPositions) {
  Open();
  Append(0, 4000);
  AwaitSealed(*journal_, directory_.path());
  const std::vector<std::string> segments = FilesOf(directory_.path(), ".segment");
  ASSERT_GT(segments.size(), 8u);
  std::filesystem::remove(segments[3]);
  std::filesystem::remove(FilesOf(directory_.path(), ".index")[3]);
  ASSERT_EQ(ReadAll(*journal_).status.code(), absl::StatusCode::kDataLoss);
  uint64_t lost = 0;  // the first that is
  journal_->Scan(0, [&](const JournalRecord& record) { return (lost = NumberOf(record) + 1) > 0; }, {}).IgnoreError();
  const auto read = [&](JournalRange range) {
    for (const bool newest_first : {false, true}) {
      range.newest_first = newest_first;
      const auto rest = journal_->ScanRange(range, [](const JournalRecord&) { return true; }, {});
      EXPECT_TRUE(rest.ok()) << rest.status();
    }
  };
  JournalRange range;
  range.to_ms = KeyOf(lost - 1).unix_ms;
  read(range);
  range = {};
  range.from_ms = KeyOf(3500).unix_ms;
  read(range);
  range = {};
  range.from_position = 5 * kSmallSegment;
  read(range);
  range = {};
  range.until_position = 3 * kSmallSegment;
  read(range);
  for (const int64_t unix_ms : {KeyOf(0).unix_ms - 1, KeyOf(5).unix_ms, KeyOf(3500).unix_ms, KeyOf(9999).unix_ms}) {
    const auto found = journal_->Find(1, {unix_ms, ~uint64_t{0}});
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, std::nullopt) << "an id that nobody was given leads to the files of its time only";
  }
}

TEST_F(JournalTest, LeavesNothingOnDiskOfWhatIsBlanked) {
  constexpr uint8_t kBlank = 99;
  const auto ours = [](const JournalRecord& record) { return absl::StrContains(record.bytes, "record 17 "); };
  const auto on_disk = [this] {
    int count = 0;
    for (const std::string& file : FilesOf(directory_.path(), ".segment")) {
      std::ifstream in(file, std::ios::binary);
      count += absl::StrContains(std::string(std::istreambuf_iterator<char>(in), {}), "record 17 ");
    }
    return count;
  };
  Open();
  Append(0, 2000);
  ASSERT_EQ(on_disk(), 1);
  EXPECT_EQ(*journal_->Blank(journal_->EndPosition(), kBlank, ours), 1);
  EXPECT_EQ(on_disk(), 0);
  EXPECT_EQ(*journal_->Blank(journal_->EndPosition(), kBlank, ours), 0) << "once is enough";
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_EQ(*journal_->Find(KindOf(17), KeyOf(17)), std::nullopt);
    int64_t records = 0;
    const auto count = [&](const JournalRecord&) { return ++records > 0; };
    EXPECT_TRUE(journal_->Scan(0, count, {}).ok()) << "a record that was replaced is no damage";
    EXPECT_EQ(records, 2000);
    Open();
  }
}

TEST_F(JournalTest, MakesAnIndexAgainThatIsMissingOrDamaged) {
  Open();
  Append(0, 2000);
  AwaitSealed(*journal_, directory_.path());
  const auto expect_found = [&] {
    for (uint64_t n = 0; n < 2000; n += 5) {
      if (KeyOf(n).random == 0) continue;
      const auto found = journal_->Find(KindOf(n), KeyOf(n));
      ASSERT_TRUE(found.ok() && found->has_value()) << n << found.status();
    }
  };
  const std::vector<std::string> indexes = FilesOf(directory_.path(), ".index");
  ASSERT_GE(indexes.size(), 3u);
  for (const bool restart : {false, true}) {
    std::filesystem::remove(indexes[0]);
    std::string damaged = Contents(indexes[1]);
    damaged[5000] ^= 4;  // an entry
    SetContents(indexes[1], damaged);
    damaged = Contents(indexes[2]);
    SetContents(indexes[2], restart ? damaged.substr(0, 4096) : damaged.substr(0, 5000));
    if (restart) Open();
    expect_found();
    AwaitSealed(*journal_, directory_.path());
  }
}

TEST_F(JournalTest, GivesNoPositionTwiceWhenACheckpointKnowsOfMoreThanItHas) {
  Open();
  Append(0, 50);
  const uint64_t end = journal_->EndPosition();
  for (const uint64_t known : {end + 1, end + 10 * kSmallSegment, end + 1000 * kSmallSegment + 5}) {
    Open(known);
    EXPECT_GE(journal_->EndPosition(), known);
    const Reading reading = ReadAll(*journal_, known);
    EXPECT_TRUE(reading.status.ok()) << reading.status;
    EXPECT_THAT(reading.numbers, IsEmpty());
    ExpectAll(50);
  }
  Append(50, 500);
  Open();
  ExpectAll(500);
  // With nothing left but the checkpoint.
  journal_.reset();
  std::filesystem::remove_all(directory_.path() + "/decisions");
  Open(end);
  EXPECT_GE(journal_->EndPosition(), end);
  EXPECT_TRUE(ReadAll(*journal_, end).status.ok());
}

TEST_F(JournalTest, KeepsForReadersWhatIsDropped) {
  Open();
  Append(0, 2000);
  AwaitSealed(*journal_, directory_.path());
  std::vector<uint64_t> numbers;
  const auto visit = [&](const JournalRecord& record) {
    if (numbers.empty()) {
      while (ReadAll(*journal_).numbers.front() < 1500) {
        journal_->Drop({.keep_from = absl::InfiniteFuture(), .checkpoint = UINT64_MAX});
      }
    }
    numbers.push_back(NumberOf(record));
    return true;
  };
  EXPECT_TRUE(journal_->Scan(0, visit, {}).ok());
  EXPECT_EQ(numbers, Range(0, 2000));
  while (FilesOf(directory_.path(), ".segment").size() > 5) absl::SleepFor(absl::Milliseconds(1));  // nobody reads
  const uint64_t left = ReadAll(*journal_).numbers.front();
  const uint64_t end = journal_->EndPosition();
  Open();
  EXPECT_EQ(ReadAll(*journal_).numbers, Range(left, 2000));
  EXPECT_EQ(journal_->EndPosition(), end);
}

TEST_F(JournalTest, RefusesWhenTheDiskIsFullAndGoesOnWhenThereIsRoom) {
  Open();
  Append(0, 10);
  disk_.allocate_error = ENOSPC;
  absl::Status why;
  const uint64_t refused = AppendUntilRefused(10, &why);
  EXPECT_EQ(why.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(why.message(), HasSubstr("the disk is full"));
  EXPECT_THAT(journal_->Stats().trouble, HasSubstr("the disk is full"));
  ExpectAll(refused);
  EXPECT_TRUE(journal_->Sync().ok()) << "what was taken is kept";
  Open();  // with the disk still full
  ExpectAll(refused);
  disk_.allocate_error = 0;
  while (!AppendNth(journal_.get(), refused).ok()) absl::SleepFor(absl::Milliseconds(1));
  Append(refused + 1, refused + 500);
  ExpectAll(refused + 500);
  while (!journal_->Stats().trouble.empty()) absl::SleepFor(absl::Milliseconds(1));
}

TEST_F(JournalTest, OpensOnAFullDiskAndStartsWhenThereIsRoom) {
  disk_.allocate_error = ENOSPC;
  Open();
  EXPECT_THAT(AppendNth(journal_.get(), 0).status().message(), HasSubstr("the disk is full"));
  ExpectAll(0);
  EXPECT_TRUE(journal_->Sync().ok());
  disk_.allocate_error = 0;
  while (!AppendNth(journal_.get(), 0).ok()) absl::SleepFor(absl::Milliseconds(1));
  ExpectAll(1);
}

TEST_F(JournalTest, TellsWhoWaitsThatTheDiskFailsAndRecovers) {
  Open();
  Append(0, 10);
  ASSERT_TRUE(journal_->Sync().ok());
  disk_.sync_error = EIO;
  absl::Notification told;
  absl::Status status;
  const uint64_t position = *AppendNth(journal_.get(), 10);
  journal_->WhenDurable(position, [&](const absl::Status& s) {
    status = s;
    told.Notify();
  });
  told.WaitForNotification();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("syncing"), HasSubstr("Input/output error")));
  while (AppendNth(journal_.get(), 11).ok()) FAIL() << "nothing is taken that may never be on disk";
  EXPECT_EQ(journal_->Sync().code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(journal_->Stats().refused_records, 0u);
  ExpectAll(11);
  disk_.sync_error = 0;
  while (!AppendNth(journal_.get(), 11).ok()) absl::SleepFor(absl::Milliseconds(1));
  Append(12, 500);
  EXPECT_TRUE(journal_->Sync().ok());
  ExpectAll(500);
}

TEST_F(JournalTest, TakesRecordsWhileTheDiskHangs) {
  Open();
  Append(0, 10);
  ASSERT_TRUE(journal_->Sync().ok());
  disk_.hangs = true;
  const int before = disk_.syncs;
  bool durable = false;
  journal_->WhenDurable(*AppendNth(journal_.get(), 10), [&](const absl::Status& s) { durable = s.ok(); });
  while (disk_.syncs == before) absl::SleepFor(absl::Milliseconds(1));
  Append(11, 200);  // more than a segment takes, and less than two
  EXPECT_EQ(FilesOf(directory_.path(), ".segment").size(), 2u);
  ExpectAll(200);
  EXPECT_FALSE(durable);
  disk_.hangs = false;
  EXPECT_TRUE(journal_->Sync().ok());
  ASSERT_TRUE(journal_->Close().ok());
  EXPECT_TRUE(durable);
}

TEST_F(JournalTest, SaysWhenAPositionWasNeverGiven) {
  Open();
  absl::Status status;
  journal_->WhenDurable(journal_->EndPosition() + 1, [&](const absl::Status& s) { status = s; });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(JournalTest, RefusesOptionsAndRecordsThatDoNotFit) {
  for (const uint64_t bytes : {uint64_t{0}, kMinSegmentBytes - 1, kMaxSegmentBytes + 1}) {
    JournalOptions options = SmallJournal(directory_.path());
    options.segment_bytes = bytes;
    EXPECT_THAT(Journal::Open(options).status().message(), HasSubstr("segment_bytes"));
  }
  Open();
  const auto refused = journal_->Append(1, {1, 1}, std::string(kSmallSegment - 4096, 'x'));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string largest(kSmallSegment - 4096 - 64, 'x');
  EXPECT_TRUE(journal_->Append(1, {1, 1}, largest).ok());
  EXPECT_EQ((*journal_->Find(1, {1, 1}))->bytes, largest);
}

TEST_F(JournalTest, RefusesFilesOfAnotherFormat) {
  Open();
  Append(0, 3);
  journal_.reset();
  const std::string path = FilesOf(directory_.path(), ".segment")[0];
  std::string bytes = Contents(path);
  std::string page = EncodeSegmentHeader({0, kSmallSegment, 0});
  page[8] = 2;
  const uint64_t checksum = Hash64(absl::string_view(page).substr(0, 32));
  for (int i = 0; i < 8; ++i) page[32 + i] = static_cast<char>(checksum >> (8 * i));
  SetContents(path, bytes.replace(0, 40, page, 0, 40));
  const auto opened = Journal::Open(SmallJournal(directory_.path()));
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), AllOf(HasSubstr("format 2"), HasSubstr(path)));
}

TEST(JournalLayout, NeverChanges) {
  // What the bytes are, and what the checksums were when the first journal was written.
  char record[40];
  WriteRecord(4096, 7, {0x0102030405, 0x1112131415161718}, "abcdefg", record);
  EXPECT_EQ(std::string(record + 8, 32), std::string("\x07\0\0\0\x07\0\0\0\x05\x04\x03\x02\x01\0\0\0"
                                                     "\x18\x17\x16\x15\x14\x13\x12\x11"
                                                     "abcdefg\0",
                                                     32));
  EXPECT_EQ(LoadBytes(record), 0x2f57652536f876a1u);
  const std::string page = EncodeSegmentHeader({4096, 65'536, 77});
  EXPECT_EQ(page.substr(0, 32), std::string("nboJRNL1\1\0\0\0\0\0\1\0\0\x10\0\0\0\0\0\0M\0\0\0\0\0\0\0", 32));
  EXPECT_EQ(LoadBytes(page.data() + 32), 0xd6f2e4b21fe18efdu);
  EXPECT_EQ(SyncedWord(12'345), 0x2a73b1c100003039u);
  EXPECT_EQ(KeyHash(7, {1, 2}), 0x4643d0f12765e428u);
  EXPECT_EQ(SegmentName(123), "00000000000000000123.segment");
  EXPECT_EQ(PositionOfSegmentName("00000000000000000123.segment"), 123u);
  for (const char* other : {"", "123.segment", "00000000000000000123.index", "0000000000000000012x.segment",
                            "99999999999999999999.segment", "00000000000000000123.segment.new"}) {
    EXPECT_EQ(PositionOfSegmentName(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace nbo::storage
