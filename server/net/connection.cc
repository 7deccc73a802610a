#include "server/net/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/time/clock.h"

namespace nbo::server {
namespace {

constexpr size_t kReadBytes = 64 << 10;  // of one turn
// Made of the protocol's answers at once; what is beyond waits in it.
constexpr size_t kWriteBytes = 128 << 10;
// With so many bytes unsent the client is not read on: it does not read either.
constexpr size_t kMaxUnsentBytes = 1 << 20;
constexpr absl::Duration kLinger = absl::Seconds(2);

}  // namespace

Connection::Connection(Loop* loop, int fd, std::function<void(Connection*)> on_closed)
    : loop_(loop), fd_(fd), on_closed_(std::move(on_closed)) {}

Connection::~Connection() { close(fd_); }

void Connection::Begin(Speak speak, absl::Time latest) {
  speak_ = std::move(speak);
  silence_ = loop_->RunAt(latest, [this] {
    silence_.reset();
    Close();
  });
  events_ = EPOLLIN;
  loop_->Watch(fd_, events_, this);
}

void Connection::OnReady(uint32_t events) {
  if (closed_) return;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0) return Close();
  if ((events & EPOLLOUT) != 0) {
    blocked_ = false;
    WantWrite();
  }
  if ((events & EPOLLIN) != 0) Read();
}

void Connection::Read() {
  // One of each thread, since what is read is dealt with before the next connection is.
  static thread_local std::unique_ptr<char[]> buffer(new char[kReadBytes]);
  const ssize_t size = recv(fd_, buffer.get(), kReadBytes, 0);
  if (size < 0) {
    if (errno != EAGAIN && errno != EINTR) Close();
    return;
  }
  if (lingering_ && size == 0) return Close();
  if (finishing_) return;  // whatever it says now is not heard; read so that the end is seen
  if (size == 0) {
    input_ended_ = true;
    finishing_ = protocol_ == nullptr || !protocol_->OnInputEnd();
    return WantWrite();
  }
  absl::string_view bytes(buffer.get(), static_cast<size_t>(size));
  if (protocol_ == nullptr) {
    first_.append(bytes.data(), bytes.size());
    protocol_ = speak_(this, first_);
    if (protocol_ == nullptr) return;
    if (silence_.has_value()) loop_->Cancel(*std::exchange(silence_, std::nullopt));
    if (draining_) protocol_->Drain();
    bytes = first_;
  }
  if (!protocol_->OnBytes(bytes)) finishing_ = true;
  if (!first_.empty()) first_ = {};
  WantWrite();
}

void Connection::WantWrite() {
  if (flushing_ || closed_) return;
  flushing_ = true;
  loop_->CallAtTurnEnd(this);
}

void Connection::OnTurnEnd() {
  flushing_ = false;
  if (closed_) return;
  Flush();
  if (!closed_) SetEvents();
}

void Connection::Flush() {
  while (!blocked_) {
    if (sent_ == out_.size()) {
      out_.clear();
      sent_ = 0;
      if (protocol_ != nullptr && !protocol_->Fill(kWriteBytes, &out_)) finishing_ = true;
      if (out_.empty()) break;
    }
    const ssize_t size = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (size >= 0) {
      sent_ += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      blocked_ = true;
    } else if (errno != EINTR) {
      return Close();
    }
  }
  if (!finishing_ || sent_ < out_.size()) return;
  if (protocol_ != nullptr && protocol_->leaves_input() && !input_ended_) return Linger();
  Close();
}

void Connection::Linger() {
  if (std::exchange(lingering_, true)) return;
  shutdown(fd_, SHUT_WR);
  silence_ = loop_->RunAt(absl::Now() + kLinger, [this] {
    silence_.reset();
    Close();
  });
}

void Connection::SetEvents() {
  uint32_t events = 0;
  const bool wanted = protocol_ == nullptr || finishing_ || protocol_->wants_input();
  if (!input_ended_ && wanted && out_.size() - sent_ < kMaxUnsentBytes) events |= EPOLLIN;
  if (blocked_) events |= EPOLLOUT;
  if (events == events_) return;
  events_ = events;
  loop_->Change(fd_, events, this);
}

void Connection::Drain() {
  draining_ = true;
  if (protocol_ != nullptr) {
    protocol_->Drain();
  } else {
    finishing_ = true;
  }
  WantWrite();
}

void Connection::Close() {
  if (closed_) return;
  closed_ = true;
  if (silence_.has_value()) loop_->Cancel(*silence_);
  loop_->Forget(fd_);
  shutdown(fd_, SHUT_RDWR);
  // Not now: the protocol may be the caller.
  loop_->RunAfterTurn([this] {
    protocol_.reset();
    on_closed_(this);
  });
}

}  // namespace nbo::server
