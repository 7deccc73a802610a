// nboctl catalog import: a spreadsheet of offers to a catalog.
#pragma once

#include <string>

#include "server/ctl/context.h"

namespace nbo::ctl {

struct CatalogImportOptions {
  std::string file;    // CSV
  std::string output;  // YAML; empty: to `out`
  // A catalog whose beginning, up to `offers:`, is taken over; empty: the head is made of what follows.
  std::string base;
  std::string name = "imported";
  std::string currency = "USD";
  std::string locale = "en";
};

// Writes the catalog only if every cell can be read; else the mistakes go to `out`, and the exit code is kExitRefused.
// Asks no server.
ExitCode RunCatalogImport(Context& context, const CatalogImportOptions& options);

}  // namespace nbo::ctl
