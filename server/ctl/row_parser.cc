#include "server/ctl/row_parser.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
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
  ReceiptTime time;
  nbo::v1::Channel channel = nbo::v1::CHANNEL_UNSPECIFIED;
  LineValues values;
  if (!ReadTime(columns, row, &time) || !ReadChannel(columns, row, &channel) || !ReadValues(columns, row, &values)) {
    book_->Spoil(key, origin);
    return Reject(row, file);
  }
  book_->AddLine(key, time, channel, values, origin);
}

void RowParser::Reject(const CsvRow& row, uint32_t file) {
  ++tally_->lines.rejected;
  tally_->reasons.Add(mistake_.reason, 1, LineOrigin{file, row.line}, mistake_.example);
}

bool RowParser::Blame(const ColumnMap& columns, Field field, absl::string_view why, absl::string_view example) {
  const std::vector<std::string>& names = columns.source(field).names;
  mistake_.reason = names.empty() ? absl::StrCat(FieldName(field), " (--set) ", why)
                                  : absl::StrCat("column ", absl::StrJoin(names, "+"), " ", why);
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

bool RowParser::ReadValues(const ColumnMap& columns, const CsvRow& row, LineValues* values) {
  if (!ReadRequiredText(columns, row, Field::kProductId, &values->product_id)) return false;
  // One number in units of 10^-digits; an empty one is 0 or, if required, a mistake.
  const auto read = [&](Field field, int digits, bool required, Decimal* number, int64_t* units) {
    const absl::StatusOr<std::optional<Decimal>> read_number = ReadNumber(columns, row, field);
    if (!read_number.ok()) {
      return Blame(columns, field, read_number.status().message(), Shown(columns, row, field));
    }
    if (!read_number->has_value() && required) return Blame(columns, field, "is empty", "");
    *number = read_number->value_or(Decimal());
    const absl::StatusOr<int64_t> rounded = ToUnits(*number, digits);
    if (!rounded.ok()) return Blame(columns, field, rounded.status().message(), Shown(columns, row, field));
    *units = *rounded;
    return true;
  };
  Decimal quantity{1, 0};
  Decimal number;
  values->quantity_milli = 1000;
  if (columns.Has(Field::kQuantity) &&
      !read(Field::kQuantity, kQuantityDigits, true, &quantity, &values->quantity_milli)) {
    return false;
  }
  if (!read(Field::kDiscount, rules_.minor_digits, false, &number, &values->discount_minor)) return false;
  if (columns.Has(Field::kAmount)) {
    if (!read(Field::kAmount, rules_.minor_digits, true, &number, &values->amount_minor)) return false;
  } else {
    int64_t unit_price_minor = 0;
    if (!read(Field::kUnitPrice, rules_.minor_digits, true, &number, &unit_price_minor)) return false;
    const absl::StatusOr<Decimal> product = Multiply(quantity, number);
    const absl::StatusOr<int64_t> amount =
        product.ok() ? ToUnits(*product, rules_.minor_digits) : absl::StatusOr<int64_t>(product.status());
    if (!amount.ok()) {
      return Blame(columns, Field::kUnitPrice, absl::StrCat("times quantity ", amount.status().message()),
                   Shown(columns, row, Field::kUnitPrice));
    }
    values->amount_minor = *amount;
  }
  values->category = columns.Text(Field::kCategory, row.fields);
  if (!CheckText(columns, Field::kCategory, values->category)) return false;
  if (rules_.products != nullptr) {
    const std::string* category = rules_.products->Find(values->product_id);
    if (category == nullptr) ++tally_->lines_without_product;
    if (category != nullptr) values->category = *category;
  }
  return true;
}

}  // namespace nbo::ctl
