// The population against which customers are scored: where the quintiles lie and how many customers have which scores.
#ifndef NBO_CORE_POPULATION_POPULATION_H_
#define NBO_CORE_POPULATION_POPULATION_H_

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/time/time.h"
#include "core/base/civil.h"
#include "core/population/rfm.h"

namespace nbo {

// Sums over customers. Revenue stops at the ends of int64.
struct RfmTotals {
  int64_t customers = 0;
  int64_t orders = 0;  // visits over the lifetime
  int64_t revenue_minor = 0;

  void Add(const RfmTotals& other);
};

// Immutable once built. It does not depend on the catalog: segments of any definition are sums of cells.
struct Population {
  Day as_of_day = 0;            // to which recency is counted
  absl::Time compute_time;      // when it was computed
  absl::Duration duration;      // how long that took
  int64_t customers = 0;        // with a visit; 0: nobody can be scored
  QuintileBounds recency_days;  // score 1 is the best fifth here; RfmScores::recency turns it round
  QuintileBounds frequency;
  QuintileBounds revenue_minor;
  std::array<RfmTotals, kRfmCells> cells;  // by RfmScores::Cell

  // Scores of a customer with these values as of as_of_day; not known while the population is empty.
  RfmScores ScoresOf(const RfmValues& values) const;
};

// Scores of a customer whose features were computed for `today`; not known for a customer without a visit, or if
// `population` is null or empty. Recency is counted to the day of the population, not to today: so a score changes
// with a visit or a new population, and midnight moves nobody.
RfmScores ScoresOf(const Population* population, const CustomerFeatures& features, Day today);

// Totals of each segment, in the order of segmentation.segments(), "Others" at the end.
std::vector<RfmTotals> SegmentSizes(const Population& population, const RfmSegmentation& segmentation);

// Collects a population. Takes 16 bytes for each customer with a visit, and 2 % of that for its table of blocks; it
// never copies itself to grow. Not thread-safe.
class PopulationBuilder {
 public:
  void Add(const RfmValues& values) { rows_.push_back({values.revenue_minor, values.recency_days, values.frequency}); }
  // Selects the quintiles and sums the cells: linear in the number of customers. `minor_per_major` is the unit of money
  // (100 cents). Leaves the builder empty. compute_time and duration are left to the caller.
  Population Build(Day as_of_day, int64_t minor_per_major);

 private:
  struct Row {
    int64_t revenue_minor;
    int32_t recency_days;
    int32_t frequency;
  };
  static_assert(sizeof(Row) == 16);
  std::deque<Row> rows_;
};

}  // namespace nbo

#endif  // NBO_CORE_POPULATION_POPULATION_H_
