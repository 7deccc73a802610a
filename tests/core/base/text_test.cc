#include "core/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/limits.h"

namespace nbo {
namespace {

using ::testing::StartsWith;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(Utf8, AcceptsTheFirstAndLastSequenceOfEveryLength) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8(absl::string_view("\0", 1)));
  EXPECT_TRUE(IsUtf8("\x7F"));
  EXPECT_TRUE(IsUtf8("\xC2\x80"));          // U+0080
  EXPECT_TRUE(IsUtf8("\xDF\xBF"));          // U+07FF
  EXPECT_TRUE(IsUtf8("\xE0\xA0\x80"));      // U+0800
  EXPECT_TRUE(IsUtf8("\xED\x9F\xBF"));      // U+D7FF, before the surrogates
  EXPECT_TRUE(IsUtf8("\xEE\x80\x80"));      // U+E000, after them
  EXPECT_TRUE(IsUtf8("\xEF\xBF\xBF"));      // U+FFFF
  EXPECT_TRUE(IsUtf8("\xF0\x90\x80\x80"));  // U+10000
  EXPECT_TRUE(IsUtf8("\xF4\x8F\xBF\xBF"));  // U+10FFFF
}

TEST(Utf8, RefusesWhatTable37LeavesOut) {
  for (const char* bad : {"\x80", "\xBF",                          // a continuation alone
                          "\xC0\x80", "\xC1\xBF",                  // overlong, two bytes
                          "\xE0\x80\x80", "\xE0\x9F\xBF",          // overlong, three bytes
                          "\xED\xA0\x80", "\xED\xBF\xBF",          // surrogates
                          "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",  // overlong, four bytes
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",  // beyond U+10FFFF
                          "\xFE", "\xFF", "a\xE9z"}) {             // never a byte of UTF-8; Latin-1
    EXPECT_FALSE(IsUtf8(bad)) << testing::PrintToString(std::string(bad));
  }
}

TEST(Utf8, RefusesASequenceCutAnywhere) {
  for (const std::string whole : {"\xD0\x96", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    ASSERT_TRUE(IsUtf8(whole));
    for (size_t length = 1; length < whole.size(); ++length) {
      EXPECT_FALSE(IsUtf8(whole.substr(0, length))) << "at the end, " << length << " of " << whole.size();
      EXPECT_FALSE(IsUtf8(whole.substr(0, length) + "a")) << "before a letter, " << length << " of " << whole.size();
    }
  }
}

TEST(CodePoints, CountsCharactersNotBytes) {
  EXPECT_EQ(CodePoints(""), 0u);
  EXPECT_EQ(CodePoints("abc"), 3u);
  EXPECT_EQ(CodePoints("Паста"), 5u);
  EXPECT_EQ(CodePoints("\xF0\x9F\x98\x80"), 1u);
}

TEST(CheckId, AcceptsExactlyTheLongestId) {
  EXPECT_TRUE(CheckId("f", std::string(kMaxIdBytes, 'x'), true).ok());
  const absl::Status longer = CheckId("f", std::string(kMaxIdBytes + 1, 'x'), true);
  EXPECT_EQ(longer.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Message(longer), "f: 65 bytes; at most 64 are allowed");
}

TEST(CheckId, AllowsNothingOnlyWhereNothingIsRequired) {
  EXPECT_TRUE(CheckId("f", "", /*required=*/false).ok());
  EXPECT_EQ(Message(CheckId("f", "", /*required=*/true)), "f: is required");
}

TEST(CheckId, RefusesControlCharactersAndNamesTheField) {
  for (char c : {'\0', '\n', '\t', '\x1F', '\x7F'}) {
    const absl::Status status = CheckId("purchase.store_id", std::string("a") + c, true);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << int{c};
    EXPECT_THAT(Message(status), StartsWith("purchase.store_id: ")) << int{c};
  }
  EXPECT_TRUE(CheckId("f", " ~", true).ok()) << "space and tilde are the neighbours that pass";
}

TEST(CheckId, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(Message(CheckId("f", "caf\xE9", true)), "f: not valid UTF-8");
  EXPECT_TRUE(CheckId("f", "Käse-Спар-乳製品", true).ok());
}

TEST(CheckText, AllowsControlCharactersUpToTheLimit) {
  EXPECT_TRUE(CheckText("f", "a\nb", 3).ok());
  EXPECT_EQ(Message(CheckText("f", "a\nbc", 3)), "f: 4 bytes; at most 3 are allowed");
  EXPECT_EQ(Message(CheckText("f", "\xFF", 3)), "f: not valid UTF-8");
}

TEST(CutUtf8, EndsWhereACharacterDoes) {
  const absl::string_view text = "a\u20ac\u0436";  // 1, 3 and 2 bytes
  const absl::string_view cut[] = {"", "a", "a", "a", "a\u20ac", "a\u20ac", text, text};
  for (size_t bytes = 0; bytes < 8; ++bytes) EXPECT_EQ(CutUtf8(text, bytes), cut[bytes]) << bytes;
}

}  // namespace
}  // namespace nbo
