// nboctl budgets.
#pragma once

#include <string>

#include "server/ctl/context.h"

namespace nbo::ctl {

// `offer_id`: only that one; empty: all that have a budget.
ExitCode RunBudgets(Context& context, const std::string& offer_id);

}  // namespace nbo::ctl
