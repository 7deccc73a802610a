// What the tests of the decision journal share.
#ifndef NBO_TESTS_STORAGE_JOURNAL_HARNESS_H_
#define NBO_TESTS_STORAGE_JOURNAL_HARNESS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/journal.h"
#include "storage/journal_disk.h"
#include "storage/journal_layout.h"
#include "tests/storage/temp_directory.h"

namespace nbo::storage {

inline constexpr uint64_t kSmallSegment = 64 << 10;
inline constexpr int64_t kFirstMs = 1'780'000'000'000;

// The n-th record of a test: everything in it follows from n.
inline uint8_t KindOf(uint64_t n) { return static_cast<uint8_t>(1 + n % 3); }
inline JournalKey KeyOf(uint64_t n) { return {kFirstMs + static_cast<int64_t>(n), n % 7 == 6 ? 0 : n * 2 + 1}; }
inline std::string BytesOf(uint64_t n) {
  return absl::StrCat("record ", n, " ", std::string(n * 37 % 601, static_cast<char>('a' + n % 26)));
}

// Again while the disk is too slow for segments as small as these.
inline absl::StatusOr<uint64_t> AppendNth(DecisionJournal* journal, uint64_t n) {
  while (true) {
    absl::StatusOr<uint64_t> end = journal->Append(KindOf(n), KeyOf(n), BytesOf(n));
    if (end.ok() || !absl::StrContains(end.status().message(), "is slow")) return end;
  }
}

// The number of a record, after a look at everything in it.
inline uint64_t NumberOf(const JournalRecord& record) {
  const auto n = static_cast<uint64_t>(record.key.unix_ms - kFirstMs);
  EXPECT_EQ(record.kind, KindOf(n));
  EXPECT_EQ(record.key, KeyOf(n));
  EXPECT_EQ(record.bytes, BytesOf(n));
  return n;
}

struct Reading {
  std::vector<uint64_t> numbers;
  std::vector<uint64_t> positions;
  std::vector<JournalDamage> damages;
  absl::Status status;
};

// With damage passed over and noted, or reading ended by it.
inline Reading ReadAll(const DecisionJournal& journal, uint64_t from = 0, bool past_damage = false) {
  Reading reading;
  const auto visit = [&](const JournalRecord& record) {
    reading.numbers.push_back(NumberOf(record));
    reading.positions.push_back(record.position);
    return true;
  };
  DecisionJournal::OnDamage note;
  if (past_damage) {
    note = [&](const JournalDamage& damage) {
      reading.damages.push_back(damage);
      return true;
    };
  }
  reading.status = journal.Scan(from, visit, note);
  return reading;
}

inline std::vector<uint64_t> Range(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> numbers;
  for (uint64_t n = begin; n < end; ++n) numbers.push_back(n);
  return numbers;
}

inline JournalOptions SmallJournal(const std::string& path) {
  JournalOptions options;
  options.path = path;
  options.segment_bytes = kSmallSegment;
  options.sync_interval = absl::Milliseconds(2);
  return options;
}

inline std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void SetContents(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The paths of files with that ending, ascending.
inline std::vector<std::string> FilesOf(const std::string& store, const std::string& ending) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(store + "/decisions")) {
    if (entry.path().extension() == ending) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// What a process that is killed now would leave behind: files as the system's cache has them.
inline void CopyAsIfKilled(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  std::filesystem::create_directories(to + "/decisions");
  for (const auto& entry : std::filesystem::directory_iterator(from + "/decisions")) {
    std::error_code gone;  // renamed meanwhile
    std::filesystem::copy_file(entry.path(), to + "/decisions/" + entry.path().filename().string(), gone);
  }
}

// Until all full segments of a small journal have an index; nothing may have been dropped.
inline void AwaitSealed(const DecisionJournal& journal, const std::string& store) {
  while (FilesOf(store, ".index").size() < journal.EndPosition() / kSmallSegment) absl::SleepFor(absl::Milliseconds(1));
}

// A disk that fails on demand.
class FaultyDisk : public JournalDisk {
 public:
  int Allocate(int fd, size_t bytes) override {
    return allocate_error ? allocate_error.load() : JournalDisk::Allocate(fd, bytes);
  }
  int SyncMapping(void* page, size_t bytes) override {
    ++syncs;
    while (hangs) absl::SleepFor(absl::Milliseconds(1));
    return sync_error ? sync_error.load() : JournalDisk::SyncMapping(page, bytes);
  }
  std::atomic<int> allocate_error{0};
  std::atomic<int> sync_error{0};
  std::atomic<bool> hangs{false};
  std::atomic<int> syncs{0};
};

}  // namespace nbo::storage

#endif  // NBO_TESTS_STORAGE_JOURNAL_HARNESS_H_
