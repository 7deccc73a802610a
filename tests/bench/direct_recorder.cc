#include "tests/bench/direct_recorder.h"

#include <utility>

#include "absl/time/clock.h"
#include "server/handlers/convert.h"

namespace nbo::bench {

absl::StatusOr<std::unique_ptr<storage::Storage>> OpenForFilling(const std::string& path) {
  storage::StorageOptions options;
  options.path = path;
  options.sync = false;
  return storage::OpenStorage(options);
}

DirectRecorder::DirectRecorder(storage::Storage* store, size_t group) : recorder_(&store->profiles()), group_(group) {}

absl::Status DirectRecorder::Add(const v1::Purchase& purchase) {
  auto receipt = server::ToReceipt(purchase, absl::Now(), server::TimeRules{absl::UTCTimeZone(), absl::Hours(24)});
  if (!receipt.ok()) return receipt.status();
  receipts_.push_back(*std::move(receipt));
  return receipts_.size() < group_ ? absl::OkStatus() : Flush();
}

absl::Status DirectRecorder::Flush() {
  std::vector<const Receipt*> group;
  for (const Receipt& receipt : receipts_) group.push_back(&receipt);
  absl::Status status;
  for (const auto& result : recorder_.Record(group)) status.Update(result.status());
  receipts_.clear();
  return status;
}

}  // namespace nbo::bench
