#include "core/population/rfm.h"

#include <utility>

#include "core/base/limits.h"

namespace nbo {
namespace {

std::vector<RfmSegment> PublishedSegments() {
  // Order and bounds as in the documentation of rfm_segment.
  return {{"champions", "Champions", {5, 5}, {5, 5}, {5, 5}},
          {"potential-loyalist", "Potential Loyalist", {3, 5}, {3, 5}, {2, 5}},
          {"loyal-customers", "Loyal Customers", {2, 4}, {2, 4}, {2, 4}},
          {"promising", "Promising", {3, 4}, {1, 3}, {3, 5}},
          {"new-customers", "New Customers", {4, 5}, {1, 3}, {1, 5}},
          {"cant-lose-them", "Can't Lose Them", {1, 2}, {3, 4}, {4, 5}},
          {"at-risk", "At Risk", {1, 2}, {2, 5}, {4, 5}},
          {"need-attention", "Need Attention", {1, 3}, {3, 5}, {3, 5}},
          {"about-to-sleep", "About To Sleep", {2, 3}, {1, 3}, {1, 4}},
          {"lost", "Lost", {1, 1}, {1, 5}, {1, 5}}};
}

bool Matches(const RfmSegment& segment, const RfmScores& scores) {
  return segment.recency.Has(scores.recency) && segment.frequency.Has(scores.frequency) &&
         segment.monetary.Has(scores.monetary);
}

}  // namespace

std::optional<RfmValues> RfmValuesOf(const CustomerFeatures& features) {
  const WindowFeatures& life = features.windows[kLifetimeWindow];
  if (!features.recency_days || life.frequency <= 0) return std::nullopt;
  // The state's own limits; stated again here, since SelectQuintiles multiplies by five.
  constexpr int64_t kMaxRevenueMinor = kMaxReceiptsPerCustomer * kMaxReceiptAmountMinor;
  RfmValues values;
  values.recency_days = *features.recency_days;
  values.frequency = static_cast<int32_t>(std::min(life.frequency, kMaxReceiptsPerCustomer));
  values.revenue_minor = std::clamp(life.revenue_minor, -kMaxRevenueMinor, kMaxRevenueMinor);
  return values;
}

int QuintileBounds::ScoreOf(int64_t value) const {
  int score = 1;
  for (int64_t lower : lower_fifths) score += value * kRfmScores >= lower ? 1 : 0;
  return score;
}

RfmSegmentation::RfmSegmentation() : RfmSegmentation(PublishedSegments()) {}

RfmSegmentation::RfmSegmentation(std::vector<RfmSegment> segments) : segments_(std::move(segments)) {
  segments_.push_back({kOtherRfmSegment, "Others", {}, {}, {}});
  for (int cell = 0; cell < kRfmCells; ++cell) {
    const RfmScores scores = RfmScores::OfCell(cell);
    while (!Matches(segments_[by_cell_[cell]], scores)) ++by_cell_[cell];  // the last one matches everything
  }
}

bool RfmSegmentation::Reachable(int position) const {
  return std::find(by_cell_.begin(), by_cell_.end(), position) != by_cell_.end();
}

}  // namespace nbo
