#include "server/site/http_site.h"

#include "absl/strings/match.h"
#include "server/http/connect.h"
#include "server/rpc/grpc_site.h"
#include "server/site/answer_fields.h"
#include "server/site/checkout_http.h"
#include "server/site/connect_call.h"
#include "server/site/pages.h"

namespace nbo::server {
namespace {

// Fetch standard: "CORS-preflight request".
bool IsPreflight(const RequestHead& head) {
  return head.method() == "OPTIONS" && !head.Find("access-control-request-method").empty();
}

void RespondPreflight(Exchange* exchange, const CorsPolicy& cors) {
  const RequestHead& head = exchange->head();
  const absl::string_view allowed = cors.Allow(head.Find("origin"));
  AnswerFields fields;
  fields.Add("vary", "origin, access-control-request-method, access-control-request-headers");
  if (!allowed.empty()) {
    fields.Add("access-control-allow-origin", allowed)
        .Add("access-control-allow-methods", kCorsMethods)
        .Add("access-control-allow-headers", kCorsRequestHeaders)
        .Add("access-control-max-age", kCorsMaxAgeSeconds);
  }
  exchange->Respond(204, fields, "");
}

void RefuseStream(Exchange* exchange, const SiteContext& context) {
  AnswerFields fields;
  fields.Add("content-type", "application/json").AddCors(context.cors, exchange->head());
  exchange->Respond(415, fields, ConnectErrorBody(absl::UnimplementedError("this method is a stream: by gRPC only")));
}

}  // namespace

std::shared_ptr<Receiver> HttpSite::Begin(Exchange* exchange) {
  const RequestHead& head = exchange->head();
  // gRPC is HTTP/2, whose requests have a scheme.
  if (IsGrpc(head) && !head.Find(":scheme").empty()) return grpc_->Begin(exchange);
  if (IsPreflight(head)) {
    RespondPreflight(exchange, context_->cors);
    return std::make_shared<DeafReceiver>(exchange);
  }
  const RpcMethod* const method = context_->methods->Find(head.path());
  if (method != nullptr && method->descriptor != nullptr) {
    if (method->run != nullptr) return ConnectCall::Begin(exchange, method, context_);
    RefuseStream(exchange, *context_);
    return std::make_shared<DeafReceiver>(exchange);
  }
  if (checkouts_ != nullptr && absl::StartsWith(head.path(), kCheckoutPath)) {
    return BeginCheckoutRequest(exchange, checkouts_, context_);
  }
  if (exchange->held()->IsFull()) {
    exchange->Respond(503, AnswerFields().Add("retry-after", "5"), "");
  } else {
    RespondPage(exchange, *context_);
  }
  return std::make_shared<DeafReceiver>(exchange);
}

}  // namespace nbo::server
