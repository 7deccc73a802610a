#include "server/config/store_zones_file.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/csv/csv_reader.h"

namespace nbo::server {
namespace {

absl::Status AddRow(const CsvRow& row, StoreZones* zones) {
  if (row.unterminated) return absl::InvalidArgumentError("a quote is not closed before the end of the file");
  if (row.fields.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("the row has ", row.fields.size(), " fields; two are expected, as in 391,Asia/Vladivostok"));
  }
  return zones->Add(row.fields[0], row.fields[1]);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const StoreZones>> ReadStoreZones(const std::string& path) {
  auto at = [&path](int64_t line, const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat("stores.file: ", path, ":", line, ": ", status.message()));
  };
  auto reader = CsvReader::Open(path);
  if (!reader.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("stores.file: ", reader.status().message()));
  }
  if ((*reader)->header() != std::vector<std::string>{"store_id", "time_zone"}) {
    return at(1, absl::InvalidArgumentError("the first row must be the header store_id,time_zone"));
  }
  auto zones = std::make_shared<StoreZones>();
  for (CsvRow row;;) {
    const absl::StatusOr<bool> got = (*reader)->Next(&row);
    if (!got.ok()) return absl::InvalidArgumentError(absl::StrCat("stores.file: ", got.status().message()));
    if (!*got) return std::shared_ptr<const StoreZones>(std::move(zones));
    if (absl::Status s = AddRow(row, zones.get()); !s.ok()) return at(row.line, s);
  }
}

}  // namespace nbo::server
