// What the journal has left after its process was killed, and after a loss of power.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/storage/journal_harness.h"

namespace nbo::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Appends from `n` on in a process of its own, kills it after it has told of `count` records, and returns how many it
// has told of in the end.
uint64_t AppendAndKill(const std::string& path, uint64_t n, uint64_t count) {
  int pipes[2];
  EXPECT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(pipes[0]);
    const auto journal = Journal::Open(SmallJournal(path));
    if (!journal.ok()) _exit(1);
    for (;; ++n) {
      if (!AppendNth(journal->get(), n).ok()) _exit(2);
      if (write(pipes[1], &n, sizeof(n)) != sizeof(n)) _exit(3);
    }
  }
  close(pipes[1]);
  uint64_t told = 0, number = 0;
  while (read(pipes[0], &number, sizeof(number)) == sizeof(number)) {
    EXPECT_EQ(number, n + told);
    if (++told == count) kill(child, SIGKILL);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "ended by itself: " << WEXITSTATUS(status);
  close(pipes[0]);
  return told;
}

TEST(JournalCrash, LosesNoRecordWhoseAppendHasReturnedWhenKilledAgainAndAgain) {
  TempDirectory directory;
  const uint32_t seed = 20'261'123;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  uint64_t kept = 0;
  for (int round = 0; round < 12; ++round) {
    const uint64_t told = AppendAndKill(directory.path(), kept, 1 + random() % 600);
    const auto journal = Journal::Open(SmallJournal(directory.path()));
    ASSERT_TRUE(journal.ok()) << journal.status();
    const Reading reading = ReadAll(**journal);
    ASSERT_TRUE(reading.status.ok()) << reading.status;
    ASSERT_GE(reading.numbers.size(), kept + told) << "round " << round;
    ASSERT_LE(reading.numbers.size(), kept + told + 1) << "the last may not have been told of";
    ASSERT_EQ(reading.numbers, Range(0, reading.numbers.size()));
    kept = reading.numbers.size();
  }
}

class JournalPowerLoss : public testing::Test {
 protected:
  std::unique_ptr<Journal> Open(const std::string& path, JournalDisk* disk = nullptr) {
    JournalOptions options = SmallJournal(path);
    options.disk = disk;
    auto opened = Journal::Open(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // Leaves in copy_ a journal of which the first `synced` records were synced and the others, up to `all`, were not.
  // Returns the position behind the former.
  uint64_t MakeUnsynced(uint64_t synced, uint64_t all) {
    TempDirectory directory;
    FaultyDisk disk;
    const auto journal = Open(directory.path(), &disk);
    for (uint64_t n = 0; n < synced; ++n) EXPECT_TRUE(AppendNth(journal.get(), n).ok());
    EXPECT_TRUE(journal->Sync().ok());
    const uint64_t position = journal->EndPosition();
    while (journal->Stats().segments * kSmallSegment < position + kSmallSegment) absl::SleepFor(absl::Milliseconds(1));
    disk.hangs = true;
    for (uint64_t n = synced; n < all; ++n) EXPECT_TRUE(journal->Append(KindOf(n), KeyOf(n), BytesOf(n)).ok());
    CopyAsIfKilled(directory.path(), copy_.path());
    disk.hangs = false;
    return position;
  }
  // Of what lies behind the position, each sector is as the disk had it before (zeros), or as it was to be, or garbage.
  void Mangle(uint64_t position, std::mt19937* random) {
    for (const std::string& path : FilesOf(copy_.path(), ".segment")) {
      const uint64_t first = *PositionOfSegmentName(std::filesystem::path(path).filename().string());
      std::string bytes = Contents(path);
      const uint64_t from = std::max<uint64_t>(kSegmentHeaderBytes, position > first ? position - first : 0);
      const uint32_t kept = (*random)() % 4, garbage = (*random)() % 3;  // of a few sectors
      for (uint64_t at = from; at < bytes.size(); at = (at / 512 + 1) * 512) {
        const uint64_t end = std::min<uint64_t>((at / 512 + 1) * 512, bytes.size());
        if ((*random)() % 4 < kept) continue;
        const bool wild = (*random)() % 20 < garbage;
        for (uint64_t byte = at; byte < end; ++byte) bytes[byte] = wild ? static_cast<char>((*random)()) : '\0';
      }
      SetContents(path, bytes);
    }
  }
  // All files' last records, as numbers, are Range(0, at least `synced`); and so after more were appended.
  void ExpectPrefix(uint64_t synced, uint64_t all) {
    uint64_t kept = 0;
    for (int restart = 0; restart < 3; ++restart) {
      const auto journal = Open(copy_.path());
      const Reading reading = ReadAll(*journal);
      ASSERT_TRUE(reading.status.ok()) << reading.status;
      ASSERT_EQ(reading.numbers, Range(0, reading.numbers.size()));
      if (restart == 0) {
        kept = reading.numbers.size();
        EXPECT_GE(kept, synced);
        EXPECT_LE(kept, all);
      } else {
        ASSERT_EQ(reading.numbers.size(), kept);
        EXPECT_THAT(journal->opening_notes(), IsEmpty()) << "what was cut off is gone for good";
        // As many as may bring back to light what was cut off.
        for (int i = 0; i < 90; ++i) ASSERT_TRUE(AppendNth(journal.get(), kept++).ok());
      }
    }
  }
  TempDirectory copy_;
};

TEST_F(JournalPowerLoss, LeavesWhatWasSyncedAndAPartWithoutGapsOfTheRest) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    const uint64_t synced = random() % 500;
    const uint64_t all = synced + random() % 120;
    const uint64_t position = MakeUnsynced(synced, all);
    Mangle(position, &random);
    ExpectPrefix(synced, all);
    if (HasFailure()) return;
  }
}

TEST_F(JournalPowerLoss, LeavesEverythingIfAllPagesMadeIt) {
  MakeUnsynced(100, 300);
  ExpectPrefix(300, 300);
}

TEST_F(JournalPowerLoss, BringsNothingBackThatWasCutOff) {
  // Equal records, so that a new one ends exactly where an old one begins.
  {
    TempDirectory directory;
    FaultyDisk disk;
    const auto journal = Open(directory.path(), &disk);
    disk.hangs = true;
    for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(journal->Append(1, {kFirstMs, i + 1}, std::string(8, 'x')).ok());
    CopyAsIfKilled(directory.path(), copy_.path());
    disk.hangs = false;
  }
  const std::string path = FilesOf(copy_.path(), ".segment")[0];
  std::string bytes = Contents(path);
  bytes.replace(4096 + 2 * 40, 40, 40, '\0');  // the third is lost, the fourth and fifth are not
  SetContents(path, bytes);
  std::vector<uint64_t> keys;
  const auto visit = [&](const JournalRecord& record) {
    keys.push_back(record.key.random);
    return true;
  };
  {
    const auto journal = Open(copy_.path());
    EXPECT_THAT(journal->opening_notes(), SizeIs(1));
    ASSERT_TRUE(journal->Append(1, {kFirstMs, 33}, std::string(8, 'y')).ok());
  }
  ASSERT_TRUE(Open(copy_.path())->Scan(0, visit, {}).ok());
  EXPECT_THAT(keys, ElementsAre(1, 2, 33));
}

TEST_F(JournalPowerLoss, InTheMiddleOfARollOverLosesNothingThatCounts) {
  // 150 records take one segment and more: the first has its end mark, the second its first records.
  const uint64_t position = MakeUnsynced(100, 250);
  const std::vector<std::string> segments = FilesOf(copy_.path(), ".segment");
  ASSERT_GE(segments.size(), 2u);  // a third may have been set aside; it is not looked at
  const std::string first = Contents(segments[0]), second = Contents(segments[1]);
  const auto with = [&](const std::string& a, const std::string& b, uint64_t all) {
    std::filesystem::remove_all(copy_.path() + "/decisions");
    std::filesystem::create_directories(copy_.path() + "/decisions");
    SetContents(segments[0], a);
    if (!b.empty()) SetContents(segments[1], b);
    SetContents(segments[1] + ".new", "half made");
    ExpectPrefix(100, all);
    EXPECT_THAT(FilesOf(copy_.path(), ".new"), IsEmpty());
  };
  std::string empty = second;
  empty.replace(kSegmentHeaderBytes, empty.size() - kSegmentHeaderBytes, empty.size() - kSegmentHeaderBytes, '\0');
  std::string no_mark = first;
  const size_t mark = first.find_last_not_of('\0') / 8 * 8;
  no_mark.replace(mark - 8, 16, 16, '\0');
  std::string torn = first;
  torn.replace(position + 1000, 3000, 3000, '\0');
  {
    SCOPED_TRACE("the next segment is empty");
    with(first, empty, 250);
  }
  {
    SCOPED_TRACE("the next segment is not there");
    with(first, "", 250);
  }
  {
    SCOPED_TRACE("the end mark is torn");
    with(no_mark, empty, 250);
  }
  {
    SCOPED_TRACE("the next segment made it to the disk, and not all of the one before");
    with(torn, second, 199);
  }
}

TEST_F(JournalPowerLoss, IsToldInTheNotes) {
  const uint64_t position = MakeUnsynced(50, 90);
  const std::string path = FilesOf(copy_.path(), ".segment")[0];
  std::string bytes = Contents(path);
  bytes[position + 20] ^= 1;
  SetContents(path, bytes);
  const auto journal = Open(copy_.path());
  ASSERT_THAT(journal->opening_notes(), SizeIs(1));
  EXPECT_THAT(journal->opening_notes()[0], HasSubstr(absl::StrCat(path, ", byte ", position)));
  EXPECT_EQ(ReadAll(*journal).numbers, Range(0, 50));
}

}  // namespace
}  // namespace nbo::storage
