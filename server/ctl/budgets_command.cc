#include "server/ctl/budgets_command.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "nbo/v1/budget_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/decimal.h"
#include "server/ctl/output.h"

namespace nbo::ctl {

ExitCode RunBudgets(Context& context, const std::string& offer_id) {
  nbo::v1::ListBudgetsRequest request;
  request.set_offer_id(offer_id);
  ApiClient client(context.server, context.timeout);
  nbo::v1::ListBudgetsResponse response;
  if (absl::Status s = client.ListBudgets(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  if (response.budgets_size() == 0) {
    context.out << "No offer of catalog version " << response.catalog_version() << " has a budget\n";
    return kExitOk;
  }
  const auto money = [&](int64_t minor) { return FormatUnits(minor, context.minor_digits); };
  TextTable table("lrrrrrrr");
  table.AddRow({"Offer", "Redeemed", "Held", "Limit", "Spent", "Held", "Limit", "Supplier's"});
  for (const nbo::v1::Budget& budget : response.budgets()) {
    table.AddRow({budget.offer_id(), absl::StrCat(budget.spent_count()), absl::StrCat(budget.held_count()),
                  budget.has_limit_count() ? absl::StrCat(budget.limit_count()) : "-", money(budget.spent_minor()),
                  money(budget.held_minor()), budget.has_limit_minor() ? money(budget.limit_minor()) : "-",
                  money(budget.supplier_minor())});
  }
  table.Print(context.out);
  return kExitOk;
}

}  // namespace nbo::ctl
