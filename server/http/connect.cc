#include "server/http/connect.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/text.h"
#include "server/http/json_text.h"

namespace nbo::server {
namespace {

struct Code {
  absl::string_view name;
  int http_status;
};

// By number, which is the same in gRPC, Abseil and google.rpc.Code.
constexpr std::array<Code, 17> kCodes = {{{"ok", 200},
                                          {"canceled", 499},
                                          {"unknown", 500},
                                          {"invalid_argument", 400},
                                          {"deadline_exceeded", 504},
                                          {"not_found", 404},
                                          {"already_exists", 409},
                                          {"permission_denied", 403},
                                          {"resource_exhausted", 429},
                                          {"failed_precondition", 400},
                                          {"aborted", 409},
                                          {"out_of_range", 400},
                                          {"unimplemented", 501},
                                          {"internal", 500},
                                          {"unavailable", 503},
                                          {"data_loss", 500},
                                          {"unauthenticated", 401}}};

const Code& CodeOf(absl::StatusCode code) {
  const auto number = static_cast<size_t>(code);
  return kCodes[number < kCodes.size() ? number : static_cast<size_t>(absl::StatusCode::kUnknown)];
}

std::optional<ConnectCodec> CodecOfName(absl::string_view name) {
  if (name == "json") return ConnectCodec::kJson;
  if (name == "proto") return ConnectCodec::kProto;
  return std::nullopt;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Of a query, where '+' is a space. False: a '%' without two digits.
bool DecodePercent(absl::string_view text, std::string* out) {
  out->clear();
  out->reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out->push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out->push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

// With padding or without.
bool DecodeBase64(absl::string_view text, std::string* bytes) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  return absl::WebSafeBase64Unescape(text, bytes);
}

}  // namespace

std::optional<ConnectCodec> CodecOfContentType(absl::string_view content_type) {
  const absl::string_view type = absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';')));
  constexpr absl::string_view kPrefix = "application/";
  if (!absl::StartsWithIgnoreCase(type, kPrefix)) return std::nullopt;
  return CodecOfName(absl::AsciiStrToLower(type.substr(kPrefix.size())));
}

absl::string_view ContentTypeOf(ConnectCodec codec) {
  return codec == ConnectCodec::kJson ? "application/json" : "application/proto";
}

absl::string_view ConnectCodeName(absl::StatusCode code) { return CodeOf(code).name; }

int HttpStatusOf(absl::StatusCode code) { return CodeOf(code).http_status; }

std::string ConnectErrorBody(const absl::Status& status) {
  constexpr size_t kMaxMessageBytes = 7 << 10;
  std::string message(status.message());
  if (!IsUtf8(message)) {
    std::replace_if(
        message.begin(), message.end(), [](char c) { return !absl::ascii_isascii(c); }, '?');
  }
  std::string body = absl::StrCat(R"({"code":")", ConnectCodeName(status.code()), R"(","message":)");
  AppendJsonString(CutUtf8(message, kMaxMessageBytes), &body);
  body.push_back('}');
  return body;
}

absl::StatusOr<absl::Duration> ParseConnectTimeout(absl::string_view value) {
  if (value.empty()) return absl::InfiniteDuration();
  int64_t ms = 0;
  if (value.size() > 10 || !std::all_of(value.begin(), value.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(value, &ms)) {
    return absl::InvalidArgumentError("Connect-Timeout-Ms: must be milliseconds, 1 to 10 digits");
  }
  return absl::Milliseconds(ms);
}

absl::Status CheckConnectVersion(absl::string_view header_value) {
  if (header_value.empty() || header_value == "1" || header_value == "v1") return absl::OkStatus();
  return absl::InvalidArgumentError("Connect-Protocol-Version: this server speaks version 1; send 1, or leave it out");
}

absl::StatusOr<ContentCoding> ParseContentCoding(absl::string_view value) {
  if (value.empty() || absl::EqualsIgnoreCase(value, "identity")) return ContentCoding::kIdentity;
  if (absl::EqualsIgnoreCase(value, "gzip")) return ContentCoding::kGzip;
  return absl::UnimplementedError("Content-Encoding: must be gzip or identity");
}

absl::StatusOr<ConnectGet> ParseConnectGet(absl::string_view query) {
  ConnectGet get;
  bool has_encoding = false, has_message = false, is_base64 = false;
  std::string message, value;
  for (const absl::string_view parameter : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    const absl::string_view name = pair.first;
    if (!DecodePercent(pair.second, &value)) {
      return absl::InvalidArgumentError("the query has a % that two hexadecimal digits do not follow");
    }
    if (name == "connect") {
      if (absl::Status s = CheckConnectVersion(value); !s.ok()) return s;
    } else if (name == "encoding") {
      has_encoding = true;
      get.codec = CodecOfName(value);
    } else if (name == "base64") {
      is_base64 = value == "1";
    } else if (name == "compression") {
      absl::StatusOr<ContentCoding> coding = ParseContentCoding(value);
      if (!coding.ok()) return absl::UnimplementedError("compression: must be gzip or identity");
      get.coding = *coding;
    } else if (name == "message") {
      has_message = true;
      message.swap(value);
    }
  }
  if (!has_encoding) return absl::InvalidArgumentError("encoding: missing in the query; use encoding=json");
  if (!has_message) return absl::InvalidArgumentError("message: missing in the query; use message=%7B%7D for {}");
  if (!is_base64) {
    get.message = std::move(message);
  } else if (!DecodeBase64(message, &get.message)) {
    return absl::InvalidArgumentError("message: is not URL-safe base64, as base64=1 says it were");
  }
  return get;
}

}  // namespace nbo::server
