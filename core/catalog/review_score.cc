#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/catalog/review_internal.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

// Whether a formula may ask for the context weight; too often yes rather than no.
bool AnyFormulaNamesContext(const CatalogDraft& draft) {
  const std::string& word = Words()[Slot::kContextWeight].name;
  if (!draft.score.given || absl::StrContains(draft.score.value, word)) return true;
  return std::any_of(draft.score_variants.begin(), draft.score_variants.end(),
                     [&](const VariantScoreDraft& variant) { return absl::StrContains(variant.score.value, word); });
}

}  // namespace

void ReviewScore(const CatalogDraft& draft, CatalogReview* review) {
  if (!draft.context_weights.empty() && !AnyFormulaNamesContext(draft)) {
    review->warnings.push_back(At(draft.context_weights.front().place,
                                  "context_weights: the score does not name context_weight, so they decide nothing; "
                                  "multiply it in, or leave score out for the default formula"));
  }
  if (!draft.arbitration || !draft.arbitration->per_category) return;
  const bool any = std::any_of(draft.offers.begin(), draft.offers.end(),
                               [](const OfferDraft& offer) { return !offer.categories.empty(); });
  if (any) return;
  review->warnings.push_back(
      At(draft.arbitration->place, "arbitration.per_category: no offer has categories; it bounds nothing"));
}

}  // namespace nbo
