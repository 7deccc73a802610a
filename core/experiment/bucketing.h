// Who is in which arm of an experiment: the public GrowthBook hash and buckets (GrowthBook SDK specification 0.8.0), so
// that other tools, given the same seed and id, assign alike. Pure functions; what they give never changes.
//
// The hash is over bytes. GrowthBook's SDKs differ from each other for ids beyond ASCII; for ASCII they all agree.
#ifndef NBO_CORE_EXPERIMENT_BUCKETING_H_
#define NBO_CORE_EXPERIMENT_BUCKETING_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace nbo {

enum class BucketHash {
  kVersion1 = 1,  // thousandths; biased when experiments run side by side; for namespaces only
  kVersion2 = 2,  // ten-thousandths
};

// Where a unit (a customer id) falls in [0, 1) under a seed.
double BucketOf(absl::string_view seed, absl::string_view unit, BucketHash hash = BucketHash::kVersion2);

struct BucketRange {
  double begin = 0;  // inclusive
  double end = 0;    // exclusive
};
inline bool Holds(const BucketRange& range, double bucket) { return bucket >= range.begin && bucket < range.end; }

// The ranges of `variations` arms: `weights` side by side from 0, each cut short to `coverage` of its width. Weights
// that are not as many as arms or do not add up to 1 (+-0.01) count as equal; `coverage` is taken into 0..1.
std::vector<BucketRange> BucketRanges(int variations, double coverage, absl::Span<const double> weights);

// The first range that holds the bucket; -1: none, the unit takes no part.
int ChooseVariation(double bucket, absl::Span<const BucketRange> ranges);

// Experiments with ranges of one namespace that do not overlap have no unit in common.
struct BucketNamespace {
  std::string id;
  BucketRange range;
};
bool IsIn(const BucketNamespace& space, absl::string_view unit);

}  // namespace nbo

#endif  // NBO_CORE_EXPERIMENT_BUCKETING_H_
