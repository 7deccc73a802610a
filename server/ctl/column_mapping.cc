#include "server/ctl/column_mapping.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nbo::ctl {
namespace {

constexpr std::array<absl::string_view, kFieldCount> kFieldNames = {
    "receipt_id",
    "customer_id",
    "loyalty_card",
    "phone",
    "email",
    "app_user",
    "device",
    "store_id",
    "time",
    "channel",
    "product_id",
    "category",
    "quantity",
    "amount",
    "unit_price",
    "discount",
    "revision",
    "cancelled",
    "returned_receipt_id",
    "returned_store_id",
};

constexpr Field kCustomerFields[] = {Field::kCustomerId, Field::kLoyaltyCard, Field::kPhone,
                                     Field::kEmail,      Field::kAppUser,     Field::kDevice};

bool IsCustomer(Field field) {
  return std::find(std::begin(kCustomerFields), std::end(kCustomerFields), field) != std::end(kCustomerFields);
}

bool IsMoney(Field field) { return field == Field::kAmount || field == Field::kUnitPrice || field == Field::kDiscount; }

// Levenshtein distance, letters compared without case.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = absl::ascii_tolower(static_cast<unsigned char>(a[i - 1])) ==
                        absl::ascii_tolower(static_cast<unsigned char>(b[j - 1]));
      const size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The candidate closest to `word`, or empty if none is close.
std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = word.size() / 2 + 2;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 256) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

absl::Status UnknownField(absl::string_view option, absl::string_view name) {
  const std::vector<std::string> names(kFieldNames.begin(), kFieldNames.end());
  const std::string nearest = Nearest(name, names);
  return absl::InvalidArgumentError(absl::StrCat(option, ": there is no field \"", name, "\"",
                                                 nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"),
                                                 " Fields: ", absl::StrJoin(names, ", ")));
}

absl::Status CheckTogether(const std::array<FieldSource, kFieldCount>& sources, bool category_is_joined) {
  const auto named = [&](Field field) { return !sources[static_cast<size_t>(field)].empty(); };
  if (named(Field::kAmount) && named(Field::kUnitPrice)) {
    return absl::InvalidArgumentError("--columns: name amount or unit_price, not both");
  }
  if (category_is_joined && named(Field::kCategory)) {
    return absl::InvalidArgumentError("the category comes from --products; do not name it in --columns or --set too");
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view FieldName(Field field) { return kFieldNames[static_cast<size_t>(field)]; }

std::optional<Field> FieldByName(absl::string_view name) {
  for (int i = 0; i < kFieldCount; ++i) {
    if (kFieldNames[i] == name) return static_cast<Field>(i);
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> SplitAssignments(
    absl::string_view option, const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) {
    for (absl::string_view piece : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
      const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(piece, absl::MaxSplits('=', 1));
      const absl::string_view key = absl::StripAsciiWhitespace(pair.first);
      const absl::string_view value = absl::StripAsciiWhitespace(pair.second);
      if (key.empty() || value.empty()) {
        return absl::InvalidArgumentError(absl::StrCat(option, ": \"", piece, "\" is not of the form name=value"));
      }
      pairs.emplace_back(std::string(key), std::string(value));
    }
  }
  return pairs;
}

absl::StatusOr<size_t> FindColumn(const std::vector<std::string>& header, absl::string_view column,
                                  absl::string_view file) {
  const auto found = std::find(header.begin(), header.end(), column);
  if (found != header.end()) {
    if (std::find(found + 1, header.end(), column) == header.end()) return found - header.begin();
    return absl::InvalidArgumentError(
        absl::StrCat(file, " has two columns \"", column, "\"; which one is meant? Rename the other"));
  }
  const std::string nearest = Nearest(column, header);
  return absl::InvalidArgumentError(absl::StrCat(
      file, " has no column \"", column, "\"", nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?"),
      " Its columns: ", absl::StrJoin(header, ", ")));
}

absl::StatusOr<ColumnMapping> ColumnMapping::Parse(const std::vector<std::string>& columns,
                                                   const std::vector<std::string>& constants, bool category_is_joined) {
  ColumnMapping mapping;
  mapping.category_is_joined_ = category_is_joined;
  for (const bool is_constant : {false, true}) {
    const absl::string_view option = is_constant ? "--set" : "--columns";
    auto pairs = SplitAssignments(option, is_constant ? constants : columns);
    if (!pairs.ok()) return pairs.status();
    for (const auto& [name, value] : *pairs) {
      const std::optional<Field> field = FieldByName(name);
      if (!field.has_value()) return UnknownField(option, name);
      FieldSource& source = mapping.sources_[static_cast<size_t>(*field)];
      if (!source.empty()) return absl::InvalidArgumentError(absl::StrCat(option, ": ", name, " is given twice"));
      if (is_constant) {
        source.constant = value;
      } else if (IsMoney(*field)) {
        source.columns = absl::StrSplit(value, '+');
      } else {
        source.columns = {value};
      }
    }
  }
  if (absl::Status status = CheckTogether(mapping.sources_, category_is_joined); !status.ok()) return status;
  return mapping;
}

bool ColumnMapping::MayTakeByName(Field field) const {
  if (IsCustomer(field))
    return std::none_of(std::begin(kCustomerFields), std::end(kCustomerFields), [this](Field f) { return Named(f); });
  if (field == Field::kAmount || field == Field::kUnitPrice) return !Named(Field::kAmount) && !Named(Field::kUnitPrice);
  return field != Field::kCategory || !category_is_joined_;
}

absl::StatusOr<ColumnMap> ColumnMapping::Resolve(const std::vector<std::string>& header, absl::string_view file) const {
  ColumnMap map;
  map.column_count_ = header.size();
  for (int i = 0; i < kFieldCount; ++i) {
    const Field field = static_cast<Field>(i);
    ColumnMap::Source& resolved = map.sources_[i];
    resolved.constant = sources_[i].constant;
    std::vector<std::string> columns = sources_[i].columns;
    const std::string own_name(FieldName(field));
    if (sources_[i].empty() && MayTakeByName(field) &&
        std::find(header.begin(), header.end(), own_name) != header.end()) {
      columns = {own_name};
    }
    for (const std::string& column : columns) {
      const absl::StatusOr<size_t> position = FindColumn(header, column, file);
      if (!position.ok()) return position.status();
      resolved.positions.push_back(*position);
      resolved.names.push_back(column);
    }
  }
  if (map.Has(Field::kAmount)) map.sources_[static_cast<size_t>(Field::kUnitPrice)] = ColumnMap::Source();
  const auto missing = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": no column for ", what,
                                                   "; name it with --columns. Columns: ", absl::StrJoin(header, ", ")));
  };
  for (const Field field : {Field::kReceiptId, Field::kTime}) {
    if (!map.Has(field)) return missing(FieldName(field));
  }
  if (!map.Has(Field::kCancelled) && !map.Has(Field::kReturnedReceiptId)) {
    if (!map.Has(Field::kProductId)) return missing(FieldName(Field::kProductId));
    if (!map.HasAmount()) return missing("amount (or unit_price)");
  }
  if (std::none_of(std::begin(kCustomerFields), std::end(kCustomerFields), [&](Field f) { return map.Has(f); })) {
    return missing("the customer: customer_id, loyalty_card, phone, email, app_user or device");
  }
  return map;
}

bool ColumnMap::Has(Field field) const {
  return !source(field).positions.empty() || source(field).constant.has_value();
}

bool ColumnMap::IsEmpty(Field field, const std::vector<std::string>& row) const {
  const Source& from = source(field);
  return !from.constant.has_value() && std::all_of(from.positions.begin(), from.positions.end(), [&](size_t position) {
    return absl::StripAsciiWhitespace(row[position]).empty();
  });
}

absl::string_view ColumnMap::Text(Field field, const std::vector<std::string>& row) const {
  const Source& from = source(field);
  if (from.constant.has_value()) return *from.constant;
  if (from.positions.empty()) return absl::string_view();
  return absl::StripAsciiWhitespace(row[from.positions.front()]);
}

}  // namespace nbo::ctl
