#include <memory>
#include <string>

#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/import_command.h"

namespace nbo::ctl {
namespace {

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
  revision        0 for the first version of a receipt, 1, 2, ... for corrections, each with all its lines; the highest
                  counts. Empty: 0
  cancelled       yes: this revision says that the receipt never was; its product and amounts are not looked at
  returned_receipt_id
                  the earlier receipt of the customer that the line takes goods back from; quantity and amount are
                  then negative. Without product, quantity and amount: everything of it. Empty: an ordinary line
  returned_store_id
                  the store of that receipt, if it is another one
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
  nboctl import purchases corrections.csv --columns revision=version,returned_receipt_id=original_receipt

NOTES
  Importing the same data again is safe: receipts already recorded count as duplicates. But --shift-to-now a week later
  moves the times by another week, and the server then refuses every receipt as one of other content. To import again,
  give the --shift-weeks that the summary of the first import names.
  Lines of a receipt need not stand together: everything is read into memory first, about 40 bytes per line and 300 per
  receipt plus every distinct text once (542,000 lines with 26,000 receipts: 47 MB).
  If one line of a receipt cannot be read, the whole receipt is held back, lest its id be taken by a part of it.
  Every revision of a receipt counts as a receipt of its own in the summary.
  Exit code 0 also if lines were skipped (no customer), duplicate, superseded by a higher revision or of an erased
  customer; 1 if any line was rejected; 4 if sending was given up.)";

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

}  // namespace nbo::ctl
