// Which column of a file holds which field of a purchase.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::ctl {

enum class Field {
  kReceiptId,
  kCustomerId,
  kLoyaltyCard,
  kPhone,
  kEmail,
  kAppUser,
  kDevice,
  kStoreId,
  kTime,
  kChannel,
  kProductId,
  kCategory,
  kQuantity,
  kAmount,
  kUnitPrice,
  kDiscount,
  kRevision,
  kCancelled,
  kReturnedReceiptId,
  kReturnedStoreId,
};
inline constexpr int kFieldCount = 20;

// "receipt_id", as --columns names it.
absl::string_view FieldName(Field field);
std::optional<Field> FieldByName(absl::string_view name);

// Where the values of one field come from. Neither: the field has no source.
struct FieldSource {
  // Columns of the file; more than one only for money, which is summed.
  std::vector<std::string> columns;
  // The same value for every line.
  std::optional<std::string> constant;

  bool empty() const { return columns.empty() && !constant.has_value(); }
};

// A ColumnMapping for one file: columns are positions in a row now. Immutable.
class ColumnMap {
 public:
  struct Source {
    // Position and name of each column.
    std::vector<size_t> positions;
    std::vector<std::string> names;
    std::optional<std::string> constant;
  };

  bool Has(Field field) const;
  bool HasAmount() const { return Has(Field::kAmount) || Has(Field::kUnitPrice); }
  // Nothing stands in any column of the field, or it has no source.
  bool IsEmpty(Field field, const std::vector<std::string>& row) const;
  const Source& source(Field field) const { return sources_[static_cast<size_t>(field)]; }
  // The text of a field that is no sum; empty if it has no source. `row` has as many fields as the header.
  absl::string_view Text(Field field, const std::vector<std::string>& row) const;
  size_t column_count() const { return column_count_; }

 private:
  friend class ColumnMapping;
  std::array<Source, kFieldCount> sources_;
  size_t column_count_ = 0;
};

// What --columns and --set say. Immutable.
class ColumnMapping {
 public:
  // `columns` are texts "field=column,field=a+b", `constants` are "field=value,...". With `category_is_joined` the
  // category comes from elsewhere and may not be named. INVALID_ARGUMENT names what is wrong.
  static absl::StatusOr<ColumnMapping> Parse(const std::vector<std::string>& columns,
                                             const std::vector<std::string>& constants, bool category_is_joined);

  // Finds the columns in a file's header. A field that Parse was not told about is taken from the column of its own
  // name, if there is one (amount wins over unit_price; customer fields and amounts only if none was named).
  // INVALID_ARGUMENT names the column that is missing, the file, the columns it has and the nearest of them, or the
  // required field that has no source. Products and amounts are not required of a file that can tell cancellations or
  // returns: its rows may be nothing else.
  absl::StatusOr<ColumnMap> Resolve(const std::vector<std::string>& header, absl::string_view file) const;

 private:
  bool Named(Field field) const { return !sources_[static_cast<size_t>(field)].empty(); }
  bool MayTakeByName(Field field) const;

  std::array<FieldSource, kFieldCount> sources_;
  bool category_is_joined_ = false;
};

// Position of a column of the header, with an error as in ColumnMapping::Resolve.
absl::StatusOr<size_t> FindColumn(const std::vector<std::string>& header, absl::string_view column,
                                  absl::string_view file);

// Splits "a=b,c=d" into pairs; INVALID_ARGUMENT starts with `option` and shows the piece without "=".
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> SplitAssignments(
    absl::string_view option, const std::vector<std::string>& texts);

}  // namespace nbo::ctl
