// The header fields of an answer.
#ifndef NBO_SERVER_SITE_ANSWER_FIELDS_H_
#define NBO_SERVER_SITE_ANSWER_FIELDS_H_

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "server/http/cors.h"
#include "server/net/exchange.h"

namespace nbo::server {

// Texts are not copied: they must live until the answer is begun.
class AnswerFields {
 public:
  AnswerFields& Add(absl::string_view name, absl::string_view value) {
    fields_.push_back({name, value});
    return *this;
  }
  // What lets a page of another origin read the answer, if it may.
  AnswerFields& AddCors(const CorsPolicy& cors, const RequestHead& head) {
    if (!cors.any()) return *this;
    Add("vary", "origin");
    const absl::string_view allowed = cors.Allow(head.Find("origin"));
    if (!allowed.empty()) {
      Add("access-control-allow-origin", allowed).Add("access-control-expose-headers", kCorsResponseHeaders);
    }
    return *this;
  }
  operator Fields() const { return fields_; }  // NOLINT: it is what it holds

 private:
  absl::InlinedVector<Field, 12> fields_;
};

// Takes in whatever comes after an answer that needs no body.
class DeafReceiver final : public Receiver {
 public:
  explicit DeafReceiver(Exchange* exchange) : exchange_(exchange) {}
  void OnBody(absl::string_view bytes) override { exchange_->Consume(bytes.size()); }
  void OnEnd() override {}
  void OnClosed() override {}

 private:
  Exchange* const exchange_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_SITE_ANSWER_FIELDS_H_
