// The Connect protocol for unary calls (connectrpc.com/docs/protocol), as far as it is text: what a request says, and
// how an error is told. Pure functions.
#ifndef NBO_SERVER_HTTP_CONNECT_H_
#define NBO_SERVER_HTTP_CONNECT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo::server {

enum class ConnectCodec { kProto, kJson };

// "application/json" and "application/proto", with parameters or without; nullopt: another, to be answered by 415.
std::optional<ConnectCodec> CodecOfContentType(absl::string_view content_type);
absl::string_view ContentTypeOf(ConnectCodec codec);

// "invalid_argument".
absl::string_view ConnectCodeName(absl::StatusCode code);
int HttpStatusOf(absl::StatusCode code);
// The JSON that tells an error. Messages are cut to 7 KiB, as in gRPC; what is not UTF-8 in them is replaced.
std::string ConnectErrorBody(const absl::Status& status);

// Connect-Timeout-Ms: 1 to 10 digits. Without the header, "", there is no bound. INVALID_ARGUMENT names it.
absl::StatusOr<absl::Duration> ParseConnectTimeout(absl::string_view value);

// Connect-Protocol-Version, or connect= of a GET: "1" and "v1"; may be left out. INVALID_ARGUMENT names it.
absl::Status CheckConnectVersion(absl::string_view header_value);

// What a body is compressed with.
enum class ContentCoding { kIdentity, kGzip };
// Content-Encoding, or compression= of a GET. UNIMPLEMENTED names those that are.
absl::StatusOr<ContentCoding> ParseContentCoding(absl::string_view value);

// A call by GET.
struct ConnectGet {
  std::optional<ConnectCodec> codec;  // nullopt: another, to be answered by 415
  ContentCoding coding = ContentCoding::kIdentity;
  std::string message;  // the bytes, maybe compressed
};
// Of the part after '?'. Parameters that are not known are allowed. INVALID_ARGUMENT names the parameter.
absl::StatusOr<ConnectGet> ParseConnectGet(absl::string_view query);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_CONNECT_H_
