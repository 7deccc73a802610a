// The parts of ReviewCatalog, shared by its source files only.
#ifndef NBO_CORE_CATALOG_REVIEW_INTERNAL_H_
#define NBO_CORE_CATALOG_REVIEW_INTERNAL_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/catalog/review.h"
#include "core/rules/edit_distance.h"

namespace nbo {

// review_rules.cc: segments named in rules, rules that decide nothing.
void ReviewRules(const CatalogDraft& draft, CatalogReview* review);
// review_texts.cc: languages and channels of treatments, placements and their sizes.
void ReviewTexts(const CatalogDraft& draft, CatalogReview* review);
// review_contacts.cc: caps that can never bind, and what a contact policy forgets.
void ReviewContacts(const CatalogDraft& draft, CatalogReview* review);
// review_experiments.cc: control groups too large or too short, variants that differ in nothing.
void ReviewExperiments(const CatalogDraft& draft, CatalogReview* review);

// review_terms.cc: budgets, suppliers, costs above values.
void ReviewTerms(const CatalogDraft& draft, CatalogReview* review);
// review_score.cc: context weights and bounds of arbitration that decide nothing.
void ReviewScore(const CatalogDraft& draft, CatalogReview* review);

inline CatalogMistake At(Place place, std::string message) { return {place, 0, "", std::move(message)}; }

using rules::DidYouMean;

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_REVIEW_INTERNAL_H_
