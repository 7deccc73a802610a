#include "server/http/api_page.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/http/connect.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr absl::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nbo API</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0 0 .5rem; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); } h3 { margin: 2rem 0 .3rem; }
code, pre { font: .9em/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .7rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .35rem .6rem
  .35rem 0; border-top: 1px solid var(--line); } td:first-child { white-space: nowrap; }
p { margin: .3rem 0; } nav a { display: inline-block; margin-right: 1rem; } .kind { opacity: .75; font-weight: normal; }
</style>
</head>
<body>
)";

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

// A comment, a paragraph for each of its lines.
std::string Paragraphs(absl::string_view comment) {
  std::string html;
  for (const absl::string_view line : absl::StrSplit(comment, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&html, "<p>", Escape(line), "</p>\n");
  }
  return html;
}

// Without "nbo.v1.".
std::string ShortName(absl::string_view full_name) { return std::string(full_name.substr(sizeof("nbo.v1.") - 1)); }

std::string LinkTo(absl::string_view full_name) {
  return absl::StrCat("<a href=\"#", full_name, "\">", ShortName(full_name), "</a>");
}

std::string TypeOf(const FieldDescriptor& field) {
  if (field.is_map()) {
    return absl::StrCat("map of ", TypeOf(*field.message_type()->map_key()), " to ",
                        TypeOf(*field.message_type()->map_value()));
  }
  const std::string list = field.is_repeated() ? "list of " : "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field.enum_type()->full_name() == "google.protobuf.NullValue") return list + "null";
      return list + LinkTo(field.enum_type()->full_name());
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
    default: return list + field.type_name();
  }
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP: return list + "time";
    case Descriptor::WELLKNOWNTYPE_DURATION: return list + "duration";
    default: return list + LinkTo(field.message_type()->full_name());
  }
}

std::string CallOf(const MethodDescriptor& method) {
  if (!IsUnary(method)) return "<p>A stream in both directions: by gRPC.</p>\n";
  std::string html =
      absl::StrCat("<pre>curl http://localhost:7400", PathOf(method), " -H 'Content-Type: application/json' \\\n  -d '",
                   Escape(ExampleOf(*method.input_type())), "'</pre>\n");
  if (HasNoSideEffects(method)) {
    absl::StrAppend(&html, "<p>Also by GET: <code>", PathOf(method), "?encoding=json&amp;message=%7B%7D</code></p>\n");
  }
  return html;
}

void AddService(const ServiceDescriptor& service, std::string* html) {
  absl::StrAppend(html, "<h2 id=\"", service.full_name(), "\">", service.name(), "</h2>\n",
                  Paragraphs(CommentOf(service)));
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    absl::StrAppend(html, "<h3 id=\"", method.full_name(), "\">", method.name(), "</h3>\n",
                    Paragraphs(CommentOf(method)), "<p>", LinkTo(method.input_type()->full_name()), " &rarr; ",
                    LinkTo(method.output_type()->full_name()), "</p>\n", CallOf(method));
  }
}

void AddMessage(const Descriptor& message, std::string* html) {
  absl::StrAppend(html, "<h3 id=\"", message.full_name(), "\">", ShortName(message.full_name()), "</h3>\n",
                  Paragraphs(CommentOf(message)));
  if (message.field_count() == 0) {
    absl::StrAppend(html, "<p>No fields.</p>\n");
    return;
  }
  absl::StrAppend(html, "<table><tr><th>field</th><th>type</th><th></th></tr>\n");
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    std::string about = Paragraphs(CommentOf(field));
    if (const auto* const oneof = field.real_containing_oneof(); oneof != nullptr) {
      absl::StrAppend(&about, "<p class=\"kind\">one of <code>", oneof->name(), "</code></p>");
    }
    absl::StrAppend(html, "<tr><td><code>", field.json_name(), "</code></td><td>", TypeOf(field), "</td><td>", about,
                    "</td></tr>\n");
  }
  absl::StrAppend(html, "</table>\n");
}

void AddEnum(const EnumDescriptor& type, std::string* html) {
  absl::StrAppend(html, "<h3 id=\"", type.full_name(), "\">", ShortName(type.full_name()), "</h3>\n",
                  Paragraphs(CommentOf(type)), "<table><tr><th>value</th><th></th></tr>\n");
  for (int i = 0; i < type.value_count(); ++i) {
    absl::StrAppend(html, "<tr><td><code>", type.value(i)->name(), "</code></td><td>",
                    Paragraphs(CommentOf(*type.value(i))), "</td></tr>\n");
  }
  absl::StrAppend(html, "</table>\n");
}

void AddErrors(std::string* html) {
  absl::StrAppend(
      html,
      "<h2 id=\"errors\">Errors</h2>\n<p>An error has an HTTP status and a body that names the field and "
      "the remedy: <code>{\"code\": \"invalid_argument\", \"message\": \"channel: ...\"}</code>. In gRPC the "
      "codes have the same names, in capitals.</p>\n<table><tr><th>code</th><th>HTTP status</th></tr>\n");
  for (int number = 1; number <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++number) {
    const auto code = static_cast<absl::StatusCode>(number);
    absl::StrAppend(html, "<tr><td><code>", ConnectCodeName(code), "</code></td><td>", HttpStatusOf(code),
                    "</td></tr>\n");
  }
  absl::StrAppend(html, "</table>\n");
}

}  // namespace

std::string MakeApiPage(const ApiModel& model) {
  std::string html(kHead);
  absl::StrAppend(
      &html,
      "<h1>nbo API</h1>\n<p>Every method takes JSON by POST as shown, in the same words as gRPC; a Connect "
      "client of any language works, too. For tools: <a href=\"/openapi.json\">/openapi.json</a>.</p>\n<nav>");
  for (const ServiceDescriptor* service : model.services()) {
    absl::StrAppend(&html, "<a href=\"#", service->full_name(), "\">", service->name(), "</a>\n");
  }
  absl::StrAppend(&html,
                  "<a href=\"#messages\">Messages</a>\n<a href=\"#enums\">Enumerations</a>\n"
                  "<a href=\"#errors\">Errors</a></nav>\n");
  for (const ServiceDescriptor* service : model.services()) AddService(*service, &html);
  absl::StrAppend(&html, "<h2 id=\"messages\">Messages</h2>\n");
  for (const Descriptor* message : model.messages()) AddMessage(*message, &html);
  absl::StrAppend(&html, "<h2 id=\"enums\">Enumerations</h2>\n");
  for (const EnumDescriptor* type : model.enums()) AddEnum(*type, &html);
  AddErrors(&html);
  absl::StrAppend(&html, "</body>\n</html>\n");
  return html;
}

}  // namespace nbo::server
