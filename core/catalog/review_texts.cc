#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/catalog/review_internal.h"

namespace nbo {
namespace {

constexpr int kUnlimited = 0;

// How many offers speak in each channel, and in each of its languages. Names are as written.
struct ChannelUse {
  int offers = 0;
  std::map<absl::string_view, int> locales;
};
using Uses = std::map<absl::string_view, ChannelUse>;
using Speech = std::map<absl::string_view, std::set<absl::string_view>>;  // channel to languages, of one offer

Speech SpeechOf(const OfferDraft& offer) {
  Speech speech;
  for (const TreatmentDraft& treatment : offer.treatments) {
    if (treatment.channel.given && treatment.locale.given)
      speech[treatment.channel.value].insert(treatment.locale.value);
  }
  return speech;
}

Uses CountUses(const CatalogDraft& draft) {
  Uses uses;
  for (const OfferDraft& offer : draft.offers) {
    for (const auto& [channel, locales] : SpeechOf(offer)) {
      ChannelUse& use = uses[channel];
      ++use.offers;
      for (absl::string_view locale : locales) ++use.locales[locale];
    }
  }
  return uses;
}

// A language is missed in a channel if the offer has it elsewhere, or if most offers of the channel have it.
// Of the default language CompileCatalog says so.
void ReviewLocales(const OfferDraft& offer, absl::string_view default_locale, const Uses& uses, CatalogReview* review) {
  const Speech speech = SpeechOf(offer);
  std::set<absl::string_view> spoken;
  for (const auto& [channel, locales] : speech) spoken.insert(locales.begin(), locales.end());
  for (const auto& [channel, locales] : speech) {
    const ChannelUse& use = uses.at(channel);
    std::set<absl::string_view> wanted = spoken;
    for (const auto& [locale, count] : use.locales) {
      if (2 * count > use.offers) wanted.insert(locale);
    }
    for (absl::string_view locale : wanted) {
      if (locales.count(locale) > 0 || locale == default_locale) continue;
      const auto others = use.locales.find(locale);
      const int count = others == use.locales.end() ? 0 : others->second;
      review->warnings.push_back(At(
          offer.place, absl::StrCat("offers.treatments: offer '", offer.id.value, "' has no text for ", channel,
                                    " in '", locale, "', ",
                                    count > 0 ? absl::StrCat("as ", count, count == 1 ? " other has" : " others have")
                                              : std::string("which it has in another channel"))));
    }
  }
}

// A channel in which every other offer speaks.
void ReviewChannels(const OfferDraft& offer, const CatalogDraft& draft, const Uses& uses, CatalogReview* review) {
  constexpr size_t kFewOffers = 3;  // of so few nothing can be concluded
  if (draft.offers.size() <= kFewOffers || offer.treatments.empty()) return;
  const Speech speech = SpeechOf(offer);
  for (const auto& [channel, use] : uses) {
    if (speech.count(channel) > 0 || use.offers + 1 < static_cast<int>(draft.offers.size())) continue;
    review->warnings.push_back(
        At(offer.place, absl::StrCat("offers.treatments: offer '", offer.id.value, "' has no text for ", channel,
                                     ", where every other offer can be shown")));
  }
}

class Placements {
 public:
  Placements(const CatalogDraft& draft, CatalogReview* review) : review_(*review) {
    for (const PlacementDraft& placement : draft.placements) {
      if (!placement.id.given) continue;
      Sizes sizes;
      sizes.title = Size("placements.title_chars", placement.title_chars);
      sizes.body = Size("placements.body_chars", placement.body_chars);
      sizes.call_to_action = Size("placements.call_to_action_chars", placement.call_to_action_chars);
      if (!sizes_.emplace(placement.id.value, sizes).second) {
        review_.mistakes.push_back(
            At(placement.id.place, absl::StrCat("placements.id: '", placement.id.value, "' is declared twice")));
      }
      ids_.push_back(placement.id.value);
    }
  }

  void Review(const OfferDraft& offer) {
    if (ids_.empty()) return;
    for (const Text& placement : offer.placements) {
      const auto it = sizes_.find(placement.value);
      if (it == sizes_.end()) {
        review_.mistakes.push_back(
            At(placement.place, absl::StrCat("offers.placements: '", placement.value,
                                             "' is not declared under placements", DidYouMean(placement.value, ids_))));
        continue;
      }
      for (const TreatmentDraft& treatment : offer.treatments) {
        Fits("title", treatment.title, it->second.title, placement.value);
        Fits("body", treatment.body, it->second.body, placement.value);
        Fits("call_to_action", treatment.call_to_action, it->second.call_to_action, placement.value);
      }
    }
  }

 private:
  struct Sizes {
    int title = kUnlimited, body = kUnlimited, call_to_action = kUnlimited;  // characters
  };

  int Size(absl::string_view field, const std::optional<Text>& text) {
    constexpr int kMaxChars = 10'000;
    int chars = kUnlimited;
    if (!text) return chars;
    if (absl::SimpleAtoi(text->value, &chars) && chars >= 1 && chars <= kMaxChars) return chars;
    review_.mistakes.push_back(At(
        text->place, absl::StrCat(field, ": '", text->value, "' is no number of characters; write 1 to ", kMaxChars)));
    return kUnlimited;
  }

  void Fits(absl::string_view field, const std::optional<Text>& text, int most, absl::string_view placement) {
    if (!text || most == kUnlimited) return;
    const size_t chars = CodePoints(text->value);
    if (chars <= static_cast<size_t>(most)) return;
    review_.mistakes.push_back(At(text->place, absl::StrCat("offers.treatments.", field, ": ", chars, " characters; ",
                                                            "placement '", placement, "' takes ", most)));
  }

  CatalogReview& review_;
  absl::flat_hash_map<absl::string_view, Sizes> sizes_;
  std::vector<absl::string_view> ids_;
};

}  // namespace

void ReviewTexts(const CatalogDraft& draft, CatalogReview* review) {
  const Uses uses = CountUses(draft);
  Placements placements(draft, review);
  for (const OfferDraft& offer : draft.offers) {
    ReviewLocales(offer, draft.default_locale.value, uses, review);
    ReviewChannels(offer, draft, uses, review);
    placements.Review(offer);
  }
}

}  // namespace nbo
