#include "server/http/cors.h"

#include <gtest/gtest.h>

namespace nbo::server {
namespace {

TEST(Cors, AllowsNobodyUnlessTold) {
  EXPECT_EQ(CorsPolicy().Allow("https://shop.example"), "");
  EXPECT_FALSE(CorsPolicy().any());
  const auto none = CorsPolicy::Parse("");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->any());
}

TEST(Cors, AllowsTheOriginsNamedAndNoOther) {
  const auto policy = CorsPolicy::Parse("https://shop.example, http://localhost:8080");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->any());
  EXPECT_EQ(policy->Allow("https://shop.example"), "https://shop.example");
  EXPECT_EQ(policy->Allow("http://localhost:8080"), "http://localhost:8080");
  for (const char* const other : {"", "null", "http://shop.example", "https://shop.example.evil.example",
                                  "https://shop.example:8443", "https://evil.example"}) {
    EXPECT_EQ(policy->Allow(other), "") << other;
  }
}

TEST(Cors, AllowsAllByAStar) {
  const auto policy = CorsPolicy::Parse("*");
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->Allow("https://any.example"), "*");
  EXPECT_EQ(policy->Allow(""), "");  // no page of another origin
}

TEST(Cors, RefusesWhatNoBrowserSends) {
  for (const char* const bad : {"shop.example", "https://", "https://shop.example/", "https://Shop.example",
                                "https://*.example", "https://a@shop.example", "://shop.example"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CorsPolicy::Parse(bad).status())) << bad;
  }
}

}  // namespace
}  // namespace nbo::server
