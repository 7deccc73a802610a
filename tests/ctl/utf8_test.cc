#include "server/ctl/utf8.h"

#include <gtest/gtest.h>

namespace nbo::ctl {
namespace {

TEST(Utf8Test, KnowsWellFormedText) {
  for (const char* good : {"", "milk", "\xC2\x80", "молоко", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
    EXPECT_EQ(CleanUtf8(good, 100), good);
  }
}

TEST(Utf8Test, RefusesWhatUnicodeDoes) {
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "a\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
    EXPECT_TRUE(IsUtf8(CleanUtf8(bad, 100))) << bad;
  }
}

TEST(Utf8Test, CutsBetweenCharacters) {
  EXPECT_EQ(CleanUtf8("жж", 3), "ж");
  EXPECT_EQ(CleanUtf8("жж", 4), "жж");
  EXPECT_EQ(CleanUtf8("ж", 0), "");
  EXPECT_EQ(CleanUtf8("a\xFFж", 100), "a?ж");
}

}  // namespace
}  // namespace nbo::ctl
