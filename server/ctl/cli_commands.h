// Declares the commands of nboctl to CLI11: their options and help.
#pragma once

#include <functional>

#include "server/ctl/context.h"

namespace CLI {
class App;
}

namespace nbo::ctl {

// What the command line asked for; empty until parsed.
using Action = std::function<ExitCode(Context&)>;

// Add the commands with their subcommands. The one that is parsed sets `action`, which must outlive `app`. They are in
// cli_import.cc, cli_catalog.cc, cli_commands.cc, cli_customer.cc, cli_decisions.cc, cli_maintenance.cc, cli_rules.cc
// and cli_switch.cc.
void AddImport(CLI::App& app, Action* action);
void AddProfile(CLI::App& app, Action* action);
void AddOffers(CLI::App& app, Action* action);
void AddCatalog(CLI::App& app, Action* action);
void AddIdentity(CLI::App& app, Action* action);
void AddCustomer(CLI::App& app, Action* action);
// "rebuild" and "compact".
void AddMaintenance(CLI::App& app, Action* action);
void AddSegments(CLI::App& app, Action* action);
void AddRules(CLI::App& app, Action* action);
void AddSwitch(CLI::App& app, Action* action);
// "decisions", "outcome" and "budgets".
void AddDecisions(CLI::App& app, Action* action);

}  // namespace nbo::ctl
