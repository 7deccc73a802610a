#include "server/handlers/budget_handler.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/catalog/terms.h"

namespace nbo::server {

absl::Status BudgetHandler::ListBudgets(const v1::ListBudgetsRequest& request,
                                        v1::ListBudgetsResponse* response) const {
  if (absl::Status s = CheckId("offer_id", request.offer_id(), /*required=*/false); !s.ok()) return s;
  const std::shared_ptr<const Catalog> catalog = catalog_->Pin();
  response->set_catalog_version(catalog->version);
  for (const OfferBudget& budget : BudgetsOf(*catalog, minor_per_major_)) {
    const std::string& id = catalog->offers[budget.position].id;
    if (!request.offer_id().empty() && request.offer_id() != id) continue;
    const BudgetFigures figures = budgets_->Figures(budget.offer, clock_->Now());
    v1::Budget* out = response->add_budgets();
    out->set_offer_id(id);
    if (budget.limits.count != kNoLimit) out->set_limit_count(budget.limits.count);
    if (budget.limits.minor != kNoLimit) out->set_limit_minor(budget.limits.minor);
    out->set_spent_count(figures.spent_count);
    out->set_spent_minor(figures.spent_minor);
    out->set_supplier_minor(figures.supplier_minor);
    out->set_held_count(figures.held_count);
    out->set_held_minor(figures.held_minor);
  }
  if (response->budgets_size() > 0 || request.offer_id().empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("offer_id: the active catalog has no offer '", request.offer_id(), "' with a budget"));
}

}  // namespace nbo::server
