// What every decision journal does, in memory or in files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/ledger/memory_journal.h"
#include "tests/storage/journal_harness.h"

namespace nbo::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct InMemory {
  std::unique_ptr<DecisionJournal> Make() { return std::make_unique<MemoryDecisionJournal>(); }
};
struct InFiles {
  std::unique_ptr<DecisionJournal> Make() { return *Journal::Open(SmallJournal(directory.path())); }
  TempDirectory directory;
};

template <typename Kind>
class JournalContract : public testing::Test {
 protected:
  Kind kind_;
  std::unique_ptr<DecisionJournal> journal_ = kind_.Make();
};
using Kinds = testing::Types<InMemory, InFiles>;
TYPED_TEST_SUITE(JournalContract, Kinds);

TYPED_TEST(JournalContract, GivesBackWhatWasAppendedInItsOrderFromAnyPosition) {
  std::vector<uint64_t> ends = {0};
  for (uint64_t n = 0; n < 500; ++n) {
    const auto end = AppendNth(this->journal_.get(), n);
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_GT(*end, ends.back());
    EXPECT_EQ(this->journal_->EndPosition(), *end);
    ends.push_back(*end);
  }
  for (const uint64_t n : {0, 1, 17, 250, 499, 500}) {
    const Reading reading = ReadAll(*this->journal_, ends[n]);
    EXPECT_TRUE(reading.status.ok()) << reading.status;
    EXPECT_EQ(reading.numbers, Range(n, 500)) << n;
  }
}

TYPED_TEST(JournalContract, TellsEachRecordsPlace) {
  std::vector<uint64_t> ends;
  for (uint64_t n = 0; n < 300; ++n) ends.push_back(*AppendNth(this->journal_.get(), n));
  size_t i = 0;
  const auto visit = [&](const JournalRecord& record) {
    EXPECT_EQ(record.end, ends[i++]);
    EXPECT_LT(record.position, record.end);
    return i < 200;
  };
  EXPECT_TRUE(this->journal_->Scan(0, visit, {}).ok());
  EXPECT_EQ(i, 200u) << "a visitor who has enough sees no more";
}

TYPED_TEST(JournalContract, FindsByKindAndKey) {
  for (uint64_t n = 0; n < 500; ++n) ASSERT_TRUE(AppendNth(this->journal_.get(), n).ok());
  for (uint64_t n = 0; n < 500; ++n) {
    const auto found = this->journal_->Find(KindOf(n), KeyOf(n));
    ASSERT_TRUE(found.ok()) << found.status();
    if (KeyOf(n).random == 0) {
      EXPECT_FALSE(found->has_value()) << "what has no random part is not found by its key";
      continue;
    }
    ASSERT_TRUE(found->has_value()) << n;
    EXPECT_EQ((*found)->bytes, BytesOf(n));
    EXPECT_EQ(*this->journal_->Find(KindOf(n) + 1, KeyOf(n)), std::nullopt);
    EXPECT_EQ(*this->journal_->Find(KindOf(n), {KeyOf(n).unix_ms + 1, KeyOf(n).random}), std::nullopt);
  }
}

TYPED_TEST(JournalContract, FindsTheLastOfEqualKeys) {
  const JournalKey key = {kFirstMs, 42};
  for (uint64_t n = 0; n < 200; ++n) {
    ASSERT_TRUE(this->journal_->Append(1, key, absl::StrCat(n, std::string(500, '.'))).ok());
    const auto found = this->journal_->Find(1, key);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_THAT((*found)->bytes, testing::StartsWith(absl::StrCat(n, ".")));
  }
}

// The numbers of a range's records, read in pieces of that many bytes.
std::vector<uint64_t> Pieces(const DecisionJournal& journal, JournalRange range, uint64_t bytes, int* pieces) {
  std::vector<uint64_t> numbers;
  range.max_bytes = bytes;
  while (true) {
    uint64_t least = UINT64_MAX / 2, most = 0;
    const auto visit = [&](const JournalRecord& record) {
      numbers.push_back(NumberOf(record));
      least = std::min(least, record.position);
      most = std::max(most, record.position);
      return true;
    };
    const auto rest = journal.ScanRange(range, visit, {});
    EXPECT_TRUE(rest.ok()) << rest.status();
    EXPECT_TRUE(bytes == UINT64_MAX || most < least + bytes + kSmallSegment) << "not more at once than it may";
    ++*pieces;
    if (!rest.ok() || !rest->has_value()) return numbers;
    uint64_t& next = range.newest_first ? range.until_position : range.from_position;
    EXPECT_NE(**rest, next) << "it gets on";
    next = **rest;
  }
}

TYPED_TEST(JournalContract, ScansARangeForwardsAndBackwardsAtOnceAndInPieces) {
  std::vector<uint64_t> ends = {0};
  for (uint64_t n = 0; n < 500; ++n) ends.push_back(*AppendNth(this->journal_.get(), n));
  for (const auto& [from, to] : std::vector<std::pair<uint64_t, uint64_t>>{{0, 500}, {100, 101}, {37, 444}, {9, 9}}) {
    for (const bool newest_first : {false, true}) {
      for (const bool by_time : {false, true}) {
        JournalRange range;
        range.newest_first = newest_first;
        if (by_time) {
          range.from_ms = KeyOf(from).unix_ms;
          range.to_ms = KeyOf(to).unix_ms;
        } else {
          range.from_position = ends[from];
          range.until_position = ends[to];
        }
        std::vector<uint64_t> expected = Range(from, to);
        if (newest_first) std::reverse(expected.begin(), expected.end());
        int pieces = 0;
        EXPECT_EQ(Pieces(*this->journal_, range, UINT64_MAX, &pieces), expected);
        EXPECT_EQ(pieces, 1);
        EXPECT_EQ(Pieces(*this->journal_, range, 3000, &pieces), expected);
        if (to - from > 100) {
          EXPECT_GT(pieces, 10);
        }
      }
    }
  }
}

TYPED_TEST(JournalContract, AVisitorOfARangeWhoHasEnoughSeesNoMore) {
  for (uint64_t n = 0; n < 500; ++n) ASSERT_TRUE(AppendNth(this->journal_.get(), n).ok());
  std::vector<uint64_t> newest;
  const auto three = [&](const JournalRecord& record) {
    newest.push_back(NumberOf(record));
    return newest.size() < 3;
  };
  JournalRange range;
  range.newest_first = true;
  EXPECT_EQ(*this->journal_->ScanRange(range, three, {}), std::nullopt);
  EXPECT_THAT(newest, ElementsAre(499, 498, 497));
}

TYPED_TEST(JournalContract, EveryPlaceInItsMidstIsAPositionToReadFrom) {
  std::vector<uint64_t> ends = {0};
  for (uint64_t n = 0; n < 100; ++n) ends.push_back(*AppendNth(this->journal_.get(), n));
  for (uint64_t from = ends[40]; from <= ends[43]; ++from) {
    const auto first = std::lower_bound(ends.begin(), ends.end(), from) - ends.begin();
    EXPECT_EQ(ReadAll(*this->journal_, from).numbers, Range(static_cast<uint64_t>(first), 100)) << from;
  }
}

TYPED_TEST(JournalContract, RefusesWhatItCouldNotGiveBackAndNamesTheField) {
  const auto refused = [&](uint8_t kind, JournalKey key, size_t bytes) {
    const auto result = this->journal_->Append(kind, key, std::string(bytes, 'x'));
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(result.status().message());
  };
  EXPECT_THAT(refused(0, {1, 1}, 1), HasSubstr("kind 0"));
  EXPECT_THAT(refused(1, {-1, 1}, 1), HasSubstr("unix_ms -1"));
  EXPECT_THAT(refused(1, {kMaxJournalUnixMs + 1, 1}, 1), HasSubstr("unix_ms"));
  EXPECT_THAT(refused(1, {1, 1}, kMaxJournalRecordBytes + 1), HasSubstr("bytes"));
  EXPECT_TRUE(ReadAll(*this->journal_).numbers.empty());
  EXPECT_TRUE(this->journal_->Append(255, {0, UINT64_MAX}, "").ok());
  EXPECT_TRUE(this->journal_->Append(1, {kMaxJournalUnixMs, 1}, std::string("\0\0", 2)).ok());
  EXPECT_EQ((*this->journal_->Find(255, {0, UINT64_MAX}))->bytes, "");
  EXPECT_EQ((*this->journal_->Find(1, {kMaxJournalUnixMs, 1}))->bytes, std::string("\0\0", 2));
}

TYPED_TEST(JournalContract, CallsBackOnceWhatWasAppendedIsDurable) {
  uint64_t end = 0;
  for (uint64_t n = 0; n < 300; ++n) end = *AppendNth(this->journal_.get(), n);
  absl::Notification durable;
  this->journal_->WhenDurable(end, [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok()) << status;
    durable.Notify();
  });
  durable.WaitForNotification();
}

TYPED_TEST(JournalContract, DropsTheOldestUpToTheCheckpointOnly) {
  std::vector<uint64_t> ends;
  for (uint64_t n = 0; n < 2000; ++n) ends.push_back(*AppendNth(this->journal_.get(), n));
  const absl::Time keep_from = absl::FromUnixMillis(KeyOf(1500).unix_ms);
  EXPECT_EQ(this->journal_->Drop({.keep_from = keep_from, .checkpoint = 0}), 0u);
  EXPECT_EQ(ReadAll(*this->journal_).numbers.size(), 2000u);
  // Files that are just full may not be ready to leave.
  while (this->journal_->Drop({.keep_from = keep_from, .checkpoint = ends[999]}) == 0) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  Reading reading = ReadAll(*this->journal_);
  ASSERT_TRUE(reading.status.ok());
  EXPECT_GT(reading.numbers.front(), 0u);
  EXPECT_LE(reading.numbers.front(), 1000u) << "what lies behind the checkpoint stays";
  EXPECT_EQ(reading.numbers, Range(reading.numbers.front(), 2000));
  EXPECT_EQ(ReadAll(*this->journal_, 1).status.code(), absl::StatusCode::kDataLoss) << "what was dropped is missing";
  EXPECT_EQ(*this->journal_->Find(KindOf(0), KeyOf(0)), std::nullopt);
  // Too many bytes: as many leave as it takes, whatever their age.
  while (ReadAll(*this->journal_).numbers.front() < 1600) {
    this->journal_->Drop({.max_bytes = 100'000, .checkpoint = ends[1999]});
  }
  reading = ReadAll(*this->journal_);
  EXPECT_EQ(reading.numbers, Range(reading.numbers.front(), 2000));
}

TYPED_TEST(JournalContract, BlanksWhatIsDoomedAndLeavesAllElseInItsPlace) {
  constexpr uint8_t kBlank = 99;
  std::vector<uint64_t> ends;
  for (uint64_t n = 0; n < 500; ++n) ends.push_back(*AppendNth(this->journal_.get(), n));
  uint64_t seen = 0;
  const auto every_third = [&](const JournalRecord&) { return seen++ % 3 == 0; };
  EXPECT_EQ(*this->journal_->Blank(ends[399], kBlank, every_third), 134);
  EXPECT_EQ(seen, 400u) << "of records before the position only";
  uint64_t n = 0;
  const auto visit = [&](const JournalRecord& record) {
    const bool blanked = n % 3 == 0 && n < 400;
    EXPECT_EQ(record.kind, blanked ? kBlank : KindOf(n));
    EXPECT_EQ(record.bytes, blanked ? std::string(BytesOf(n).size(), '\0') : BytesOf(n)) << n;
    EXPECT_EQ(record.end, ends[n++]);
    return true;
  };
  EXPECT_TRUE(this->journal_->Scan(0, visit, {}).ok());
  EXPECT_EQ(n, 500u);
  EXPECT_EQ(*this->journal_->Find(KindOf(3), KeyOf(3)), std::nullopt);
  EXPECT_TRUE(AppendNth(this->journal_.get(), 500).ok()) << "appending goes on";
}

TYPED_TEST(JournalContract, IsReadWhileManyAppend) {
  constexpr uint64_t kPerThread = 2000;
  std::atomic<int> running{3};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kPerThread; ++i) {
        const uint64_t n = 3 * i + t;
        EXPECT_TRUE(AppendNth(this->journal_.get(), n).ok());
        if (i % 16 == 0 && KeyOf(n).random != 0) {
          const auto found = this->journal_->Find(KindOf(n), KeyOf(n));
          EXPECT_TRUE(found.ok() && found->has_value()) << "what was appended is found";
        }
      }
      --running;
    });
  }
  uint64_t checkpoint = 0, seen = 0;
  while (running > 0) {
    const Reading reading = ReadAll(*this->journal_, checkpoint);
    ASSERT_TRUE(reading.status.ok()) << reading.status;
    seen += reading.numbers.size();
    // From where the next reading goes on.
    if (!reading.positions.empty()) checkpoint = reading.positions.back() + 1;
  }
  for (std::thread& thread : threads) thread.join();
  seen += ReadAll(*this->journal_, checkpoint).numbers.size();
  EXPECT_EQ(seen, 3 * kPerThread);
  EXPECT_EQ(ReadAll(*this->journal_).numbers.size(), 3 * kPerThread);
}

}  // namespace
}  // namespace nbo::storage
