// nbo_bench_store: fills a store without a server, compacts one, or tells its sizes; prints one JSON object.
#include <rocksdb/table_properties.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "core/base/hash.h"
#include "storage/database.h"
#include "tests/bench/direct_recorder.h"
#include "tests/bench/workload.h"

namespace nbo::bench {
namespace {

struct Options {
  std::string path;
  int customers = 0;
  int threads = 2;
  bool compact = false;
  ReceiptShape shape = HouseholdShape();
};

// Customer by customer in the order of the keys: tables then hardly overlap, and there is little to compact.
absl::Status FillPartitions(const Options& options, storage::Storage* store, uint32_t thread) {
  DirectRecorder recorder(store, 500);
  v1::Purchase purchase;
  for (uint32_t partition = thread; partition < kPartitions; partition += static_cast<uint32_t>(options.threads)) {
    for (int customer = 0; customer < options.customers; ++customer) {
      if (PartitionOf(CustomerId(customer)) != partition) continue;
      for (int i = 0; i < options.shape.per_customer; ++i) {
        FillPurchase(options.shape, customer, i, &purchase);
        if (absl::Status s = recorder.Add(purchase); !s.ok()) return s;
      }
    }
    if (absl::Status s = recorder.Flush(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Fill(const Options& options) {
  auto store = OpenForFilling(options.path);
  if (!store.ok()) return store.status();
  std::vector<absl::Status> statuses(static_cast<size_t>(options.threads));
  std::vector<std::thread> threads;
  for (size_t i = 0; i < statuses.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = FillPartitions(options, store->get(), static_cast<uint32_t>(i)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return (*store)->Close();
}

// Everything to the last level, as it lies some time after the last write.
absl::Status Compact(const storage::Database& database) {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  options.max_subcompactions = 2;
  for (int family = 0; family < storage::kFamilyCount; ++family) {
    rocksdb::ColumnFamilyHandle* handle = database.family(static_cast<storage::Family>(family));
    absl::Status s = storage::ToStatus("compacting", database.db()->CompactRange(options, handle, nullptr, nullptr));
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

// Of one family's tables: bytes on disk, and keys and values before compression.
std::string FamilyJson(const storage::Database& database, storage::Family family) {
  rocksdb::TablePropertiesCollection tables;
  database.db()->GetPropertiesOfAllTables(database.family(family), &tables);
  uint64_t entries = 0, keys = 0, values = 0, data = 0, index = 0, filter = 0;
  for (const auto& [name, table] : tables) {
    entries += table->num_entries;
    keys += table->raw_key_size;
    values += table->raw_value_size;
    data += table->data_size;
    index += table->index_size;
    filter += table->filter_size;
  }
  uint64_t bytes = 0;
  database.db()->GetIntProperty(database.family(family), rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
  return absl::StrFormat(R"("%s": {"bytes": %d, "entries": %d, "key_bytes": %d, "value_bytes": %d,)"
                         R"( "data_bytes": %d, "index_bytes": %d, "filter_bytes": %d})",
                         storage::kFamilyNames[family], bytes, entries, keys, values, data, index, filter);
}

absl::StatusOr<std::string> Sizes(const Options& options) {
  storage::StorageOptions storage_options;
  storage_options.path = options.path;
  auto database = storage::Database::Open(storage_options);
  if (!database.ok()) return database.status();
  if (options.compact) {
    if (absl::Status s = Compact(**database); !s.ok()) return s;
  }
  std::vector<std::string> families;
  for (int family = 0; family < storage::kFamilyCount; ++family) {
    families.push_back(FamilyJson(**database, static_cast<storage::Family>(family)));
  }
  if (absl::Status s = (*database)->Close(); !s.ok()) return s;
  return absl::StrJoin(families, ", ");
}

int Main(int argc, char** argv) {
  CLI::App app("Fills a store without a server, compacts it, tells the sizes of its families. Prints JSON.");
  Options options;
  options.shape.end_unix_seconds = absl::ToUnixSeconds(absl::Now());
  app.add_option("--path", options.path, "folder of the store; made if missing")->required();
  app.add_option("--customers", options.customers, "to fill in; 0: none");
  app.add_option("--receipts", options.shape.per_customer, "for each customer")->capture_default_str();
  app.add_option("--lines", options.shape.lines, "of a receipt")->capture_default_str();
  app.add_option("--end-unix-seconds", options.shape.end_unix_seconds, "the newest of them; now if missing");
  app.add_option("--seed", options.shape.seed, "of everything")->capture_default_str();
  app.add_option("--threads", options.threads, "that fill")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_flag("--compact", options.compact, "afterwards");
  CLI11_PARSE(app, argc, argv);

  const absl::Time start = absl::Now();
  absl::Status filled = options.customers > 0 ? Fill(options) : absl::OkStatus();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  absl::StatusOr<std::string> sizes = filled.ok() ? Sizes(options) : filled;
  if (!sizes.ok()) {
    std::fprintf(stderr, "%s\n", sizes.status().ToString().c_str());
    return 1;
  }
  std::printf("%s\n", absl::StrFormat(R"({"customers": %d, "receipts": %d, "end_unix_seconds": %d, "seconds": %.1f,)"
                                      R"( "families": {%s}})",
                                      options.customers, options.shape.per_customer, options.shape.end_unix_seconds,
                                      seconds, *sizes)
                          .c_str());
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main(int argc, char** argv) { return nbo::bench::Main(argc, argv); }
