#include "server/ctl/column_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nbo::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kHeader = {"household_id", "store_id",    "basket_id",   "product_id", "quantity",
                                          "sales_value",  "retail_disc", "coupon_disc", "when"};
const std::string kColumns = "customer_id=household_id,receipt_id=basket_id,time=when,amount=sales_value";

std::string Error(const std::vector<std::string>& columns, const std::vector<std::string>& constants = {},
                  bool joined = false) {
  const auto mapping = ColumnMapping::Parse(columns, constants, joined);
  if (!mapping.ok()) return std::string(mapping.status().message());
  return std::string(mapping->Resolve(kHeader, "x.csv").status().message());
}

TEST(ColumnMappingTest, FindsNamedColumnsSumsConstantsAndColumnsOfTheirOwnName) {
  const auto mapping = ColumnMapping::Parse({kColumns, "discount=retail_disc+coupon_disc"}, {"channel=POS"}, false);
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const auto map = mapping->Resolve(kHeader, "x.csv");
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_THAT(map->source(Field::kDiscount).positions, ElementsAre(6, 7));
  EXPECT_THAT(map->source(Field::kProductId).positions, ElementsAre(3));
  EXPECT_THAT(map->source(Field::kStoreId).positions, ElementsAre(1));
  EXPECT_FALSE(map->Has(Field::kCategory));
  const std::vector<std::string> row = {"239", "388", "b1", "p1", "1", "1.59", "0", "0", "2017-01-01"};
  EXPECT_EQ(map->Text(Field::kCustomerId, row), "239");
  EXPECT_EQ(map->Text(Field::kChannel, row), "POS");
  EXPECT_EQ(map->Text(Field::kCategory, row), "");
}

TEST(ColumnMappingTest, NamesTheMissingColumnTheFileItsColumnsAndTheNearest) {
  const std::string error = Error({"customer_id=houshold_id,receipt_id=basket_id,time=when,amount=sales_value"});
  EXPECT_THAT(error, HasSubstr("x.csv has no column \"houshold_id\"; did you mean \"household_id\"?"));
  EXPECT_THAT(error, HasSubstr("household_id, store_id, basket_id"));
}

TEST(ColumnMappingTest, NamesTheRequiredFieldWithoutASource) {
  EXPECT_THAT(Error({"receipt_id=basket_id,time=when,amount=sales_value"}), HasSubstr("no column for the customer"));
  EXPECT_THAT(Error({"customer_id=household_id,receipt_id=basket_id,amount=sales_value"}),
              HasSubstr("no column for time"));
  EXPECT_THAT(Error({"customer_id=household_id,receipt_id=basket_id,time=when"}),
              HasSubstr("no column for amount (or unit_price)"));
}

TEST(ColumnMappingTest, RefusesTextsItDoesNotUnderstand) {
  EXPECT_THAT(Error({"custmer_id=household_id"}), HasSubstr("did you mean customer_id?"));
  EXPECT_THAT(Error({"customer_id"}), HasSubstr("is not of the form name=value"));
  EXPECT_THAT(Error({kColumns}, {"time=2017-01-01"}), HasSubstr("--set: time is given twice"));
  EXPECT_THAT(Error({kColumns + ",unit_price=sales_value"}), HasSubstr("amount or unit_price, not both"));
  EXPECT_THAT(Error({kColumns + ",category=store_id"}, {}, true), HasSubstr("comes from --products"));
}

TEST(ColumnMappingTest, AFileOfCancellationsOrReturnsNeedsNoProductsAndAmounts) {
  const std::string columns = "customer_id=household_id,receipt_id=basket_id,time=when,product_id=product_id";
  EXPECT_THAT(Error({columns}), HasSubstr("no column for amount"));
  EXPECT_EQ(Error({columns}, {"cancelled=yes"}), "");
  EXPECT_EQ(Error({columns + ",returned_receipt_id=coupon_disc"}), "");
  const auto mapping = ColumnMapping::Parse({columns}, {"cancelled=yes"}, false);
  const auto map = mapping->Resolve(kHeader, "x.csv");
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_FALSE(map->HasAmount());
  const std::vector<std::string> row = {"239", "388", "b1", " ", "1", "1.59", "0", "0", "2017-01-01"};
  EXPECT_TRUE(map->IsEmpty(Field::kProductId, row));
  EXPECT_TRUE(map->IsEmpty(Field::kRevision, row)) << "no such column";
  EXPECT_FALSE(map->IsEmpty(Field::kCancelled, row)) << "a constant";
}

TEST(ColumnMappingTest, AColumnOfItsOwnNameNeverOverridesWhatWasNamed) {
  const std::vector<std::string> header = {"customer_id", "card",   "receipt_id", "time",
                                           "product_id",  "amount", "price",      "category"};
  const auto mapping = ColumnMapping::Parse({"loyalty_card=card,unit_price=price"}, {}, true);
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  const auto map = mapping->Resolve(header, "x.csv");
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_FALSE(map->Has(Field::kCustomerId));
  EXPECT_FALSE(map->Has(Field::kAmount));
  EXPECT_FALSE(map->Has(Field::kCategory));
}

}  // namespace
}  // namespace nbo::ctl
