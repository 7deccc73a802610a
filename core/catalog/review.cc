#include "core/catalog/review.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/catalog/review_internal.h"

namespace nbo {
namespace {

void ReviewWindows(const CatalogDraft& draft, const ReviewOptions& options, CatalogReview* review) {
  if (!options.today) return;
  for (const OfferDraft& offer : draft.offers) {
    if (!offer.window || !offer.window->to) continue;
    const Text& to = *offer.window->to;
    absl::CivilDay day;
    if (to.value.size() != 10 || !absl::ParseCivilTime(to.value, &day)) continue;
    day += options.window_shift_days;
    if (DayOf(day) >= *options.today) continue;
    review->warnings.push_back(At(to.place, absl::StrCat("offers.window: over since ", absl::FormatCivilTime(day + 1),
                                                         "; the offer will not be shown")));
  }
}

void ReviewGroups(const CatalogDraft& draft, CatalogReview* review) {
  absl::flat_hash_map<absl::string_view, int> sizes;
  for (const OfferDraft& offer : draft.offers) {
    if (offer.group) ++sizes[offer.group->value];
  }
  std::vector<absl::string_view> shared;
  for (const auto& [group, size] : sizes) {
    if (size > 1) shared.push_back(group);
  }
  std::sort(shared.begin(), shared.end());
  for (const OfferDraft& offer : draft.offers) {
    if (!offer.group || sizes[offer.group->value] > 1) continue;
    review->warnings.push_back(At(
        offer.group->place, absl::StrCat("offers.group: no other offer is in '", offer.group->value,
                                         "'; a group of one decides nothing", DidYouMean(offer.group->value, shared))));
  }
}

void AddTerms(const OfferDraft& offer, absl::FunctionRef<void(const std::optional<Text>&)> add) {
  for (const auto& text : {offer.evidence, offer.campaign, offer.attribution_days}) add(text);
  const BudgetDraft budget = offer.budget.value_or(BudgetDraft());
  for (const auto& text : {budget.count, budget.amount, budget.per_customer}) add(text);
  if (!offer.supplier) return;
  add(offer.supplier->name);
  add(offer.supplier->share);
}

void AddContact(const OfferContactDraft& contact, absl::FunctionRef<void(const std::optional<Text>&)> add) {
  const ContactCooldownsDraft& c = contact.cooldowns;
  for (const auto& text : {contact.max, contact.days, contact.hours}) add(text);
  for (const auto& text : {c.accepted_days, c.declined_days, c.ignored_times, c.ignored_days}) add(text);
}

// Everything of an offer but its id and name, as one text.
std::string Substance(const OfferDraft& offer) {
  std::string all;
  auto add = [&all](const std::optional<Text>& text) { absl::StrAppend(&all, text ? text->value : "", "\1"); };
  for (const Text* text : {&offer.kind, &offer.value, &offer.cost, &offer.propensity}) add(*text);
  for (const auto& text : {offer.group, offer.weight, offer.is_default, offer.eligibility, offer.applicability})
    add(text);
  AddTerms(offer, add);
  AddContact(offer.contact.value_or(OfferContactDraft()), add);
  if (offer.window) {
    add(offer.window->from);
    add(offer.window->to);
  }
  for (const auto* texts : {&offer.products, &offer.categories, &offer.placements}) {
    for (const Text& text : *texts) add(text);
    all += '\2';
  }
  if (offer.coupon) {
    add(offer.coupon->code);
    add(offer.coupon->barcode);
  }
  for (const TreatmentDraft& t : offer.treatments) {
    add(t.channel);
    add(t.locale);
    for (const auto& text : {t.script, t.title, t.body, t.image, t.price, t.call_to_action, t.reason, t.variant})
      add(text);
  }
  return all;
}

void ReviewDuplicates(const CatalogDraft& draft, CatalogReview* review) {
  absl::flat_hash_map<uint64_t, const OfferDraft*> seen;
  for (const OfferDraft& offer : draft.offers) {
    const auto [it, is_new] = seen.try_emplace(Hash64(Substance(offer)), &offer);
    if (is_new || !offer.id.given || it->second->id.value == offer.id.value) continue;
    review->warnings.push_back(
        At(offer.id.place, absl::StrCat("offers: '", offer.id.value, "' is '", it->second->id.value, "' of line ",
                                        it->second->id.place.line, " again under another name; remove one")));
  }
}

}  // namespace

CatalogReview ReviewCatalog(const CatalogDraft& draft, const ReviewOptions& options) {
  CatalogReview review;
  ReviewRules(draft, &review);
  ReviewTexts(draft, &review);
  ReviewWindows(draft, options, &review);
  ReviewGroups(draft, &review);
  ReviewTerms(draft, &review);
  ReviewScore(draft, &review);
  ReviewContacts(draft, &review);
  ReviewDuplicates(draft, &review);
  ReviewExperiments(draft, &review);
  return review;
}

}  // namespace nbo
