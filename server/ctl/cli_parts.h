// What the commands of nboctl declare alike.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace nbo::ctl {

// The end of every command's help.
inline constexpr char kSeeGlobal[] =
    "\n\nGlobal options (--server, --format, --timeout, --minor-digits) work here too: nboctl --help.";

// Adds a command that must be followed by one of its own.
inline CLI::App* AddGroup(CLI::App& app, const char* name, const char* description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return group;
}

// One value per mention, mentioned any number of times.
inline CLI::Option* AddRepeatable(CLI::App* command, const char* name, std::vector<std::string>& values,
                                  const char* description) {
  return command->add_option(name, values, description)->allow_extra_args(false)->type_name("TEXT");
}

}  // namespace nbo::ctl
