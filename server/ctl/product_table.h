// Joins the category to receipt lines by product id.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::ctl {

// Product id to category. Immutable after Load.
class ProductTable {
 public:
  // Reads a CSV file whole. `columns` are texts "product_id=column,category=column"; a field that is not named is taken
  // from the column of its own name. Of several rows for one product the first counts. Errors name the file.
  static absl::StatusOr<ProductTable> Load(const std::string& path, const std::vector<std::string>& columns);

  // The category, possibly empty; null if the product is not in the table.
  const std::string* Find(absl::string_view product_id) const;
  size_t size() const { return categories_.size(); }

 private:
  absl::flat_hash_map<std::string, std::string> categories_;
};

}  // namespace nbo::ctl
