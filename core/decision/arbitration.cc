#include "core/decision/arbitration.h"

#include <algorithm>
#include <limits>

#include "core/decision/best_first.h"

namespace nbo {

bool FitsPlacement(const Catalog& catalog, int32_t offer, absl::string_view placement) {
  if (placement.empty() || catalog.columns.everywhere[static_cast<size_t>(offer)]) return true;
  const std::vector<std::string>& placements = catalog.offers[static_cast<size_t>(offer)].placements;
  return std::find(placements.begin(), placements.end(), placement) != placements.end();
}

void Arbitration::Run() {
  const int wanted = request_.max_offers != 0 ? request_.max_offers : DefaultMaxOffers(request_.channel);
  const auto slots = static_cast<size_t>(wanted);
  const size_t placements = PlacementCount(request_);
  choices_.reserve(std::min(slots * placements, candidates_.size()));
  for (size_t placement = 0; placement < placements; ++placement) Fill(static_cast<int16_t>(placement), slots);
}

std::vector<double> Arbitration::ScoresFor(int16_t placement) const {
  constexpr double kGone = -std::numeric_limits<double>::infinity();
  std::vector<double> scores(scores_.begin(), scores_.end());
  if (PlacementCount(request_) > 1) {
    const absl::string_view name = PlacementAt(request_, static_cast<size_t>(placement));
    for (size_t i = 0; i < scores.size(); ++i) {
      if (!FitsPlacement(catalog_, candidates_[i], name)) scores[i] = kGone;
    }
  }
  if (!choices_.empty() || personal_is_over_) {
    for (size_t i = 0; i < scores.size(); ++i) {
      if (IsOut(i)) scores[i] = kGone;
    }
  }
  for (const Choice& choice : choices_) scores[choice.candidate] = kGone;
  // What is refused once is so for good: caps only fill.
  for (const Refusal& refusal : refusals_) scores[refusal.candidate] = kGone;
  return scores;
}

void Arbitration::Fill(int16_t placement, size_t slots) {
  constexpr int kManyRejected = 64;  // in a row: thousands may follow, which are cheaper to sift at once
  // Whoever asks why hears of every offer what refused it.
  const bool asked_why = request_.explain || request_.trace;
  BestFirst best(ScoresFor(placement));
  int rejected = 0;
  for (size_t taken = 0; taken < slots;) {
    const size_t candidate = best.Next();
    if (candidate == BestFirst::kNone) return;
    const size_t refused = refusals_.size();
    if (Take(candidate, placement)) {
      ++taken;
      rejected = 0;
      continue;
    }
    const bool over = !asked_why && !personal_is_over_ && refusals_.size() > refused &&
                      refusals_.back().verdict.rule == ContactRule::kOverallCap;
    personal_is_over_ |= over;
    if (!over && ++rejected < kManyRejected) continue;
    best = BestFirst(ScoresFor(placement));
    rejected = 0;
  }
}

bool Arbitration::IsOut(size_t candidate) const {
  const Offer& offer = OfferOf(candidate);
  if (personal_is_over_ && !offer.is_default) return true;
  int of_category = 0;
  for (const Choice& choice : choices_) {
    const Offer& other = OfferOf(choice.candidate);
    if (!offer.group.empty() && other.group == offer.group) return true;
    of_category += offer.category_key != 0 && other.category_key == offer.category_key;
  }
  return catalog_.per_category != 0 && of_category >= catalog_.per_category;
}

bool Arbitration::Take(size_t candidate, int16_t placement) {
  if (IsOut(candidate)) return false;
  const ContactVerdict verdict = contacts_.Take(OfferOf(candidate), candidates_[candidate]);
  if (!verdict.allowed()) {
    refusals_.push_back({candidate, verdict});
    return false;
  }
  choices_.push_back({candidate, placement});
  return true;
}

}  // namespace nbo
