// What every decision log gives to readers, in memory or on a journal.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/ledger/memory.h"
#include "core/ledger/memory_journal.h"
#include "storage/decision_log.h"
#include "tests/core/ledger/ledger_fixture.h"
#include "tests/storage/journal_harness.h"

namespace nbo {
namespace {

using storage::JournalDecisionLog;

struct TwinInMemory {
  DecisionLog* log() { return &log_; }
  MemoryDecisionLog log_;
};
struct OnJournalInMemory {
  DecisionLog* log() { return &log_; }
  MemoryDecisionJournal journal_;
  JournalDecisionLog log_{&journal_};
};
struct OnJournalInFiles {
  DecisionLog* log() { return &log_; }
  TempDirectory directory_;
  std::unique_ptr<storage::Journal> journal_ = *storage::Journal::Open(storage::SmallJournal(directory_.path()));
  JournalDecisionLog log_{journal_.get()};
};

// A copy of what a visitor saw.
struct Seen {
  LedgerEvent event;
  uint64_t position = 0, end = 0;
};

template <typename Kind>
class DecisionLogContract : public testing::Test {
 protected:
  DecisionLog& log() { return *kind_.log(); }
  // Also notes where it lies; a disk that is too slow for segments as small as these gets another chance.
  void Append(const LedgerEvent& event) {
    const uint64_t begin = log().end();
    absl::StatusOr<uint64_t> end = log().Append(event);
    while (!end.ok() && absl::StrContains(end.status().message(), "is slow")) end = log().Append(event);
    ASSERT_TRUE(end.ok()) << end.status();
    appended_.push_back({event, begin, *end});
  }
  // Of all kinds, at times that mostly ascend and are no whole milliseconds.
  void AppendMany(uint64_t seed, uint64_t count) {
    std::mt19937_64 random(seed);
    for (uint64_t i = 1; i <= count; ++i) {
      DecisionRecord decision = DecisionOf(i, absl::StrCat("c", random() % 7), {1 + random() % 5});
      decision.time = kLedgerBegin + absl::Milliseconds(i * 10) + absl::Microseconds(random() % 30'000);
      decision.id.unix_ms = absl::ToUnixMillis(decision.time);
      Append(decision);
      if (random() % 3 == 0)
        Append(OutcomeOf(decision, 1, OutcomeKind::kAccepted, absl::Microseconds(random() % 9'000)));
      if (random() % 40 == 0) Append(MergeRecord{"a", "b", true, {}});
      if (random() % 40 == 0) Append(ErasureRecord{"c"});
    }
  }
  // The right answer, from what was appended.
  std::vector<LedgerEvent> Expected(const DecisionLog::Range& range) {
    std::vector<LedgerEvent> events;
    for (const Seen& one : appended_) {
      const absl::Time time = TimeOf(one.event);
      if (one.position < range.from_position || one.end > range.until_position) continue;
      if (time < range.from || time >= range.to) continue;
      if (range.kinds == DecisionLog::Kinds::kDecisions && !std::get_if<DecisionRecord>(&one.event)) continue;
      if (range.kinds == DecisionLog::Kinds::kOutcomes && !std::get_if<OutcomeRecord>(&one.event)) continue;
      events.push_back(one.event);
    }
    if (range.newest_first) std::reverse(events.begin(), events.end());
    return events;
  }
  // In as many calls as it takes.
  std::vector<Seen> Visit(DecisionLog::Range range, int* calls = nullptr) {
    std::vector<Seen> seen;
    for (int call = 1;; ++call) {
      const auto rest = log().Visit(range, [&](const DecisionLog::Entry& entry) {
        EXPECT_EQ(entry.time, TimeOf(entry.event));
        seen.push_back({entry.event, entry.position, entry.end});
        return true;
      });
      EXPECT_TRUE(rest.ok()) << rest.status();
      if (calls != nullptr) *calls = call;
      if (!rest.ok() || !rest->has_value()) return seen;
      uint64_t& next = range.newest_first ? range.until_position : range.from_position;
      EXPECT_NE(**rest, next) << "it gets on";
      if (**rest == next) return seen;
      next = **rest;
    }
  }
  static std::vector<LedgerEvent> Events(const std::vector<Seen>& seen) {
    std::vector<LedgerEvent> events;
    for (const Seen& one : seen) events.push_back(one.event);
    return events;
  }

  Kind kind_;
  std::vector<Seen> appended_;
};
using LogKinds = testing::Types<TwinInMemory, OnJournalInMemory, OnJournalInFiles>;
TYPED_TEST_SUITE(DecisionLogContract, LogKinds);

TYPED_TEST(DecisionLogContract, AnyRangeIsVisitedInAnyOrderAtOnceAndInPieces) {
  constexpr uint64_t kSeed = 20'261'123;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  this->AppendMany(kSeed, 600);
  std::mt19937_64 random(kSeed);
  const uint64_t end = this->log().end();
  for (int i = 0; i < 100; ++i) {
    DecisionLog::Range range;
    if (random() % 2 == 0) range.from_position = this->appended_[random() % this->appended_.size()].position;
    if (random() % 2 == 0) range.until_position = this->appended_[random() % this->appended_.size()].end;
    const auto time = [&] { return kLedgerBegin + absl::Microseconds(random() % 6'100'000); };
    if (random() % 2 == 0) range.from = time();
    if (random() % 2 == 0) range.to = time();
    range.kinds = static_cast<DecisionLog::Kinds>(random() % 3);
    range.newest_first = random() % 2 == 0;
    if (random() % 2 == 0) range.max_bytes = 1 + random() % (end / 4);
    EXPECT_EQ(this->Events(this->Visit(range)), this->Expected(range)) << i;
  }
}

TYPED_TEST(DecisionLogContract, EntriesTellWhereTheyLie) {
  this->AppendMany(5, 100);
  for (const bool newest_first : {false, true}) {
    DecisionLog::Range range;
    range.newest_first = newest_first;
    const std::vector<Seen> seen = this->Visit(range);
    ASSERT_EQ(seen.size(), this->appended_.size());
    for (size_t i = 0; i < seen.size(); ++i) {
      const Seen& one = this->appended_[newest_first ? seen.size() - 1 - i : i];
      EXPECT_EQ(seen[i].end, one.end);
      EXPECT_GE(seen[i].position, one.position);
      DecisionLog::Range rest;
      rest.from_position = seen[i].position;
      rest.until_position = seen[i].end;
      EXPECT_EQ(this->Events(this->Visit(rest)), std::vector<LedgerEvent>{one.event});
    }
  }
}

TYPED_TEST(DecisionLogContract, NoCallLooksAtMoreThanItMay) {
  this->AppendMany(6, 600);
  const uint64_t end = this->log().end(), piece = end / 50;
  for (const bool newest_first : {false, true}) {
    DecisionLog::Range nothing;
    nothing.from = nothing.to = kLedgerBegin + absl::Seconds(3);
    nothing.newest_first = newest_first;
    nothing.max_bytes = piece;
    int calls = 0;
    EXPECT_TRUE(this->Visit(nothing, &calls).empty());
    DecisionLog::Range all;
    all.newest_first = newest_first;
    all.max_bytes = piece;
    EXPECT_EQ(this->Visit(all, &calls).size(), this->appended_.size());
    EXPECT_GE(calls, 20);
    EXPECT_LE(calls, 51);
  }
}

TYPED_TEST(DecisionLogContract, TimesAreComparedToTheMicrosecond) {
  DecisionRecord decision = DecisionOf(1, "anna", {1});
  decision.time = kLedgerBegin + absl::Microseconds(5'700);
  decision.id.unix_ms = absl::ToUnixMillis(decision.time);
  this->Append(decision);
  const auto count = [&](int64_t from_us, int64_t to_us) {
    DecisionLog::Range range;
    range.from = kLedgerBegin + absl::Microseconds(from_us);
    range.to = kLedgerBegin + absl::Microseconds(to_us);
    return this->Visit(range).size();
  };
  EXPECT_EQ(count(5'500, 9'000), 1u) << "it is later than its millisecond";
  EXPECT_EQ(count(5'700, 5'701), 1u);
  EXPECT_EQ(count(5'701, 9'000), 0u);
  EXPECT_EQ(count(0, 5'700), 0u);
  EXPECT_EQ(count(0, 5'800), 1u) << "the end lies in its millisecond";
}

TYPED_TEST(DecisionLogContract, WhoHasEnoughSeesNoMoreAndIsNotToldOfARest) {
  this->AppendMany(7, 20);
  for (const bool newest_first : {false, true}) {
    DecisionLog::Range range;
    range.newest_first = newest_first;
    int seen = 0;
    const auto rest = this->log().Visit(range, [&](const DecisionLog::Entry&) { return ++seen < 3; });
    ASSERT_TRUE(rest.ok());
    EXPECT_EQ(*rest, std::nullopt);
    EXPECT_EQ(seen, 3);
  }
}

TYPED_TEST(DecisionLogContract, FindsADecisionByItsIdOnly) {
  this->AppendMany(8, 50);
  for (const Seen& one : this->appended_) {
    const auto* decision = std::get_if<DecisionRecord>(&one.event);
    if (decision == nullptr) continue;
    EXPECT_EQ(**this->log().Find(decision->id), *decision);
    EXPECT_EQ(*this->log().Find({decision->id.unix_ms + 1, decision->id.random}), std::nullopt);
    EXPECT_EQ(*this->log().Find({decision->id.unix_ms, ~decision->id.random}), std::nullopt);
  }
}

TYPED_TEST(DecisionLogContract, IsReplayedFromAnyPosition) {
  this->AppendMany(9, 50);
  for (size_t from = 0; from <= this->appended_.size(); from += 7) {
    size_t at = from;
    const uint64_t position = from == 0 ? 0 : this->appended_[from - 1].end;
    EXPECT_TRUE(this->log()
                    .Replay(position,
                            [&](const LedgerEvent& event, uint64_t end) {
                              EXPECT_EQ(event, this->appended_[at].event);
                              EXPECT_EQ(end, this->appended_[at].end);
                              return ++at > 0;
                            })
                    .ok());
    EXPECT_EQ(at, this->appended_.size());
  }
}

}  // namespace
}  // namespace nbo
