#include "server/site/pages.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/http/connect.h"
#include "server/http/gzip.h"
#include "server/site/answer_fields.h"

namespace nbo::server {
namespace {

constexpr absl::string_view kNoScreens = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>nbo: no screens</title></head>
<body style="font: 18px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>The screens were not built</h1>
<p>This nbod runs without the pages of the till, the kiosk and the app. Everything else works;
<a href="/api">/api</a> shows how to ask for offers.</p>
<p>To have them: build with npm installed, as <code>deploy/quickstart.sh</code> does, or let
<code>http.web_dir</code> name the directory they were built into, and start nbod again.</p>
</body></html>
)";

bool IsScreen(absl::string_view path) { return path == "/pos" || path == "/kiosk" || path == "/app"; }

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

void RespondFile(Exchange* exchange, const SiteContext& context, const StaticFile& file) {
  const RequestHead& head = exchange->head();
  AnswerFields fields;
  fields.Add("etag", file.etag).Add("vary", "accept-encoding");
  fields.Add("cache-control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  fields.AddCors(context.cors, head);
  if (absl::StrContains(head.Find("if-none-match"), file.etag)) return exchange->Respond(304, fields, "");
  const bool gzipped = !file.gzipped.empty() && AcceptsGzip(head.Find("accept-encoding"));
  if (gzipped) fields.Add("content-encoding", "gzip");
  fields.Add("content-type", View(file.content_type)).Add("x-content-type-options", "nosniff");
  exchange->Respond(200, fields, gzipped ? file.gzipped : file.bytes);
}

void Redirect(Exchange* exchange, int status, absl::string_view to) {
  const absl::string_view query = exchange->head().query();
  const std::string location = query.empty() ? std::string(to) : absl::StrCat(to, "?", query);
  exchange->Respond(status, AnswerFields().Add("location", location), "");
}

void RespondNotFound(Exchange* exchange, const SiteContext& context) {
  AnswerFields fields;
  fields.Add("content-type", "application/json").Add("cache-control", "no-store");
  fields.AddCors(context.cors, exchange->head());
  exchange->Respond(404, fields,
                    ConnectErrorBody(absl::UnimplementedError("there is nothing under this path; /api lists what is")));
}

}  // namespace

void RespondPage(Exchange* exchange, const SiteContext& context) {
  const RequestHead& head = exchange->head();
  const absl::string_view path = head.path();
  if (head.method() != "GET" && head.method() != "HEAD") return RespondNotFound(exchange, context);
  if (path == "/api") return RespondFile(exchange, context, context.api_page);
  if (path == "/openapi.json") return RespondFile(exchange, context, context.openapi);
  if (const StaticFile* file = context.screens.Find(path)) return RespondFile(exchange, context, *file);
  if (const StaticFile* page = context.screens.FindPage(path)) {
    // Its own references are relative to the directory.
    if (!absl::EndsWith(path, "/") && context.screens.Find(absl::StrCat(path, "/index.html")) == page) {
      return Redirect(exchange, 308, absl::StrCat(path, "/"));
    }
    return RespondFile(exchange, context, *page);
  }
  if (path == "/") return Redirect(exchange, 302, "/api");
  const absl::string_view screen = absl::EndsWith(path, "/") ? path.substr(0, path.size() - 1) : path;
  if (!IsScreen(screen)) return RespondNotFound(exchange, context);
  exchange->Respond(404,
                    AnswerFields().Add("content-type", "text/html; charset=utf-8").Add("cache-control", "no-store"),
                    std::string(kNoScreens));
}

}  // namespace nbo::server
