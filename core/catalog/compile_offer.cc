#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"

namespace nbo {
namespace {

void CompileWindow(const OfferDraft& draft, FieldReader* read, Offer* offer) {
  if (!draft.window) return;
  if (draft.window->from) offer->from_day = read->CivilDate("offers.window.from", *draft.window->from, offer->from_day);
  if (draft.window->to) offer->to_day = read->CivilDate("offers.window.to", *draft.window->to, offer->to_day);
  if (offer->from_day > offer->to_day) {
    read->Mistake(draft.window->to->place, absl::StrCat("offers.window: ends ", draft.window->to->value,
                                                        ", before it begins; it would never open"));
  }
}

std::optional<rules::Condition> OfferRule(absl::string_view field, const Text& text, FieldReader* read, Offer* offer) {
  auto result = CompileCondition(*offer, text.value);
  if (auto* condition = std::get_if<rules::Condition>(&result)) {
    offer->rule_facts |= FactsNamed(*condition);
    read->words.AddNamed(*condition);
    return *std::move(condition);
  }
  read->AddMistakes(field, text, std::get<std::vector<rules::Mistake>>(result));
  return std::nullopt;
}

// Requires the offer's words.
void CompileRules(const OfferDraft& draft, FieldReader* read, Offer* offer, OfferConditions* conditions) {
  std::optional<rules::Condition> eligibility, applicability;
  if (draft.eligibility) {
    offer->eligibility = draft.eligibility->value;
    eligibility = OfferRule("offers.eligibility", *draft.eligibility, read, offer);
    if (offer->is_default) {
      read->Mistake(draft.eligibility->place,
                    "offers.eligibility: a default offer is for anybody; remove the rule or 'default: true'");
    }
  }
  if (draft.applicability) {
    offer->applicability = draft.applicability->value;
    applicability = OfferRule("offers.applicability", *draft.applicability, read, offer);
  }
  conditions->Add(*offer, eligibility ? &*eligibility : nullptr, applicability ? &*applicability : nullptr);
}

void CompileOffer(const OfferDraft& draft, SeenIds* ids, FieldReader* read, Catalog* catalog) {
  constexpr double kMaxMoney = 1e9;
  Offer offer;
  read->CheckUnique("offers.id", draft.id, ids);
  offer.id = read->Slug("offers.id", draft.id);
  read->Chars("offers.name", draft.name, kMaxNameChars);
  offer.name = draft.name.value;
  auto kind = OfferKindByName(draft.kind.value);
  if (!kind && draft.kind.given) {
    read->Mistake(draft.kind.place,
                  absl::StrCat("offers.kind: '", draft.kind.value,
                               "' is no kind; use discount, points, gift, cross_sell, up_sell or information"));
  }
  offer.kind = kind.value_or(OfferKind::kUnspecified);
  if (draft.group) offer.group = read->Slug("offers.group", *draft.group);
  offer.key = Hash64(offer.id);
  offer.group_key = offer.group.empty() ? 0 : Hash64(offer.group);
  CompileWindow(draft, read, &offer);
  offer.value = read->Number("offers.value", draft.value, 0, kMaxMoney);
  offer.cost = read->Number("offers.cost", draft.cost, 0, kMaxMoney);
  offer.propensity = read->Number("offers.propensity", draft.propensity, 0, 1);
  offer.terms = CompileTerms(draft, catalog->attribution_days, read);
  offer.campaign_key = offer.terms.campaign.empty() ? 0 : Hash64(offer.terms.campaign);
  if (draft.weight) offer.weight = read->Number("offers.weight", *draft.weight, 0, 1e6);
  if (draft.is_default) offer.is_default = read->Bool("offers.default", *draft.is_default);
  offer.products = read->Ids("offers.products", draft.products, kMaxProductsPerOffer);
  std::sort(offer.products.begin(), offer.products.end());
  for (const std::string& product : offer.products) offer.product_keys.push_back(Hash64(product));
  std::sort(offer.product_keys.begin(), offer.product_keys.end());
  offer.categories = read->Ids("offers.categories", draft.categories, kMaxCategoriesPerOffer);
  for (const std::string& category : offer.categories) offer.category_keys.push_back(CategoryKey(category));
  if (!offer.category_keys.empty()) offer.category_key = offer.category_keys.front();
  offer.placements = read->Ids("offers.placements", draft.placements, kMaxPlacementsPerOffer);
  offer.everywhere = offer.placements.empty();
  if (draft.coupon) {
    offer.coupon_code = read->OptionalChars("offers.coupon.code", draft.coupon->code, kMaxIdBytes);
    offer.coupon_barcode = read->OptionalChars("offers.coupon.barcode", draft.coupon->barcode, kMaxIdBytes);
  }
  CompileTreatments(draft, *catalog, read, &offer);
  CompileRules(draft, read, &offer, &catalog->conditions);
  catalog->columns.Add(offer);
  catalog->basket_index.Add(offer);
  catalog->offers.push_back(std::move(offer));
}

}  // namespace

void CompileOffers(const std::vector<OfferDraft>& drafts, FieldReader* read, Catalog* catalog) {
  if (drafts.size() > kMaxOffers) {
    read->Mistake(drafts[kMaxOffers].place, absl::StrCat("offers: ", drafts.size(), "; at most ", kMaxOffers));
  }
  catalog->offers.reserve(drafts.size());
  SeenIds ids;
  for (const OfferDraft& draft : drafts) CompileOffer(draft, &ids, read, catalog);
}

}  // namespace nbo
