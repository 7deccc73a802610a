#include "tests/bench/ingest_plan.h"

namespace nbo::bench {
namespace {

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): number i of the sequence
// without those before.
uint64_t Mixed(uint64_t seed, uint64_t number) {
  uint64_t z = seed * 0xd1342543de82ef95 + (number + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

void AddOptions(CLI::App* app, IngestPlan* plan) {
  app->add_option("--customers", plan->customers, "of the filled store")->check(CLI::PositiveNumber);
  app->add_option("--filled-receipts", plan->shape.per_customer, "of each customer, in the filled store");
  app->add_option("--lines", plan->shape.lines, "of a receipt")->capture_default_str();
  app->add_option("--end-unix-seconds", plan->shape.end_unix_seconds, "the newest filled receipt")->required();
  app->add_option("--seed", plan->shape.seed, "of everything")->capture_default_str();
  app->add_option("--first", plan->first, "number of the first receipt")->capture_default_str();
  app->add_option("--receipts", plan->receipts, "how many")->capture_default_str();
}

void FillIngested(const IngestPlan& plan, int64_t number, v1::Purchase* purchase) {
  const uint64_t drawn = Mixed(plan.shape.seed, static_cast<uint64_t>(number));
  const int customer = static_cast<int>(drawn % static_cast<uint64_t>(plan.customers));
  // The index makes the receipt id; those below per_customer are filled.
  FillPurchase(plan.shape, customer, plan.shape.per_customer + static_cast<int>(number), purchase);
  const int64_t ms = plan.shape.end_unix_seconds * 1000 + number;
  purchase->mutable_time()->set_seconds(ms / 1000);
  purchase->mutable_time()->set_nanos(static_cast<int32_t>(ms % 1000) * 1000000);
}

}  // namespace nbo::bench
