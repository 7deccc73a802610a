#include "server/ctl/offer_cells.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

namespace nbo::ctl {
namespace {

constexpr std::array<const char*, 6> kKinds = {"discount", "points", "gift", "cross_sell", "up_sell", "information"};

absl::Status Wrong(absl::string_view cell, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("'", cell, "' ", what));
}

bool IsPlainNumber(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  const size_t points = std::count(text.begin(), text.end(), '.');
  return !text.empty() && points <= 1 && text.size() > points && !(negative && text.empty()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
}

}  // namespace

absl::StatusOr<std::string> NumberCell(absl::string_view cell) {
  std::string number(cell);
  if (std::count(number.begin(), number.end(), ',') == 1 && number.find('.') == std::string::npos) {
    number[number.find(',')] = '.';
  }
  if (IsPlainNumber(number)) return number;
  return Wrong(cell, "is not a number; write for example 2.10, without signs of currency or thousands");
}

absl::StatusOr<std::string> MoneyCell(absl::string_view cell) {
  const size_t point = cell.find_last_of(".,");
  const bool thousands = point != absl::string_view::npos && cell.size() == point + 4 && point > 0 && point <= 3 &&
                         cell[0] != '0' && std::all_of(cell.begin(), cell.end(), [](char c) {
                           return absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == ',';
                         });
  if (!thousands) return NumberCell(cell);
  const absl::string_view whole = cell.substr(0, point), rest = cell.substr(point + 1);
  return Wrong(cell, absl::StrCat("may be ", whole, rest, " or ", whole, ".", rest, "; write ", whole, rest, " or ",
                                  whole, ".", rest, "0"));
}

absl::StatusOr<std::string> WholeCell(absl::string_view cell) {
  const bool digits =
      std::all_of(cell.begin(), cell.end(), [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
  if (digits && !cell.empty()) return std::string(cell);
  return Wrong(cell, "is no whole number; write only its digits, for example 1000");
}

absl::StatusOr<std::string> ShareCell(absl::string_view cell) {
  absl::string_view rest = absl::StripAsciiWhitespace(cell);
  const bool percent = absl::ConsumeSuffix(&rest, "%");
  auto number = NumberCell(absl::StripAsciiWhitespace(rest));
  double share = 0;
  if (!number.ok() || !absl::SimpleAtod(*number, &share)) return Wrong(cell, "is not a share; write 0.12 or 12 %");
  if (percent) share /= 100;
  if (share < 0 || share > 1) return Wrong(cell, "is not between 0 and 1; write 0.12 or 12 %");
  return percent ? absl::StrFormat("%.6g", share) : *number;
}

absl::StatusOr<std::string> DateCell(absl::string_view cell) {
  absl::CivilDay day;
  if (cell.size() == 10 && absl::ParseCivilTime(cell, &day)) return std::string(cell);
  const std::vector<absl::string_view> parts = absl::StrSplit(cell, '.');
  int d = 0, m = 0, y = 0;
  if (parts.size() == 3 && absl::SimpleAtoi(parts[0], &d) && absl::SimpleAtoi(parts[1], &m) &&
      absl::SimpleAtoi(parts[2], &y) && y >= 1000 && y <= 9999) {
    day = absl::CivilDay(y, m, d);
    if (day.year() == y && day.month() == m && day.day() == d) return absl::FormatCivilTime(day);
  }
  return Wrong(cell, "is no date; write 2024-03-31 or 31.03.2024");
}

absl::StatusOr<std::string> FlagCell(absl::string_view cell) {
  const std::string word = absl::AsciiStrToLower(cell);
  if (word == "yes" || word == "true" || word == "1" || word == "x") return std::string("true");
  if (word == "no" || word == "false" || word == "0") return std::string("false");
  return Wrong(cell, "is neither yes nor no");
}

absl::StatusOr<std::string> IdCell(absl::string_view cell) {
  const bool good = cell.size() <= 64 && std::all_of(cell.begin(), cell.end(), [](char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_' || c == '.';
                    });
  if (good) return YamlWord(cell);
  return Wrong(cell, "is no id; use 1 to 64 of a-z, 0-9, '-', '_' and '.'");
}

absl::StatusOr<std::string> KindCell(absl::string_view cell) {
  std::string kind = absl::AsciiStrToLower(cell);
  std::replace_if(
      kind.begin(), kind.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  if (std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) return kind;
  return Wrong(cell, absl::StrCat("is no kind; use one of ", absl::StrJoin(kKinds, ", ")));
}

std::vector<std::string> ListCell(absl::string_view cell, absl::string_view separators) {
  std::vector<std::string> entries;
  for (absl::string_view entry : absl::StrSplit(cell, absl::ByAnyChar(absl::StrCat(separators, "\r\n")))) {
    entry = absl::StripAsciiWhitespace(entry);
    if (!entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

namespace {

// Well-formed UTF-8 that YAML takes for the end of a line or for unprintable, as an escape; "" for all other.
absl::string_view EscapeOf(absl::string_view character) {
  constexpr std::array<std::pair<absl::string_view, absl::string_view>, 6> kEscapes = {{{"\u0085", "\\N"},
                                                                                        {"\u2028", "\\L"},
                                                                                        {"\u2029", "\\P"},
                                                                                        {"\ufeff", "\\uFEFF"},
                                                                                        {"\ufffe", "\\uFFFE"},
                                                                                        {"\uffff", "\\uFFFF"}}};
  for (const auto& [written, escape] : kEscapes) {
    if (character == written) return escape;
  }
  return "";
}

void AppendAscii(char c, std::string* quoted) {
  if (c == '"' || c == '\\') {
    absl::StrAppend(quoted, "\\", absl::string_view(&c, 1));
  } else if (c == '\n') {
    *quoted += "\\n";
  } else if (c == '\t') {
    *quoted += "\\t";
  } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
    absl::StrAppendFormat(quoted, "\\x%02X", static_cast<unsigned char>(c));
  } else {
    quoted->push_back(c);
  }
}

}  // namespace

std::string YamlText(absl::string_view text) {
  std::string quoted = "\"";
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const absl::string_view character = text.substr(at, end - at);
    const auto lead = static_cast<unsigned char>(text[at]);
    at = end;
    if (character.size() == 1) {
      AppendAscii(character[0], &quoted);
    } else if (const absl::string_view escape = EscapeOf(character); !escape.empty()) {
      absl::StrAppend(&quoted, escape);
    } else if (lead == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0) {  // U+0080 to U+009F
      absl::StrAppendFormat(&quoted, "\\x%02X", static_cast<unsigned char>(character[1]));
    } else {
      absl::StrAppend(&quoted, character);
    }
  }
  return quoted + "\"";
}

std::string YamlWord(absl::string_view word) {
  const bool plain = !word.empty() && absl::ascii_isalpha(static_cast<unsigned char>(word[0])) &&
                     !absl::EqualsIgnoreCase(word, "null") && std::all_of(word.begin(), word.end(), [](char c) {
                       return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
                     });
  return plain ? std::string(word) : YamlText(word);
}

std::string ColumnLetters(int column) {
  std::string letters;
  for (int rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return letters;
}

}  // namespace nbo::ctl
