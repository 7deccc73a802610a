#include "core/experiment/bucketing.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace nbo {
namespace {

// FNV-1a, 32 bits (Fowler, Noll, Vo), as far as it has come.
class Fnv {
 public:
  Fnv& Add(absl::string_view bytes) {
    for (const char c : bytes) hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 16'777'619U;
    return *this;
  }
  uint32_t value() const { return hash_; }

 private:
  uint32_t hash_ = 2'166'136'261U;
};

}  // namespace

double BucketOf(absl::string_view seed, absl::string_view unit, BucketHash hash) {
  if (hash == BucketHash::kVersion1) return Fnv().Add(unit).Add(seed).value() % 1'000 / 1e3;
  return Fnv().Add(absl::AlphaNum(Fnv().Add(seed).Add(unit).value()).Piece()).value() % 10'000 / 1e4;
}

std::vector<BucketRange> BucketRanges(int variations, double coverage, absl::Span<const double> weights) {
  if (variations < 1) return {};
  coverage = std::clamp(coverage, 0.0, 1.0);
  const std::vector<double> equal(static_cast<size_t>(variations), 1.0 / variations);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (weights.size() != equal.size() || sum < 0.99 || sum > 1.01) weights = equal;
  std::vector<BucketRange> ranges;
  double begin = 0;
  for (const double weight : weights) {
    ranges.push_back({begin, begin + coverage * weight});
    begin += weight;
  }
  return ranges;
}

int ChooseVariation(double bucket, absl::Span<const BucketRange> ranges) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (Holds(ranges[i], bucket)) return static_cast<int>(i);
  }
  return -1;
}

bool IsIn(const BucketNamespace& space, absl::string_view unit) {
  // The published seed of a namespace is its id after two underscores.
  std::string seed = "__";
  seed += space.id;
  return Holds(space.range, BucketOf(seed, unit, BucketHash::kVersion1));
}

}  // namespace nbo
