// Scores in descending order, one at a time: for whoever needs a few of many.
#ifndef NBO_CORE_DECISION_BEST_FIRST_H_
#define NBO_CORE_DECISION_BEST_FIRST_H_

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace nbo {

// Each next one costs about two square roots of as many steps as there are scores, after one pass over all; a heap
// needs fewer comparisons for many, but processors guess them wrong.
class BestFirst {
 public:
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  // Finite scores.
  explicit BestFirst(std::vector<double> scores) : scores_(std::move(scores)) {
    for (size_t begin = 0; begin < scores_.size(); begin += kBlock) best_.push_back(scores_[BestIn(begin)]);
  }

  // The position of the best score that was not given yet, of equal ones the first; kNone after the last one.
  size_t Next() {
    const auto block = static_cast<size_t>(std::max_element(best_.begin(), best_.end()) - best_.begin());
    if (best_.empty() || best_[block] == kGiven) return kNone;
    const size_t found = BestIn(block * kBlock);
    scores_[found] = kGiven;
    best_[block] = scores_[BestIn(block * kBlock)];
    return found;
  }

 private:
  static constexpr size_t kBlock = 16;
  static constexpr double kGiven = -std::numeric_limits<double>::infinity();

  size_t BestIn(size_t begin) const {
    const auto first = scores_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = scores_.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kBlock, scores_.size()));
    return static_cast<size_t>(std::max_element(first, last) - scores_.begin());
  }

  std::vector<double> scores_;  // kGiven where one was given
  std::vector<double> best_;    // of each kBlock scores
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_BEST_FIRST_H_
