#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/catalog/compile_internal.h"

namespace nbo {
namespace {

constexpr int16_t kNoExperiment = -1;
constexpr int16_t kUnknownExperiment = -2;  // of a variant that is not there: such a catalog is never in force

void CheckScript(const Text& script, FieldReader* read) {
  const std::vector<std::string> lines = absl::StrSplit(absl::StripTrailingAsciiWhitespace(script.value), '\n');
  if (lines.size() > kMaxScriptLines) {
    return read->Mistake(script.place, absl::StrCat("offers.treatments.script: ", lines.size(), " lines; a till shows ",
                                                    kMaxScriptLines));
  }
  for (const std::string& line : lines) {
    if (CodePoints(line) > kMaxScriptLineChars) {
      read->Mistake(script.place, absl::StrCat("offers.treatments.script: line '", line, "' has ", CodePoints(line),
                                               " characters; a till shows ", kMaxScriptLineChars));
    }
  }
}

// Of one channel and one variant.
bool SameListener(const Treatment& a, const Treatment& b) {
  return a.channel == b.channel && a.experiment == b.experiment && a.variant == b.variant;
}

void CompileTreatment(const TreatmentDraft& draft, const Catalog& catalog, FieldReader* read, Offer* offer) {
  Treatment treatment;
  treatment.channel = read->ChannelNamed("offers.treatments.channel", draft.channel).value_or(Channel::kUnspecified);
  treatment.locale = read->Locale("offers.treatments.locale", draft.locale);
  treatment.title = read->OptionalChars("offers.treatments.title", draft.title, kMaxTitleChars);
  treatment.body = read->OptionalChars("offers.treatments.body", draft.body, kMaxBodyChars);
  treatment.image_url = read->OptionalChars("offers.treatments.image", draft.image, kMaxImageUrlChars);
  treatment.price = read->OptionalChars("offers.treatments.price", draft.price, kMaxPriceChars);
  treatment.call_to_action =
      read->OptionalChars("offers.treatments.call_to_action", draft.call_to_action, kMaxCallToActionChars);
  treatment.reason = read->OptionalChars("offers.treatments.reason", draft.reason, kMaxReasonChars);
  if (draft.script) {
    treatment.script = std::string(absl::StripTrailingAsciiWhitespace(draft.script->value));
    if (treatment.channel != Channel::kPos && treatment.channel != Channel::kCallCenter) {
      read->Mistake(draft.script->place,
                    "offers.treatments.script: only POS and CALL_CENTER have a script; use title and body");
    }
    if (treatment.channel == Channel::kPos) CheckScript(*draft.script, read);
    if (treatment.channel == Channel::kCallCenter)
      read->Chars("offers.treatments.script", *draft.script, kMaxBodyChars);
  }
  const bool damaged = !draft.channel.given || !draft.locale.given;  // told already: what follows would only repeat it
  if (treatment.script.empty() && treatment.title.empty() && !damaged) {
    read->Mistake(draft.place, "offers.treatments: says nothing; give it a script (POS) or a title");
  }
  if (draft.variant) {
    const VariantNumber named = FindVariant("offers.treatments.variant", *draft.variant, catalog, read);
    treatment.experiment = named.experiment < 0 ? kUnknownExperiment : static_cast<int16_t>(named.experiment);
    treatment.variant = static_cast<int16_t>(named.variant);
  }
  for (const Treatment& other : offer->treatments) {
    if (!damaged && treatment.experiment != kUnknownExperiment && SameListener(other, treatment) &&
        other.locale == treatment.locale) {
      read->Mistake(draft.place,
                    absl::StrCat("offers.treatments: a second one for ", draft.channel.value, " in '", treatment.locale,
                                 "'", draft.variant ? absl::StrCat(" of ", draft.variant->value) : ""));
    }
  }
  offer->channels |= static_cast<uint16_t>(1 << static_cast<int>(treatment.channel));
  offer->treatments.push_back(std::move(treatment));
}

// Variants must differ in what is compared and in nothing else: one that speaks in a channel does so in the languages
// in which the treatments of no variant do. What is missing is told at the variant's first treatment there.
void CheckVariants(const OfferDraft& draft, const Offer& offer, FieldReader* read) {
  const std::vector<Treatment>& all = offer.treatments;
  for (size_t i = 0; i < all.size(); ++i) {
    const Treatment& own = all[i];
    if (own.experiment < 0) continue;
    bool is_first = true;
    for (size_t k = 0; k < i; ++k) is_first &= !SameListener(all[k], own);
    bool others_speak = false;
    for (const Treatment& common : all) {
      if (common.experiment != kNoExperiment || common.channel != own.channel) continue;
      others_speak |= common.locale == own.locale;
      if (!is_first) continue;
      const bool speaks = std::any_of(all.begin() + static_cast<int>(i), all.end(), [&](const Treatment& t) {
        return SameListener(t, own) && t.locale == common.locale;
      });
      if (speaks) continue;
      read->Mistake(draft.treatments[i].variant->place,
                    absl::StrCat("offers.treatments.variant: '", draft.treatments[i].variant->value,
                                 "' has no text for ", ChannelName(own.channel), " in '", common.locale,
                                 "', as the treatment without a variant has; give it one"));
    }
    if (others_speak) continue;
    read->Mistake(draft.treatments[i].place,
                  absl::StrCat("offers.treatments: for ", ChannelName(own.channel), " in '", own.locale,
                               "' there is a text of a variant only; give it one without 'variant', too"));
  }
}

void CheckTreatments(const OfferDraft& draft, const Catalog& catalog, const Offer& offer, FieldReader* read) {
  if (!draft.treatments_are_whole) return;
  if (offer.treatments.empty()) {
    read->Mistake(draft.place,
                  absl::StrCat("offers.treatments: offer '", offer.id, "' has none; it could be shown nowhere"));
  }
  for (const Treatment& treatment : offer.treatments) {
    if (treatment.channel != Channel::kUnspecified &&
        offer.FindTreatment(treatment.channel, "", catalog.default_locale) == nullptr) {
      const bool varied = treatment.experiment >= 0;
      read->Mistake(draft.place,
                    absl::StrCat("offers.treatments: offer '", offer.id, "' has no text for ",
                                 ChannelName(treatment.channel), " in the default locale '", catalog.default_locale,
                                 "'", varied ? " for those who are in no variant; give it one without 'variant'" : ""));
      return;
    }
  }
  CheckVariants(draft, offer, read);
}

}  // namespace

void CompileTreatments(const OfferDraft& draft, const Catalog& catalog, FieldReader* read, Offer* offer) {
  if (draft.treatments.size() > kMaxTreatmentsPerOffer) {
    read->Mistake(draft.place,
                  absl::StrCat("offers.treatments: ", draft.treatments.size(), "; at most ", kMaxTreatmentsPerOffer));
  }
  for (const TreatmentDraft& treatment : draft.treatments) CompileTreatment(treatment, catalog, read, offer);
  CheckTreatments(draft, catalog, *offer, read);
}

}  // namespace nbo
