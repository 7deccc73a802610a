#include "server/csv/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/server/csv/test_files.h"

namespace nbo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Every row as "line: a|b|c".
std::vector<std::string> Rows(CsvReader& reader) {
  std::vector<std::string> rows;
  CsvRow row;
  while (true) {
    const absl::StatusOr<bool> got = reader.Next(&row);
    if (!got.ok()) rows.push_back(std::string(got.status().message()));
    if (!got.ok() || !*got) return rows;
    rows.push_back(
        absl::StrCat(row.line, ": ", absl::StrJoin(row.fields, "|"), row.unterminated ? " unterminated" : ""));
  }
}

TEST(CsvReaderTest, ReadsQuotesNewlinesInQuotesAndCrLf) {
  const std::string path =
      WriteTestFile("a.csv", "id,text\r\n1,\"a, \"\"b\"\"\"\r\n\r\n2,\"two\r\nlines\"\r\n  3 , x y \r\n4,");
  auto reader = CsvReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT((*reader)->header(), ElementsAre("id", "text"));
  EXPECT_THAT(Rows(**reader), ElementsAre("2: 1|a, \"b\"", "4: 2|two\r\nlines", "6: 3|x y", "7: 4|"));
  EXPECT_EQ((*reader)->bytes_read(), (*reader)->bytes_total());
}

TEST(CsvReaderTest, StripsTheByteOrderMark) {
  auto reader = CsvReader::Open(WriteTestFile("a.csv", "\xEF\xBB\xBF\"id\",name\n1,\xC3\xA4\n"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT((*reader)->header(), ElementsAre("id", "name"));
  EXPECT_THAT(Rows(**reader), ElementsAre("2: 1|\xC3\xA4"));
}

TEST(CsvReaderTest, KeepsLineNumbersOverManyBuffers) {
  std::string content = "id,text\n";
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&content, i, ",\"some text\n", i, "\"\r\n");
  auto reader = CsvReader::Open(WriteTestFile("a.csv", content));
  ASSERT_TRUE(reader.ok()) << reader.status();
  const std::vector<std::string> rows = Rows(**reader);
  ASSERT_EQ(rows.size(), 50'000u);
  EXPECT_EQ(rows[49'999], "100000: 49999|some text\n49999");
}

TEST(CsvReaderTest, SaysThatAQuoteIsNotClosed) {
  auto reader = CsvReader::Open(WriteTestFile("a.csv", "id,text\n1,a\n2,\"open\n3,c\n"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  const std::vector<std::string> rows = Rows(**reader);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[1], testing::StartsWith("3: 2"));
  EXPECT_THAT(rows[1], HasSubstr("unterminated"));
}

TEST(CsvReaderTest, RefusesARowWithoutEnd) {
  auto reader = CsvReader::Open(WriteTestFile("a.csv", "id,text\n1,\"" + std::string(3'000'000, 'x') + "\"\n"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT(Rows(**reader), ElementsAre(HasSubstr("a.csv:2: the row that begins here is longer than 1 MiB")));
}

TEST(CsvReaderTest, NamesTheFileThatIsMissingOrEmpty) {
  EXPECT_THAT(std::string(CsvReader::Open("/nowhere/x.csv").status().message()), HasSubstr("/nowhere/x.csv"));
  EXPECT_THAT(std::string(CsvReader::Open(WriteTestFile("a.csv", "")).status().message()), HasSubstr("is empty"));
}

}  // namespace
}  // namespace nbo
