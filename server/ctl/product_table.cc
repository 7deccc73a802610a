#include "server/ctl/product_table.h"

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/csv/csv_reader.h"
#include "server/ctl/column_mapping.h"
#include "server/ctl/utf8.h"

namespace nbo::ctl {

absl::StatusOr<ProductTable> ProductTable::Load(const std::string& path, const std::vector<std::string>& columns) {
  std::string product_column = "product_id";
  std::string category_column = "category";
  auto pairs = SplitAssignments("--product-columns", columns);
  if (!pairs.ok()) return pairs.status();
  for (const auto& [field, column] : *pairs) {
    if (field != "product_id" && field != "category") {
      return absl::InvalidArgumentError(
          absl::StrCat("--product-columns: \"", field, "\" is neither product_id nor category"));
    }
    (field == "product_id" ? product_column : category_column) = column;
  }
  absl::StatusOr<std::unique_ptr<CsvReader>> reader = CsvReader::Open(path);
  if (!reader.ok()) return reader.status();
  const absl::StatusOr<size_t> product = FindColumn((*reader)->header(), product_column, path);
  if (!product.ok()) return product.status();
  const absl::StatusOr<size_t> category = FindColumn((*reader)->header(), category_column, path);
  if (!category.ok()) return category.status();
  ProductTable table;
  CsvRow row;
  while (true) {
    const absl::StatusOr<bool> got = (*reader)->Next(&row);
    if (!got.ok()) return got.status();
    if (!*got) return table;
    if (row.fields.size() <= std::max(*product, *category) || row.unterminated) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", row.line, ": the row has ", row.fields.size(),
                                                     " fields, the header ", (*reader)->header().size()));
    }
    if (!IsUtf8(row.fields[*category])) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", row.line, ": column ", category_column, " is not valid UTF-8; convert the file"));
    }
    table.categories_.try_emplace(std::move(row.fields[*product]), std::move(row.fields[*category]));
  }
}

const std::string* ProductTable::Find(absl::string_view product_id) const {
  const auto found = categories_.find(product_id);
  return found == categories_.end() ? nullptr : &found->second;
}

}  // namespace nbo::ctl
