#include "core/catalog/catalog.h"

#include <algorithm>

#include "core/catalog/known.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {
constexpr absl::string_view kKindNames[] = {"", "discount", "points", "gift", "cross_sell", "up_sell", "information"};
}  // namespace

absl::string_view OfferKindName(OfferKind kind) { return kKindNames[static_cast<int>(kind)]; }

std::optional<OfferKind> OfferKindByName(absl::string_view name) {
  for (int i = 1; i <= static_cast<int>(OfferKind::kInformation); ++i) {
    if (kKindNames[i] == name) return static_cast<OfferKind>(i);
  }
  return std::nullopt;
}

const Treatment* Offer::FindTreatment(Channel channel, absl::string_view locale, absl::string_view default_locale,
                                      Arms* arms) const {
  const absl::string_view language = locale.substr(0, locale.find_first_of("-_"));
  // Of those of no variant, and of those of the customer's: a variant that speaks here at all speaks for itself, in
  // whatever language.
  struct Found {
    const Treatment *by_locale = nullptr, *by_language = nullptr, *by_default = nullptr;
    const Treatment* Best() const {
      return by_locale != nullptr ? by_locale : by_language != nullptr ? by_language : by_default;
    }
  } common, own;
  for (const Treatment& treatment : treatments) {
    if (treatment.channel != channel) continue;
    if (treatment.experiment >= 0) {
      if (arms == nullptr || arms->VariantOf(treatment.experiment) != treatment.variant) continue;
    }
    Found& found = treatment.experiment >= 0 ? own : common;
    if (treatment.locale == locale) found.by_locale = &treatment;
    if (treatment.locale == language) found.by_language = &treatment;
    if (treatment.locale == default_locale) found.by_default = &treatment;
  }
  const Treatment* const variants = own.Best();
  return variants != nullptr ? variants : common.Best();
}

bool Catalog::ScoresByVariant() const {
  return std::any_of(variant_scores.begin(), variant_scores.end(), [](const auto& scores) { return !scores.empty(); });
}

const ScoreFormula* Catalog::VariantScore(const Offer& offer, Arms* arms) const {
  for (const uint16_t experiment : offer.experiments) {
    const auto& scores = variant_scores[experiment];
    if (scores.empty()) continue;
    const int variant = arms->VariantOf(experiment);
    if (variant != kNoVariant && scores[variant]) return &*scores[variant];
  }
  return nullptr;
}

std::vector<rules::Constant> WordsOf(const Offer& offer) {
  Known known;
  known.offer = &offer;
  std::vector<rules::Constant> words;
  for (int slot = Slot::kOfferId; slot < Slot::kOfferAffinity; ++slot) {
    const Word& word = Words()[static_cast<size_t>(slot)];
    words.push_back({slot, word.get(known, word.window, /*arena=*/nullptr)});
  }
  return words;
}

}  // namespace nbo
