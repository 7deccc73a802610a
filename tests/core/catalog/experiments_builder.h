// Control groups and experiments for tests, written in a few words.
#ifndef NBO_TESTS_CORE_CATALOG_EXPERIMENTS_BUILDER_H_
#define NBO_TESTS_CORE_CATALOG_EXPERIMENTS_BUILDER_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/core/catalog/catalog_builder.h"

namespace nbo {

struct VariantSpec {
  std::string id;
  std::string weight;
  bool withheld = false;
};

inline ExperimentDraft DraftOfExperiment(const std::string& id, const std::vector<std::string>& offers,
                                         const std::vector<VariantSpec>& variants = {{"plain", "0.5"},
                                                                                     {"bold", "0.5"}}) {
  ExperimentDraft draft;
  draft.place = {1, 1};
  draft.id = At(id);
  for (const std::string& offer : offers) draft.offers.push_back(At(offer));
  for (const VariantSpec& spec : variants) {
    VariantDraft variant;
    variant.place = {1, 1};
    variant.id = At(spec.id);
    variant.weight = At(spec.weight);
    if (spec.withheld) variant.withheld = At("true");
    draft.variants.push_back(std::move(variant));
  }
  return draft;
}

inline ControlDraft DraftOfControl(const std::string& share, const std::string& salt) {
  ControlDraft draft;
  draft.share = At(share);
  draft.salt = At(salt);
  return draft;
}

// A treatment of a variant ("experiment/variant"); `text` is its title or script.
inline TreatmentDraft DraftOfVariant(const std::string& variant, const std::string& channel, const std::string& locale,
                                     const std::string& text) {
  TreatmentDraft draft = DraftOfTreatment("", channel, locale);
  (channel == "POS" ? draft.script : draft.title) = At(text);
  draft.variant = At(variant);
  return draft;
}

}  // namespace nbo

#endif  // NBO_TESTS_CORE_CATALOG_EXPERIMENTS_BUILDER_H_
