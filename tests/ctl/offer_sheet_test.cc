#include "server/ctl/offer_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/ctl/offer_cells.h"
#include "tests/server/csv/test_files.h"

namespace nbo::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

OfferSheet Read(const std::string& text) {
  auto reader = CsvReader::Open(WriteTestFile("offers.csv", text), CsvDelimiter::kOfHeader);
  EXPECT_TRUE(reader.ok()) << reader.status();
  auto sheet = ReadOfferSheet(**reader, "offers.csv", "en");
  EXPECT_TRUE(sheet.ok()) << sheet.status();
  return *std::move(sheet);
}

TEST(OfferSheet, ReadsWhatASpreadsheetSaves) {
  // As a German Excel saves it: a byte order mark, semicolons, decimal commas, a cell of two lines.
  const OfferSheet sheet = Read(
      "\xEF\xBB\xBFid;name;kind;group;from;to;value;cost;propensity;weight;default;eligibility;products;categories;"
      "coupon;POS.script;WEB.title.ru;WEB.price.ru\r\n"
      "coffee-2for1;\"Coffee; two for one\";Discount;drinks;01.03.2026;2026-03-31;2,10;0.8;12 %;1,5;no;"
      "\"\"\"best\"\" in customer.segments\";p1, p2;FRUIT, DRIED|TEA;C1;\"Two coffees\nfor one\";Кофе;1,99 €\r\n");
  EXPECT_THAT(sheet.mistakes, IsEmpty());
  EXPECT_EQ(sheet.offer_count, 1);
  EXPECT_EQ(sheet.offers_yaml,
            "  # row 2 of offers.csv\n"
            "  - id: coffee-2for1\n"
            "    name: \"Coffee; two for one\"\n"
            "    kind: discount\n"
            "    group: drinks\n"
            "    window: {from: 2026-03-01, to: 2026-03-31}\n"
            "    value: 2.10\n"
            "    cost: 0.8\n"
            "    propensity: 0.12\n"
            "    weight: 1.5\n"
            "    default: false\n"
            "    eligibility: \"\\\"best\\\" in customer.segments\"\n"
            "    products: [\"p1\", \"p2\"]\n"
            "    categories: [\"FRUIT, DRIED\", \"TEA\"]\n"
            "    coupon: {code: \"C1\"}\n"
            "    treatments:\n"
            "      - channel: POS\n        locale: en\n        script: \"Two coffees\\nfor one\"\n"
            "      - channel: WEB\n        locale: ru\n        title: \"Кофе\"\n        price: \"1,99 €\"\n");
}

TEST(OfferSheet, TellsEveryMistakeByItsCell) {
  const OfferSheet sheet = Read(
      "id,name,kind,value,cost,propensity,from,to,default,POS.script\n"
      "Tea,Tea,rebate,\"1,000.50\",,12,3/1/2026,,perhaps,This line is too wide for any till there is\n"
      "\n"
      "cake,Cake,gift,1,0,0.1,2026-04-02,2026-04-01,,Cake\n"
      ",,,,,,,,,\n"
      "cake,Cake,gift,1,0,0.1,,,,\n");
  EXPECT_THAT(
      sheet.mistakes,
      ElementsAre(
          "offers.csv, cell A2 (id): 'Tea' is no id; use 1 to 64 of a-z, 0-9, '-', '_' and '.'",
          "offers.csv, cell C2 (kind): 'rebate' is no kind; use one of discount, points, gift, cross_sell, up_sell, "
          "information",
          "offers.csv, cell G2 (from): '3/1/2026' is no date; write 2024-03-31 or 31.03.2024",
          "offers.csv, cell D2 (value): '1,000.50' is not a number; write for example 2.10, without signs of "
          "currency or thousands",
          "offers.csv, cell E2 (cost): is empty; every offer needs it",
          "offers.csv, cell F2 (propensity): '12' is not between 0 and 1; write 0.12 or 12 %",
          "offers.csv, cell I2 (default): 'perhaps' is neither yes nor no",
          "offers.csv, cell J2 (POS.script.en): line 'This line is too wide for any till there is' has 43 "
          "characters; a till shows 30; break it with Alt+Enter or shorten it",
          "offers.csv, cell H4 (to): ends 2026-04-01, before it begins, 2026-04-02",
          "offers.csv, cell A6 (id): 'cake' is already the id of row 4",
          "offers.csv, row 6: the offer has no text in any channel"));
}

TEST(OfferSheet, ReadsWhatAnOfferMayCostAndWhoPays) {
  const OfferSheet sheet = Read(
      "id;name;kind;value;cost;propensity;evidence;campaign;budget_count;budget_amount;budget_per_customer;supplier;"
      "supplier_share;attribution_days;POS.script\n"
      "tea;Tea;gift;2;1;0.1;50;spring;1000;500,00;2;ACME: teas;50 %;14;Tea\n"
      "cake;Cake;gift;2;1;0.1;;;;12.5;;;;;Cake\n");
  EXPECT_THAT(sheet.mistakes, IsEmpty());
  EXPECT_THAT(
      sheet.offers_yaml,
      HasSubstr("    kind: gift\n    campaign: spring\n    value: 2\n    cost: 1\n    propensity: 0.1\n"
                "    evidence: 50\n    budget: {count: 1000, amount: 500.00, per_customer: 2}\n"
                "    supplier: {name: \"ACME: teas\", share: 0.5}\n    attribution_days: 14\n    treatments:\n"));
  EXPECT_THAT(sheet.offers_yaml, HasSubstr("    propensity: 0.1\n    budget: {amount: 12.5}\n    treatments:\n"));
}

TEST(OfferSheet, TellsMistakesOfBudgetsByTheirCells) {
  EXPECT_THAT(Read("id,name,kind,value,cost,propensity,budget_count,budget_amount,supplier,supplier_share,POS.script\n"
                   "tea,Tea,gift,2,1,0.1,\"1,000\",1.000,,0.5,Tea\n"
                   "cake,Cake,gift,2,1,0.1,-1,,ACME,,Cake\n"
                   "pie,Pie,gift,2,1,0.1,,,ACME,150 %,Pie\n")
                  .mistakes,
              ElementsAre("offers.csv, cell G2 (budget_count): '1,000' is no whole number; write only its digits, for "
                          "example 1000",
                          "offers.csv, cell H2 (budget_amount): '1.000' may be 1000 or 1.000; write 1000 or 1.0000",
                          "offers.csv, cell J2 (supplier_share): there is a share but no supplier",
                          "offers.csv, cell G3 (budget_count): '-1' is no whole number; write only its digits, for "
                          "example 1000",
                          "offers.csv, cell I3 (supplier): what part of the cost does it pay? say so in a column "
                          "'supplier_share'",
                          "offers.csv, cell J4 (supplier_share): '150 %' is not between 0 and 1; write 0.12 or 12 %"));
}

TEST(OfferSheet, TellsMistakesOfTheTitles) {
  EXPECT_THAT(
      Read("id\tname\tname\tkind\tvalue\tcost\tTILL.script\n").mistakes,
      ElementsAre("offers.csv, cell C1: 'name' is there twice", "offers.csv, cell G1: 'TILL.script' is no column",
                  StartsWith("offers.csv, row 1: columns are id, name, "),
                  "offers.csv, row 1: there is no column 'propensity'; every offer needs one",
                  HasSubstr("there is no column of texts")));
  EXPECT_THAT(Read("id,name,kind,value,cost,propensity,pos.title,POS.title.en\n").mistakes,
              ElementsAre("offers.csv, cell H1: 'POS.title.en' is there already, in column G"));
}

TEST(OfferSheet, CountsRowsAsASpreadsheetDoes) {
  const OfferSheet sheet = Read(
      "id,name,kind,value,cost,propensity,\"POS.title\"\n"
      "a,\"A\nof two lines\",gift,1,0,0.1,A\n"
      "b,B,gift,1,0,0.1,B\n"
      "c,C,gift,1,0,0.1,C,extra\n"
      "d,D,gift,1,0,0.1,\"D\n");
  EXPECT_THAT(sheet.offers_yaml, HasSubstr("# row 3 of offers.csv\n  - id: b\n"));
  EXPECT_THAT(sheet.mistakes, ElementsAre("offers.csv, cell H4: there is no name above this cell, in row 1",
                                          "offers.csv, row 5: a quote is missing at the end of a cell"));
}

TEST(OfferCells, LettersOfColumns) {
  EXPECT_EQ(ColumnLetters(0), "A");
  EXPECT_EQ(ColumnLetters(25), "Z");
  EXPECT_EQ(ColumnLetters(26), "AA");
  EXPECT_EQ(ColumnLetters(701), "ZZ");
  EXPECT_EQ(ColumnLetters(702), "AAA");
}

TEST(OfferCells, NumbersSharesAndDates) {
  for (const char* bad : {"", "-", ".", "1.2.3", "1,2,3", "2 EUR", "1e3", "--1", "1-"})
    EXPECT_FALSE(NumberCell(bad).ok()) << bad;
  EXPECT_EQ(*NumberCell("-1,5"), "-1.5");
  EXPECT_EQ(*ShareCell("100%"), "1");
  EXPECT_EQ(*ShareCell("0,5 %"), "0.005");
  EXPECT_FALSE(ShareCell("-1 %").ok());
  EXPECT_EQ(*DateCell("29.2.2024"), "2024-02-29");
  EXPECT_FALSE(DateCell("29.2.2023").ok());
  EXPECT_FALSE(DateCell("1.2.24").ok());
}

TEST(OfferCells, AskWhatAreThousandsAndWhatAreDecimals) {
  for (const char* both : {"1,234", "1.234", "12.345", "999,000"}) EXPECT_FALSE(MoneyCell(both).ok()) << both;
  EXPECT_THAT(std::string(MoneyCell("1.234").status().message()),
              HasSubstr("may be 1234 or 1.234; write 1234 or 1.2340"));
  EXPECT_EQ(*MoneyCell("1234"), "1234");
  EXPECT_EQ(*MoneyCell("1,2340"), "1.2340");
  EXPECT_EQ(*MoneyCell("0,125"), "0.125");
  EXPECT_EQ(*MoneyCell("1234,567"), "1234.567");
  EXPECT_EQ(*MoneyCell("-2,10"), "-2.10");
  EXPECT_FALSE(MoneyCell("1.234,50").ok());
}

TEST(OfferCells, TextsSurviveYaml) { EXPECT_EQ(YamlText("a\"b\\c\n\t\x01Ж: #"), "\"a\\\"b\\\\c\\n\\t\\x01Ж: #\""); }

}  // namespace
}  // namespace nbo::ctl
