#include "server/config/store_zones_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/csv/test_files.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ReadStoreZones, ReadsWhatASpreadsheetWrites) {
  const auto zones =
      ReadStoreZones(WriteTestFile("stores.csv",
                                   "\xEF\xBB\xBFstore_id,time_zone\r\n391,Asia/Vladivostok\r\n\r\n\"4,2\",Europe/"
                                   "Kaliningrad\r\n"));
  ASSERT_TRUE(zones.ok()) << zones.status();
  EXPECT_EQ((*zones)->size(), 2u);
  absl::TimeZone vladivostok;
  ASSERT_TRUE(absl::LoadTimeZone("Asia/Vladivostok", &vladivostok));
  EXPECT_EQ((*zones)->ZoneOf("391", absl::UTCTimeZone()), vladivostok);
  EXPECT_NE((*zones)->ZoneOf("4,2", absl::UTCTimeZone()), absl::UTCTimeZone());
}

TEST(ReadStoreZones, AHeaderAloneIsNoStore) {
  const auto zones = ReadStoreZones(WriteTestFile("stores.csv", "store_id,time_zone\n"));
  ASSERT_TRUE(zones.ok()) << zones.status();
  EXPECT_EQ((*zones)->size(), 0u);
}

TEST(ReadStoreZones, SaysFileLineStoreAndRemedy) {
  const std::string head = "store_id,time_zone\n1,UTC\n";
  const struct {
    std::string text;
    const char* message;  // behind the file's name
    const char* remedy;
  } cases[] = {
      {"store,zone\n1,UTC\n", ":1: the first row", "store_id,time_zone"},
      {"1,UTC\n", ":1: the first row", "store_id,time_zone"},
      {head + "391,Mars/Olympus\n", ":3: store '391': time_zone 'Mars/Olympus' is not known", "IANA name"},
      {head + "391,\n", ":3: store '391': time_zone ''", "IANA name"},
      {head + "\n1,Asia/Omsk\n", ":4: store '1' is listed twice", "keep one"},
      {head + "391\n", ":3: the row has 1 fields", "391,Asia/Vladivostok"},
      {head + "391,UTC,x\n", ":3: the row has 3 fields", "391,Asia/Vladivostok"},
      {head + "a\tb,UTC\n", ":3: store_id: contains a control character", ""},
      {head + "\xFF,UTC\n", ":3: store_id: ", "UTF-8"},
      {head + "391,\"UTC\n", ":3: a quote is not closed", ""},
      {"", " is empty", "header"},
  };
  for (const auto& c : cases) {
    const std::string path = WriteTestFile("stores.csv", c.text);
    const absl::Status status = ReadStoreZones(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("stores.file: ", path, c.message)));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.remedy));
  }
  EXPECT_THAT(std::string(ReadStoreZones("/nowhere.csv").status().message()),
              StartsWith("stores.file: cannot open /nowhere.csv: No such file"));
}

}  // namespace
}  // namespace nbo::server
