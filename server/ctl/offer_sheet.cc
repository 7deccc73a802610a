#include "server/ctl/offer_sheet.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/ctl/api_time.h"
#include "server/ctl/offer_cells.h"
#include "server/ctl/output.h"
#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

constexpr size_t kMaxMistakes = 1000;
constexpr size_t kTillColumns = 30, kTillLines = 2;

constexpr std::array<const char*, 26> kFields = {"id",
                                                 "name",
                                                 "kind",
                                                 "group",
                                                 "campaign",
                                                 "from",
                                                 "to",
                                                 "value",
                                                 "cost",
                                                 "propensity",
                                                 "evidence",
                                                 "budget_count",
                                                 "budget_amount",
                                                 "budget_per_customer",
                                                 "supplier",
                                                 "supplier_share",
                                                 "attribution_days",
                                                 "weight",
                                                 "default",
                                                 "eligibility",
                                                 "applicability",
                                                 "products",
                                                 "categories",
                                                 "placements",
                                                 "coupon",
                                                 "barcode"};
constexpr std::array<const char*, 6> kRequired = {"id", "name", "kind", "value", "cost", "propensity"};
constexpr std::array<const char*, 7> kTextFields = {"script", "title",          "body",  "image",
                                                    "price",  "call_to_action", "reason"};

// POS.script, WEB.title.ru.
struct TextColumn {
  std::string channel, field, locale;
};

class Sheet {
 public:
  Sheet(const std::string& name, std::string locale)
      : name_(absl::StrReplaceAll(CleanUtf8(name, name.size()), {{"\n", " "}, {"\r", " "}})),
        locale_(std::move(locale)) {}

  void ReadHeader(const std::vector<std::string>& header) {
    for (size_t c = 0; c < header.size(); ++c)
      ReadColumn(static_cast<int>(c), std::string(absl::StripAsciiWhitespace(header[c])));
    if (unknown_title_) {
      Say(absl::StrCat(name_, ", row 1: columns are ", absl::StrJoin(kFields, ", "),
                       " and CHANNEL.FIELD.LANGUAGE with a channel of ", ChannelNames(), " and a field of ",
                       absl::StrJoin(kTextFields, ", ")));
    }
    for (const char* field : kRequired) {
      if (!columns_.contains(field)) {
        Say(absl::StrCat(name_, ", row 1: there is no column '", field, "'; every offer needs one"));
      }
    }
    if (texts_.empty()) {
      Say(absl::StrCat(name_,
                       ", row 1: there is no column of texts, such as POS.script or WEB.title.ru; the offers could "
                       "be shown nowhere"));
    }
  }

  void ReadRow(int row, const CsvRow& cells) {
    row_ = row;
    cells_ = &cells.fields;
    if (std::all_of(cells.fields.begin(), cells.fields.end(), [](const std::string& f) { return f.empty(); })) return;
    if (cells.unterminated) {  // what follows it is lost: nothing can be said of the rest
      return Say(absl::StrCat(name_, ", row ", row, ": a quote is missing at the end of a cell"));
    }
    for (size_t c = width_; c < cells.fields.size(); ++c) {
      if (!cells.fields[c].empty()) Wrong(static_cast<int>(c), "", "there is no name above this cell, in row 1");
    }
    for (size_t c = 0; c < cells.fields.size(); ++c) {
      if (CleanUtf8(cells.fields[c], cells.fields[c].size()) != cells.fields[c]) {
        Wrong(static_cast<int>(c), "", "not UTF-8; save the file as 'CSV UTF-8'");
        return;
      }
    }
    Offer();
    ++sheet_.offer_count;
  }

  OfferSheet Take() { return std::move(sheet_); }

 private:
  void ReadColumn(int column, const std::string& title) {
    width_ = static_cast<size_t>(column) + 1;
    if (title.empty()) return;
    const std::string word = absl::AsciiStrToLower(title);
    if (std::find(kFields.begin(), kFields.end(), word) != kFields.end()) {
      if (!columns_.emplace(word, column).second) WrongTitle(column, title, "is there twice");
      return;
    }
    const std::vector<std::string> parts = absl::StrSplit(title, '.');
    const auto channel = ChannelByName(parts[0]);
    const std::string field = parts.size() > 1 ? absl::AsciiStrToLower(parts[1]) : "";
    const bool known = std::find(kTextFields.begin(), kTextFields.end(), field) != kTextFields.end();
    if (parts.size() < 2 || parts.size() > 3 || !channel || !known) {
      unknown_title_ = true;
      return WrongTitle(column, title, "is no column");
    }
    TextColumn text{absl::AsciiStrToUpper(ChannelName(*channel)), field, parts.size() == 3 ? parts[2] : locale_};
    for (const auto& [other, there] : texts_) {
      if (there.channel == text.channel && there.field == text.field && there.locale == text.locale) {
        return WrongTitle(column, title, absl::StrCat("is there already, in column ", ColumnLetters(other)));
      }
    }
    texts_.emplace(column, std::move(text));
  }

  void Say(std::string mistake) {
    if (sheet_.mistakes.size() < kMaxMistakes) sheet_.mistakes.push_back(std::move(mistake));
  }
  void WrongTitle(int column, const std::string& title, absl::string_view what) {
    Say(absl::StrCat(name_, ", cell ", ColumnLetters(column), "1: '", title, "' ", what));
  }
  void Wrong(int column, absl::string_view title, absl::string_view what) {
    Say(absl::StrCat(name_, ", cell ", ColumnLetters(column), row_, title.empty() ? "" : absl::StrCat(" (", title, ")"),
                     ": ", what));
  }

  std::string Cell(int column) const {
    if (column < 0 || static_cast<size_t>(column) >= cells_->size()) return "";
    std::string text = (*cells_)[column];
    absl::StrReplaceAll({{"\r\n", "\n"}, {"\r", "\n"}}, &text);
    return std::string(absl::StripAsciiWhitespace(text));
  }
  int ColumnOf(const char* field) const {
    const auto it = columns_.find(field);
    return it == columns_.end() ? -1 : it->second;
  }

  void Line(absl::string_view key, absl::string_view value) {
    absl::StrAppend(&sheet_.offers_yaml, first_ ? "  - " : "    ", key, ": ", value, "\n");
    first_ = false;
  }

  using Convert = absl::StatusOr<std::string> (*)(absl::string_view);
  // The cell as the catalog has it; nullopt if it is empty or wrong, which is told.
  std::optional<std::string> Value(const char* field, Convert convert) {
    const int column = ColumnOf(field);
    const std::string cell = Cell(column);
    if (cell.empty()) {
      const bool required = std::find_if(kRequired.begin(), kRequired.end(), [field](const char* r) {
                              return absl::string_view(r) == field;
                            }) != kRequired.end();
      if (required && column >= 0) Wrong(column, field, "is empty; every offer needs it");
      return std::nullopt;
    }
    auto value = convert(cell);
    if (value.ok()) return *std::move(value);
    Wrong(column, field, value.status().message());
    return std::nullopt;
  }
  void Field(const char* field, Convert convert) {
    if (auto value = Value(field, convert)) Line(field, *value);
  }
  static absl::StatusOr<std::string> AsText(absl::string_view cell) { return YamlText(cell); }

  void List(const char* field, absl::string_view separators) {
    const std::vector<std::string> entries = ListCell(Cell(ColumnOf(field)), separators);
    if (entries.empty()) return;
    Line(field,
         absl::StrCat("[",
                      absl::StrJoin(entries, ", ", [](std::string* out, const std::string& e) { *out += YamlText(e); }),
                      "]"));
  }

  void Offer() {
    absl::StrAppend(&sheet_.offers_yaml, "  # row ", row_, " of ", name_, "\n");
    first_ = true;
    const auto id = Value("id", IdCell);
    if (id) {
      const auto [it, is_new] = ids_.emplace(*id, row_);
      if (!is_new) Wrong(ColumnOf("id"), "id", absl::StrCat("'", *id, "' is already the id of row ", it->second));
    }
    Line("id", id.value_or("\"\""));
    Field("name", AsText);
    Field("kind", KindCell);
    Field("group", IdCell);
    Field("campaign", IdCell);
    Window();
    Field("value", MoneyCell);
    Field("cost", MoneyCell);
    Field("propensity", ShareCell);
    Field("evidence", NumberCell);
    Budget();
    Supplier();
    Field("attribution_days", WholeCell);
    Field("weight", NumberCell);
    Field("default", FlagCell);
    Field("eligibility", AsText);
    Field("applicability", AsText);
    List("products", "|,;");
    List("categories", "|");  // their names may hold commas
    List("placements", "|,;");
    Coupon();
    Treatments();
  }

  void Window() {
    const auto from = Value("from", DateCell), to = Value("to", DateCell);
    if (from && to && *from > *to)
      Wrong(ColumnOf("to"), "to", absl::StrCat("ends ", *to, ", before it begins, ", *from));
    if (!from && !to) return;
    Line("window",
         absl::StrCat("{", from ? "from: " + *from : "", from && to ? ", " : "", to ? "to: " + *to : "", "}"));
  }

  void Budget() {
    std::vector<std::string> limits;
    const auto add = [&limits](absl::string_view key, const std::optional<std::string>& value) {
      if (value) limits.push_back(absl::StrCat(key, ": ", *value));
    };
    add("count", Value("budget_count", WholeCell));
    add("amount", Value("budget_amount", MoneyCell));
    add("per_customer", Value("budget_per_customer", WholeCell));
    if (!limits.empty()) Line("budget", absl::StrCat("{", absl::StrJoin(limits, ", "), "}"));
  }

  void Supplier() {
    const bool has_name = !Cell(ColumnOf("supplier")).empty(), has_share = !Cell(ColumnOf("supplier_share")).empty();
    const auto name = Value("supplier", AsText), share = Value("supplier_share", ShareCell);
    if (has_share && !has_name) {
      Wrong(ColumnOf("supplier_share"), "supplier_share", "there is a share but no supplier");
    }
    if (has_name && !has_share) {
      Wrong(ColumnOf("supplier"), "supplier", "what part of the cost does it pay? say so in a column 'supplier_share'");
    }
    if (name && share) Line("supplier", absl::StrCat("{name: ", *name, ", share: ", *share, "}"));
  }

  void Coupon() {
    const auto code = Value("coupon", AsText), barcode = Value("barcode", AsText);
    if (barcode && !code) Wrong(ColumnOf("barcode"), "barcode", "there is a barcode but no coupon");
    if (code) Line("coupon", absl::StrCat("{code: ", *code, barcode ? ", barcode: " + *barcode : "", "}"));
  }

  void CheckScript(int column, const TextColumn& text, const std::string& script) {
    const std::vector<std::string> lines = absl::StrSplit(script, '\n');
    const std::string title = absl::StrCat(text.channel, ".", text.field, ".", text.locale);
    if (lines.size() > kTillLines)
      Wrong(column, title, absl::StrCat(lines.size(), " lines; a till shows ", kTillLines));
    for (const std::string& line : lines) {
      if (DisplayWidth(line) <= kTillColumns) continue;
      Wrong(column, title,
            absl::StrCat("line '", line, "' has ", DisplayWidth(line), " characters; a till shows ", kTillColumns,
                         "; break it with Alt+Enter or shorten it"));
    }
  }

  void Treatments() {
    std::map<std::pair<std::string, std::string>, std::string> treatments;  // by channel and language
    for (const auto& [column, text] : texts_) {
      const std::string cell = Cell(column);
      if (cell.empty()) continue;
      if (text.channel == "POS" && text.field == "script") CheckScript(column, text, cell);
      absl::StrAppend(&treatments[{text.channel, text.locale}], "        ", text.field, ": ", YamlText(cell), "\n");
    }
    if (treatments.empty()) {
      if (!texts_.empty()) Say(absl::StrCat(name_, ", row ", row_, ": the offer has no text in any channel"));
      return;
    }
    sheet_.offers_yaml += "    treatments:\n";
    for (const auto& [where, fields] : treatments) {
      absl::StrAppend(&sheet_.offers_yaml, "      - channel: ", where.first,
                      "\n        locale: ", YamlWord(where.second), "\n", fields);
    }
  }

  const std::string name_, locale_;
  OfferSheet sheet_;
  size_t width_ = 0;
  bool unknown_title_ = false;
  absl::flat_hash_map<std::string, int> columns_;
  std::map<int, TextColumn> texts_;  // by column
  absl::flat_hash_map<std::string, int> ids_;
  int row_ = 0;
  const std::vector<std::string>* cells_ = nullptr;
  bool first_ = true;
};

// Newlines within the cells of a row.
int64_t InnerLines(const CsvRow& row) {
  int64_t lines = 0;
  for (const std::string& field : row.fields) lines += std::count(field.begin(), field.end(), '\n');
  return lines;
}

}  // namespace

absl::StatusOr<OfferSheet> ReadOfferSheet(CsvReader& reader, const std::string& shown_name, const std::string& locale) {
  Sheet sheet(shown_name, locale);
  sheet.ReadHeader(reader.header());
  int row = 1;
  CsvRow header;
  header.fields = reader.header();
  int64_t next_line = 2 + InnerLines(header);
  CsvRow cells;
  while (true) {
    auto more = reader.Next(&cells);
    if (!more.ok()) return more.status();
    if (!*more) break;
    row += 1 + static_cast<int>(cells.line - next_line);  // blank lines are rows, too
    next_line = cells.line + 1 + InnerLines(cells);
    sheet.ReadRow(row, cells);
  }
  return sheet.Take();
}

}  // namespace nbo::ctl
