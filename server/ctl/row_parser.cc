#include "server/ctl/row_parser.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/ctl/api_time.h"
#include "server/ctl/decimal.h"
#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

constexpr int kQuantityDigits = 3;

constexpr std::pair<Field, nbo::v1::IdentityType> kCustomerFields[] = {
    {Field::kCustomerId, nbo::v1::IDENTITY_TYPE_UNSPECIFIED},
    {Field::kLoyaltyCard, nbo::v1::IDENTITY_TYPE_LOYALTY_CARD},
    {Field::kPhone, nbo::v1::IDENTITY_TYPE_PHONE},
    {Field::kEmail, nbo::v1::IDENTITY_TYPE_EMAIL},
    {Field::kAppUser, nbo::v1::IDENTITY_TYPE_APP_USER},
    {Field::kDevice, nbo::v1::IDENTITY_TYPE_DEVICE},
};

// The number in a field: the sum of its columns. Empty summands count as 0 unless all are empty (kEmpty).
absl::StatusOr<std::optional<Decimal>> ReadNumber(const ColumnMap& columns, const CsvRow& row, Field field) {
  const ColumnMap::Source& source = columns.source(field);
  if (source.constant.has_value()) {
    absl::StatusOr<Decimal> number = ParseDecimal(*source.constant);
    if (!number.ok()) return number.status();
    return std::optional<Decimal>(*number);
  }
  std::optional<Decimal> sum;
  for (const size_t position : source.positions) {
    if (row.fields[position].empty()) continue;
    absl::StatusOr<Decimal> number = ParseDecimal(row.fields[position]);
    if (number.ok() && sum.has_value()) number = Add(*sum, *number);
    if (!number.ok()) return number.status();
    sum = *number;
  }
  return sum;
}

// What stood in the columns of a field.
std::string Shown(const ColumnMap& columns, const CsvRow& row, Field field) {
  const ColumnMap::Source& source = columns.source(field);
  if (source.constant.has_value()) return *source.constant;
  return absl::StrJoin(source.positions, " + ",
                       [&](std::string* out, size_t position) { out->append(row.fields[position]); });
}

}  // namespace

void RowParser::Take(const ColumnMap& columns, const CsvRow& row, uint32_t file) {
  ++tally_->lines.read;
  const LineOrigin origin{file, row.line};
  if (row.unterminated || row.fields.size() != columns.column_count()) {
    mistake_.reason = row.unterminated ? "a quote is not closed before the end of the file"
                                       : absl::StrCat("the row has ", row.fields.size(), " fields, the header ",
                                                      columns.column_count());
    mistake_.example.clear();
    return Reject(row, file);
  }
  ReceiptKey key;
  Field customer = Field::kCustomerId;
  if (!ReadKey(columns, row, &key, &customer)) {
    ++tally_->lines.skipped;
    skipped_receipts_.insert(absl::StrCat(key.store_id, "\n", key.receipt_id));
    return;
  }
  if (!CheckText(columns, customer, key.customer) || !CheckText(columns, Field::kStoreId, key.store_id) ||
      !ReadRequiredText(columns, row, Field::kReceiptId, &key.receipt_id)) {
    return Reject(row, file);
  }
  if (!ReadRevision(columns, row, &key.revision)) {
    key.revision = kUnknownRevision;
    book_->Spoil(key, origin);
    return Reject(row, file);
  }
  if (!ReadBody(columns, row, key, origin)) {
    book_->Spoil(key, origin);
    return Reject(row, file);
  }
}

bool RowParser::ReadBody(const ColumnMap& columns, const CsvRow& row, const ReceiptKey& key, LineOrigin origin) {
  ReceiptTime time;
  nbo::v1::Channel channel = nbo::v1::CHANNEL_UNSPECIFIED;
  bool cancelled = false;
  LineValues values;
  if (!ReadTime(columns, row, &time) || !ReadChannel(columns, row, &channel) ||
      !ReadCancelled(columns, row, &cancelled) || (!cancelled && !ReadValues(columns, row, &values))) {
    return false;
  }
  const bool added = cancelled ? book_->AddCancellation(key, time, channel, origin)
                               : book_->AddLine(key, time, channel, values, origin);
  return added || Blame(columns, Field::kCancelled, "contradicts another line of the same receipt",
                        columns.Text(Field::kCancelled, row.fields));
}

void RowParser::Reject(const CsvRow& row, uint32_t file) {
  ++tally_->lines.rejected;
  tally_->reasons.Add(mistake_.reason, 1, LineOrigin{file, row.line}, mistake_.example);
}

bool RowParser::Blame(const ColumnMap& columns, Field field, absl::string_view why, absl::string_view example) {
  const std::vector<std::string>& names = columns.source(field).names;
  if (!columns.Has(field)) {
    mistake_.reason = absl::StrCat("there is no column for ", FieldName(field), "; name it with --columns");
  } else {
    mistake_.reason = names.empty() ? absl::StrCat(FieldName(field), " (--set) ", why)
                                    : absl::StrCat("column ", absl::StrJoin(names, "+"), " ", why);
  }
  mistake_.example = std::string(example);
  return false;
}

bool RowParser::ReadKey(const ColumnMap& columns, const CsvRow& row, ReceiptKey* key, Field* customer) const {
  key->store_id = columns.Text(Field::kStoreId, row.fields);
  key->receipt_id = columns.Text(Field::kReceiptId, row.fields);
  for (const auto& [field, type] : kCustomerFields) {
    key->identity_type = type;
    key->customer = columns.Text(field, row.fields);
    *customer = field;
    if (!key->customer.empty()) return true;
  }
  return false;
}

bool RowParser::ReadRequiredText(const ColumnMap& columns, const CsvRow& row, Field field, absl::string_view* text) {
  *text = columns.Text(field, row.fields);
  if (text->empty()) return Blame(columns, field, "is empty", "");
  return CheckText(columns, field, *text);
}

bool RowParser::CheckText(const ColumnMap& columns, Field field, absl::string_view text) {
  return IsUtf8(text) || Blame(columns, field, "is not valid UTF-8; convert the file", text);
}

bool RowParser::ReadTime(const ColumnMap& columns, const CsvRow& row, ReceiptTime* time) {
  const absl::string_view text = columns.Text(Field::kTime, row.fields);
  const absl::StatusOr<ReceiptTime> parsed = ParseReceiptTime(text, rules_.zone);
  if (!parsed.ok()) return Blame(columns, Field::kTime, parsed.status().message(), text);
  *time = *parsed;
  return true;
}

bool RowParser::ReadChannel(const ColumnMap& columns, const CsvRow& row, nbo::v1::Channel* channel) {
  const absl::string_view text = columns.Text(Field::kChannel, row.fields);
  if (text.empty()) return true;
  const std::optional<nbo::v1::Channel> named = ChannelByName(text);
  if (!named.has_value()) {
    return Blame(columns, Field::kChannel, absl::StrCat("is none of the channels ", ChannelNames()), text);
  }
  *channel = *named;
  return true;
}

bool RowParser::ReadRevision(const ColumnMap& columns, const CsvRow& row, int32_t* revision) {
  const absl::string_view text = columns.Text(Field::kRevision, row.fields);
  if (text.empty()) return true;
  absl::StatusOr<Decimal> number = ParseDecimal(text);
  // Spreadsheets write 1.0 where some cells of a column are empty.
  while (number.ok() && number->scale > 0 && number->unscaled % 10 == 0) {
    number->unscaled /= 10;
    --number->scale;
  }
  if (!number.ok() || number->scale != 0 || number->unscaled < 0 ||
      number->unscaled > std::numeric_limits<int32_t>::max()) {
    return Blame(columns, Field::kRevision, "is not a revision: 0 for the first, 1, 2, ... for corrections", text);
  }
  *revision = static_cast<int32_t>(number->unscaled);
  return true;
}

bool RowParser::ReadCancelled(const ColumnMap& columns, const CsvRow& row, bool* cancelled) {
  const absl::string_view text = columns.Text(Field::kCancelled, row.fields);
  return text.empty() || absl::SimpleAtob(text, cancelled) ||
         Blame(columns, Field::kCancelled, "is neither yes nor no (true, false, 1, 0)", text);
}

bool RowParser::ReadReturned(const ColumnMap& columns, const CsvRow& row, LineValues* values) {
  const absl::string_view receipt_id = columns.Text(Field::kReturnedReceiptId, row.fields);
  const absl::string_view store_id = columns.Text(Field::kReturnedStoreId, row.fields);
  if (receipt_id.empty()) {
    // A shop that is the same for every line says nothing about this one.
    if (store_id.empty() || columns.source(Field::kReturnedStoreId).constant.has_value()) return true;
    return Blame(columns, Field::kReturnedStoreId, "names a shop, but returned_receipt_id is empty", store_id);
  }
  if (!CheckText(columns, Field::kReturnedReceiptId, receipt_id) ||
      !CheckText(columns, Field::kReturnedStoreId, store_id)) {
    return false;
  }
  values->returned_receipt_id = receipt_id;
  values->returned_store_id = store_id;
  constexpr Field kOfLines[] = {Field::kProductId, Field::kQuantity, Field::kAmount, Field::kUnitPrice,
                                Field::kDiscount};
  values->whole_return = std::all_of(std::begin(kOfLines), std::end(kOfLines),
                                     [&](Field field) { return columns.IsEmpty(field, row.fields); });
  return true;
}

bool RowParser::ReadUnits(const ColumnMap& columns, const CsvRow& row, Field field, int digits, bool required,
                          Decimal* number, int64_t* units) {
  const absl::StatusOr<std::optional<Decimal>> read = ReadNumber(columns, row, field);
  if (!read.ok()) return Blame(columns, field, read.status().message(), Shown(columns, row, field));
  if (!read->has_value() && required) return Blame(columns, field, "is empty", "");
  *number = read->value_or(Decimal());
  const absl::StatusOr<int64_t> rounded = ToUnits(*number, digits);
  if (!rounded.ok()) return Blame(columns, field, rounded.status().message(), Shown(columns, row, field));
  *units = *rounded;
  return true;
}

bool RowParser::ReadNumbers(const ColumnMap& columns, const CsvRow& row, LineValues* values) {
  Decimal quantity{values->returned_receipt_id.empty() ? 1 : -1, 0};
  Decimal number;
  values->quantity_milli = static_cast<int64_t>(quantity.unscaled) * 1000;
  if (columns.Has(Field::kQuantity) &&
      !ReadUnits(columns, row, Field::kQuantity, kQuantityDigits, true, &quantity, &values->quantity_milli)) {
    return false;
  }
  const int digits = rules_.minor_digits;
  if (!ReadUnits(columns, row, Field::kDiscount, digits, false, &number, &values->discount_minor)) return false;
  if (!columns.Has(Field::kUnitPrice)) {
    return ReadUnits(columns, row, Field::kAmount, digits, true, &number, &values->amount_minor);
  }
  int64_t unit_price_minor = 0;
  if (!ReadUnits(columns, row, Field::kUnitPrice, digits, true, &number, &unit_price_minor)) return false;
  const absl::StatusOr<Decimal> product = Multiply(quantity, number);
  const absl::StatusOr<int64_t> amount =
      product.ok() ? ToUnits(*product, digits) : absl::StatusOr<int64_t>(product.status());
  if (!amount.ok()) {
    return Blame(columns, Field::kUnitPrice, absl::StrCat("times quantity ", amount.status().message()),
                 Shown(columns, row, Field::kUnitPrice));
  }
  values->amount_minor = *amount;
  return true;
}

bool RowParser::CheckReturnedNumbers(const ColumnMap& columns, const CsvRow& row, const LineValues& values) {
  const auto check = [&](Field field, int64_t value) {
    return value <= 0 ||
           Blame(columns, field, "is above zero in a return; what comes back is negative", Shown(columns, row, field));
  };
  return check(Field::kQuantity, values.quantity_milli) && check(Field::kDiscount, values.discount_minor) &&
         check(columns.Has(Field::kUnitPrice) ? Field::kUnitPrice : Field::kAmount, values.amount_minor);
}

bool RowParser::ReadCategory(const ColumnMap& columns, const CsvRow& row, LineValues* values) {
  values->category = columns.Text(Field::kCategory, row.fields);
  if (!CheckText(columns, Field::kCategory, values->category)) return false;
  if (rules_.products != nullptr) {
    const std::string* category = rules_.products->Find(values->product_id);
    if (category == nullptr) ++tally_->lines_without_product;
    if (category != nullptr) values->category = *category;
  }
  return true;
}

bool RowParser::ReadValues(const ColumnMap& columns, const CsvRow& row, LineValues* values) {
  if (!ReadReturned(columns, row, values)) return false;
  if (values->whole_return) return true;
  if (!ReadRequiredText(columns, row, Field::kProductId, &values->product_id) || !ReadNumbers(columns, row, values)) {
    return false;
  }
  if (!values->returned_receipt_id.empty() && !CheckReturnedNumbers(columns, row, *values)) return false;
  return ReadCategory(columns, row, values);
}

}  // namespace nbo::ctl
