// nboctl catalog validate, publish and show.
#pragma once

#include <cstdint>
#include <string>

#include "server/ctl/context.h"

namespace nbo::ctl {

struct CatalogFileOptions {
  std::string file;
  // Moves every offer's window; the number that `import --shift-to-now` printed.
  int32_t shift_weeks = 0;
  std::string author;
  std::string note;
  // When it becomes active, RFC 3339; empty: at once.
  std::string at;
  // Print all warnings; else the first ten.
  bool all_warnings = false;
  bool dry_run = false;
};

struct CatalogShowOptions {
  // 0: the active one.
  int64_t version = 0;
  // Print the YAML alone, as it was published.
  bool yaml = false;
};

// kExitRefused if the catalog has mistakes; they go to `out` as a compiler prints them.
ExitCode RunCatalogValidate(Context& context, const CatalogFileOptions& options);
ExitCode RunCatalogPublish(Context& context, const CatalogFileOptions& options);
ExitCode RunCatalogShow(Context& context, const CatalogShowOptions& options);

}  // namespace nbo::ctl
