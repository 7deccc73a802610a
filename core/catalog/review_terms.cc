#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/catalog/review_internal.h"

namespace nbo {
namespace {

// nullopt if it is absent or no number, which is told elsewhere.
std::optional<double> NumberOf(const std::optional<Text>& text) {
  double number = 0;
  if (!text || !absl::SimpleAtod(text->value, &number)) return std::nullopt;
  return number;
}

void ReviewCost(const OfferDraft& offer, double cost, CatalogReview* review) {
  const auto value = NumberOf(offer.value);
  const auto share = offer.supplier ? NumberOf(offer.supplier->share) : 0.0;
  if (!value || !share || cost * (1 - *share) <= *value) return;
  const std::string who = *share > 0 ? absl::StrCat(", even with the share of '", offer.supplier->name.value, "'") : "";
  review->warnings.push_back(
      At(offer.cost.place, absl::StrCat("offers.cost: ", offer.cost.value, " is more than the value ",
                                        offer.value.value, who, "; whoever accepts costs money")));
}

void ReviewBudget(const OfferDraft& offer, double cost, CatalogReview* review) {
  const BudgetDraft& budget = *offer.budget;
  if (const auto amount = NumberOf(budget.amount); amount && *amount < cost) {
    review->mistakes.push_back(At(
        budget.amount->place,
        absl::StrCat("offers.budget.amount: ", budget.amount->value, " does not pay for one redemption, which costs ",
                     offer.cost.value, "; the offer would never be shown")));
  } else if (amount && cost == 0) {
    review->warnings.push_back(
        At(budget.amount->place,
           "offers.budget.amount: the offer's cost is 0, so nothing is held back while people have it; say what a "
           "redemption costs, or limit the count"));
  }
  const auto count = NumberOf(budget.count), per_customer = NumberOf(budget.per_customer);
  if (count && per_customer && *per_customer >= *count) {
    review->warnings.push_back(
        At(budget.per_customer->place, absl::StrCat("offers.budget.per_customer: ", budget.per_customer->value, " of ",
                                                    budget.count->value, " in all; it decides nothing")));
  }
  if (budget.per_customer && offer.is_default && offer.is_default->value == "true") {
    review->warnings.push_back(
        At(budget.per_customer->place,
           "offers.budget.per_customer: a default offer goes to people nobody knows, too; theirs cannot be counted"));
  }
}

void ReviewSupplier(const OfferDraft& offer, double cost, CatalogReview* review) {
  const auto share = NumberOf(offer.supplier->share);
  if (!share || (*share > 0 && cost > 0)) return;
  review->warnings.push_back(At(offer.supplier->share.place,
                                absl::StrCat("offers.supplier: '", offer.supplier->name.value, "' pays nothing: the ",
                                             cost > 0 ? "share" : "offer's cost", " is 0")));
}

}  // namespace

void ReviewTerms(const CatalogDraft& draft, CatalogReview* review) {
  for (const OfferDraft& offer : draft.offers) {
    const auto cost = NumberOf(offer.cost);
    if (!cost) continue;
    ReviewCost(offer, *cost, review);
    if (offer.budget) ReviewBudget(offer, *cost, review);
    if (offer.supplier) ReviewSupplier(offer, *cost, review);
  }
}

}  // namespace nbo
