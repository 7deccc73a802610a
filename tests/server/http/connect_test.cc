#include "server/http/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"

namespace nbo::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Connect, ReadsContentTypes) {
  EXPECT_EQ(CodecOfContentType("application/json"), ConnectCodec::kJson);
  EXPECT_EQ(CodecOfContentType("Application/JSON ; charset=utf-8"), ConnectCodec::kJson);
  EXPECT_EQ(CodecOfContentType("application/proto"), ConnectCodec::kProto);
  for (const char* const other : {"", "text/json", "application/", "application/x-www-form-urlencoded",
                                  "application/grpc", "application/connect+json", "application/jsonx", ";"}) {
    EXPECT_EQ(CodecOfContentType(other), std::nullopt) << other;
  }
}

TEST(Connect, TellsErrorsByTheirCodesAndStatuses) {
  const struct {
    absl::StatusCode code;
    const char* name;
    int http_status;
  } kCases[] = {{absl::StatusCode::kCancelled, "canceled", 499},
                {absl::StatusCode::kUnknown, "unknown", 500},
                {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
                {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
                {absl::StatusCode::kNotFound, "not_found", 404},
                {absl::StatusCode::kAlreadyExists, "already_exists", 409},
                {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
                {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
                {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
                {absl::StatusCode::kAborted, "aborted", 409},
                {absl::StatusCode::kOutOfRange, "out_of_range", 400},
                {absl::StatusCode::kUnimplemented, "unimplemented", 501},
                {absl::StatusCode::kInternal, "internal", 500},
                {absl::StatusCode::kUnavailable, "unavailable", 503},
                {absl::StatusCode::kDataLoss, "data_loss", 500},
                {absl::StatusCode::kUnauthenticated, "unauthenticated", 401}};
  for (const auto& c : kCases) {
    EXPECT_EQ(HttpStatusOf(c.code), c.http_status) << c.name;
    EXPECT_EQ(ConnectErrorBody(absl::Status(c.code, "a \"b\"\n")),
              absl::StrCat("{\"code\":\"", c.name, "\",\"message\":\"a \\\"b\\\"\\n\"}"));
  }
  EXPECT_EQ(HttpStatusOf(static_cast<absl::StatusCode>(99)), 500);
}

TEST(Connect, ErrorBodiesAreUtf8AndBoundedWhateverTheMessage) {
  const std::string long_body = ConnectErrorBody(absl::InternalError(std::string((7 << 10) - 1, 'x') + "ЖЖЖ"));
  EXPECT_TRUE(IsUtf8(long_body));
  EXPECT_THAT(long_body, EndsWith("xxx\"}"));
  EXPECT_EQ(ConnectErrorBody(absl::InternalError("a\xff")), R"({"code":"internal","message":"a?"})");
}

TEST(Connect, ReadsTimeouts) {
  EXPECT_EQ(*ParseConnectTimeout(""), absl::InfiniteDuration());
  EXPECT_EQ(*ParseConnectTimeout("250"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseConnectTimeout("9999999999"), absl::Milliseconds(9999999999));
  for (const char* const bad : {"-1", "1.5", "12345678901", "5s", " 5", "0x5"}) {
    EXPECT_THAT(std::string(ParseConnectTimeout(bad).status().message()), StartsWith("Connect-Timeout-Ms: ")) << bad;
  }
}

TEST(Connect, TakesVersionOneOnly) {
  EXPECT_TRUE(CheckConnectVersion("").ok());
  EXPECT_TRUE(CheckConnectVersion("1").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(CheckConnectVersion("2")));
}

TEST(Connect, TakesGzipAndNoOtherCoding) {
  EXPECT_EQ(*ParseContentCoding(""), ContentCoding::kIdentity);
  EXPECT_EQ(*ParseContentCoding("identity"), ContentCoding::kIdentity);
  EXPECT_EQ(*ParseContentCoding("GZIP"), ContentCoding::kGzip);
  EXPECT_TRUE(absl::IsUnimplemented(ParseContentCoding("br").status()));
  EXPECT_THAT(std::string(ParseContentCoding("br").status().message()), HasSubstr("gzip or identity"));
}

TEST(Connect, ReadsCallsByGet) {
  auto get = ParseConnectGet("message=%7B%22storeId%22%3A%22a+b%26c%22%7d&encoding=json&connect=v1&unknown=%41");
  ASSERT_TRUE(get.ok()) << get.status();
  EXPECT_EQ(get->codec, ConnectCodec::kJson);
  EXPECT_EQ(get->message, R"({"storeId":"a b&c"})");
  EXPECT_EQ(get->coding, ContentCoding::kIdentity);

  for (const char* const base64 : {"-_8", "-_8%3D"}) {  // unpadded and padded
    get = ParseConnectGet(absl::StrCat("connect=v1&base64=1&compression=gzip&encoding=proto&message=", base64));
    ASSERT_TRUE(get.ok()) << get.status();
    EXPECT_EQ(get->codec, ConnectCodec::kProto);
    EXPECT_EQ(get->message, "\xfb\xff");
    EXPECT_EQ(get->coding, ContentCoding::kGzip);
  }

  get = ParseConnectGet("encoding=proto&message=");
  ASSERT_TRUE(get.ok()) << get.status();
  EXPECT_EQ(get->message, "");
  get = ParseConnectGet("encoding=yaml&message=");
  ASSERT_TRUE(get.ok()) << get.status();
  EXPECT_EQ(get->codec, std::nullopt);
}

TEST(Connect, SaysWhatIsWrongWithACallByGet) {
  const auto why = [](absl::string_view query) { return std::string(ParseConnectGet(query).status().message()); };
  EXPECT_THAT(why(""), StartsWith("encoding: missing"));
  EXPECT_THAT(why("message=%7B%7D"), StartsWith("encoding: missing"));
  EXPECT_THAT(why("encoding=json"), StartsWith("message: missing"));
  EXPECT_THAT(why("encoding=json&message=%7"), HasSubstr("%"));
  EXPECT_THAT(why("encoding=json&message=%zz"), HasSubstr("%"));
  EXPECT_THAT(why("encoding=json&message=%"), HasSubstr("%"));
  EXPECT_THAT(why("encoding=json&base64=1&message=%7B%7D"), StartsWith("message: is not URL-safe base64"));
  EXPECT_THAT(why("connect=v2&encoding=json&message=%7B%7D"), HasSubstr("version 1"));
  EXPECT_TRUE(absl::IsUnimplemented(ParseConnectGet("encoding=json&compression=br&message=x").status()));
}

}  // namespace
}  // namespace nbo::server
