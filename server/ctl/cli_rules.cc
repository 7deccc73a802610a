#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/rules_command.h"

namespace nbo::ctl {
namespace {

void AddVars(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("vars", "List what rules may name; asks no server");
  auto options = std::make_shared<RulesVarsOptions>();
  CLI::Option* json = command->add_flag("--json", options->json, "As one JSON object");
  command->add_flag("--markdown", options->markdown, "As the reference document")->excludes(json);
  command->footer(std::string(R"(
EXAMPLES
  nboctl rules vars
  nboctl rules vars --json | jq -r '.variables[].name')") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunRulesVars(context, *options); }; });
}

// Where a rule is evaluated at a server.
void AddTouchPoint(CLI::App* command, RulesEvalOptions* options) {
  OffersGetOptions& request = options->request;
  request.channel = "pos";
  command->add_option("--customer", request.customer_id, "Evaluate for this customer at a running server");
  request.identities.AddTo(command);
  command->add_option("--channel", request.channel, "With a customer: the channel")->capture_default_str();
  command->add_option("--placement", request.placement, "With a customer: the spot within the channel");
  command->add_option("--store", request.store_id, "With a customer: the shop, whose today counts");
  command->add_option("--locale", request.locale, "With a customer: the language");
  AddRepeatable(command, "--basket", request.basket,
                "With a customer: a line of the basket, product[:category[:amount[:quantity]]]; repeatable");
  AddRepeatable(command, "--attribute", request.attributes, "With a customer: key=value; repeatable");
  command->add_option("--as-of", request.as_of,
                      "With a customer: the moment, e.g. 2026-01-31T12:00:00Z (the server must run with "
                      "replay.enabled)");
  command->add_option("--offer", options->offer_id, "With a customer: the offer whose offer.* the rule sees");
}

void AddEval(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("eval", "Evaluate an expression and print its typed value");
  auto options = std::make_shared<RulesEvalOptions>();
  CLI::Option* expression = command->add_option("EXPR", options->expression, "The expression, in quotes");
  CLI::Option* vars = command->add_option("--vars", options->vars_file,
                                          "JSON file with \"bindings\" and, if need be, \"type_env\"; values as in the "
                                          "conformance files of CEL: {\"int64_value\": \"12\"}");
  CLI::Option* set = AddRepeatable(command, "--set", options->set,
                                   "NAME=VALUE, a word of 'nboctl rules vars' or a new one; repeatable");
  AddTouchPoint(command, options.get());
  CLI::Option* customer = command->get_option("--customer");
  customer->excludes(vars)->excludes(set);
  command
      ->add_option("--jsonl", options->jsonl_file,
                   "Evaluate each line {\"expr\": ..., \"bindings\": ..., \"type_env\": ...} of a file, - for standard "
                   "input; answers one line each")
      ->excludes(vars)
      ->excludes(set)
      ->excludes(customer)
      ->excludes(expression);
  command->footer(std::string(R"(
EXAMPLES
  nboctl rules eval '1 + 2'
  nboctl rules eval 'customer.recency_days > 45' --set customer.recency_days=12
  nboctl rules eval 'category("MILK").visits >= 3' --set 'category("MILK").visits=2'
  nboctl rules eval 'x.exists(e, e > 2)' --vars x.json
  nboctl rules eval 'customer.recency_days > 45' --customer 239 --store 391
  nboctl rules eval --jsonl cases.jsonl

EXIT CODES
  0 a value; 1 the evaluation failed, or the server refused; 2 the expression or the command line has a mistake (also an
  expression that fails whatever the values are, such as 1 / 0). With --jsonl: 0 if every line got its answer, be it an error; 2 if one could not be read.)") +
                  kSeeGlobal);
  command->callback([=] {
    if (options->expression.empty() && options->jsonl_file.empty()) {
      throw CLI::RequiredError("EXPR (or --jsonl FILE)");
    }
    *action = [=](Context& context) { return RunRulesEval(context, *options); };
  });
}

}  // namespace

void AddRules(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "rules", "The language of rules: what they may name, and trying them out");
  AddVars(group, action);
  AddEval(group, action);
}

}  // namespace nbo::ctl
