#include "core/base/store_zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/civil.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name << ": is tzdata installed?";
  return zone;
}

std::string Refusal(absl::string_view store_id, absl::string_view zone) {
  StoreZones zones;
  const absl::Status status = zones.Add(store_id, zone);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << zone;
  EXPECT_EQ(zones.size(), 0u);
  return std::string(status.message());
}

TEST(StoreZones, KnowsEachStoresZoneAndElseTheDeployments) {
  StoreZones zones;
  ASSERT_TRUE(zones.Add("east", "Asia/Vladivostok").ok());
  ASSERT_TRUE(zones.Add("far east", "Asia/Vladivostok").ok());
  ASSERT_TRUE(zones.Add("west", "Europe/Kaliningrad").ok());
  EXPECT_EQ(zones.size(), 3u);
  EXPECT_EQ(zones.distinct_zones(), 2u);
  const absl::TimeZone moscow = Zone("Europe/Moscow");
  EXPECT_EQ(zones.ZoneOf("east", moscow), Zone("Asia/Vladivostok"));
  EXPECT_EQ(zones.ZoneOf("west", moscow), Zone("Europe/Kaliningrad"));
  EXPECT_EQ(zones.ZoneOf("elsewhere", moscow), moscow);
  EXPECT_EQ(zones.ZoneOf("", moscow), moscow);
}

TEST(StoreZones, GiveOneInstantTwoDays) {
  StoreZones zones;
  ASSERT_TRUE(zones.Add("east", "Asia/Vladivostok").ok());
  ASSERT_TRUE(zones.Add("west", "Europe/Kaliningrad").ok());
  const absl::Time time = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 15, 0, 0), absl::UTCTimeZone());
  EXPECT_EQ(DayIn(time, zones.ZoneOf("east", absl::UTCTimeZone())), DayOf(absl::CivilDay(2024, 6, 15)));
  EXPECT_EQ(DayIn(time, zones.ZoneOf("west", absl::UTCTimeZone())), DayOf(absl::CivilDay(2024, 6, 14)));
}

TEST(StoreZones, RefuseWhatIsNoZoneOfTheIanaDatabase) {
  for (const char* name : {"Mars/Olympus", "", "localtime", "/etc/localtime", "../etc/localtime", "Asia", "UTC+10",
                           "asia/vladivostok", "Fixed/UTC+10:00:00", "\xFF\xFE"}) {
    EXPECT_THAT(Refusal("391", name), StartsWith("store '391': time_zone '")) << name;
    EXPECT_THAT(Refusal("391", name), HasSubstr("use an IANA name such as Asia/Vladivostok")) << name;
  }
  EXPECT_THAT(Refusal("391", std::string(1000, 'A')), StartsWith("store '391': time_zone '...'"));
}

TEST(StoreZones, RefuseAStoreIdThatIsNoneAndAStoreListedTwice) {
  EXPECT_THAT(Refusal("", "UTC"), StartsWith("store_id: "));
  EXPECT_THAT(Refusal(std::string(kMaxIdBytes + 1, 'x'), "UTC"), StartsWith("store_id: 65 bytes"));
  StoreZones zones;
  ASSERT_TRUE(zones.Add("391", "UTC").ok());
  EXPECT_THAT(std::string(zones.Add("391", "Asia/Omsk").message()), StartsWith("store '391' is listed twice"));
  EXPECT_EQ(zones.ZoneOf("391", Zone("Asia/Omsk")), absl::UTCTimeZone()) << "the first stays";
}

TEST(StoreZones, TakeAsManyStoresAsAllowedAndNotOneMore) {
  StoreZones zones;
  for (size_t i = 0; i < kMaxStores; ++i) ASSERT_TRUE(zones.Add(absl::StrCat("s", i), "Asia/Omsk").ok());
  EXPECT_THAT(std::string(zones.Add("last", "UTC").message()), StartsWith("store 'last' is one too many"));
  EXPECT_EQ(zones.size(), kMaxStores);
}

TEST(ActiveStoreZones, KeepsWhatWasPinnedWhenItIsSwapped) {
  ActiveStoreZones active;
  const auto before = active.Pin();
  auto next = std::make_shared<StoreZones>();
  ASSERT_TRUE(next->Add("east", "Asia/Vladivostok").ok());
  active.Swap(std::move(next));
  EXPECT_EQ(before->ZoneOf("east", absl::UTCTimeZone()), absl::UTCTimeZone());
  EXPECT_EQ(active.Pin()->ZoneOf("east", absl::UTCTimeZone()), Zone("Asia/Vladivostok"));
}

}  // namespace
}  // namespace nbo
