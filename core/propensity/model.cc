#include "core/propensity/model.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace nbo {
namespace {

absl::flat_hash_map<uint64_t, size_t> Positions(size_t count, const auto& key_at) {
  absl::flat_hash_map<uint64_t, size_t> positions;
  positions.reserve(count);
  for (size_t i = 0; i < count; ++i) positions.emplace(key_at(i), i);
  return positions;
}

void AddTo(std::vector<OutcomeCount>* totals, size_t size, size_t offer, const OutcomeCount& count) {
  if (totals->empty()) totals->resize(size);
  (*totals)[offer].trials += count.trials;
  (*totals)[offer].successes += count.successes;
}

}  // namespace

PropensityModel::PropensityModel(absl::Span<const PropensityPrior> offers, absl::Span<const uint64_t> segments,
                                 const OutcomeCounts& counts, double strength)
    : stride_(1 + segments.size()), by_place_(kChannelCount * stride_), columns_(1) {
  Column& priors = columns_.front();
  for (const PropensityPrior& prior : offers) {
    priors.means.push_back(prior.mean);
    priors.evidence.push_back(prior.evidence);
  }
  priors.levels.resize(offers.size(), PropensityLevel::kPrior);

  const auto offer_at = Positions(offers.size(), [&](size_t i) { return offers[i].offer; });
  const auto segment_at = Positions(segments.size(), [&](size_t i) { return segments[i]; });
  Totals of_offers;
  std::vector<Totals> of_places(by_place_.size());
  for (const auto& [key, count] : counts.counts()) {
    const auto offer = offer_at.find(key.offer);
    if (offer == offer_at.end()) continue;
    const size_t row = static_cast<size_t>(key.channel) * stride_;
    AddTo(&of_offers, offers.size(), offer->second, count);
    AddTo(&of_places[row], offers.size(), offer->second, count);
    const auto segment = segment_at.find(key.segment);
    if (key.segment == 0 || segment == segment_at.end()) continue;
    AddTo(&of_places[row + 1 + segment->second], offers.size(), offer->second, count);
  }

  const uint32_t top = AddLevel(0, PropensityLevel::kOffer, of_offers, /*strength=*/0);
  for (size_t row = 0; row < by_place_.size(); row += stride_) {
    by_place_[row] = AddLevel(top, PropensityLevel::kChannel, of_places[row], strength);
    for (size_t place = row + 1; place < row + stride_; ++place) {
      by_place_[place] = AddLevel(by_place_[row], PropensityLevel::kSegment, of_places[place], strength);
    }
  }
}

uint32_t PropensityModel::AddLevel(uint32_t parent, PropensityLevel level, const Totals& totals, double strength) {
  if (totals.empty()) return parent;
  Column column = columns_[parent];
  for (size_t i = 0; i < totals.size(); ++i) {
    const int64_t trials = totals[i].trials;
    if (trials <= 0) continue;
    // What comes late, or is wrong, never makes a rate above 1.
    const int64_t successes = std::clamp<int64_t>(totals[i].successes, 0, trials);
    const double evidence = level == PropensityLevel::kOffer ? column.evidence[i] : strength;
    const RateBelief belief = Update({column.means[i], evidence}, trials, successes);
    column.means[i] = belief.mean;
    column.evidence[i] = belief.evidence;
    column.levels[i] = level;
  }
  columns_.push_back(std::move(column));
  return static_cast<uint32_t>(columns_.size() - 1);
}

Propensity PropensityModel::Get(size_t offer, Channel channel, int segment) const {
  const Column& column = ColumnOf(channel, segment);
  return {{column.means[offer], column.evidence[offer]}, column.levels[offer]};
}

}  // namespace nbo
