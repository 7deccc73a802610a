// What stands in a cell of the spreadsheet is what the catalog reads, whatever people paste into Excel.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/text.h"
#include "server/catalog/yaml_draft.h"
#include "server/csv/csv_reader.h"
#include "server/ctl/offer_sheet.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/csv/test_files.h"

namespace nbo::server {
namespace {

// What means something to CSV, to YAML or to libyaml, and what neighbours of it do.
const std::vector<std::string> kPieces = {"a",      "Tee",    "жаркое", "€",    "😀",     " ",   "  ",  "\t",    "\n",
                                          "\r\n",   "\r",     "\"",     "'",    ",",     ";",   ":",   ": ",    "#",
                                          " # ",    "-",      "- ",     "---",  "...",   "?",   "!",   "!!str", "&a",
                                          "*a",     "|",      ">",      "%",    "%YAML", "@",   "`",   "{",     "}",
                                          "[",      "]",      "\\",     "\\n",  "null",  "~",   "yes", "0x1F",  "1e3",
                                          "\u00a0",            // no-break space
                                          "\u0085", "\u2028",  // line breaks to YAML
                                          "\u2029", "\u009f",  // not printable to YAML
                                          "\ufeff", "\ufffe", "\uffff", "\x01", "\x1b",  "\x7f"};

class Cells {
 public:
  explicit Cells(unsigned seed) : random_(seed) {}
  std::string Next() {
    std::string text;
    for (size_t n = random_() % 8; n > 0; --n) text += kPieces[random_() % kPieces.size()];
    return text;
  }

 private:
  std::mt19937 random_;
};

std::string Quoted(const std::string& cell) {
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

// The cell as a person sees it: lines are lines, white space around it is nothing.
std::string Meant(const std::string& cell) {
  return std::string(absl::StripAsciiWhitespace(absl::StrReplaceAll(cell, {{"\r\n", "\n"}, {"\r", "\n"}})));
}
std::string ValueOf(const std::optional<Text>& text) { return text ? text->value : ""; }

TEST(CatalogImport, EveryTextComesThroughAsItStoodInItsCell) {
  constexpr int kRows = 2000;
  Cells cells(20240131);
  std::vector<std::vector<std::string>> rows;
  std::string csv = "id;name;kind;value;cost;propensity;eligibility;coupon;WEB.title;WEB.body.ru;SMS.body\n";
  for (int i = 0; i < kRows; ++i) {
    rows.push_back({absl::StrCat("x", cells.Next()), cells.Next(), cells.Next(), absl::StrCat("t", cells.Next()),
                    cells.Next(), cells.Next()});
    const std::vector<std::string>& row = rows.back();
    absl::StrAppend(&csv, "o", i, ";", Quoted(row[0]), ";gift;1;0;0.1");
    for (size_t c = 1; c < row.size(); ++c) absl::StrAppend(&csv, ";", Quoted(row[c]));
    csv += "\r\n";
  }
  auto reader = CsvReader::Open(WriteTestFile("offers.csv", csv), CsvDelimiter::kOfHeader);
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto sheet = ctl::ReadOfferSheet(**reader, "offers.csv", "en");
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  ASSERT_TRUE(sheet->mistakes.empty()) << sheet->mistakes[0];

  CatalogDraft draft;
  std::vector<CatalogMistake> mistakes;
  ASSERT_TRUE(DraftFromYaml(CatalogYaml(sheet->offers_yaml), &draft, &mistakes)) << mistakes.at(0).message;
  ASSERT_TRUE(mistakes.empty()) << mistakes[0].message << " in line " << mistakes[0].place.line;
  ASSERT_EQ(draft.offers.size(), rows.size());
  for (int i = 0; i < kRows; ++i) {
    const OfferDraft& offer = draft.offers[i];
    const std::vector<std::string>& row = rows[i];
    ASSERT_EQ(offer.name.value, Meant(row[0])) << "row " << i;
    ASSERT_EQ(ValueOf(offer.eligibility), Meant(row[1])) << "row " << i;
    ASSERT_EQ(offer.coupon ? offer.coupon->code.value : "", Meant(row[2])) << "row " << i;
    std::string title, body, message;
    for (const TreatmentDraft& treatment : offer.treatments) {
      title += ValueOf(treatment.title);
      (treatment.channel.value == "SMS" ? message : body) += ValueOf(treatment.body);
    }
    ASSERT_EQ(title, Meant(row[3])) << "row " << i;
    ASSERT_EQ(body, Meant(row[4])) << "row " << i;
    ASSERT_EQ(message, Meant(row[5])) << "row " << i;
  }
}

TEST(CatalogImport, IdsAndLanguagesThatMeanSomethingToYamlAreTexts) {
  auto reader = CsvReader::Open(WriteTestFile("offers.csv",
                                              "id,name,kind,group,value,cost,propensity,WEB.title.null,SMS.body.{x\n"
                                              "null,N,gift,-,1,0,0.1,t,b\n---,N,gift,null,1,0,0.1,t,b\n"),
                                CsvDelimiter::kOfHeader);
  const auto sheet = ctl::ReadOfferSheet(**reader, "offers.csv", "en");
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  CatalogDraft draft;
  std::vector<CatalogMistake> mistakes;
  ASSERT_TRUE(DraftFromYaml(CatalogYaml(sheet->offers_yaml), &draft, &mistakes)) << mistakes.at(0).message;
  ASSERT_TRUE(mistakes.empty()) << mistakes[0].message;
  EXPECT_EQ(draft.offers.at(0).id.value, "null");
  EXPECT_EQ(ValueOf(draft.offers.at(0).group), "-");
  EXPECT_EQ(draft.offers.at(1).id.value, "---");
  EXPECT_EQ(draft.offers.at(0).treatments.at(0).locale.value, "{x");
  EXPECT_EQ(draft.offers.at(0).treatments.at(1).locale.value, "null");
}

}  // namespace
}  // namespace nbo::server
