#include "server/ctl/cli_commands.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "server/ctl/api_time.h"
#include "server/ctl/catalog_command.h"
#include "server/ctl/identity_command.h"
#include "server/ctl/import_command.h"
#include "server/ctl/offers_command.h"
#include "server/ctl/profile_command.h"

namespace nbo::ctl {
namespace {

constexpr char kSeeGlobal[] =
    "\n\nGlobal options (--server, --format, --timeout, --minor-digits) work here too: nboctl --help.";

constexpr char kImportFooter[] = R"(
FIELDS of --columns and --set
  receipt_id*     id of the receipt, unique within the customer and store
  customer_id*    the retailer's customer id; or instead loyalty_card, phone, email, app_user or device. Of several
                  the first that is not empty counts. A line that names nobody is skipped.
  time*           2017-01-28 14:06:53, 2017-01-28T14:06[:53[.5]][Z|+02:00] or 2017-01-28 (noon)
  product_id*     product of the line
  amount*         what was paid for the whole line, in major units: 12.34
  unit_price      instead of amount, which is then quantity * unit_price, rounded half away from zero
  quantity        1 if there is no such column; 0.350 is fine; negative for returned goods
  discount        by how much discounts lowered the line
  store_id, channel (pos, web, ...), category
  * required. Money may be a sum of columns: discount=retail_disc+coupon_disc.
  A field that is not named is taken from the column of its own name, if the file has one.

EXAMPLES
  nboctl import purchases transactions.csv \
    --columns customer_id=household_id,receipt_id=basket_id,time=transaction_timestamp,amount=sales_value \
    --columns discount=retail_disc+coupon_disc+coupon_match_disc --set channel=pos \
    --products products.csv --product-columns category=product_category --shift-to-now
  xzcat online_retail.csv.xz | nboctl import purchases /dev/stdin --time-zone Europe/London \
    --columns receipt_id=InvoiceNo,customer_id=CustomerID,time=InvoiceDate,product_id=StockCode \
    --columns quantity=Quantity,unit_price=UnitPrice --set channel=web

NOTES
  Importing the same data again is safe: receipts already recorded count as duplicates. But --shift-to-now a week later
  moves the times by another week, and the server then refuses every receipt as one of other content. To import again,
  give the --shift-weeks that the summary of the first import names.
  Lines of a receipt need not stand together: everything is read into memory first, about 40 bytes per line and 300 per
  receipt plus every distinct text once (542,000 lines with 26,000 receipts: 47 MB).
  If one line of a receipt cannot be read, the whole receipt is held back, lest its id be taken by a part of it.
  Exit code 0 also if lines were skipped (no customer) or duplicate; 1 if any line was rejected; 4 if sending was given
  up.)";

// Adds a command that must be followed by one of its own.
CLI::App* AddGroup(CLI::App& app, const char* name, const char* description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return group;
}

// One value per mention, mentioned any number of times.
CLI::Option* AddRepeatable(CLI::App* command, const char* name, std::vector<std::string>& values,
                           const char* description) {
  return command->add_option(name, values, description)->allow_extra_args(false)->type_name("TEXT");
}

void AddCatalogFile(CLI::App* command, CatalogFileOptions& options) {
  command->add_option("FILE", options.file, "The catalog, YAML, at most 3 MiB")->required();
  command->add_option("--shift-weeks", options.shift_weeks,
                      "Move every offer's window by so many weeks: the number that the import printed");
}

}  // namespace

void AddImport(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "import", "Bring data into nbo");
  CLI::App* command = group->add_subcommand("purchases", "Record the receipts in CSV files, with a header row");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("FILE", options->files, "CSV files; /dev/stdin reads a pipe")->required();
  AddRepeatable(command, "--columns", options->columns, "Which column holds which field: field=column,...");
  AddRepeatable(command, "--set", options->constants, "The same value for every line: field=value,...");
  CLI::Option* products =
      command->add_option("--products", options->products_file, "CSV file that gives the category of each product");
  AddRepeatable(command, "--product-columns", options->product_columns,
                "Columns of that file: product_id=column,category=column")
      ->needs(products);
  command->add_option("--time-zone", options->time_zone, "Of times without an offset, e.g. Europe/Berlin")
      ->capture_default_str();
  CLI::Option* to_now = command->add_flag("--shift-to-now", options->shift_to_now,
                                          "Move all times by whole weeks so that the last receipt of all files lies "
                                          "within the last 7 days");
  command->add_option("--shift-weeks", options->shift_weeks, "Move all times by so many weeks; may be negative")
      ->check(CLI::Range(-5200, 5200))
      ->excludes(to_now);
  command->add_flag("--quiet", options->quiet, "Show no progress");
  command->footer(std::string(kImportFooter) + kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunImportPurchases(context, *options); }; });
}

void AddProfile(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "profile", "What nbo knows of a customer");
  CLI::App* command = group->add_subcommand("show", "Show the features that rules and scores see");
  auto options = std::make_shared<ProfileShowOptions>();
  command->add_option("ID", options->ids, "Customer ids");
  options->identities.AddTo(command);
  command->add_option("--store", options->store_id, "Today is that of this store; without it, of the deployment");
  command->add_option("--as-of", options->as_of,
                      "Compute for this moment, e.g. 2026-01-31T12:00:00Z (the server must "
                      "run with replay.enabled)");
  command->footer(std::string(R"(
EXAMPLES
  nboctl profile show 239
  nboctl profile show --card 4711
  nboctl profile show 239 214 58 --format json | jq .segments

With --format json one object per line. A customer that is not found is reported and passed over; the exit code is
then 3.)") + kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunProfileShow(context, *options); }; });
}

void AddOffers(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "offers", "What nbo would offer");
  CLI::App* command = group->add_subcommand("get", "Ask for offers as a till, kiosk or app does; writes nothing");
  auto options = std::make_shared<OffersGetOptions>();
  command->add_option("--customer", options->customer_id, "Customer id. Without any customer: the default offers");
  options->identities.AddTo(command);
  command->add_option("--channel", options->channel, "Where they will be shown: " + ChannelNames())->required();
  command->add_option("--placement", options->placement, "Spot within the channel, e.g. home_banner, cart");
  command->add_option("--store", options->store_id, "The shop");
  command->add_option("--terminal", options->terminal_id, "The till, kiosk or device");
  command->add_option("--operator", options->operator_id, "The cashier or agent");
  command->add_option("--locale", options->locale, "Language, e.g. en or ru-RU");
  AddRepeatable(command, "--basket", options->basket,
                "A line of the basket: product[:category[:amount[:quantity]]]; repeatable");
  command->add_option("--max", options->max_offers, "At most so many offers, 1 to 100; 0: as the channel has it")
      ->check(CLI::Range(0, 100));
  AddRepeatable(command, "--attribute", options->attributes, "A fact for rules: key=value; repeatable");
  command->add_option("--request-id", options->request_id, "Your id of this request, for logs");
  command->add_option("--as-of", options->as_of,
                      "Decide as if it were this moment, e.g. 2026-01-31T12:00:00Z (the "
                      "server must run with replay.enabled)");
  command->add_flag("--explain", options->explain, "Also say of every offer why it is shown or not");
  command->footer(std::string(R"(
EXAMPLES
  nboctl offers get --customer 239 --channel pos --store 388
  nboctl offers get --card 4711 --channel kiosk --basket "1056746:BEEF:7.98:2" --basket 1106523 --explain
  nboctl offers get --channel web --placement home_banner --locale en --max 3 --format json

Amounts are in major units (7.98); the quantity is 1 by default.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunOffersGet(context, *options); }; });
}

void AddCatalog(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "catalog", "Offers, segments and score formula");
  auto file = std::make_shared<CatalogFileOptions>();
  CLI::App* validate = group->add_subcommand("validate", "Check a catalog; changes nothing");
  AddCatalogFile(validate, *file);
  validate->footer(std::string(R"(
EXAMPLE
  nboctl catalog validate catalog.yaml

Mistakes are printed as file:line:column; the exit code is then 1.)") +
                   kSeeGlobal);
  validate->callback([=] { *action = [=](Context& context) { return RunCatalogValidate(context, *file); }; });

  CLI::App* publish = group->add_subcommand("publish", "Check a catalog and make it the active one");
  AddCatalogFile(publish, *file);
  publish->add_option("--author", file->author, "Who publishes");
  publish->add_option("--note", file->note, "Why");
  publish->add_flag("--dry-run", file->dry_run, "Only check");
  publish->footer(std::string(R"(
EXAMPLE
  nboctl catalog publish catalog.yaml --author anna --note "spring coffee offers"

The active catalog stays if there is a mistake; the exit code is then 1.)") +
                  kSeeGlobal);
  publish->callback([=] { *action = [=](Context& context) { return RunCatalogPublish(context, *file); }; });

  CLI::App* show = group->add_subcommand("show", "Show the active catalog or an older version");
  auto version = std::make_shared<CatalogShowOptions>();
  show->add_option("--version", version->version, "An older version")->check(CLI::PositiveNumber);
  show->add_flag("--yaml", version->yaml, "Print the YAML alone, as it was published");
  show->footer(std::string(R"(
EXAMPLES
  nboctl catalog show
  nboctl catalog show --version 3 --yaml > catalog-3.yaml)") +
               kSeeGlobal);
  show->callback([=] { *action = [=](Context& context) { return RunCatalogShow(context, *version); }; });
}

void AddIdentity(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "identity", "Cards, phones and other names of customers");
  CLI::App* command = group->add_subcommand("link", "State that a card, phone, ... belongs to a customer");
  auto options = std::make_shared<IdentityLinkOptions>();
  options->identities.AddTo(command);
  command->add_option("--customer", options->customer_id, "The retailer's customer id")->required();
  command->add_option("--time", options->time, "Since when, e.g. 2026-01-31T12:00:00Z; default: now");
  command->footer(std::string(R"(
EXAMPLE
  nboctl identity link --card 4711 --customer 239

Of several statements about one identity the one with the latest time holds.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunIdentityLink(context, *options); }; });
}

}  // namespace nbo::ctl
