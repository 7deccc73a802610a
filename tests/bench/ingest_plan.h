// The receipts that the ingest benchmark sends, each a function of its number: the client sends them, the floor
// prepares the bytes that RocksDB gets for them.
#ifndef NBO_TESTS_BENCH_INGEST_PLAN_H_
#define NBO_TESTS_BENCH_INGEST_PLAN_H_

#include <CLI/CLI.hpp>
#include <cstdint>

#include "nbo/v1/event_service.pb.h"
#include "tests/bench/workload.h"

namespace nbo::bench {

// The shape's seed, end and receipts per customer must be those of the filled store.
struct IngestPlan {
  ReceiptShape shape = HouseholdShape();
  int customers = 1000000;  // ids c0000000 up to this many
  int64_t first = 0;        // number of the first receipt; runs on one store must not overlap
  int64_t receipts = 500000;
};

// Flags for all fields.
void AddOptions(CLI::App* app, IngestPlan* plan);

// Receipt `number` of all: a customer drawn evenly at random, whatever came before; newer than the filled ones, a
// millisecond after its predecessor. Not in the store unless it was sent before.
void FillIngested(const IngestPlan& plan, int64_t number, v1::Purchase* purchase);

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_INGEST_PLAN_H_
