#include "server/ctl/row_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nbo/v1/event_service.pb.h"
#include "tests/server/csv/test_files.h"

namespace nbo::ctl {
namespace {

const std::vector<std::string> kHeader = {"customer_id", "phone", "receipt_id", "time", "product_id",
                                          "qty",         "price", "d1",         "d2"};

class RowParserTest : public testing::Test {
 protected:
  RowParserTest() {
    const auto mapping = ColumnMapping::Parse(
        {"customer_id=customer_id,phone=phone,quantity=qty,unit_price=price,discount=d1+d2"}, {"channel=kiosk"}, true);
    columns_ = *mapping->Resolve(kHeader, "x.csv");
    products_ = *ProductTable::Load(WriteTestFile("products.csv", "product_id,category\np1,DAIRY\np2,\n"), {});
    rules_.zone = absl::UTCTimeZone();
    rules_.products = &products_;
  }

  // Takes one row; returns the first line of its receipt, or the reason it was rejected for.
  std::string Take(std::vector<std::string> fields) {
    RowParser parser(rules_, &book_, &tally_);
    const int64_t rejected_before = tally_.lines.rejected;
    parser.Take(columns_, CsvRow{2, std::move(fields)}, 0);
    if (tally_.lines.rejected > rejected_before) return tally_.reasons.reasons().back().text;
    if (book_.receipt_count() == 0) return "skipped";
    nbo::v1::Purchase purchase;
    book_.Fill(book_.receipt_count() - 1, &purchase);
    return purchase.lines(0).ShortDebugString();
  }

  ColumnMap columns_;
  ProductTable products_;
  RowRules rules_;
  ReceiptBook book_;
  ImportTally tally_;
};

TEST_F(RowParserTest, MultipliesPriceAndQuantityBeforeRoundingAndSumsDiscounts) {
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "p1", "0.350", "9.99", "0.10", "0.255"}),
            "product_id: \"p1\" category: \"DAIRY\" quantity_milli: 350 amount_minor: 350 discount_minor: 36");
  EXPECT_EQ(Take({"c", "", "r2", "2017-01-01", "p1", "-6", "2.55", "", ""}),
            "product_id: \"p1\" category: \"DAIRY\" quantity_milli: -6000 amount_minor: -1530");
}

TEST_F(RowParserTest, CountsProductsThatTheTableDoesNotKnow) {
  Take({"c", "", "r", "2017-01-01", "p2", "1", "1", "", ""});
  EXPECT_EQ(tally_.lines_without_product, 0) << "known, without a category";
  Take({"c", "", "r2", "2017-01-01", "p9", "1", "1", "", ""});
  EXPECT_EQ(tally_.lines_without_product, 1);
}

TEST_F(RowParserTest, TakesTheFirstCustomerFieldWithATextAndSkipsNobody) {
  EXPECT_EQ(Take({"", "", "r", "2017-01-01", "p1", "1", "1", "", ""}), "skipped");
  EXPECT_EQ(tally_.lines.skipped, 1);
  Take({"", "+49123", "r", "2017-01-01", "p1", "1", "1", "", ""});
  nbo::v1::Purchase purchase;
  book_.Fill(0, &purchase);
  EXPECT_EQ(purchase.customer().identity().type(), nbo::v1::IDENTITY_TYPE_PHONE);
  EXPECT_EQ(purchase.channel(), nbo::v1::CHANNEL_KIOSK);
}

TEST_F(RowParserTest, NamesTheColumnThatCannotBeRead) {
  EXPECT_EQ(Take({"c", "", "", "2017-01-01", "p1", "1", "1", "", ""}), "column receipt_id is empty");
  EXPECT_EQ(Take({"c", "", "r", "2017-02-30", "p1", "1", "1", "", ""}),
            "column time is not a date or time of day that exists");
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "", "1", "1", "", ""}), "column product_id is empty");
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "p1", "", "1", "", ""}), "column qty is empty");
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "p1", "1", "1,50", "", ""}),
            "column price is not a decimal number such as 12.34");
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "p1", "1", "1", "x", "1"}),
            "column d1+d2 is not a decimal number such as 12.34");
  EXPECT_EQ(tally_.reasons.reasons().back().example, "x + 1") << "what stood in the columns";
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "p1", "1000000", "922337203685477580", "", ""}),
            "column price is too large");
  EXPECT_EQ(Take({"c", "", "r", "2017-01-01", "p1", "1000000", "92233720368547", "", ""}),
            "column price times quantity is too large");
  EXPECT_EQ(tally_.lines.read, 8);
  EXPECT_EQ(tally_.lines.rejected, 8);
}

// A file that tells revisions, cancellations and returns.
class RevisionRowTest : public testing::Test {
 protected:
  RevisionRowTest() {
    columns_ = *ColumnMapping::Parse({"revision=ver"}, {}, false)->Resolve(kRevisionHeader, "x.csv");
    rules_.zone = absl::UTCTimeZone();
  }

  // Takes one row of the receipt `id`; returns why it was rejected, or the receipt.
  std::string Take(const std::string& id, const std::string& product, const std::string& quantity,
                   const std::string& amount, const std::string& revision, const std::string& cancelled = "",
                   const std::string& returned = "", const std::string& store = "") {
    RowParser parser(rules_, &book_, &tally_);
    const int64_t rejected_before = tally_.lines.rejected;
    parser.Take(columns_,
                CsvRow{2, {"c", id, "2017-01-01", product, quantity, amount, revision, cancelled, returned, store}}, 0);
    if (tally_.lines.rejected > rejected_before) return tally_.reasons.reasons().back().text;
    nbo::v1::Purchase purchase;
    book_.Fill(book_.receipt_count() - 1, &purchase);
    purchase.clear_customer();
    purchase.clear_time();
    purchase.clear_utc_offset_minutes();
    return purchase.ShortDebugString();
  }

  static const std::vector<std::string> kRevisionHeader;
  ColumnMap columns_;
  RowRules rules_;
  ReceiptBook book_;
  ImportTally tally_;
};

const std::vector<std::string> RevisionRowTest::kRevisionHeader = {
    "customer_id", "receipt_id", "time",      "product_id",          "quantity",
    "amount",      "ver",        "cancelled", "returned_receipt_id", "returned_store_id"};

TEST_F(RevisionRowTest, ReadsRevisionsCancellationsAndReturns) {
  EXPECT_EQ(Take("r", "p", "1", "2.50", "3"),
            "receipt_id: \"r\" lines { product_id: \"p\" quantity_milli: 1000 amount_minor: 250 } revision: 3");
  EXPECT_EQ(Take("r", "", "", "", "4.0", "Yes"), "receipt_id: \"r\" revision: 4 cancelled: true");
  EXPECT_EQ(Take("q", "ignored", "x", "x", "1", "1"), "receipt_id: \"q\" revision: 1 cancelled: true");
  EXPECT_EQ(Take("s", "p", "-1", "-2.50", "", "no", "r"),
            "receipt_id: \"s\" returns { receipt_id: \"r\" lines { product_id: \"p\" quantity_milli: -1000 "
            "amount_minor: -250 } }");
  EXPECT_EQ(Take("t", "", "", "", "", "", "r", "s9"),
            "receipt_id: \"t\" returns { store_id: \"s9\" receipt_id: \"r\" whole: true }");
  EXPECT_EQ(tally_.lines.rejected, 0);
}

TEST_F(RevisionRowTest, NamesTheColumnThatCannotBeRead) {
  for (const char* revision : {"one", "-1", "1.5", "2147483648"}) {
    EXPECT_EQ(Take("r", "p", "1", "1", revision),
              "column ver is not a revision: 0 for the first, 1, 2, ... for "
              "corrections");
  }
  EXPECT_EQ(Take("r", "p", "1", "1", "", "maybe"), "column cancelled is neither yes nor no (true, false, 1, 0)");
  EXPECT_EQ(Take("r", "p", "1", "-1", "", "", "q"),
            "column quantity is above zero in a return; what comes back is negative");
  EXPECT_EQ(Take("r", "p", "-1", "1", "", "", "q"),
            "column amount is above zero in a return; what comes back is negative");
  EXPECT_EQ(Take("r", "p", "1", "1", "", "", "", "s2"),
            "column returned_store_id names a shop, but returned_receipt_id is empty");
  EXPECT_EQ(Take("r", "", "-1", "", "", "", "q"), "column product_id is empty") << "not a return of everything";
  Take("x", "p", "1", "1", "");
  EXPECT_EQ(Take("x", "", "", "", "", "yes"), "column cancelled contradicts another line of the same receipt");
}

TEST_F(RevisionRowTest, ARowThatNeedsAColumnTheFileHasNotSaysSo) {
  columns_ = *ColumnMapping::Parse({}, {}, false)->Resolve({"customer_id", "receipt_id", "time", "cancelled"}, "x.csv");
  RowParser parser(rules_, &book_, &tally_);
  parser.Take(columns_, CsvRow{2, {"c", "r", "2017-01-01", "yes"}}, 0);
  EXPECT_EQ(tally_.lines.rejected, 0);
  parser.Take(columns_, CsvRow{3, {"c", "r2", "2017-01-01", ""}}, 0);
  EXPECT_EQ(tally_.reasons.reasons().back().text, "there is no column for product_id; name it with --columns");
}

}  // namespace
}  // namespace nbo::ctl
