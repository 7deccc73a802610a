#include "tests/bench/floor_work.h"

#include <cstring>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/hash.h"
#include "server/handlers/convert.h"
#include "storage/database.h"
#include "storage/layout.h"
#include "tests/bench/direct_recorder.h"

namespace nbo::bench {
namespace {

constexpr int kThreads = 2;

absl::Status RecordShare(const IngestPlan& plan, uint32_t thread, storage::Storage* store) {
  DirectRecorder recorder(store, 500);
  v1::Purchase purchase;
  for (int64_t i = 0; i < plan.receipts; ++i) {
    FillIngested(plan, plan.first + i, &purchase);
    if (PartitionOf(purchase.customer().customer_id()) % kThreads != thread) continue;
    if (absl::Status s = recorder.Add(purchase); !s.ok()) return s;
  }
  return recorder.Flush();
}

absl::Status RecordAll(const std::string& path, const IngestPlan& plan) {
  auto store = OpenForFilling(path);
  if (!store.ok()) return store.status();
  absl::Status statuses[kThreads];
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { statuses[i] = RecordShare(plan, i, store->get()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return (*store)->Close();
}

absl::Status ReadBack(const storage::Database& database, storage::Family family, const std::string& key,
                      std::string* value) {
  return storage::ToStatus("reading back", database.db()->Get({}, database.family(family), key, value));
}

}  // namespace

absl::StatusOr<std::vector<FloorEvent>> PrepareWork(const std::string& path, const IngestPlan& plan) {
  if (absl::Status s = RecordAll(path, plan); !s.ok()) return s;
  storage::StorageOptions options;
  options.path = path;
  auto database = storage::Database::Open(options);
  if (!database.ok()) return database.status();
  std::vector<FloorEvent> events(static_cast<size_t>(plan.receipts));
  v1::Purchase purchase;
  for (size_t i = 0; i < events.size(); ++i) {
    FillIngested(plan, plan.first + static_cast<int64_t>(i), &purchase);
    const std::string& customer_id = purchase.customer().customer_id();
    FloorEvent& event = events[i];
    event.state_key = storage::StateKey(customer_id);
    event.receipt_key = storage::RecordKey({customer_id, purchase.store_id(), purchase.receipt_id()});
    absl::Status status = ReadBack(**database, storage::kState, event.state_key, &event.state);
    status.Update(ReadBack(**database, storage::kReceipts, event.receipt_key, &event.receipt));
    if (!status.ok()) return status;
  }
  if (absl::Status s = (*database)->Close(); !s.ok()) return s;
  return events;
}

// For this machine and this build only: sizes as they lie in memory.
absl::Status SaveWork(const std::vector<FloorEvent>& events, const std::string& file) {
  std::ofstream out(file, std::ios::binary);
  for (const FloorEvent& event : events) {
    for (const std::string* part : {&event.state_key, &event.state, &event.receipt_key, &event.receipt}) {
      const auto size = static_cast<uint32_t>(part->size());
      out.write(reinterpret_cast<const char*>(&size), sizeof(size));
      out.write(part->data(), size);
    }
  }
  out.close();
  return out ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", file));
}

absl::StatusOr<std::vector<FloorEvent>> LoadWork(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<FloorEvent> events;
  while (in.peek() != std::ifstream::traits_type::eof()) {
    FloorEvent event;
    for (std::string* part : {&event.state_key, &event.state, &event.receipt_key, &event.receipt}) {
      uint32_t size = 0;
      in.read(reinterpret_cast<char*>(&size), sizeof(size));
      part->resize(size);
      in.read(part->data(), size);
    }
    if (!in) return absl::DataLossError(absl::StrCat(file, ": ends too early"));
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace nbo::bench
