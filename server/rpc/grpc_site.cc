#include "server/rpc/grpc_site.h"

#include <charconv>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/grpc_calls.h"

namespace nbo::server {
namespace {

constexpr absl::string_view kContentType = "application/grpc";

// Takes in whatever comes after an answer that needs no request.
class Deaf final : public Receiver {
 public:
  explicit Deaf(Exchange* exchange) : exchange_(exchange) {}
  void OnBody(absl::string_view bytes) override { exchange_->Consume(bytes.size()); }
  void OnEnd() override {}
  void OnClosed() override {}

 private:
  Exchange* const exchange_;
};

}  // namespace

bool IsGrpc(const RequestHead& head) {
  const absl::string_view type = head.Find("content-type");
  // "application/grpc-web" is another protocol.
  return absl::StartsWith(type, kContentType) &&
         (type.size() == kContentType.size() || type[kContentType.size()] == '+' || type[kContentType.size()] == ';');
}

std::shared_ptr<Receiver> GrpcSite::Begin(Exchange* exchange) {
  const RequestHead& head = exchange->head();
  if (!IsGrpc(head) || head.method() != "POST") {
    exchange->Respond(415, {}, "this port speaks gRPC: POST with content-type application/grpc\n");
    return std::make_shared<Deaf>(exchange);
  }
  const RpcMethod* method = methods_->Find(head.path());
  if (method == nullptr) {
    RespondGrpc(exchange, absl::UnimplementedError(absl::StrCat("there is no method ", head.path())), "");
    return std::make_shared<Deaf>(exchange);
  }
  if (method->open != nullptr) return GrpcStream::Open(exchange, *method);
  return std::make_shared<GrpcUnary>(exchange, method);
}

std::optional<absl::Duration> ParseGrpcTimeout(absl::string_view text) {
  int64_t count = 0;
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const char* const unit = text.data() + text.size() - 1;
  const auto read = std::from_chars(text.data(), unit, count);
  if (read.ec != std::errc() || read.ptr != unit || count < 0) return std::nullopt;
  switch (text.back()) {
    case 'H': return absl::Hours(count);
    case 'M': return absl::Minutes(count);
    case 'S': return absl::Seconds(count);
    case 'm': return absl::Milliseconds(count);
    case 'u': return absl::Microseconds(count);
    case 'n': return absl::Nanoseconds(count);
    default: return std::nullopt;
  }
}

std::string EncodeGrpcMessage(absl::string_view message) {
  constexpr size_t kMaxBytes = 7 << 10;
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte <= 0x7E && c != '%';
    if (encoded.size() + (plain ? 1 : 3) > kMaxBytes) break;
    if (plain) {
      encoded.push_back(c);
    } else {
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

}  // namespace nbo::server
