#include <memory>
#include <string>
#include <vector>

#include "server/ctl/budgets_command.h"
#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/decisions_command.h"

namespace nbo::ctl {
namespace {

void AddFilter(CLI::App* command, DecisionsFilter* filter) {
  command->add_option("--customer", filter->customer_id, "Only of this customer id");
  command->add_option("--from", filter->from, "Since when, inclusive: 2026-01-31T12:00:00Z, or how long ago: 90m, 24h");
  command->add_option("--to", filter->to, "Until when, exclusive; likewise");
  command->add_flag("--decisions-only", filter->decisions_only, "Leave outcomes out");
}

void AddTail(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("tail", "Show the last entries of the decision log");
  auto options = std::make_shared<DecisionsTailOptions>();
  AddFilter(command, &options->filter);
  command->add_option("-n,--lines", options->lines, "How many")->check(CLI::Range(0, 1000))->capture_default_str();
  command->add_flag("-f,--follow", options->follow, "Go on with those that come, until Ctrl-C");
  command->footer(std::string(R"(
EXAMPLES
  nboctl decisions tail --follow
  nboctl decisions tail --from 2h --to 1h --decisions-only
  nboctl decisions tail -n 100 --customer 239 --format json)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunDecisionsTail(context, *options); }; });
}

void AddShow(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("show", "Show one decision and what became of its offers");
  auto id = std::make_shared<std::string>();
  command->add_option("ID", *id, "Of the decision, or an attribution token")->required();
  command->footer(std::string(R"(
EXAMPLE
  nboctl decisions show 018c63c7a0f5d3b0c1a2e4f60718)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunDecisionsShow(context, *id); }; });
}

void AddExport(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("export", "Write decisions and outcomes as JSON lines");
  auto filter = std::make_shared<DecisionsFilter>();
  AddFilter(command, filter.get());
  command->footer(std::string(R"(
EXAMPLE
  nboctl decisions export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z > november.jsonl)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunDecisionsExport(context, *filter); }; });
}

void AddReplay(CLI::App* group, Action* action) {
  CLI::App* command =
      group->add_subcommand("replay", "Compute decisions again and compare, to the last bit; changes nothing");
  auto ids = std::make_shared<std::vector<std::string>>();
  auto filter = std::make_shared<DecisionsFilter>();
  auto limit = std::make_shared<int64_t>(10'000);
  command->add_option("ID", *ids, "Of decisions; none: all that were recorded in full");
  AddFilter(command, filter.get());
  command->add_option("--limit", *limit, "At most so many, the oldest")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str();
  command->footer(std::string(R"(
EXAMPLES
  nboctl decisions replay 018c63c7a0f5d3b0c1a2e4f60718
  nboctl decisions replay --from 2026-11-22T00:00:00Z --limit 500

What cannot be computed again (its catalog is gone, it was not recorded in full) is counted, and the others are still
compared. Exit code 0: at least one was compared, and all that were are the same. 1: one is not the same, or none could
be compared. 3: no such decision.)") +
                  kSeeGlobal);
  command->callback(
      [=] { *action = [=](Context& context) { return RunDecisionsReplay(context, *ids, *filter, *limit); }; });
}

void AddOutcome(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("outcome", "Record what became of an offer");
  auto options = std::make_shared<OutcomeOptions>();
  command->add_option("TOKEN", options->token, "The attribution token that came with the offer")->required();
  command
      ->add_option("KIND", options->kind,
                   "delivered, rendered, seen, spoken, clicked, accepted, declined, dismissed or redeemed")
      ->required();
  command->add_option("--reason", options->reason,
                      "Of declined: not-interested, too-expensive, has-it, not-now, out-of-stock, other");
  command->add_option("--operator", options->operator_id, "Of spoken: the cashier");
  command->add_option("--time", options->time, "When it happened; now where it is not given");
  command->add_option("--amount", options->amount, "Of redeemed: what the benefit cost, e.g. 1.50");
  command->footer(std::string(R"(
EXAMPLES
  nboctl outcome 018c63c7a0f5d3b0c1a2e4f60718.1 spoken --operator anna
  nboctl outcome 018c63c7a0f5d3b0c1a2e4f60718.1 declined --reason too-expensive)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunOutcome(context, *options); }; });
}

void AddBudgets(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("budgets", "Show what offers have cost and what is left for them");
  auto offer_id = std::make_shared<std::string>();
  command->add_option("OFFER", *offer_id, "Only this one");
  command->footer(std::string(R"(
EXAMPLE
  nboctl budgets coffee-2for1

Held: for offers that were given and may still be redeemed; it is released when their time is over.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunBudgets(context, *offer_id); }; });
}

}  // namespace

void AddDecisions(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "decisions", "Read the decision log: what was decided, and what became of it");
  AddTail(group, action);
  AddShow(group, action);
  AddExport(group, action);
  AddReplay(group, action);
  AddOutcome(app, action);
  AddBudgets(app, action);
}

}  // namespace nbo::ctl
