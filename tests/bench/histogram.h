// Latencies in buckets of constant relative width, as HdrHistogram has them.
#ifndef NBO_TESTS_BENCH_HISTOGRAM_H_
#define NBO_TESTS_BENCH_HISTOGRAM_H_

#include <cstdint>
#include <vector>

namespace nbo::bench {

// Values are whole numbers from 0 (negative ones count as 0); each is known to 1/64 (1.6 %). Not thread-safe: one for
// each thread, merged afterwards.
class Histogram {
 public:
  Histogram();

  void Add(int64_t value);
  void Merge(const Histogram& other);

  int64_t count() const { return count_; }
  int64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

  // The smallest bucket's upper end that at least `quantile` (0..1) of the values do not exceed; at most max().
  // 0 if empty.
  int64_t Quantile(double quantile) const;

 private:
  std::vector<int64_t> buckets_;
  int64_t count_ = 0;
  int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace nbo::bench

#endif  // NBO_TESTS_BENCH_HISTOGRAM_H_
