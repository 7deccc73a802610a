#include "server/net/http1.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/net/http1_request.h"

namespace nbo::server {
namespace {

// Requests that were sent before the answer to the one before may fill so much; then the client is not read on.
constexpr size_t kMaxRestBytes = 64 << 10;

}  // namespace

Http1::Http1(const NetOptions& options, Site* site, HeldBytes* held, Connection* connection)
    : options_(options),
      site_(site),
      held_(held),
      connection_(connection),
      begin_(absl::Now()),
      last_progress_(begin_) {}

Http1::~Http1() {
  if (timer_.has_value()) connection_->loop()->Cancel(*timer_);
  if (request_ != nullptr) request_->Close();
}

bool Http1::idle() const { return request_ == nullptr || !request_->has_head(); }

bool Http1::wants_input() const {
  if (broken_ || input_ended_) return false;
  if (request_ == nullptr) return true;
  return request_->input_is_whole() ? rest_.size() < kMaxRestBytes
                                    : request_->unconsumed() < static_cast<size_t>(options_.read_ahead_bytes);
}

bool Http1::OnBytes(absl::string_view bytes) {
  last_progress_ = absl::Now();
  if (request_ == nullptr && rest_.empty()) begin_ = last_progress_;
  bool good = true;
  if (rest_.empty()) {
    good = Parse(&bytes);
    rest_.assign(bytes.data(), bytes.size());
  } else {
    rest_.append(bytes.data(), bytes.size());
    good = ParseRest();
  }
  SetTimer();
  return good || request_ != nullptr;  // what is under way is answered yet; Fill ends it then
}

bool Http1::ParseRest() {
  absl::string_view bytes = rest_;
  const bool good = Parse(&bytes);
  rest_.erase(0, rest_.size() - bytes.size());
  return good;
}

bool Http1::Parse(absl::string_view* bytes) {
  while (!bytes->empty() && !broken_) {
    if (request_ != nullptr && request_->input_is_whole()) return true;
    if (request_ == nullptr) {
      // An empty line before a request is let pass (RFC 9112, 2.2).
      while (!bytes->empty() && (bytes->front() == '\r' || bytes->front() == '\n')) bytes->remove_prefix(1);
      if (bytes->empty() || draining_) return !draining_;
      request_ = std::make_unique<Request>(options_, site_, held_, connection_);
    }
    const size_t taken = request_->Parse(*bytes);
    bytes->remove_prefix(taken);
    if (request_->is_broken()) {
      broken_ = true;
      connection_->WantWrite();
      return false;
    }
    if (taken > 0) continue;
    // What is there must be shown again, with more.
    const bool in_body = request_->has_head() && !request_->input_is_whole();
    if (!in_body || bytes->size() <= options_.max_head_bytes) return true;
    request_->RefuseRest();
    broken_ = true;
    connection_->WantWrite();
    return false;
  }
  return !broken_;
}

// Who asked and closed only that side still gets the answers; who listens to one without an end is gone.
bool Http1::OnInputEnd() {
  input_ended_ = true;
  return request_ != nullptr && request_->input_is_whole() && !request_->is_endless();
}

bool Http1::Fill(size_t bytes, std::string* out) {
  if (draining_ && request_ != nullptr && !request_->has_head()) return false;
  while (request_ != nullptr && out->size() < bytes) {
    const size_t before = out->size();
    request_->Fill(bytes - before, draining_ || (input_ended_ && rest_.empty()), out);
    if (out->size() > before) last_progress_ = absl::Now();
    if (request_->was_aborted()) return false;
    if (!request_->is_answered()) break;
    if (!request_->input_is_whole() && !broken_) break;  // the rest of the body is let pass
    const bool keep = request_->keeps_connection() && !draining_ && !broken_;
    request_->Close();
    request_.reset();
    if (!keep) return false;
    begin_ = last_progress_;
    if (!rest_.empty() && !ParseRest() && request_ == nullptr) return false;
    if (input_ended_ && (request_ == nullptr || !request_->input_is_whole())) return false;
    SetTimer();
  }
  return request_ != nullptr || !(broken_ || draining_);
}

void Http1::Drain() {
  draining_ = true;
  connection_->WantWrite();
}

absl::Time Http1::Deadline() const {
  if (request_ == nullptr) return last_progress_ + options_.idle_timeout;
  if (!request_->has_head()) return begin_ + options_.head_timeout;
  if (!request_->input_is_whole()) {
    return std::min(last_progress_ + options_.head_timeout, begin_ + options_.body_timeout);
  }
  // The answer is the server's to give; only a client that does not read it is not waited for.
  return request_->unsent_bytes() > 0 ? last_progress_ + options_.body_timeout : absl::InfiniteFuture();
}

void Http1::SetTimer() {
  // Nearly always the one that is set comes early enough: it looks again then. There is always one: what has no
  // deadline now may get one when there is something to send that the client does not read.
  const absl::Time deadline = std::min(Deadline(), last_progress_ + options_.body_timeout);
  if (deadline >= alarm_) return;
  if (timer_.has_value()) connection_->loop()->Cancel(*timer_);
  alarm_ = deadline;
  timer_ = connection_->loop()->RunAt(alarm_, [this] { OnTimer(); });
}

void Http1::OnTimer() {
  timer_.reset();
  const absl::Time now = absl::Now();
  if (Deadline() <= now) return connection_->Close();
  alarm_ = std::min(Deadline(), now + options_.body_timeout);
  timer_ = connection_->loop()->RunAt(alarm_, [this] { OnTimer(); });
}

}  // namespace nbo::server
