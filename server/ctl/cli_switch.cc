#include <memory>
#include <string>

#include "server/ctl/api_time.h"
#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/switch_command.h"

namespace nbo::ctl {
namespace {

void AddTarget(CLI::App* command, SwitchOptions* options) {
  command->add_option("WHAT", options->what, "How much")
      ->required()
      ->check(CLI::IsMember({"everything", "channel", "store", "campaign", "group", "offer"}));
  command->add_option(
      "ID", options->id,
      "Of the store, the campaign, the group or the offer; the channel: " + ChannelNames() + "; none for everything");
}

CLI::App* AddSet(CLI::App* group, Action* action, bool paused) {
  CLI::App* command =
      paused ? group->add_subcommand("off", "Pause it: from the next request on it is not offered any more")
             : group->add_subcommand("on", "Resume what was paused");
  auto options = std::make_shared<SwitchOptions>();
  AddTarget(command, options.get());
  command->add_option("--author", options->author, "Who wants it")->required();
  command->add_option("--reason", options->reason, "Why; people read it in 'offers explain' and in the history")
      ->required();
  command->callback([=] { *action = [=](Context& context) { return RunSwitchSet(context, *options, paused); }; });
  return command;
}

}  // namespace

void AddSwitch(CLI::App& app, Action* action) {
  CLI::App* group = AddGroup(app, "switch", "Stop offers now, without a new catalog, and let them go on");
  AddSet(group, action, /*paused=*/true)
      ->footer(std::string(R"(
EXAMPLES
  nboctl switch off offer coffee-2for1 --author anna --reason "supplier out of stock"
  nboctl switch off store 388 --author ben --reason "till update"
  nboctl switch off everything --author ben --reason "wrong prices at the till"

It stays off until it is switched on, also through restarts and new catalogs. Where a channel, a store or everything is
off, answers hold no offers at all, and say why: DEFAULT tier, reason paused. What is off already stays as it is. Exit
code 1: the catalog has no such offer, group or campaign, and nothing was changed.)") +
               kSeeGlobal);
  AddSet(group, action, /*paused=*/false)
      ->footer(std::string(R"(
EXAMPLE
  nboctl switch on offer coffee-2for1 --author anna --reason "delivered"

It resumes this one switch: an offer whose campaign, group, channel or store is off too stays off.)") +
               kSeeGlobal);

  CLI::App* preview = group->add_subcommand("preview", "Show what switching off would stop; changes nothing");
  auto previewed = std::make_shared<SwitchOptions>();
  AddTarget(preview, previewed.get());
  preview->footer(std::string(R"(
EXAMPLES
  nboctl switch preview group coffee
  nboctl switch preview channel pos --format json | jq .preview

The share is that of the answers of the last hour that held an offer which it would stop.)") +
                  kSeeGlobal);
  preview->callback([=] { *action = [=](Context& context) { return RunSwitchPreview(context, *previewed); }; });

  CLI::App* list = group->add_subcommand("list", "List what is off, since when, who wanted it and why");
  auto listed = std::make_shared<SwitchListOptions>();
  CLI::Option* history =
      list->add_flag("--history", listed->history, "What was switched off and on instead, the latest first");
  list->add_option("--limit", listed->limit, "At most so many lines of the history")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->needs(history);
  list->footer(std::string(R"(
EXAMPLES
  nboctl switch list
  nboctl switch list --history --limit 5)") +
               kSeeGlobal);
  list->callback([=] { *action = [=](Context& context) { return RunSwitchList(context, *listed); }; });
}

}  // namespace nbo::ctl
