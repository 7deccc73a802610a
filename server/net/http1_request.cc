#include "server/net/http1_request.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <cstdint>
#include <utility>  // Beast 1.74 needs it under C++20, and does not include it

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nbo::server {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

absl::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second by each thread.
const std::string& Date() {
  static thread_local std::pair<int64_t, std::string> date;
  const absl::Time now = absl::Now();
  if (const int64_t second = absl::ToUnixSeconds(now); second != date.first) {
    date = {second, absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone())};
  }
  return date.second;
}

// Of a target as proxies send it, "http://host/path", what follows the host (RFC 9112, 3.2.2).
absl::string_view PathOf(absl::string_view target) {
  if (!absl::StartsWith(target, "http://")) return target;
  const size_t path = target.find('/', sizeof("http://") - 1);
  return path == absl::string_view::npos ? "/" : target.substr(path);
}

// Answers that have no body whatever they say.
bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

// Told by Beast what it reads.
class Http1::Request::Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(Request* request) : request_(*request) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(request_.options_.max_head_bytes));
    body_limit(request_.options_.max_body_bytes);
  }

 private:
  void on_request_impl(http::verb, boost::beast::string_view method, boost::beast::string_view target, int version,
                       error_code&) override {
    request_.head_.Add(":method", View(method));
    request_.head_.Add(":path", PathOf(View(target)));
    request_.is_http10_ = version == 10;
    request_.is_head_ = View(method) == "HEAD";
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& error) override {
    if (request_.has_head_) return;  // a trailer is not part of the head (RFC 9110, 6.5.1), and nobody wants one
    // Beast's own limit is for what it was shown at once.
    if (request_.head_.bytes() + name.size() + value.size() > request_.options_.max_head_bytes) {
      error = http::error::header_limit;
      return;
    }
    name_.assign(name.data(), name.size());
    absl::AsciiStrToLower(&name_);
    request_.head_.Add(name_, View(value));
  }
  void on_header_impl(error_code&) override { request_.OnHead(); }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override {
    request_.OnBody(View(body));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body, error_code&) override {
    request_.OnBody(View(body));
    return body.size();
  }
  void on_finish_impl(error_code&) override { request_.OnEnd(); }

  Request& request_;
  std::string name_;  // of a field
};

Http1::Request::Request(const NetOptions& options, Site* site, HeldBytes* held, Connection* connection)
    : Exchange(connection->loop(), held),
      options_(options),
      site_(site),
      connection_(connection),
      parser_(std::make_unique<Parser>(this)) {}

Http1::Request::~Request() = default;

size_t Http1::Request::Parse(absl::string_view bytes) {
  error_code error;
  const size_t taken = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (!error || error == http::error::need_more) return taken;
  is_broken_ = true;
  keeps_connection_ = false;
  if (error == http::error::header_limit) {
    Refuse(431, absl::StrCat("the head of the request is larger than ", options_.max_head_bytes, " bytes\n"));
  } else if (error == http::error::body_limit) {
    Refuse(413, absl::StrCat("the body of the request is larger than ", options_.max_body_bytes, " bytes\n"));
  } else {
    Refuse(400, absl::StrCat("this is not HTTP: ", error.message(), "\n"));
  }
  return taken;
}

void Http1::Request::Refuse(int status, absl::string_view why) {
  const Field fields[] = {{"content-type", "text/plain; charset=utf-8"}};
  Respond(status, fields, std::string(why), {});
}

void Http1::Request::RefuseRest() {
  is_broken_ = true;
  keeps_connection_ = false;
  Refuse(400, absl::StrCat("the head of a chunk, or what follows the last, is larger than ", options_.max_head_bytes,
                           " bytes\n"));
}

// Two readers must not see different ends of it, nor different hosts (RFC 9112, 3.2 and 6.3).
absl::string_view Http1::Request::WhatIsAmbiguous() const {
  int hosts = 0, codings = 0;
  for (size_t i = 0; i < head_.size(); ++i) {
    const Field field = head_.at(i);
    if (field.name == "host") ++hosts;
    if (field.name != "transfer-encoding") continue;
    ++codings;
    if (!absl::EqualsIgnoreCase(field.value, "chunked")) return "Transfer-Encoding must be chunked\n";
  }
  if (hosts == 0 && !is_http10_) return "the request has no Host\n";
  if (hosts > 1) return "the request has more than one Host\n";
  if (codings > 1) return "the request has more than one Transfer-Encoding\n";
  if (codings == 1 && is_http10_) return "HTTP/1.0 has no Transfer-Encoding\n";
  if (codings == 1 && !head_.Find("content-length").empty()) return "Transfer-Encoding excludes Content-Length\n";
  return "";
}

void Http1::Request::OnHead() {
  has_head_ = true;
  keeps_connection_ = parser_->keep_alive();
  if (const absl::string_view why = WhatIsAmbiguous(); !why.empty()) {
    keeps_connection_ = false;
    is_broken_ = true;
    return Refuse(400, why);
  }
  receiver_ = site_->Begin(this);
  if (is_http10_ || !absl::EqualsIgnoreCase(head_.Find("expect"), "100-continue")) return;
  // Who waits to be told sends the body then, and none if the answer is there already.
  if (started_) {
    keeps_connection_ = false;
    is_broken_ = true;
  } else {
    interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
    connection_->WantWrite();
  }
}

void Http1::Request::OnBody(absl::string_view bytes) {
  unconsumed_ += bytes.size();
  if (receiver_ != nullptr) {
    receiver_->OnBody(bytes);
  } else {
    unconsumed_ = 0;
  }
}

void Http1::Request::OnEnd() {
  input_is_whole_ = true;
  if (receiver_ != nullptr) receiver_->OnEnd();
  if (finished_) connection_->WantWrite();
}

void Http1::Request::Close() {
  if (std::exchange(closed_, true)) return;
  held()->Return(out_.size() - sent_);
  if (receiver_ != nullptr) receiver_->OnClosed();
}

void Http1::Request::Append(absl::string_view bytes) {
  held()->Add(bytes.size());
  out_.append(bytes.data(), bytes.size());
  told_sent_ = false;
  connection_->WantWrite();
}

void Http1::Request::BeginHead(int status, Fields fields) {
  head_out_.reserve(512);
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  absl::StrAppend(&head_out_, is_http10_ ? "HTTP/1.0 " : "HTTP/1.1 ", status, " ", View(reason), "\r\n");
  for (const Field& field : fields) absl::StrAppend(&head_out_, field.name, ": ", field.value, "\r\n");
  if (status >= 200) absl::StrAppend(&head_out_, "date: ", Date(), "\r\n");
  connection_->WantWrite();
}

// Trailers are for HTTP/2: who speaks HTTP/1.1 rarely hears them, and nothing that is said to them needs any.
void Http1::Request::Respond(int status, Fields fields, std::string body, Fields) {
  if (started_ || closed_) return;
  started_ = finished_ = true;
  BeginHead(status, fields);
  if (HasNoBody(status)) return;
  absl::StrAppend(&head_out_, "content-length: ", body.size(), "\r\n");
  if (!is_head_) Append(body);
}

void Http1::Request::Start(int status, Fields fields) {
  if (started_ || closed_) return;
  started_ = true;
  BeginHead(status, fields);
  chunked_ = !is_http10_;
  if (chunked_) {
    absl::StrAppend(&head_out_, "transfer-encoding: chunked\r\n");
  } else {
    keeps_connection_ = false;  // its end is the end of the answer
  }
}

void Http1::Request::Write(std::string bytes) {
  if (!started_ || finished_ || closed_ || bytes.empty() || is_head_) return;
  if (chunked_) Append(absl::StrCat(absl::Hex(bytes.size()), "\r\n"));
  Append(bytes);
  if (chunked_) Append("\r\n");
}

void Http1::Request::Finish(Fields) {
  if (!started_ || finished_ || closed_) return;
  finished_ = true;
  if (chunked_ && !is_head_) Append("0\r\n\r\n");
  connection_->WantWrite();
}

void Http1::Request::Abort() {
  if (closed_) return;
  aborted_ = true;
  connection_->WantWrite();
}

void Http1::Request::Consume(size_t bytes) {
  unconsumed_ -= std::min(bytes, unconsumed_);
  if (!closed_) connection_->WantWrite();
}

void Http1::Request::Fill(size_t bytes, bool is_last, std::string* out) {
  if (aborted_) return;
  absl::StrAppend(out, std::exchange(interim_, {}));
  if (!head_out_.empty()) {
    keeps_connection_ &= !is_last;
    if (!keeps_connection_) {
      absl::StrAppend(&head_out_, "connection: close\r\n");
    } else if (is_http10_) {
      absl::StrAppend(&head_out_, "connection: keep-alive\r\n");
    }
    absl::StrAppend(out, std::exchange(head_out_, {}), "\r\n");
  }
  const size_t given = std::min(bytes, out_.size() - sent_);
  out->append(out_, sent_, given);
  sent_ += given;
  held()->Return(given);
  if (sent_ < out_.size()) return;
  out_.clear();
  sent_ = 0;
  if (!std::exchange(told_sent_, true) && receiver_ != nullptr && !finished_) receiver_->OnSent();
}

}  // namespace nbo::server
