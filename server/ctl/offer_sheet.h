// A spreadsheet of offers, saved as CSV, to the YAML of a catalog.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/csv/csv_reader.h"

namespace nbo::ctl {

struct OfferSheet {
  std::string offers_yaml;  // the elements of `offers:`, each under a comment that names its row
  int offer_count = 0;
  std::vector<std::string> mistakes;  // "offers.csv, cell F3 (value): '2,1,0' is not a number; ..."
};

// Reads all rows. Rows are counted as a spreadsheet does, the header being row 1; rows without any value are passed
// over. Texts without a language in their column's name are of `locale`. An error only if reading failed; `mistakes` in
// the order of the rows, at most 1,000. `shown_name` is the file's in messages and comments.
absl::StatusOr<OfferSheet> ReadOfferSheet(CsvReader& reader, const std::string& shown_name, const std::string& locale);

}  // namespace nbo::ctl
