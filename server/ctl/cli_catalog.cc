#include <memory>
#include <string>

#include "server/ctl/catalog_command.h"
#include "server/ctl/catalog_history.h"
#include "server/ctl/catalog_import.h"
#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"

namespace nbo::ctl {
namespace {

void AddCatalogFile(CLI::App* command, CatalogFileOptions& options) {
  command->add_option("FILE", options.file, "The catalog, YAML, at most 50 MiB")->required();
  command->add_option("--shift-weeks", options.shift_weeks,
                      "Move every offer's window by so many weeks: the number that the import printed");
  command->add_flag("--all-warnings", options.all_warnings, "Print all warnings, not only the first ten");
}

void AddWho(CLI::App* command, std::string& author, std::string& note) {
  command->add_option("--author", author, "Who wants it");
  command->add_option("--note", note, "Why");
}

void AddActivate(CLI::App* group, Action* action, bool roll_back) {
  CLI::App* command = roll_back ? group->add_subcommand("rollback", "Go back to an older version")
                                : group->add_subcommand("activate", "Make a published version the active one");
  auto options = std::make_shared<CatalogActivateOptions>();
  options->roll_back = roll_back;
  CLI::Option* version =
      command->add_option("VERSION", options->version,
                          roll_back ? "Without it: the one that was active before" : "Its number, from the list");
  version->check(CLI::PositiveNumber)->required(!roll_back);
  command->add_option("--at", options->at, "When, e.g. 2026-04-01T06:00:00+02:00; without it, at once");
  AddWho(command, options->author, options->note);
  command->footer(std::string(roll_back ? R"(
EXAMPLES
  nboctl catalog rollback --author ben --note "wrong prices"
  nboctl catalog rollback 41)"
                                        : R"(
EXAMPLE
  nboctl catalog activate 42 --at 2026-04-01T06:00:00+02:00 --author anna --note Easter)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCatalogActivate(context, *options); }; });
}

void AddCatalogHistory(CLI::App* group, Action* action) {
  AddActivate(group, action, /*roll_back=*/false);
  AddActivate(group, action, /*roll_back=*/true);

  CLI::App* cancel = group->add_subcommand("cancel", "Withdraw an activation whose time has not come");
  auto cancelled = std::make_shared<CatalogCancelOptions>();
  cancel->add_option("NUMBER", cancelled->number, "Of the activation, from the list")
      ->required()
      ->check(CLI::PositiveNumber);
  AddWho(cancel, cancelled->author, cancelled->note);
  cancel->footer(std::string(R"(
EXAMPLE
  nboctl catalog cancel 17 --author ben --note "not this year")") +
                 kSeeGlobal);
  cancel->callback([=] { *action = [=](Context& context) { return RunCatalogCancel(context, *cancelled); }; });

  auto list = std::make_shared<CatalogListOptions>();
  CLI::App* versions = group->add_subcommand("list", "List versions, the newest first, and what is scheduled");
  CLI::App* history = group->add_subcommand("history", "List what was in force when, who had it so and why");
  for (CLI::App* command : {versions, history}) {
    command->add_option("--limit", list->limit, "At most so many lines")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
  }
  versions->footer(std::string(R"(
EXAMPLES
  nboctl catalog list
  nboctl catalog list --format json | jq '.catalogs[] | [.version, .author, .note]'

A star marks the active version.)") +
                   kSeeGlobal);
  history->footer(std::string(R"(
EXAMPLE
  nboctl catalog history --limit 5

One line for each time that a version was asked to be active: at its publication, by activate, by rollback.)") +
                  kSeeGlobal);
  versions->callback([=] { *action = [=](Context& context) { return RunCatalogList(context, *list); }; });
  history->callback([=] { *action = [=](Context& context) { return RunCatalogHistory(context, *list); }; });

  CLI::App* diff = group->add_subcommand("diff", "What differs between two versions, in words");
  auto sides = std::make_shared<CatalogDiffOptions>();
  diff->add_option("BEFORE", sides->before, "A version or 'active'")->required();
  diff->add_option("AFTER", sides->after, "A version, 'active' or a file; without it, the active one");
  diff->footer(std::string(R"(
EXAMPLES
  nboctl catalog diff 41 42
  nboctl catalog diff active catalog.yaml)") +
               kSeeGlobal);
  diff->callback([=] { *action = [=](Context& context) { return RunCatalogDiff(context, *sides); }; });
}

constexpr char kCatalogImportFooter[] = R"(
COLUMNS, in any order; the names stand in row 1
  id*, name*, kind*       coffee-2for1; Coffee, two for one; discount, points, gift, cross_sell, up_sell, information
  value*, cost*           money in major units: 2.10 or 2,10
  propensity*             0.12 or 12 %
  group, weight, campaign coffee; 1.5; spring
  evidence                how many asked people the propensity is worth: 20
  budget_count, budget_amount, budget_per_customer
                          redemptions, money and redemptions of one person: 1000; 500.00; 2
  supplier, supplier_share
                          who pays what part of the cost: ACME; 0.5 or 50 %
  attribution_days        how long after it was shown a redemption counts: 7
  from, to                first and last day: 2026-03-01 or 01.03.2026
  default                 yes: for anybody
  eligibility, applicability
                          rules: customer.recency_days > 45
  products, placements    separated by | , or ;
  categories              separated by |
  coupon, barcode
  POS.script, KIOSK.title, WEB.title.ru, WEB.body.ru, ...
                          texts: a channel, a field of script, title, body, image, price, call_to_action, reason, and a language
                          (without one: --locale)
  * required

EXAMPLES
  nboctl catalog import offers.csv -o catalog.yaml
  nboctl catalog import offers.csv --base catalog.yaml -o next.yaml

Save the sheet as 'CSV UTF-8'; comma, semicolon and tab are told apart by row 1. Mistakes are printed with their cells;
the exit code is then 1 and nothing is written.)";

void AddCatalogImport(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("import", "Make a catalog of a spreadsheet of offers; asks no server");
  auto options = std::make_shared<CatalogImportOptions>();
  command->add_option("FILE", options->file, "The sheet, saved as CSV")->required();
  command->add_option("-o,--output", options->output, "The catalog to write; without it, it is printed");
  CLI::Option* base = command->add_option("--base", options->base,
                                          "Take segments, formula and all else before the offers from this catalog");
  command->add_option("--name", options->name, "Name of the catalog")->excludes(base)->capture_default_str();
  command->add_option("--currency", options->currency, "Its currency")->excludes(base)->capture_default_str();
  command->add_option("--locale", options->locale, "Language of texts whose columns name none")->capture_default_str();
  command->footer(std::string(kCatalogImportFooter) + kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCatalogImport(context, *options); }; });
}

}  // namespace

void AddCatalog(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "catalog", "Offers, segments and score formula");
  auto file = std::make_shared<CatalogFileOptions>();
  CLI::App* validate = group->add_subcommand("validate", "Check a catalog; changes nothing");
  AddCatalogFile(validate, *file);
  validate->footer(std::string(R"(
EXAMPLE
  nboctl catalog validate catalog.yaml

Mistakes are printed as file:line:column; the exit code is then 1. Warnings are printed, too, and change nothing.)") +
                   kSeeGlobal);
  validate->callback([=] { *action = [=](Context& context) { return RunCatalogValidate(context, *file); }; });

  CLI::App* publish = group->add_subcommand("publish", "Check a catalog, keep it, and make it the active one");
  AddCatalogFile(publish, *file);
  publish->add_option("--author", file->author, "Who publishes");
  publish->add_option("--note", file->note, "Why");
  publish->add_option("--at", file->at, "When it becomes active, e.g. 2026-04-01T06:00:00+02:00; without it, at once");
  publish->add_flag("--dry-run", file->dry_run, "Only check");
  publish->footer(std::string(R"(
EXAMPLES
  nboctl catalog publish catalog.yaml --author anna --note "spring coffee offers"
  nboctl catalog publish easter.yaml --at 2026-04-01T06:00:00+02:00 --author anna --note Easter

The active catalog stays if there is a mistake; the exit code is then 1.)") +
                  kSeeGlobal);
  publish->callback([=] { *action = [=](Context& context) { return RunCatalogPublish(context, *file); }; });

  CLI::App* show = group->add_subcommand("show", "Show the active catalog or another version");
  auto version = std::make_shared<CatalogShowOptions>();
  show->add_option("VERSION,--version", version->version, "Another version than the active one")
      ->check(CLI::PositiveNumber);
  show->add_flag("--yaml", version->yaml, "Print the YAML alone, as it was published");
  show->footer(std::string(R"(
EXAMPLES
  nboctl catalog show
  nboctl catalog show 3 --yaml > catalog-3.yaml)") +
               kSeeGlobal);
  show->callback([=] { *action = [=](Context& context) { return RunCatalogShow(context, *version); }; });
  AddCatalogHistory(group, action);
  AddCatalogImport(group, action);
}

}  // namespace nbo::ctl
