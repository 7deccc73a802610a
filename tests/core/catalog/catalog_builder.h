// Catalogs for tests, written in a few words.
#ifndef NBO_TESTS_CORE_CATALOG_CATALOG_BUILDER_H_
#define NBO_TESTS_CORE_CATALOG_CATALOG_BUILDER_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/catalog/compile.h"

namespace nbo {

inline Text At(std::string value, Place place = {1, 1}) { return {std::move(value), place}; }

// An offer in short. Texts of its treatments follow from id and locale.
struct OfferSpec {
  std::string id;
  std::string group = "";
  std::string eligibility = "";
  std::string applicability = "";
  std::string from = "";
  std::string to = "";
  std::string value = "2.0";
  std::string cost = "0.5";
  std::string propensity = "0.1";
  std::string weight = "1";
  bool is_default = false;
  std::vector<std::string> categories = {};
  std::vector<std::string> products = {};
  std::vector<std::string> placements = {};
  std::vector<std::pair<std::string, std::string>> treatments = {{"POS", "en"}};  // channel, locale
};

inline TreatmentDraft DraftOfTreatment(const std::string& id, const std::string& channel, const std::string& locale) {
  TreatmentDraft draft;
  draft.channel = At(channel);
  draft.locale = At(locale);
  (channel == "POS" ? draft.script : draft.title) = At(absl::StrCat(id, " in ", locale));
  return draft;
}

inline OfferDraft DraftOfOffer(const OfferSpec& spec) {
  OfferDraft draft;
  auto texts = [](const std::vector<std::string>& values) {
    std::vector<Text> result;
    for (const std::string& value : values) result.push_back(At(value));
    return result;
  };
  auto optional = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional<Text>(At(value));
  };
  draft.id = At(spec.id);
  draft.name = At(absl::StrCat("Offer ", spec.id));
  draft.kind = At("discount");
  draft.group = optional(spec.group);
  draft.weight = At(spec.weight);
  draft.eligibility = optional(spec.eligibility);
  draft.applicability = optional(spec.applicability);
  draft.value = At(spec.value);
  draft.cost = At(spec.cost);
  draft.propensity = At(spec.propensity);
  if (spec.is_default) draft.is_default = At("true");
  if (!spec.from.empty() || !spec.to.empty()) draft.window = WindowDraft{optional(spec.from), optional(spec.to)};
  draft.categories = texts(spec.categories);
  draft.products = texts(spec.products);
  draft.placements = texts(spec.placements);
  for (const auto& [channel, locale] : spec.treatments) {
    draft.treatments.push_back(DraftOfTreatment(spec.id, channel, locale));
  }
  return draft;
}

// A catalog whose score is `offer.weight` unless the test says otherwise.
inline CatalogDraft DraftOfCatalog(const std::vector<OfferSpec>& offers, const std::string& score = "offer.weight",
                                   const std::string& floor = "0") {
  CatalogDraft draft;
  draft.name = At("test");
  draft.currency = At("USD");
  draft.default_locale = At("en");
  draft.score = At(score);
  draft.score_floor = At(floor);
  for (const OfferSpec& offer : offers) draft.offers.push_back(DraftOfOffer(offer));
  return draft;
}

inline void AddSegment(const std::string& id, const std::string& rule, CatalogDraft* draft) {
  draft->segments.push_back({{1, 1}, At(id), At(absl::StrCat("Segment ", id)), At(rule)});
}

// The compiled catalog; every mistake fails the test.
inline std::shared_ptr<Catalog> Compiled(const CatalogDraft& draft, int window_shift_days = 0) {
  auto result = CompileCatalog(draft, {"USD", window_shift_days});
  if (auto* mistakes = std::get_if<std::vector<CatalogMistake>>(&result)) {
    for (const CatalogMistake& mistake : *mistakes) ADD_FAILURE() << mistake.message;
    return std::make_shared<Catalog>();
  }
  return std::get<std::shared_ptr<Catalog>>(result);
}

}  // namespace nbo

#endif  // NBO_TESTS_CORE_CATALOG_CATALOG_BUILDER_H_
