// RFM: how recent, how frequent and how valuable a customer is among the others, as scores 1..5, and the segments that
// are made of the scores.
//
// The scores are those of the R package rfm (rfm_table_order with five bins): the bounds between them are the quantiles
// at 0.2, 0.4, 0.6 and 0.8 of the population plus one unit (a day, a visit, a major unit of money); the lower bound of
// a score belongs to it, the upper to the next. So whoever lies exactly on a quantile gets the lower score.
#ifndef NBO_CORE_POPULATION_RFM_H_
#define NBO_CORE_POPULATION_RFM_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/features/features.h"

namespace nbo {

inline constexpr int kRfmScores = 5;

// What is scored. Only customers with a visit have it.
struct RfmValues {
  int32_t recency_days = 0;   // since the last visit
  int32_t frequency = 0;      // visits over the lifetime
  int64_t revenue_minor = 0;  // over the lifetime; may be negative
};

// nullopt for a customer without a visit up to the day of the features.
std::optional<RfmValues> RfmValuesOf(const CustomerFeatures& features);

// The bounds between five scores, in fifths of a unit: whole numbers, so that no rounding decides who is on which side.
struct QuintileBounds {
  std::array<int64_t, kRfmScores - 1> lower_fifths{};  // of scores 2..5, ascending

  // 1 + the number of lower bounds that `value` reaches.
  int ScoreOf(int64_t value) const;
  // The lower bound of score 2..5 in units.
  double Lower(int score) const { return static_cast<double>(lower_fifths[score - 2]) / kRfmScores; }
};

// The bounds of a population of key(*begin) .. key(*(end - 1)), |key| at most 10^18; reorders the range. Quantiles are
// of type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996) 361,
// the default of R's quantile(): between the two order statistics around (n - 1) p, linearly. `unit` is added to each.
// An empty range has the bounds 0.
template <typename Iterator, typename Key>
QuintileBounds SelectQuintiles(Iterator begin, Iterator end, int64_t unit, Key key) {
  QuintileBounds bounds;
  const int64_t last = (end - begin) - 1;
  if (last < 0) return bounds;
  auto less = [&key](const auto& a, const auto& b) { return key(a) < key(b); };
  Iterator from = begin;  // everything before is in its place
  for (int k = 1; k < kRfmScores; ++k) {
    const int64_t rest = last * k % kRfmScores;  // fifths of the way from `low` to the next greater one
    const Iterator low = begin + last * k / kRfmScores;
    std::nth_element(from, low, end, less);
    const int64_t low_key = key(*low);
    const int64_t high_key = rest == 0 ? low_key : key(*std::min_element(low + 1, end, less));
    bounds.lower_fifths[k - 1] = (kRfmScores - rest) * low_key + rest * high_key + kRfmScores * unit;
    from = low;
  }
  return bounds;
}

// 1..5 each; 0 each: not scored.
struct RfmScores {
  int recency = 0;    // 5: visited last
  int frequency = 0;  // 5: most visits
  int monetary = 0;   // 5: most revenue

  bool known() const { return recency != 0; }
  // 0..124 for known scores.
  int Cell() const { return ((recency - 1) * kRfmScores + frequency - 1) * kRfmScores + monetary - 1; }
  static RfmScores OfCell(int cell) {
    return {cell / (kRfmScores * kRfmScores) + 1, cell / kRfmScores % kRfmScores + 1, cell % kRfmScores + 1};
  }
  friend bool operator==(const RfmScores&, const RfmScores&) = default;
};
inline constexpr int kRfmCells = kRfmScores * kRfmScores * kRfmScores;

// Scores low..high, both included.
struct ScoreRange {
  int low = 1;
  int high = kRfmScores;
  bool Has(int score) const { return low <= score && score <= high; }
};

struct RfmSegment {
  std::string id;
  std::string name;
  ScoreRange recency, frequency, monetary;
};

// The id of those who are scored and in no segment.
inline constexpr char kOtherRfmSegment[] = "others";

// Segments in order of precedence. Immutable once made.
class RfmSegmentation {
 public:
  // The segments published for the R package rfm.
  RfmSegmentation();
  // The first segment that matches holds. At most 255; none may have the id kOtherRfmSegment.
  explicit RfmSegmentation(std::vector<RfmSegment> segments);

  // As given, with "Others" at the end.
  const std::vector<RfmSegment>& segments() const { return segments_; }
  // Position in segments() of what holds for known scores.
  int PositionOf(const RfmScores& scores) const { return by_cell_[scores.Cell()]; }
  // Whether a segment holds for any scores at all: false if those before it leave it none.
  bool Reachable(int position) const;

 private:
  std::vector<RfmSegment> segments_;
  std::array<uint8_t, kRfmCells> by_cell_{};
};

}  // namespace nbo

#endif  // NBO_CORE_POPULATION_RFM_H_
