// nbo_bench_journal: what the decision journal costs; prints a Markdown table. Appends go in bursts, as fast as they
// can, between pauses in which the thread of the journal does its part, as it does under a load that a server can have.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "storage/journal.h"

namespace nbo::bench {
namespace {

double Nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

struct Flags {
  std::string directory;
  size_t bytes = 300;
  int records = 400'000;
  int burst = 1000;
};

JournalKey KeyOf(uint64_t n) {
  return {1'780'000'000'000 + static_cast<int64_t>(n / 10), (n + 1) * 0x9E3779B97F4A7C15};
}

struct Times {
  double wall_ns = 0;  // per append, the median of bursts
  double cpu_ns = 0;   // of the appending thread, the mean
  double worst_us = 0;
};

// Appends records / threads of them, numbered from `begin` in steps.
Times AppendFrom(DecisionJournal* journal, const Flags& flags, uint64_t begin, int threads) {
  const std::string bytes(flags.bytes, 'x');
  std::vector<double> bursts;
  Times times;
  uint64_t n = begin;
  const int count = flags.records / threads / flags.burst;
  for (int burst = 0; burst < count; ++burst) {
    const double cpu = Nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = Nanoseconds(CLOCK_MONOTONIC);
    for (int i = 0; i < flags.burst; ++i, n += static_cast<uint64_t>(threads)) {
      Check(journal->Append(1, KeyOf(n), bytes).status());
    }
    bursts.push_back((Nanoseconds(CLOCK_MONOTONIC) - wall) / flags.burst);
    times.cpu_ns += (Nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / flags.burst / count;
    absl::SleepFor(absl::Milliseconds(5));
  }
  std::sort(bursts.begin(), bursts.end());
  times.wall_ns = bursts[bursts.size() / 2];
  times.worst_us = bursts.back() * flags.burst / 1000;
  return times;
}

void Append(DecisionJournal* journal, const Flags& flags, int threads, uint64_t begin) {
  std::vector<Times> times(static_cast<size_t>(threads));
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      times[static_cast<size_t>(t)] = AppendFrom(journal, flags, begin + static_cast<uint64_t>(t), threads);
    });
  }
  for (std::thread& thread : running) thread.join();
  for (const Times& one : times) {
    std::printf("| append, 1 of %d threads | %.0f | %.0f | slowest burst of %d: %.0f us |\n", threads, one.wall_ns,
                one.cpu_ns, flags.burst, one.worst_us);
  }
}

void Find(const DecisionJournal& journal, uint64_t begin, uint64_t end, const char* where) {
  constexpr int kCount = 20'000;
  std::mt19937_64 random(1);
  const double cpu = Nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = Nanoseconds(CLOCK_MONOTONIC);
  for (int i = 0; i < kCount; ++i) {
    const auto found = journal.Find(1, KeyOf(begin + random() % (end - begin)));
    Check(found.status());
    if (!found->has_value()) Check(absl::InternalError("a record was not found"));
  }
  std::printf("| find in %s | %.0f | %.0f | |\n", where, (Nanoseconds(CLOCK_MONOTONIC) - wall) / kCount,
              (Nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / kCount);
}

template <typename Scan>
void Read(const char* how, const Scan& scan) {
  int64_t records = 0;
  const double cpu = Nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = Nanoseconds(CLOCK_MONOTONIC);
  Check(scan([&](const JournalRecord&) {
    ++records;
    return true;
  }));
  std::printf("| %s, per record | %.0f | %.0f | %lld records |\n", how,
              (Nanoseconds(CLOCK_MONOTONIC) - wall) / static_cast<double>(records),
              (Nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / static_cast<double>(records),
              static_cast<long long>(records));
}

std::unique_ptr<storage::Journal> Open(const Flags& flags, const char* how) {
  storage::JournalOptions options;
  options.path = flags.directory;
  const double cpu = Nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = Nanoseconds(CLOCK_MONOTONIC);
  auto journal = storage::Journal::Open(options);
  Check(journal.status());
  std::printf("| open, %s | %.0f | %.0f | |\n", how, Nanoseconds(CLOCK_MONOTONIC) - wall,
              Nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu);
  return *std::move(journal);
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("What the decision journal costs.");
  app.add_option("--directory", flags.directory, "an empty one, on the disk to be measured; default: in /tmp");
  app.add_option("--bytes", flags.bytes, "of a record")->capture_default_str();
  app.add_option("--records", flags.records, "to append with each number of threads")->capture_default_str();
  app.add_option("--burst", flags.burst, "records between pauses of 5 ms")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const bool own = flags.directory.empty();
  if (own) {
    std::string made = "/tmp/nbo-bench-journal-XXXXXX";
    if (mkdtemp(made.data()) == nullptr) return 1;
    flags.directory = made;
  }
  std::printf("| | wall ns | thread's CPU ns | |\n|---|---:|---:|---|\n");
  const auto count = static_cast<uint64_t>(flags.records);
  {
    auto journal = Open(flags, "empty");
    Append(journal.get(), flags, 1, 0);
    Append(journal.get(), flags, 2, count);
    Find(*journal, 2 * count - count / 10, 2 * count, "the newest tenth");
    Find(*journal, 0, 2 * count, "all");
    Read("scan", [&](auto visit) { return journal->Scan(0, visit, {}); });
    Read("scan backwards", [&](auto visit) {
      JournalRange range;
      range.newest_first = true;
      return journal->ScanRange(range, visit, {}).status();
    });
    Check(journal->Close());
  }
  Open(flags, "full");
  if (own) std::filesystem::remove_all(flags.directory);
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
