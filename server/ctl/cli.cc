#include "server/ctl/cli.h"

#include <CLI/CLI.hpp>
#include <ostream>
#include <string>

#include "server/ctl/cli_commands.h"

namespace nbo::ctl {
namespace {

constexpr char kFooter[] = R"(
EXIT CODES
  0  done
  1  the server refused (bad input, catalog not valid), lines of an import were rejected, or a rebuild failed for some
  2  the command line or a local file is wrong, or the question was answered with no; nothing was changed
  3  not found
  4  the server cannot be reached or cannot answer now
  130  Ctrl-C while watching a rebuild, which goes on

EXAMPLES
  nboctl import purchases receipts.csv --columns customer_id=card_no
  nboctl profile show 239
  nboctl offers get --customer 239 --channel pos
  nboctl catalog publish catalog.yaml
  nboctl catalog rollback --author ben --note "wrong prices"
  nboctl switch off offer coffee-2for1 --author anna --reason "supplier out of stock"
  nboctl decisions tail --follow
  nboctl identity link --card 4711 --customer 239
  nboctl customer export 239 > customer-239.json

Every command has --help with its own examples.)";

struct GlobalOptions {
  std::string format = "text";
  double timeout_seconds = 10;
};

void AddGlobalOptions(CLI::App& app, Context& context, GlobalOptions& options) {
  app.add_option("--server", context.server, "HOST:PORT of nbod")->envname("NBO_SERVER")->capture_default_str();
  app.add_option("--format", options.format, "text, for people, or json, for scripts")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_seconds, "Seconds to wait for one answer (not for a whole import)")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  app.add_option("--minor-digits", context.minor_digits, "Digits of money after the point: 2 for cents, 0 for yen")
      ->check(CLI::Range(0, 6))
      ->capture_default_str();
}

// The command that was parsed, for "nboctl import purchases --help".
std::string ParsedCommand(const CLI::App& app) {
  std::string command = "nboctl";
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  return command;
}

}  // namespace

int RunNboctl(int argc, const char* const* argv, Context& context) {
  CLI::App app(
      "nboctl talks to nbod, the next-best-offer server: imports receipts, shows profiles, offers and segments, "
      "publishes catalogs, pauses offers, links cards, and exports or erases what is kept of a customer.",
      "nboctl");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  GlobalOptions options;
  AddGlobalOptions(app, context, options);
  Action action;
  AddImport(app, &action);
  AddProfile(app, &action);
  AddOffers(app, &action);
  AddCatalog(app, &action);
  AddIdentity(app, &action);
  AddCustomer(app, &action);
  AddMaintenance(app, &action);
  AddSegments(app, &action);
  AddRules(app, &action);
  AddSwitch(app, &action);
  AddDecisions(app, &action);
  if (argc <= 1) {
    context.err << app.help();
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help, context.out, context.err);
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    context.err << "nboctl: " << error.what() << "\nRun " << ParsedCommand(app) << " --help\n";
    return kExitUsage;
  }
  context.format = options.format == "json" ? OutputFormat::kJson : OutputFormat::kText;
  context.timeout = absl::Seconds(options.timeout_seconds);
  return action(context);
}

}  // namespace nbo::ctl
