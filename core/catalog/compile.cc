#include "core/catalog/compile.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

// The OfferFacts that the formula names, but for the words: those are put in.
uint8_t FormulaFacts(const rules::Expression& formula) {
  uint8_t facts = 0;
  for (int slot = Slot::kOfferId; slot < Slot::kOfferAffinity; ++slot) {
    if (formula.Names(slot)) facts |= kOfferWords;
  }
  if (formula.Names(Slot::kOfferAffinity) || formula.Names(Slot::kOfferVisits)) facts |= kOfferAffinity;
  if (formula.Names(Slot::kOfferInBasket)) facts |= kOfferInBasket;
  return facts;
}

// Collects mistakes while fields are read; each reader returns a usable value in any case and goes on.
class Checker {
 public:
  explicit Checker(const CompileOptions& options) : options_(options) {}

  std::shared_ptr<Catalog> Compile(const CatalogDraft& draft);
  std::vector<CatalogMistake>& mistakes() { return mistakes_; }

 private:
  void Mistake(Place place, std::string message) { mistakes_.push_back({place, 0, "", std::move(message)}); }
  void Chars(absl::string_view field, const Text& text, size_t max_chars);
  std::string OptionalChars(absl::string_view field, const std::optional<Text>& text, size_t max_chars);
  std::string Slug(absl::string_view field, const Text& text);
  std::string Locale(absl::string_view field, const Text& text);
  double Number(absl::string_view field, const Text& text, double low, double high);
  std::optional<rules::Expression> Rule(absl::string_view field, const Text& text,
                                        const rules::Environment& environment, rules::Type type);
  void AddMistakes(absl::string_view field, const Text& text, const std::vector<rules::Mistake>& mistakes);
  Day CivilDate(absl::string_view field, const Text& text, Day fallback);
  std::vector<std::string> Ids(absl::string_view field, const std::vector<Text>& texts, size_t max_count);

  void CompileSegment(const SegmentDraft& draft, Catalog* catalog);
  void CompileRfmSegments(const std::vector<RfmSegmentDraft>& drafts, Catalog* catalog);
  ScoreRange Scores(absl::string_view field, const std::optional<Text>& text);
  void CompileOffer(const OfferDraft& draft, Catalog* catalog);
  void CompileWindow(const OfferDraft& draft, Offer* offer);
  std::optional<rules::Condition> OfferRule(absl::string_view field, const Text& text, Offer* offer);
  void CompileRules(const OfferDraft& draft, Offer* offer, OfferConditions* conditions);
  void CompileTreatment(const TreatmentDraft& draft, Offer* offer);
  void CheckTreatments(const OfferDraft& draft, const Offer& offer, const Catalog& catalog);
  void CheckScript(const Text& script);
  void CheckUnique(absl::string_view what, const Text& id, absl::flat_hash_map<std::string, Place>* seen);

  const CompileOptions& options_;
  WordSet words_;  // that the rules found so far name
  std::vector<CatalogMistake> mistakes_;
  absl::flat_hash_map<std::string, Place> offer_ids_, segment_ids_, rfm_segment_ids_;
};

void Checker::Chars(absl::string_view field, const Text& text, size_t max_chars) {
  if (!text.given) return;
  if (!IsUtf8(text.value)) return Mistake(text.place, absl::StrCat(field, ": not valid UTF-8"));
  const size_t chars = CodePoints(text.value);
  if (chars > max_chars) {
    Mistake(text.place, absl::StrCat(field, ": ", chars, " characters; at most ", max_chars, " fit"));
  }
}

std::string Checker::OptionalChars(absl::string_view field, const std::optional<Text>& text, size_t max_chars) {
  if (!text) return "";
  Chars(field, *text, max_chars);
  return text->value;
}

std::string Checker::Slug(absl::string_view field, const Text& text) {
  const bool good = !text.value.empty() && text.value.size() <= kMaxIdBytes &&
                    std::all_of(text.value.begin(), text.value.end(), [](char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_' || c == '.';
                    });
  if (text.given && !good) {
    Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no id; use 1 to ", kMaxIdBytes,
                                     " of a-z, 0-9, '-', '_' and '.'"));
  }
  return text.value;
}

std::string Checker::Locale(absl::string_view field, const Text& text) {
  const bool good =
      !text.value.empty() && text.value.size() <= kMaxLocaleBytes &&
      std::all_of(text.value.begin(), text.value.end(), [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
  if (!text.given || good) return text.value;
  Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no language tag; write 'en' or 'pt-BR'"));
  return text.value;
}

double Checker::Number(absl::string_view field, const Text& text, double low, double high) {
  if (!text.given) return 0;
  double number = 0;
  if (!absl::SimpleAtod(text.value, &number) || !std::isfinite(number)) {
    Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is not a number; write for example 1.50"));
    return 0;
  }
  if (number < low || number > high) {
    Mistake(text.place, absl::StrCat(field, ": ", text.value, " is outside ", low, "..", high));
  }
  return number;
}

std::optional<rules::Expression> Checker::Rule(absl::string_view field, const Text& text,
                                               const rules::Environment& environment, rules::Type type) {
  if (!text.given) return std::nullopt;
  auto result = rules::Expression::Compile(text.value, environment, type);
  if (auto* expression = std::get_if<rules::Expression>(&result)) {
    words_.AddNamed(*expression);
    return *std::move(expression);
  }
  AddMistakes(field, text, std::get<std::vector<rules::Mistake>>(result));
  return std::nullopt;
}

void Checker::AddMistakes(absl::string_view field, const Text& text, const std::vector<rules::Mistake>& mistakes) {
  for (const rules::Mistake& mistake : mistakes) {
    mistakes_.push_back({text.place, mistake.offset, text.value, absl::StrCat(field, ": ", mistake.message)});
  }
}

Day Checker::CivilDate(absl::string_view field, const Text& text, Day fallback) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text.value, &day) || text.value.size() != 10) {
    Mistake(text.place, absl::StrCat(field, ": '", text.value, "' is no date; write YYYY-MM-DD"));
    return fallback;
  }
  return DayOf(day) + options_.window_shift_days;
}

std::vector<std::string> Checker::Ids(absl::string_view field, const std::vector<Text>& texts, size_t max_count) {
  std::vector<std::string> ids;
  if (texts.size() > max_count) {
    Mistake(texts[max_count].place, absl::StrCat(field, ": ", texts.size(), " entries; at most ", max_count));
  }
  for (const Text& text : texts) {
    if (absl::Status s = CheckId(field, text.value, /*required=*/true); !s.ok()) {
      Mistake(text.place, std::string(s.message()));
    }
    ids.push_back(text.value);
  }
  return ids;
}

void Checker::CheckUnique(absl::string_view what, const Text& id, absl::flat_hash_map<std::string, Place>* seen) {
  if (!id.given) return;
  auto [it, inserted] = seen->try_emplace(id.value, id.place);
  if (!inserted) {
    Mistake(id.place, absl::StrCat(what, ": '", id.value, "' is already used in line ", it->second.line));
  }
}

void Checker::CompileSegment(const SegmentDraft& draft, Catalog* catalog) {
  CheckUnique("segments.id", draft.id, &segment_ids_);
  const std::string id = Slug("segments.id", draft.id);
  Chars("segments.name", draft.name, kMaxNameChars);
  auto rule = Rule("segments.rule", draft.rule, CustomerVocabulary(), rules::Type::kBool);
  if (rule) catalog->segments.push_back({id, draft.name.value, *std::move(rule)});
}

ScoreRange Checker::Scores(absl::string_view field, const std::optional<Text>& text) {
  if (!text) return {};
  const std::string& value = text->value;
  auto score = [&value](size_t at) {
    return at < value.size() && absl::ascii_isdigit(value[at]) ? value[at] - '0' : 0;
  };
  const bool one = value.size() == 1;
  const ScoreRange range{score(0), score(one ? 0 : 2)};
  const bool good = (one || (value.size() == 3 && value[1] == '-')) && 1 <= range.low && range.low <= range.high &&
                    range.high <= kRfmScores;
  if (good) return range;
  Mistake(text->place, absl::StrCat(field, ": '", value,
                                    "' is no range of scores; write one of 1 to 5, or two of them, "
                                    "the lower first: 2-4"));
  return {};
}

void Checker::CompileRfmSegments(const std::vector<RfmSegmentDraft>& drafts, Catalog* catalog) {
  if (drafts.empty()) return;  // the published ones
  if (drafts.size() > kMaxRfmSegments) {
    return Mistake(drafts[kMaxRfmSegments].place,
                   absl::StrCat("rfm_segments: ", drafts.size(), "; at most ", kMaxRfmSegments));
  }
  std::vector<RfmSegment> segments;
  for (const RfmSegmentDraft& draft : drafts) {
    CheckUnique("rfm_segments.id", draft.id, &rfm_segment_ids_);
    if (draft.id.value == kOtherRfmSegment) {
      Mistake(draft.id.place, "rfm_segments.id: 'others' is the name of those who are in no segment; use another");
    }
    Chars("rfm_segments.name", draft.name, kMaxNameChars);
    segments.push_back(
        {Slug("rfm_segments.id", draft.id), draft.name.value, Scores("rfm_segments.recency", draft.recency),
         Scores("rfm_segments.frequency", draft.frequency), Scores("rfm_segments.monetary", draft.monetary)});
  }
  const bool good = mistakes_.empty();
  catalog->rfm = RfmSegmentation(std::move(segments));
  for (size_t i = 0; good && i < drafts.size(); ++i) {
    if (catalog->rfm.Reachable(static_cast<int>(i))) continue;
    Mistake(drafts[i].place, absl::StrCat("rfm_segments: '", drafts[i].id.value,
                                          "' would have no customers, the segments before it take all its scores; "
                                          "move it up or change its ranges"));
  }
}

void Checker::CompileWindow(const OfferDraft& draft, Offer* offer) {
  if (!draft.window) return;
  if (draft.window->from) offer->from_day = CivilDate("offers.window.from", *draft.window->from, offer->from_day);
  if (draft.window->to) offer->to_day = CivilDate("offers.window.to", *draft.window->to, offer->to_day);
  if (offer->from_day > offer->to_day) {
    Mistake(draft.window->to->place,
            absl::StrCat("offers.window: ends ", draft.window->to->value, ", before it begins; it would never open"));
  }
}

std::optional<rules::Condition> Checker::OfferRule(absl::string_view field, const Text& text, Offer* offer) {
  auto result = CompileCondition(*offer, text.value);
  if (auto* condition = std::get_if<rules::Condition>(&result)) {
    offer->rule_facts |= FactsNamed(*condition);
    words_.AddNamed(*condition);
    return *std::move(condition);
  }
  AddMistakes(field, text, std::get<std::vector<rules::Mistake>>(result));
  return std::nullopt;
}

// Requires the offer's words.
void Checker::CompileRules(const OfferDraft& draft, Offer* offer, OfferConditions* conditions) {
  std::optional<rules::Condition> eligibility, applicability;
  if (draft.eligibility) {
    offer->eligibility = draft.eligibility->value;
    eligibility = OfferRule("offers.eligibility", *draft.eligibility, offer);
    if (offer->is_default) {
      Mistake(draft.eligibility->place,
              "offers.eligibility: a default offer is for anybody; remove the rule or 'default: true'");
    }
  }
  if (draft.applicability) {
    offer->applicability = draft.applicability->value;
    applicability = OfferRule("offers.applicability", *draft.applicability, offer);
  }
  conditions->Add(*offer, eligibility ? &*eligibility : nullptr, applicability ? &*applicability : nullptr);
}

void Checker::CheckScript(const Text& script) {
  const std::vector<std::string> lines = absl::StrSplit(absl::StripTrailingAsciiWhitespace(script.value), '\n');
  if (lines.size() > kMaxScriptLines) {
    return Mistake(script.place,
                   absl::StrCat("offers.treatments.script: ", lines.size(), " lines; a till shows ", kMaxScriptLines));
  }
  for (const std::string& line : lines) {
    if (CodePoints(line) > kMaxScriptLineChars) {
      Mistake(script.place, absl::StrCat("offers.treatments.script: line '", line, "' has ", CodePoints(line),
                                         " characters; a till shows ", kMaxScriptLineChars));
    }
  }
}

void Checker::CompileTreatment(const TreatmentDraft& draft, Offer* offer) {
  Treatment treatment;
  auto channel = ChannelByName(draft.channel.value);
  if (!channel && draft.channel.given) {
    Mistake(draft.channel.place,
            absl::StrCat("offers.treatments.channel: '", draft.channel.value,
                         "' is no channel; use POS, KIOSK, MOBILE_APP, WEB, CALL_CENTER, EMAIL, SMS, PUSH, MESSENGER, "
                         "COURIER or AD_CABINET"));
  }
  treatment.channel = channel.value_or(Channel::kUnspecified);
  treatment.locale = Locale("offers.treatments.locale", draft.locale);
  treatment.title = OptionalChars("offers.treatments.title", draft.title, kMaxTitleChars);
  treatment.body = OptionalChars("offers.treatments.body", draft.body, kMaxBodyChars);
  treatment.image_url = OptionalChars("offers.treatments.image", draft.image, kMaxImageUrlChars);
  treatment.call_to_action =
      OptionalChars("offers.treatments.call_to_action", draft.call_to_action, kMaxCallToActionChars);
  treatment.reason = OptionalChars("offers.treatments.reason", draft.reason, kMaxReasonChars);
  if (draft.script) {
    treatment.script = std::string(absl::StripTrailingAsciiWhitespace(draft.script->value));
    if (treatment.channel != Channel::kPos && treatment.channel != Channel::kCallCenter) {
      Mistake(draft.script->place,
              "offers.treatments.script: only POS and CALL_CENTER have a script; use title and body");
    }
    if (treatment.channel == Channel::kPos) CheckScript(*draft.script);
    if (treatment.channel == Channel::kCallCenter) Chars("offers.treatments.script", *draft.script, kMaxBodyChars);
  }
  const bool damaged = !draft.channel.given || !draft.locale.given;  // told already: what follows would only repeat it
  if (treatment.script.empty() && treatment.title.empty() && !damaged) {
    Mistake(draft.place, "offers.treatments: says nothing; give it a script (POS) or a title");
  }
  for (const Treatment& other : offer->treatments) {
    if (!damaged && other.channel == treatment.channel && other.locale == treatment.locale) {
      Mistake(draft.place, absl::StrCat("offers.treatments: a second one for ", draft.channel.value, " in '",
                                        treatment.locale, "'"));
    }
  }
  offer->channels |= static_cast<uint16_t>(1 << static_cast<int>(treatment.channel));
  offer->treatments.push_back(std::move(treatment));
}

void Checker::CheckTreatments(const OfferDraft& draft, const Offer& offer, const Catalog& catalog) {
  if (!draft.treatments_are_whole) return;
  if (offer.treatments.empty()) {
    Mistake(draft.place, absl::StrCat("offers.treatments: offer '", offer.id, "' has none; it could be shown nowhere"));
  }
  for (const Treatment& treatment : offer.treatments) {
    if (treatment.channel != Channel::kUnspecified &&
        offer.FindTreatment(treatment.channel, "", catalog.default_locale) == nullptr) {
      Mistake(draft.place,
              absl::StrCat("offers.treatments: offer '", offer.id, "' has no text for ", ChannelName(treatment.channel),
                           " in the default locale '", catalog.default_locale, "'"));
      return;
    }
  }
}

void Checker::CompileOffer(const OfferDraft& draft, Catalog* catalog) {
  constexpr double kMaxMoney = 1e9;
  Offer offer;
  CheckUnique("offers.id", draft.id, &offer_ids_);
  offer.id = Slug("offers.id", draft.id);
  Chars("offers.name", draft.name, kMaxNameChars);
  offer.name = draft.name.value;
  auto kind = OfferKindByName(draft.kind.value);
  if (!kind && draft.kind.given) {
    Mistake(draft.kind.place,
            absl::StrCat("offers.kind: '", draft.kind.value,
                         "' is no kind; use discount, points, gift, cross_sell, up_sell or information"));
  }
  offer.kind = kind.value_or(OfferKind::kUnspecified);
  if (draft.group) offer.group = Slug("offers.group", *draft.group);
  CompileWindow(draft, &offer);
  offer.value = Number("offers.value", draft.value, 0, kMaxMoney);
  offer.cost = Number("offers.cost", draft.cost, 0, kMaxMoney);
  offer.propensity = Number("offers.propensity", draft.propensity, 0, 1);
  if (draft.weight) offer.weight = Number("offers.weight", *draft.weight, 0, 1e6);
  if (draft.is_default) {
    offer.is_default = draft.is_default->value == "true";
    if (!offer.is_default && draft.is_default->value != "false") {
      Mistake(draft.is_default->place, "offers.default: write true or false");
    }
  }
  offer.products = Ids("offers.products", draft.products, kMaxProductsPerOffer);
  std::sort(offer.products.begin(), offer.products.end());
  for (const std::string& product : offer.products) offer.product_keys.push_back(Hash64(product));
  std::sort(offer.product_keys.begin(), offer.product_keys.end());
  offer.categories = Ids("offers.categories", draft.categories, kMaxCategoriesPerOffer);
  for (const std::string& category : offer.categories) offer.category_keys.push_back(CategoryKey(category));
  offer.placements = Ids("offers.placements", draft.placements, kMaxPlacementsPerOffer);
  offer.everywhere = offer.placements.empty();
  if (draft.coupon) {
    offer.coupon_code = OptionalChars("offers.coupon.code", draft.coupon->code, kMaxIdBytes);
    offer.coupon_barcode = OptionalChars("offers.coupon.barcode", draft.coupon->barcode, kMaxIdBytes);
  }
  if (draft.treatments.size() > kMaxTreatmentsPerOffer) {
    Mistake(draft.place,
            absl::StrCat("offers.treatments: ", draft.treatments.size(), "; at most ", kMaxTreatmentsPerOffer));
  }
  for (const TreatmentDraft& treatment : draft.treatments) CompileTreatment(treatment, &offer);
  CheckTreatments(draft, offer, *catalog);
  CompileRules(draft, &offer, &catalog->conditions);
  catalog->offers.push_back(std::move(offer));
}

std::shared_ptr<Catalog> Checker::Compile(const CatalogDraft& draft) {
  auto catalog = std::make_shared<Catalog>();
  Chars("catalog", draft.name, kMaxIdBytes);
  catalog->name = draft.name.value;
  if (draft.currency.given && draft.currency.value != options_.currency) {
    Mistake(draft.currency.place,
            absl::StrCat("currency: '", draft.currency.value, "' is not the deployment's '", options_.currency, "'"));
  }
  catalog->default_locale = Locale("default_locale", draft.default_locale);
  catalog->score = Rule("score", draft.score, FullVocabulary(), rules::Type::kDouble);
  if (catalog->score) {
    catalog->score_facts = FormulaFacts(*catalog->score);
    catalog->conditions.NoteSegments(*catalog->score);
  }
  if (draft.score_floor) catalog->score_floor = Number("score_floor", *draft.score_floor, -1e12, 1e12);
  if (draft.segments.size() > kMaxSegments) {
    Mistake(draft.segments[kMaxSegments].place,
            absl::StrCat("segments: ", draft.segments.size(), "; at most ", kMaxSegments));
  }
  for (const SegmentDraft& segment : draft.segments) CompileSegment(segment, catalog.get());
  CompileRfmSegments(draft.rfm_segments, catalog.get());
  if (draft.offers.size() > kMaxOffers) {
    Mistake(draft.offers[kMaxOffers].place, absl::StrCat("offers: ", draft.offers.size(), "; at most ", kMaxOffers));
  }
  catalog->offers.reserve(draft.offers.size());
  for (const OfferDraft& offer : draft.offers) CompileOffer(offer, catalog.get());
  catalog->conditions.Finish();
  // An explanation shows the offer's own words, too.
  for (int slot = Slot::kOfferId; slot < Slot::kOfferAffinity; ++slot) words_.Add(slot);
  catalog->words = words_;
  return catalog;
}

}  // namespace

std::variant<std::shared_ptr<Catalog>, std::vector<CatalogMistake>> CompileCatalog(const CatalogDraft& draft,
                                                                                   const CompileOptions& options) {
  Checker checker(options);
  std::shared_ptr<Catalog> catalog = checker.Compile(draft);
  if (!checker.mistakes().empty()) return std::move(checker.mistakes());
  return catalog;
}

}  // namespace nbo
