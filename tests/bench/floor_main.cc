// nbo_bench_floor: RocksDB alone, with the reads, writes, bytes and group sizes of nbod's ingest; prints one JSON
// object.
#include <rocksdb/write_batch.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/database.h"
#include "tests/bench/floor_work.h"

namespace nbo::bench {
namespace {

struct Options {
  std::string path, work;
  int writers = 2;
  int group = 100;
  storage::StorageOptions storage;
  IngestPlan plan;
};

// What one write covers. A customer's state is read and written once in it.
struct Group {
  std::vector<const FloorEvent*> receipts, states;
};

// Partition p belongs to writer p mod writers, as in nbod.
std::vector<std::vector<Group>> MakeGroups(const std::vector<FloorEvent>& events, const Options& options) {
  std::vector<std::vector<Group>> groups(static_cast<size_t>(options.writers));
  for (const FloorEvent& event : events) {
    const int partition = static_cast<uint8_t>(event.state_key[0]) << 8 | static_cast<uint8_t>(event.state_key[1]);
    std::vector<Group>& own = groups[static_cast<size_t>(partition % options.writers)];
    if (own.empty() || own.back().receipts.size() >= static_cast<size_t>(options.group)) own.emplace_back();
    own.back().receipts.push_back(&event);
  }
  for (std::vector<Group>& own : groups) {
    for (Group& group : own) {
      absl::flat_hash_map<absl::string_view, const FloorEvent*> customers;
      for (const FloorEvent* event : group.receipts) customers[event->state_key] = event;
      for (const auto& [key, event] : customers) group.states.push_back(event);
    }
  }
  return groups;
}

// Returns how many keys were found.
size_t Read(const storage::Database& database, storage::Family family, const std::vector<const FloorEvent*>& events,
            std::string FloorEvent::*key) {
  std::vector<rocksdb::Slice> keys;
  keys.reserve(events.size());
  for (const FloorEvent* event : events) keys.emplace_back(event->*key);
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database.db()->MultiGet({}, database.family(family), keys.size(), keys.data(), values.data(), statuses.data());
  return static_cast<size_t>(std::count_if(statuses.begin(), statuses.end(), [](const auto& s) { return s.ok(); }));
}

struct Tally {
  size_t states_found = 0, receipts_found = 0;
  rocksdb::Status status;
};

void RunWriter(const storage::Database& database, const std::vector<Group>& groups, Tally* tally) {
  for (const Group& group : groups) {
    tally->states_found += Read(database, storage::kState, group.states, &FloorEvent::state_key);
    tally->receipts_found += Read(database, storage::kReceipts, group.receipts, &FloorEvent::receipt_key);
    rocksdb::WriteBatch batch;
    for (const FloorEvent* event : group.states) {
      batch.Put(database.family(storage::kState), event->state_key, event->state);
    }
    for (const FloorEvent* event : group.receipts) {
      batch.Put(database.family(storage::kReceipts), event->receipt_key, event->receipt);
    }
    tally->status = database.db()->Write(database.write_options(), &batch);
    if (!tally->status.ok()) return;
  }
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

absl::Status Run(const Options& options) {
  auto events = LoadWork(options.work);
  if (!events.ok()) return events.status();
  const std::vector<std::vector<Group>> groups = MakeGroups(*events, options);
  auto database = storage::Database::Open(options.storage);
  if (!database.ok()) return database.status();
  std::vector<Tally> tallies(groups.size());
  const double cpu_before = CpuSeconds();
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < groups.size(); ++i) {
    threads.emplace_back([&, i] { RunWriter(**database, groups[i], &tallies[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::max(1e-9, absl::ToDoubleSeconds(absl::Now() - start));
  const double cpu = CpuSeconds() - cpu_before;
  size_t states = 0, receipts = 0, written = 0;
  for (const Tally& tally : tallies) {
    if (!tally.status.ok()) return storage::ToStatus("writing", tally.status);
    states += tally.states_found;
    receipts += tally.receipts_found;
  }
  for (const FloorEvent& event : *events) {
    written += event.state_key.size() + event.state.size() + event.receipt_key.size() + event.receipt.size();
  }
  const double count = static_cast<double>(std::max<size_t>(1, events->size()));
  std::printf("%s\n", absl::StrFormat(R"({"receipts": %d, "seconds": %.3f, "receipts_per_second": %.0f,)"
                                      R"( "cpu_us": %.2f, "states_found": %d, "receipts_found": %d,)"
                                      R"( "bytes_per_receipt": %.0f})",
                                      events->size(), seconds, count / seconds, 1e6 * cpu / count, states, receipts,
                                      static_cast<double>(written) / count)
                          .c_str());
  return (*database)->Close();
}

absl::Status Prepare(const Options& options) {
  auto events = PrepareWork(options.storage.path, options.plan);
  if (!events.ok()) return events.status();
  return SaveWork(*events, options.work);
}

int Main(int argc, char** argv) {
  CLI::App app("Measures RocksDB alone with the work of nbod's ingest. Prepare once, then run on fresh copies.");
  app.require_subcommand(1);
  Options options;
  CLI::App* prepare = app.add_subcommand("prepare", "records the receipts in --path and keeps their bytes in --work");
  CLI::App* run = app.add_subcommand("run", "reads and writes them in --path");
  for (CLI::App* command : {prepare, run}) {
    command->add_option("--path", options.storage.path, "a copy of the filled store; changed")->required();
    command->add_option("--work", options.work, "file of the prepared bytes")->required();
  }
  AddOptions(prepare, &options.plan);
  run->add_option("--writers", options.writers, "threads")->check(CLI::Range(1, 64))->capture_default_str();
  run->add_option("--group", options.group, "receipts written together")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = *prepare ? Prepare(options) : Run(options);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
