// One request of HTTP/1 and its answer. Used by Http1.
#ifndef NBO_SERVER_NET_HTTP1_REQUEST_H_
#define NBO_SERVER_NET_HTTP1_REQUEST_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "server/net/connection.h"
#include "server/net/exchange.h"
#include "server/net/http1.h"
#include "server/net/options.h"

namespace nbo::server {

class Http1::Request final : public Exchange {
 public:
  Request(const NetOptions& options, Site* site, HeldBytes* held, Connection* connection);
  ~Request() override;

  // Takes what it can of the bytes and returns how many that are.
  size_t Parse(absl::string_view bytes);
  // Appends about so many bytes of the answer. `is_last`: the connection will be closed after it.
  void Fill(size_t bytes, bool is_last, std::string* out);
  // What was shown last can never become a part of the body.
  void RefuseRest();
  // The last call.
  void Close();

  bool has_head() const { return has_head_; }
  bool is_broken() const { return is_broken_; }  // no request can follow; it was refused, if it was not answered
  bool input_is_whole() const { return input_is_whole_; }
  bool is_answered() const { return finished_ && unsent_bytes() == 0; }
  bool is_endless() const { return started_ && !finished_; }  // is being answered piece by piece
  bool was_aborted() const { return aborted_; }
  bool keeps_connection() const { return keeps_connection_; }
  size_t unconsumed() const { return unconsumed_; }

  void Respond(int status, Fields fields, std::string body, Fields trailers) override;
  void Start(int status, Fields fields) override;
  void Write(std::string bytes) override;
  void Finish(Fields trailers) override;
  void Abort() override;
  void Consume(size_t bytes) override;
  size_t unsent_bytes() const override { return head_out_.size() + out_.size() - sent_; }

 private:
  class Parser;
  friend class Parser;

  absl::string_view WhatIsAmbiguous() const;  // "": nothing
  void OnHead();
  void OnBody(absl::string_view bytes);
  void OnEnd();
  // Answers what is no proper request.
  void Refuse(int status, absl::string_view why);
  // The first line and the fields, but for what depends on whether the connection is kept.
  void BeginHead(int status, Fields fields);
  void Append(absl::string_view bytes);

  const NetOptions& options_;
  Site* const site_;
  Connection* const connection_;
  std::unique_ptr<Parser> parser_;
  std::shared_ptr<Receiver> receiver_;
  absl::string_view interim_;  // goes out before it
  std::string head_out_;       // of the answer, without its last line; empty once it is in out_ or sent
  std::string out_;            // from `sent_` on to be sent
  size_t sent_ = 0;
  size_t unconsumed_ = 0;
  bool has_head_ = false, input_is_whole_ = false, is_broken_ = false;
  bool is_http10_ = false, is_head_ = false, keeps_connection_ = true;
  bool started_ = false, finished_ = false, aborted_ = false, closed_ = false;
  bool chunked_ = false;
  bool told_sent_ = true;  // OnSent was called for what was sent
};

}  // namespace nbo::server

#endif  // NBO_SERVER_NET_HTTP1_REQUEST_H_
