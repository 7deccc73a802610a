#include "tests/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace nbo::bench {
namespace {

// Each power of two is cut into 64 buckets; below 128 every value has its own.
constexpr int kBits = 6;
constexpr int64_t kSub = int64_t{1} << kBits;

size_t BucketOf(int64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<uint64_t>(value))) - kBits - 1);
  return static_cast<size_t>(shift * kSub + (value >> shift));
}

int64_t UpperEnd(size_t bucket) {
  const int64_t index = static_cast<int64_t>(bucket);
  const int64_t shift = std::max<int64_t>(0, index / kSub - 1);
  return ((index - shift * kSub + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_((64 - kBits) * kSub) {}

void Histogram::Add(int64_t value) {
  value = std::max<int64_t>(0, value);
  ++buckets_[BucketOf(value)];
  ++count_;
  sum_ += static_cast<double>(value);
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

int64_t Histogram::Quantile(double quantile) const {
  const auto wanted = static_cast<int64_t>(std::ceil(quantile * static_cast<double>(count_)));
  int64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted && seen > 0) return std::min(UpperEnd(i), max_);
  }
  return max_;
}

}  // namespace nbo::bench
