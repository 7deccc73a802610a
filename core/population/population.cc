#include "core/population/population.h"

#include <limits>

namespace nbo {

void RfmTotals::Add(const RfmTotals& other) {
  customers += other.customers;
  orders += other.orders;
  if (__builtin_add_overflow(revenue_minor, other.revenue_minor, &revenue_minor)) {
    revenue_minor = other.revenue_minor > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  }
}

RfmScores Population::ScoresOf(const RfmValues& values) const {
  if (customers == 0) return {};
  return {kRfmScores + 1 - recency_days.ScoreOf(values.recency_days), frequency.ScoreOf(values.frequency),
          revenue_minor.ScoreOf(values.revenue_minor)};
}

RfmScores ScoresOf(const Population* population, const CustomerFeatures& features, Day today) {
  if (population == nullptr) return {};
  std::optional<RfmValues> values = RfmValuesOf(features);
  if (!values) return {};
  values->recency_days += population->as_of_day - today;
  return population->ScoresOf(*values);
}

std::vector<RfmTotals> SegmentSizes(const Population& population, const RfmSegmentation& segmentation) {
  std::vector<RfmTotals> sizes(segmentation.segments().size());
  for (int cell = 0; cell < kRfmCells; ++cell) {
    sizes[segmentation.PositionOf(RfmScores::OfCell(cell))].Add(population.cells[cell]);
  }
  return sizes;
}

Population PopulationBuilder::Build(Day as_of_day, int64_t minor_per_major) {
  Population population;
  population.as_of_day = as_of_day;
  population.customers = static_cast<int64_t>(rows_.size());
  population.recency_days =
      SelectQuintiles(rows_.begin(), rows_.end(), 1, [](const Row& row) { return int64_t{row.recency_days}; });
  population.frequency =
      SelectQuintiles(rows_.begin(), rows_.end(), 1, [](const Row& row) { return int64_t{row.frequency}; });
  population.revenue_minor =
      SelectQuintiles(rows_.begin(), rows_.end(), minor_per_major, [](const Row& row) { return row.revenue_minor; });
  for (const Row& row : rows_) {
    const RfmScores scores = population.ScoresOf({row.recency_days, row.frequency, row.revenue_minor});
    population.cells[scores.Cell()].Add({1, row.frequency, row.revenue_minor});
  }
  rows_.clear();
  return population;
}

}  // namespace nbo
