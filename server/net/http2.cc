#include "server/net/http2.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"

namespace nbo::server {
namespace {

constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// Of all streams of a connection together; a stream has its own, smaller one.
constexpr int kConnectionWindow = 16 << 20;
// A client may cancel so many calls at once, and so many a second for good (CVE-2023-44487: cancelling costs it less
// than us).
constexpr uint64_t kResetBurst = 10'000, kResetsPerSecond = 1'000;

nghttp2_nv Pair(const Field& field) {
  // nghttp2 copies both (NGHTTP2_NV_FLAG_NONE) and does not change them.
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(field.name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(field.value.data())), field.name.size(), field.value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

// Names and values as nghttp2 wants them, without allocating for the usual few.
class Pairs {
 public:
  // What is beyond is left out: no answer of ours has so many.
  void Add(const Field& field) {
    if (size_ < kMax) pairs_[size_++] = Pair(field);
  }
  const nghttp2_nv* data() const { return pairs_.data(); }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kMax = 32;
  std::array<nghttp2_nv, kMax> pairs_;
  size_t size_ = 0;
};

}  // namespace

bool BeginsHttp2(absl::string_view first) {
  return first.size() >= kPreface.size() && absl::StartsWith(first, kPreface);
}

bool MayBeginHttp2(absl::string_view first) {
  return first.size() < kPreface.size() && absl::StartsWith(kPreface, first);
}

class Http2::Stream final : public Exchange {
 public:
  Stream(Http2* owner, int32_t id)
      : Exchange(owner->connection_->loop(), owner->held_), owner_(owner), id_(id), next_(owner->streams_) {
    if (next_ != nullptr) next_->previous_ = this;
    owner_->streams_ = this;
    ++owner_->open_streams_;
  }

  // The head grows; it is kept as far as it may be.
  void AddToHead(absl::string_view name, absl::string_view value) {
    head_is_too_large_ |= head_.bytes() + name.size() + value.size() > owner_->options_.max_head_bytes;
    if (!head_is_too_large_) head_.Add(name, value);
  }
  void OnHeadWhole() {
    moved_ = head_is_whole_ = true;
    if (head_is_too_large_) {
      Respond(431, {}, "", {});
    } else {
      receiver_ = owner_->site_->Begin(this);
    }
  }
  void OnBody(absl::string_view bytes) {
    moved_ = true;
    unconsumed_ += bytes.size();
    if (receiver_ != nullptr) {
      receiver_->OnBody(bytes);
    } else {
      Consume(bytes.size());
    }
  }
  void OnEnd() {
    input_ended_ = true;
    if (receiver_ != nullptr) receiver_->OnEnd();
  }
  void OnSent() {
    if (receiver_ != nullptr && unsent_bytes() == 0) receiver_->OnSent();
  }
  // Whether it waits for its client as it did when this was asked before, without anything in between.
  bool IsStalled() {
    const bool awaits_input = !head_is_whole_ || (!input_ended_ && receiver_ != nullptr && receiver_->awaits_body());
    return !std::exchange(moved_, false) && (awaits_input || unsent_bytes() > 0);
  }
  int32_t id() const { return id_; }
  Stream* next() const { return next_; }
  // The last call; deletes it.
  void Close() {
    closed_ = true;
    if (receiver_ != nullptr) receiver_->OnClosed();
    nghttp2_session_consume_connection(owner_->session_, unconsumed_);
    held()->Return(unsent_bytes());
    (previous_ != nullptr ? previous_->next_ : owner_->streams_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    --owner_->open_streams_;
    delete this;
  }

  void Respond(int status, Fields fields, std::string body, Fields trailers) override {
    if (started_ || closed_) return;
    if (body.empty() && trailers.empty()) return RespondHead(status, fields);
    Start(status, fields);
    Write(std::move(body));
    Finish(trailers);
  }

  void Start(int status, Fields fields) override {
    if (started_ || closed_) return;
    if (head_.method() == "HEAD") return RespondHead(status, fields);
    started_ = true;
    nghttp2_data_provider provider;
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* to, size_t size, uint32_t* flags,
                                nghttp2_data_source* source,
                                void*) { return static_cast<Stream*>(source->ptr)->Give(to, size, flags); };
    SubmitHead(status, fields, &provider);
  }

  void Write(std::string bytes) override {
    if (!started_ || finished_ || closed_ || bytes.empty()) return;
    held()->Add(bytes.size());
    if (sent_ == out_.size()) {
      out_ = std::move(bytes);
      sent_ = 0;
    } else {
      out_.append(bytes);
    }
    Resume();
  }

  void Finish(Fields trailers) override {
    if (!started_ || finished_ || closed_) return;
    finished_ = true;
    for (const Field& field : trailers) trailers_.Add(field.name, field.value);
    Resume();
  }

  void Abort() override {
    if (closed_) return;
    nghttp2_submit_rst_stream(owner_->session_, NGHTTP2_FLAG_NONE, id_, NGHTTP2_INTERNAL_ERROR);
    owner_->connection_->WantWrite();
  }

  void Consume(size_t bytes) override {
    if (closed_) return;
    unconsumed_ -= bytes;
    nghttp2_session_consume(owner_->session_, id_, bytes);
    owner_->connection_->WantWrite();
  }

  size_t unsent_bytes() const override { return out_.size() - sent_; }

 private:
  friend class Http2;
  ~Stream() override = default;

  // The head is all; whatever is written after it is not sent.
  void RespondHead(int status, Fields fields) {
    started_ = finished_ = true;
    SubmitHead(status, fields, nullptr);
  }

  void SubmitHead(int status, Fields fields, const nghttp2_data_provider* provider) {
    char digits[8];
    const char* const end = std::to_chars(digits, digits + sizeof digits, status).ptr;
    Pairs pairs;
    pairs.Add({":status", absl::string_view(digits, static_cast<size_t>(end - digits))});
    for (const Field& field : fields) pairs.Add(field);
    nghttp2_submit_response(owner_->session_, id_, pairs.data(), pairs.size(), provider);
    owner_->connection_->WantWrite();
  }

  void Resume() {
    if (deferred_) {
      deferred_ = false;
      nghttp2_session_resume_data(owner_->session_, id_);
    }
    owner_->connection_->WantWrite();
  }

  // nghttp2 takes what is to be sent.
  ssize_t Give(uint8_t* to, size_t size, uint32_t* flags) {
    const size_t given = std::min(size, unsent_bytes());
    if (given == 0 && !finished_) {
      deferred_ = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    std::memcpy(to, out_.data() + sent_, given);
    sent_ += given;
    moved_ |= given > 0;
    held()->Return(given);
    if (unsent_bytes() > 0) return static_cast<ssize_t>(given);
    if (!finished_) {
      owner_->sent_.push_back(id_);  // told later: within this callback nothing may be submitted
      return static_cast<ssize_t>(given);
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (trailers_.size() > 0) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      Pairs pairs;
      for (size_t i = 0; i < trailers_.size(); ++i) pairs.Add(trailers_.at(i));
      nghttp2_submit_trailer(owner_->session_, id_, pairs.data(), pairs.size());
    }
    return static_cast<ssize_t>(given);
  }

  Http2* const owner_;
  const int32_t id_;
  Stream* previous_ = nullptr;
  Stream* next_;
  std::shared_ptr<Receiver> receiver_;
  std::string out_;  // from `sent_` on to be sent
  size_t sent_ = 0;
  size_t unconsumed_ = 0;  // of the body
  RequestHead trailers_;
  bool head_is_too_large_ = false;
  bool head_is_whole_ = false, input_ended_ = false;
  bool moved_ = true;  // something came or went since IsStalled was asked
  bool started_ = false, finished_ = false, closed_ = false;
  bool deferred_ = false;  // nghttp2 asks again when it is told to resume
};

struct Http2::Callbacks {
  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto* stream = new Stream(static_cast<Http2*>(self), frame->hd.stream_id);
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Stream* stream = static_cast<Http2*>(self)->Find(frame->hd.stream_id);
    if (stream != nullptr) {
      stream->AddToHead({reinterpret_cast<const char*>(name), name_size},
                        {reinterpret_cast<const char*>(value), value_size});
    }
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    Stream* stream = static_cast<Http2*>(self)->Find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) stream->OnHeadWhole();
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->OnEnd();
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* self) {
    Stream* stream = static_cast<Http2*>(self)->Find(id);
    if (stream != nullptr) stream->OnBody({reinterpret_cast<const char*>(data), size});
    return 0;
  }

  // An answer that is whole before the request is: the client need not go on (RFC 9113, 8.1).
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    const bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends && nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int OnStreamClose(nghttp2_session*, int32_t id, uint32_t, void* self) {
    auto* http2 = static_cast<Http2*>(self);
    if (Stream* stream = http2->Find(id); stream != nullptr) stream->Close();
    if (http2->draining_) http2->connection_->WantWrite();
    return 0;
  }

  // The same for all connections.
  static const nghttp2_session_callbacks* Get() {
    static const nghttp2_session_callbacks* const callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      nghttp2_session_callbacks_new(&made);
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnFrameSent);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnStreamClose);
      return made;
    }();
    return callbacks;
  }
};

Http2::Http2(const NetOptions& options, Site* site, HeldBytes* held, Connection* connection)
    : options_(options), site_(site), held_(held), connection_(connection) {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);  // kept for priorities only, which are not used
  nghttp2_option_set_stream_reset_rate_limit(option, kResetBurst, kResetsPerSecond);
  nghttp2_session_server_new2(&session_, Callbacks::Get(), this, option);
  nghttp2_option_del(option);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(options.max_calls_per_connection)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(options.read_ahead_bytes)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(options.max_head_bytes)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  stalled_ = connection_->loop()->RunAt(absl::Now() + options_.body_timeout, [this] { ResetStalled(); });
}

Http2::~Http2() {
  connection_->loop()->Cancel(stalled_);
  if (goaway_.has_value()) connection_->loop()->Cancel(*goaway_);
  while (streams_ != nullptr) streams_->Close();
  nghttp2_session_del(session_);
}

void Http2::ResetStalled() {
  for (Stream* stream = streams_; stream != nullptr; stream = stream->next()) {
    if (stream->IsStalled()) nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id(), NGHTTP2_CANCEL);
  }
  connection_->WantWrite();
  stalled_ = connection_->loop()->RunAt(absl::Now() + options_.body_timeout, [this] { ResetStalled(); });
}

bool Http2::OnBytes(absl::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  // Errors of the protocol are answered by nghttp2 with GOAWAY; what is left here is what even that cannot answer.
  return taken == static_cast<ssize_t>(bytes.size());
}

bool Http2::Fill(size_t bytes, std::string* out) {
  while (out->size() < bytes) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) return false;
    if (size == 0) break;
    out->append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  if (!sent_.empty()) {
    std::vector<int32_t> sent;
    sent.swap(sent_);
    for (const int32_t id : sent) {
      if (Stream* stream = Find(id); stream != nullptr) stream->OnSent();
    }
  }
  if (drained_ && open_streams_ == 0) return false;
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

void Http2::Drain() {
  if (draining_) return;
  draining_ = true;
  // First a warning, so that calls that are on their way still arrive (RFC 9113, 6.8).
  nghttp2_submit_shutdown_notice(session_);
  goaway_ = connection_->loop()->RunAt(absl::Now() + absl::Milliseconds(100), [this] {
    goaway_.reset();
    drained_ = true;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                          NGHTTP2_NO_ERROR, nullptr, 0);
    connection_->WantWrite();
  });
  connection_->WantWrite();
}

}  // namespace nbo::server
