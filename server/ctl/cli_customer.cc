#include <memory>
#include <string>

#include "server/ctl/api_time.h"
#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/customer_command.h"
#include "server/ctl/customer_export.h"
#include "server/ctl/identity_command.h"

namespace nbo::ctl {
namespace {

void AddMerge(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("merge", "State that two customers are one person; there is no way back");
  auto options = std::make_shared<CustomerMergeOptions>();
  command->add_option("ABSORBED", options->absorbed_id, "The customer id that goes")->required();
  command->add_option("SURVIVOR", options->surviving_id, "The customer id that stays")->required();
  command->footer(std::string(R"(
EXAMPLE
  nboctl customer merge 1204 239

Receipts, identities, consents and attributes of 1204 move to 239; a receipt known for both counts once. What comes for
1204 later is recorded for 239.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCustomerMerge(context, *options); }; });
}

void AddConsent(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("consent", "Record that a customer may, or may no longer, be contacted");
  auto options = std::make_shared<CustomerConsentOptions>();
  command->add_option("CHANNEL", options->channel, "Through which channel: " + ChannelNames())->required();
  command->add_option("STATEMENT", options->statement, "What the customer stated")
      ->required()
      ->check(CLI::IsMember({"granted", "withdrawn"}));
  command->add_option("--customer", options->customer_id, "Customer id");
  options->identities.AddTo(command);
  command->add_option("--time", options->time, "When it was stated, e.g. 2026-01-31T12:00:00Z; default: now");
  command->add_option("--source", options->source, "Where it was stated, e.g. \"app settings\"; up to 64 bytes");
  command->footer(std::string(R"(
EXAMPLES
  nboctl customer consent email granted --customer 239 --source "sign-up form"
  nboctl customer consent sms withdrawn --phone +4912345678 --time 2026-01-31T12:00:00+01:00

For each channel the statement with the latest time holds; of two with the same time the withdrawal.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCustomerConsent(context, *options); }; });
}

void AddAttributes(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("attributes", "Record free facts about a customer, for rules");
  auto options = std::make_shared<CustomerAttributesOptions>();
  command->add_option("ATTRIBUTE", options->attributes, "What holds, as KEY=VALUE; any number of them");
  AddRepeatable(command, "--remove", options->removed_keys, "A key that has no value any more; repeatable");
  command->add_option("--customer", options->customer_id, "Customer id");
  options->identities.AddTo(command);
  command->add_option("--time", options->time, "When it was so, e.g. 2026-01-31T12:00:00Z; default: now");
  command->add_option("--source", options->source, "Who states it, e.g. \"loyalty system\"; up to 64 bytes");
  command->footer(std::string(R"(
EXAMPLES
  nboctl customer attributes tier=gold app_version=7 --customer 239
  nboctl customer attributes tier=silver --remove trial --card 4711 --time 2026-01-31T12:00:00+01:00

Rules see them as customer.attributes["tier"]; nboctl profile show lists them. For each key the statement with the latest
time holds; of two with the same time the removal, then the greater value. Keys that are not named stay as they are.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCustomerAttributes(context, *options); }; });
}

void AddExport(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("export", "Print everything that is kept of a customer as one JSON object");
  auto options = std::make_shared<CustomerExportOptions>();
  command->add_option("ID", options->customer_id, "Customer id");
  options->identities.AddTo(command);
  command->footer(std::string(R"(
EXAMPLES
  nboctl customer export 239 > customer-239.json
  nboctl customer export --card 4711 | jq .consents

The object has customer_id, merged_customer_ids, identities with the periods in which they were the customer's, consents,
attributes, dropped_receipts_count, profile and receipts with their lines and returns. Amounts are in minor units (cents),
quantities in thousandths. If the connection is lost on the way, the object is left unfinished and the exit code is not
0.)") + kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCustomerExport(context, *options); }; });
}

void AddErase(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("erase", "Forget a customer for good");
  auto options = std::make_shared<CustomerEraseOptions>();
  command->add_option("ID", options->customer_id, "Customer id");
  options->identities.AddTo(command);
  command->add_flag("--yes", options->yes, "Do not ask; required where there is no terminal");
  command->add_flag("--compact", options->compact,
                    "Then rewrite all files of the store, so that nothing is left in them; may take minutes");
  command->footer(std::string(R"(
EXAMPLES
  nboctl customer erase 239
  nboctl customer erase --card 4711 --yes --compact

Profile, receipts, identities, consents and attributes are gone from every answer at once, and from the files within about
two weeks or with --compact at once. Receipts that come for the person later are dropped, until an identity or the customer id is
linked anew. To print what is kept before: nboctl customer export.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunCustomerErase(context, *options); }; });
}

void AddLink(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("link", "State that a card, phone, ... belongs to a customer");
  auto options = std::make_shared<IdentityCommandOptions>();
  options->identities.AddTo(command);
  command->add_option("--customer", options->customer_id, "The retailer's customer id")->required();
  command->add_option("--time", options->time, "Since when, e.g. 2026-01-31T12:00:00Z; default: now");
  command->footer(std::string(R"(
EXAMPLES
  nboctl identity link --card 4711 --customer 239
  nboctl identity link --card 4711 --customer 58 --time 2026-03-01T00:00:00+01:00

An identity belongs to a customer from one such statement to the next; its receipts go to whom it belonged to at their
time, those recorded before included. The first owner also gets what came before.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunIdentityLink(context, *options); }; });
}

void AddUnlink(CLI::App* group, Action* action) {
  CLI::App* command = group->add_subcommand("unlink", "State that a card, phone, ... belongs to nobody known any more");
  auto options = std::make_shared<IdentityCommandOptions>();
  options->identities.AddTo(command);
  command->add_option("--time", options->time, "Since when, e.g. 2026-01-31T12:00:00Z; default: now");
  command->footer(std::string(R"(
EXAMPLE
  nboctl identity unlink --phone +4912345678 --time 2026-03-01T00:00:00+01:00

From then on its receipts are those of a customer known by the identity only. What came before stays where it is.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunIdentityUnlink(context, *options); }; });
}

}  // namespace

void AddIdentity(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "identity", "Cards, phones and other names of customers");
  AddLink(group, action);
  AddUnlink(group, action);
}

void AddCustomer(CLI::App& app, Action* action) {
  CLI::App* group =
      AddGroup(app, "customer", "Merge, consent, attributes, and what the law grants a person: export, erase");
  AddMerge(group, action);
  AddConsent(group, action);
  AddAttributes(group, action);
  AddExport(group, action);
  AddErase(group, action);
}

}  // namespace nbo::ctl
