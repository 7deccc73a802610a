#include "server/ctl/cli_commands.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "server/ctl/api_time.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/offers_command.h"
#include "server/ctl/profile_command.h"
#include "server/ctl/segments_command.h"

namespace nbo::ctl {
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

namespace {

// Whom and where a request for offers is about.
void AddTouch(CLI::App* command, OffersGetOptions* options) {
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
}

}  // namespace

void AddOffers(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "offers", "What nbo would offer, and why");
  CLI::App* get = group->add_subcommand("get", "Ask for offers as a till, kiosk or app does; writes nothing");
  auto options = std::make_shared<OffersGetOptions>();
  AddTouch(get, options.get());
  get->add_flag("--explain", options->explain, "Also say of every offer why it is shown or not");
  get->footer(std::string(R"(
EXAMPLES
  nboctl offers get --customer 239 --channel pos --store 388
  nboctl offers get --card 4711 --channel kiosk --basket "1056746:BEEF:7.98:2" --basket 1106523 --explain
  nboctl offers get --channel web --placement home_banner --locale en --max 3 --format json

Amounts are in major units (7.98); the quantity is 1 by default.)") +
              kSeeGlobal);
  get->callback([=] { *action = [=](Context& context) { return RunOffersGet(context, *options); }; });

  CLI::App* explain = group->add_subcommand("explain", "Say of offers why they are shown or not; writes nothing");
  auto asked = std::make_shared<OffersExplainOptions>();
  explain->add_option("OFFER", asked->offer_ids, "Ids of offers; without any: all of the catalog");
  AddTouch(explain, &asked->request);
  explain->footer(std::string(R"(
EXAMPLES
  nboctl offers explain --customer 239 --channel pos
  nboctl offers explain coffee-2for1 --card 4711 --channel kiosk --basket "1056746:BEEF:7.98:2"
  nboctl offers explain --customer 239 --channel pos --format json | jq -r 'select(.gate == "GATE_SHOWN").offer_id'

One line an offer, with the part of the rule that decided and the values it met:
  coffee-2for1: not eligible: customer.recency_days > 45 (it is 12)
With --format json one object per line. Exit code 3: the catalog has no such offer.)") +
                  kSeeGlobal);
  explain->callback([=] { *action = [=](Context& context) { return RunOffersExplain(context, *asked); }; });
}

void AddSegments(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("segments", "How the customers divide into RFM segments");
  auto options = std::make_shared<SegmentsOptions>();
  CLI::Option* refresh =
      command->add_flag("--refresh", options->refresh, "Compute scores and sizes anew first, and wait for it");
  command
      ->add_option("--as-of", options->as_of,
                   "With --refresh: count recency to this moment, e.g. 2006-12-31T12:00:00Z (the server must run with "
                   "replay.enabled); it holds for rules and profiles until the next refresh")
      ->needs(refresh);
  command->footer(std::string(R"(
EXAMPLES
  nboctl segments
  nboctl segments --refresh --timeout 600
  nboctl segments --format json | jq '.segments[] | [.segment_id, .customer_count]'

Scores are quintiles of all customers with a visit: R of the last visit, F of the number of visits, M of the revenue,
both over the lifetime; 5 is the best fifth. The first segment that matches holds. Exit code 3: not computed yet.)") +
                  kSeeGlobal);
  command->callback([=] { *action = [=](Context& context) { return RunSegments(context, *options); }; });
}

}  // namespace nbo::ctl
