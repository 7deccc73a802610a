// How likely a person is to take an offer: the author's estimate, corrected by what became of the offer, as finely as
// the trials allow.
//
// Estimates are pooled upwards (hierarchical binomial model, Gelman et al., Bayesian Data Analysis, 3rd ed., section
// 5.3, with the shrinkage strength set instead of estimated; the plug-in of the level above is what they call empirical
// Bayes, section 5.1). Of each offer:
//   author's prior                    Beta(p n0, (1 - p) n0): propensity p and evidence n0 of the catalog
//   the offer                         the prior, updated by all its trials
//   the offer in a channel            Beta(m k, (1 - m) k), m the mean of the offer, updated by the trials there
//   and with people of an RFM segment Beta(m k, (1 - m) k), m the mean in the channel, updated by theirs
// A level without trials of its own is the level above: many trials speak for themselves, few lean on their kin, none
// say nothing. Trials count on every level they belong to, so k must not be large against them; plugging in the mean of
// the level above neglects that it is not certain itself, so `evidence` says less of the finest levels than it seems.
#ifndef NBO_CORE_PROPENSITY_MODEL_H_
#define NBO_CORE_PROPENSITY_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/base/channel.h"
#include "core/propensity/belief.h"
#include "core/propensity/counts.h"

namespace nbo {

inline constexpr double kPropensityStrength = 20;  // k above
inline constexpr double kDefaultEvidence = 20;     // n0 where the author says none

struct PropensityPrior {
  uint64_t offer = 0;                  // Hash64 of its id
  double mean = 0;                     // p, 0..1
  double evidence = kDefaultEvidence;  // n0
};

enum class PropensityLevel : uint8_t { kPrior, kOffer, kChannel, kSegment };

struct Propensity {
  RateBelief belief;
  PropensityLevel level = PropensityLevel::kPrior;  // the finest that had trials: the belief is of that level
};

inline constexpr int kNoRfmSegment = -1;

// Immutable once built; shared by all threads. Of one catalog: offers are told by their positions there.
class PropensityModel {
 public:
  // `offers` of the catalog, by position; `segments`: Hash64 of the ids of its RFM segments, by position. Counts of
  // offers that the catalog lacks are left out; those of segments that it lacks count for the levels above. Takes 40 to
  // 160 ns for each key of the counts; and 17 bytes for each offer, in each channel and pair of channel and segment
  // with trials.
  PropensityModel(absl::Span<const PropensityPrior> offers, absl::Span<const uint64_t> segments,
                  const OutcomeCounts& counts, double strength = kPropensityStrength);

  // The means for all offers by position, of a person of the RFM segment at that position or of kNoRfmSegment. To be
  // asked once for a request; the span lives as long as the model.
  absl::Span<const double> Means(Channel channel, int segment) const { return ColumnOf(channel, segment).means; }
  Propensity Get(size_t offer, Channel channel, int segment) const;

  size_t offer_count() const { return columns_.front().means.size(); }

 private:
  struct Column {
    std::vector<double> means;
    std::vector<double> evidence;
    std::vector<PropensityLevel> levels;
  };
  using Totals = std::vector<OutcomeCount>;  // by offer; empty: nothing

  const Column& ColumnOf(Channel channel, int segment) const {
    const size_t row = static_cast<size_t>(channel) * stride_;
    return columns_[segment < 0 ? by_place_[row] : by_place_[row + 1 + static_cast<size_t>(segment)]];
  }
  // Position of a new column: the one at `parent`, updated where there are trials. `parent` itself if there are none.
  uint32_t AddLevel(uint32_t parent, PropensityLevel level, const Totals& totals, double strength);

  size_t stride_;                   // 1 + number of segments
  std::vector<uint32_t> by_place_;  // for each channel, first without a segment: position in columns_
  std::vector<Column> columns_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROPENSITY_MODEL_H_
