// Cells of a spreadsheet of offers, as people write them, to values as the catalog has them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::ctl {

// INVALID_ARGUMENT says what is wrong with the cell and what to write.

// "2.10", "2,10" (a comma before one or more digits at the end) -> "2.10".
absl::StatusOr<std::string> NumberCell(absl::string_view cell);
// As NumberCell, but "1,234" and "1.234" are refused: they are thousands to one and decimals to another.
absl::StatusOr<std::string> MoneyCell(absl::string_view cell);
// "1000". "1,000", "1.000" and "1 000" are refused: to some they are thousands.
absl::StatusOr<std::string> WholeCell(absl::string_view cell);
// As NumberCell, and "12 %" -> "0.12"; within 0 to 1.
absl::StatusOr<std::string> ShareCell(absl::string_view cell);
// "2024-03-31" or "31.3.2024" -> "2024-03-31".
absl::StatusOr<std::string> DateCell(absl::string_view cell);
// yes, no, true, false, 1, 0, x -> "true" or "false".
absl::StatusOr<std::string> FlagCell(absl::string_view cell);
// 1 to 64 of a-z, 0-9, '-', '_', '.', as YamlWord.
absl::StatusOr<std::string> IdCell(absl::string_view cell);
absl::StatusOr<std::string> KindCell(absl::string_view cell);
// Entries separated by any of `separators` or by newlines; empty ones are passed over.
std::vector<std::string> ListCell(absl::string_view cell, absl::string_view separators);

// Well-formed UTF-8 as a YAML scalar that reads as just this text: in double quotes, on one line.
std::string YamlText(absl::string_view text);

// The same, without quotes where YAML needs none: words of letters, digits, '-', '_' and '.'.
std::string YamlWord(absl::string_view word);

// The letters of a spreadsheet's column, from 0: "A", "Z", "AA".
std::string ColumnLetters(int column);

}  // namespace nbo::ctl
