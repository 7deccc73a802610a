#include "core/propensity/counts.h"

#include <algorithm>

namespace nbo {

void OutcomeCounts::Merge(const OutcomeCounts& other) {
  if (&other == this) {  // adding to what is walked through would not end well
    for (auto& [key, count] : counts_) count = {2 * count.trials, 2 * count.successes};
    return;
  }
  for (const auto& [key, count] : other.counts_) Add(key, count);
}

std::vector<OutcomeRow> OutcomeCounts::Rows() const {
  std::vector<OutcomeRow> rows;
  rows.reserve(counts_.size());
  for (const auto& [key, count] : counts_) {
    if (count != OutcomeCount()) rows.push_back({key, count});
  }
  std::sort(rows.begin(), rows.end(), [](const OutcomeRow& a, const OutcomeRow& b) { return a.key < b.key; });
  return rows;
}

OutcomeCount OutcomeCounts::Of(const OutcomeKey& key) const {
  const auto it = counts_.find(key);
  return it == counts_.end() ? OutcomeCount() : it->second;
}

}  // namespace nbo
