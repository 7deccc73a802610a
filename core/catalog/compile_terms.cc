#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"

namespace nbo {
namespace {

constexpr double kMaxMoney = 1e9;  // as of values and costs
constexpr double kMaxEvidence = 1e6;

void CompileBudget(const BudgetDraft& draft, FieldReader* read, OfferTerms* terms) {
  if (!draft.count && !draft.amount && !draft.per_customer) {
    read->Mistake(draft.place, "offers.budget: limits nothing; give it count, amount or per_customer, or remove it");
  }
  if (draft.count) terms->budget_count = read->Whole("offers.budget.count", *draft.count, 1, kMaxBudgetCount);
  if (draft.amount) terms->budget_amount = read->Number("offers.budget.amount", *draft.amount, 0, kMaxMoney);
  if (draft.per_customer) {
    terms->per_customer = read->Whole("offers.budget.per_customer", *draft.per_customer, 1, kMaxBudgetPerCustomer);
  }
}

}  // namespace

OfferTerms CompileTerms(const OfferDraft& draft, int attribution_days, FieldReader* read) {
  OfferTerms terms;
  terms.attribution_days = attribution_days;
  if (draft.budget) CompileBudget(*draft.budget, read, &terms);
  if (draft.supplier) {
    read->Chars("offers.supplier.name", draft.supplier->name, kMaxNameChars);
    terms.supplier = draft.supplier->name.value;
    terms.supplier_share = read->Number("offers.supplier.share", draft.supplier->share, 0, 1);
  }
  if (draft.evidence) terms.evidence = read->Number("offers.evidence", *draft.evidence, 1, kMaxEvidence);
  if (draft.campaign) terms.campaign = read->Slug("offers.campaign", *draft.campaign);
  if (draft.attribution_days) {
    terms.attribution_days =
        static_cast<int>(read->Whole("offers.attribution_days", *draft.attribution_days, 1, kMaxAttributionDays));
  }
  return terms;
}

}  // namespace nbo
