// nboctl import purchases.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/ctl/context.h"

namespace nbo::ctl {

struct ImportOptions {
  std::vector<std::string> files;
  // Texts of --columns, --set and --product-columns (column_mapping.h, product_table.h).
  std::vector<std::string> columns;
  std::vector<std::string> constants;
  std::string products_file;
  std::vector<std::string> product_columns;
  // IANA name; of times without an offset.
  std::string time_zone = "UTC";
  bool shift_to_now = false;
  std::optional<int64_t> shift_weeks;
  bool quiet = false;
};

// Reads all files into memory, sends their receipts and prints the summary. Nothing is sent if an option, a header or
// the reading of a file is at fault.
ExitCode RunImportPurchases(Context& context, const ImportOptions& options);

}  // namespace nbo::ctl
