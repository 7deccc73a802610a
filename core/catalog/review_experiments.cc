#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/catalog/review_internal.h"

namespace nbo {
namespace {

void ReviewControl(const ControlDraft& control, CatalogReview* review) {
  constexpr double kLargeShare = 0.3;
  constexpr int kShortDays = 28;  // four weeks: shorter, and hardly anybody has bought twice
  double share = 0;
  if (absl::SimpleAtod(control.share.value, &share)) {
    if (share == 0) {
      review->warnings.push_back(
          At(control.share.place, "control.share: of 0 nobody is in control; nothing is measured"));
    } else if (share > kLargeShare) {
      review->warnings.push_back(At(control.share.place, absl::StrCat("control.share: ", control.share.value,
                                                                      " of all customers will get no personal offer")));
    }
  }
  int days = 0;
  if (control.rotate_days && absl::SimpleAtoi(control.rotate_days->value, &days) && days >= 1 && days < kShortDays) {
    review->warnings.push_back(At(control.rotate_days->place,
                                  absl::StrCat("control.rotate_days: everybody is drawn anew every ", days,
                                               days == 1 ? " day" : " days", "; what offers bring shows over weeks")));
  }
}

// The variants that treatments or formulas speak of.
absl::flat_hash_set<std::string> VariedOf(const CatalogDraft& draft) {
  absl::flat_hash_set<std::string> varied;
  for (const VariantScoreDraft& score : draft.score_variants) varied.insert(score.variant.value);
  for (const OfferDraft& offer : draft.offers) {
    for (const TreatmentDraft& treatment : offer.treatments) {
      if (treatment.variant) varied.insert(treatment.variant->value);
    }
  }
  return varied;
}

// Variants that differ in nothing from another one: what both do by default.
void ReviewVariants(const ExperimentDraft& experiment, const absl::flat_hash_set<std::string>& varied,
                    CatalogReview* review) {
  const VariantDraft* plain = nullptr;
  for (const VariantDraft& variant : experiment.variants) {
    const bool withheld = variant.withheld && variant.withheld->value == "true";
    double weight = 0;
    if (absl::SimpleAtod(variant.weight.value, &weight) && weight == 0) {
      review->warnings.push_back(
          At(variant.weight.place,
             absl::StrCat("experiments.variants.weight: nobody will be in '", variant.id.value, "'")));
    }
    if (withheld || varied.contains(absl::StrCat(experiment.id.value, "/", variant.id.value))) continue;
    if (plain != nullptr) {
      review->warnings.push_back(
          At(variant.place,
             absl::StrCat("experiments.variants: '", variant.id.value, "' differs in nothing from '", plain->id.value,
                          "'; give it treatments with 'variant: ", experiment.id.value, "/", variant.id.value,
                          "', a formula under score_variants, or 'withheld: true'")));
      continue;
    }
    plain = &variant;
  }
}

void ReviewCoverage(const ExperimentDraft& experiment, CatalogReview* review) {
  double coverage = 1;
  if (!experiment.coverage || !absl::SimpleAtod(experiment.coverage->value, &coverage) || coverage != 0) return;
  review->warnings.push_back(At(experiment.coverage->place, absl::StrCat("experiments.coverage: nobody takes part in '",
                                                                         experiment.id.value, "'")));
}

}  // namespace

void ReviewExperiments(const CatalogDraft& draft, CatalogReview* review) {
  if (draft.control) ReviewControl(*draft.control, review);
  const absl::flat_hash_set<std::string> varied = VariedOf(draft);
  for (const ExperimentDraft& experiment : draft.experiments) {
    ReviewVariants(experiment, varied, review);
    ReviewCoverage(experiment, review);
  }
}

}  // namespace nbo
