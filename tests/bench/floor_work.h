// What RocksDB is given for the receipts of a plan: the keys and the values that the server writes.
#ifndef NBO_TESTS_BENCH_FLOOR_WORK_H_
#define NBO_TESTS_BENCH_FLOOR_WORK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/ingest_plan.h"

namespace nbo::bench {

// One receipt.
struct FloorEvent {
  std::string state_key, state, receipt_key, receipt;
};

// Records the plan's receipts in the store at `path`, a copy of the filled one, and reads back what then lies there: in
// the order of the plan. The copy is of no use afterwards. A customer's state is the one after their last receipt.
absl::StatusOr<std::vector<FloorEvent>> PrepareWork(const std::string& path, const IngestPlan& plan);

absl::Status SaveWork(const std::vector<FloorEvent>& events, const std::string& file);
absl::StatusOr<std::vector<FloorEvent>> LoadWork(const std::string& file);

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_FLOOR_WORK_H_
