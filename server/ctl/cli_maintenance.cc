#include <memory>
#include <string>

#include "server/ctl/cli_commands.h"
#include "server/ctl/cli_parts.h"
#include "server/ctl/maintenance_command.h"

namespace nbo::ctl {

void AddMaintenance(CLI::App& app, Action* action) {
  CLI::App* rebuild = app.add_subcommand("rebuild", "Compute all profiles anew from the receipts that are kept");
  auto options = std::make_shared<RebuildOptions>();
  rebuild->add_flag("--status", options->status, "Only show how far it is, or how the last one ended");
  rebuild->add_flag("--quiet", options->quiet, "Show no progress");
  rebuild->footer(std::string(R"(
EXAMPLES
  nboctl rebuild
  nboctl rebuild --status --format json

For after an upgrade that says so, or after damage. The server goes on serving meanwhile. Ctrl-C ends the watching, not
the work (exit code 130). Exit code 1 if receipts of some customers could not be read; they keep the profile they
had.)") + kSeeGlobal);
  rebuild->callback([=] { *action = [=](Context& context) { return RunRebuild(context, *options); }; });

  CLI::App* compact = app.add_subcommand("compact", "Rewrite all files of the store: nothing of the erased is left");
  compact->footer(std::string(R"(
EXAMPLE
  nboctl compact

Waits until it is done, which may take minutes (--timeout does not count here); the server goes on serving meanwhile.
Ctrl-C ends the waiting, not the work.)") +
                  kSeeGlobal);
  compact->callback([=] { *action = [](Context& context) { return RunCompact(context); }; });
}

}  // namespace nbo::ctl
