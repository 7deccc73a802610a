// Turns a row of a CSV file into a line of a receipt, or into a counted refusal.
#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/csv/csv_reader.h"
#include "server/ctl/column_mapping.h"
#include "server/ctl/decimal.h"
#include "server/ctl/import_tally.h"
#include "server/ctl/product_table.h"
#include "server/ctl/receipt_grouping.h"

namespace nbo::ctl {

// How texts become values, the same for all files of an import.
struct RowRules {
  absl::TimeZone zone;
  int minor_digits = 2;
  // Null: no product table.
  const ProductTable* products = nullptr;
};

// Counts each row in `tally.lines` exactly once: `read`, and one of `skipped`, `rejected` or (later) the fate of its
// receipt. Rows without a customer are skipped. A row that cannot be read is rejected with the column named, and its
// receipt, where that is known, is spoiled (see ReceiptBook). Thread-compatible.
class RowParser {
 public:
  // `book` and `tally` must outlive it.
  RowParser(RowRules rules, ReceiptBook* book, ImportTally* tally) : rules_(rules), book_(book), tally_(tally) {}

  void Take(const ColumnMap& columns, const CsvRow& row, uint32_t file);

  // Distinct receipts among the skipped lines.
  int64_t skipped_receipt_count() const { return static_cast<int64_t>(skipped_receipts_.size()); }

 private:
  // A value that could not be read: which column, why and what stood there.
  struct Mistake {
    std::string reason;
    std::string example;
  };

  // Fills `key` and names the customer field that holds its text; false if none does.
  bool ReadKey(const ColumnMap& columns, const CsvRow& row, ReceiptKey* key, Field* customer) const;
  // False with `mistake_` set if the text is not UTF-8: no message may carry it.
  bool CheckText(const ColumnMap& columns, Field field, absl::string_view text);
  // Read one value; false with `mistake_` set if that is not possible.
  bool ReadRequiredText(const ColumnMap& columns, const CsvRow& row, Field field, absl::string_view* text);
  bool ReadTime(const ColumnMap& columns, const CsvRow& row, ReceiptTime* time);
  bool ReadChannel(const ColumnMap& columns, const CsvRow& row, nbo::v1::Channel* channel);
  bool ReadRevision(const ColumnMap& columns, const CsvRow& row, int32_t* revision);
  bool ReadCancelled(const ColumnMap& columns, const CsvRow& row, bool* cancelled);
  bool ReadReturned(const ColumnMap& columns, const CsvRow& row, LineValues* values);
  bool ReadCategory(const ColumnMap& columns, const CsvRow& row, LineValues* values);
  bool ReadNumbers(const ColumnMap& columns, const CsvRow& row, LineValues* values);
  bool ReadUnits(const ColumnMap& columns, const CsvRow& row, Field field, int digits, bool required, Decimal* number,
                 int64_t* units);
  // What comes back has no positive number.
  bool CheckReturnedNumbers(const ColumnMap& columns, const CsvRow& row, const LineValues& values);
  bool ReadValues(const ColumnMap& columns, const CsvRow& row, LineValues* values);
  // Adds the row to the book as what it says it is.
  bool ReadBody(const ColumnMap& columns, const CsvRow& row, const ReceiptKey& key, LineOrigin origin);
  void Reject(const CsvRow& row, uint32_t file);
  bool Blame(const ColumnMap& columns, Field field, absl::string_view why, absl::string_view example);

  const RowRules rules_;
  ReceiptBook* const book_;
  ImportTally* const tally_;
  Mistake mistake_;
  absl::flat_hash_set<std::string> skipped_receipts_;
};

}  // namespace nbo::ctl
