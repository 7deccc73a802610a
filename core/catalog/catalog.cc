#include "core/catalog/catalog.h"

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

const Treatment* Offer::FindTreatment(Channel channel, absl::string_view locale,
                                      absl::string_view default_locale) const {
  const absl::string_view language = locale.substr(0, locale.find_first_of("-_"));
  const Treatment* by_language = nullptr;
  const Treatment* by_default = nullptr;
  for (const Treatment& treatment : treatments) {
    if (treatment.channel != channel) continue;
    if (treatment.locale == locale) return &treatment;
    if (treatment.locale == language) by_language = &treatment;
    if (treatment.locale == default_locale) by_default = &treatment;
  }
  return by_language != nullptr ? by_language : by_default;
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
