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

void CompileTreatment(const TreatmentDraft& draft, FieldReader* read, Offer* offer) {
  Treatment treatment;
  treatment.channel = read->ChannelNamed("offers.treatments.channel", draft.channel).value_or(Channel::kUnspecified);
  treatment.locale = read->Locale("offers.treatments.locale", draft.locale);
  treatment.title = read->OptionalChars("offers.treatments.title", draft.title, kMaxTitleChars);
  treatment.body = read->OptionalChars("offers.treatments.body", draft.body, kMaxBodyChars);
  treatment.image_url = read->OptionalChars("offers.treatments.image", draft.image, kMaxImageUrlChars);
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
  for (const Treatment& other : offer->treatments) {
    if (!damaged && other.channel == treatment.channel && other.locale == treatment.locale) {
      read->Mistake(draft.place, absl::StrCat("offers.treatments: a second one for ", draft.channel.value, " in '",
                                              treatment.locale, "'"));
    }
  }
  offer->channels |= static_cast<uint16_t>(1 << static_cast<int>(treatment.channel));
  offer->treatments.push_back(std::move(treatment));
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
      read->Mistake(draft.place, absl::StrCat("offers.treatments: offer '", offer.id, "' has no text for ",
                                              ChannelName(treatment.channel), " in the default locale '",
                                              catalog.default_locale, "'"));
      return;
    }
  }
}

}  // namespace

void CompileTreatments(const OfferDraft& draft, const Catalog& catalog, FieldReader* read, Offer* offer) {
  if (draft.treatments.size() > kMaxTreatmentsPerOffer) {
    read->Mistake(draft.place,
                  absl::StrCat("offers.treatments: ", draft.treatments.size(), "; at most ", kMaxTreatmentsPerOffer));
  }
  for (const TreatmentDraft& treatment : draft.treatments) CompileTreatment(treatment, read, offer);
  CheckTreatments(draft, catalog, *offer, read);
}

}  // namespace nbo
