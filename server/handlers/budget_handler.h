// Tells what is left of budgets.
#ifndef NBO_SERVER_HANDLERS_BUDGET_HANDLER_H_
#define NBO_SERVER_HANDLERS_BUDGET_HANDLER_H_

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "core/budget/book.h"
#include "core/catalog/active.h"
#include "nbo/v1/budget_service.pb.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it.
class BudgetHandler {
 public:
  BudgetHandler(const ActiveCatalog* catalog, const BudgetBook* budgets, double minor_per_major, const Clock* clock)
      : catalog_(catalog), budgets_(budgets), minor_per_major_(minor_per_major), clock_(clock) {}

  absl::Status ListBudgets(const v1::ListBudgetsRequest& request, v1::ListBudgetsResponse* response) const;

 private:
  const ActiveCatalog* const catalog_;
  const BudgetBook* const budgets_;
  const double minor_per_major_;
  const Clock* const clock_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_BUDGET_HANDLER_H_
