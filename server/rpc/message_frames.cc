#include "server/rpc/message_frames.h"

#include <algorithm>
#include <cstdint>

#include "server/rpc/wire.h"

namespace nbo::server {
namespace {

constexpr size_t kFirstBytes = 16 << 10;  // taken for a message that is not whole

size_t SizeIn(absl::string_view prefix) {
  size_t size = 0;
  for (size_t i = 1; i < MessageFrames::kPrefixBytes; ++i) size = size << 8 | static_cast<uint8_t>(prefix[i]);
  return size;
}

}  // namespace

void MessageFrames::Append(absl::string_view bytes) {
  if (rest_.empty()) {
    rest_ = bytes;
    return;
  }
  Keep();  // since then messages may have been given out
  kept_.append(bytes.data(), bytes.size());
  rest_ = kept_;
}

absl::StatusOr<bool> MessageFrames::Next(absl::string_view* message) {
  if (rest_.size() < kPrefixBytes) return false;
  if (rest_[0] != 0) {
    return absl::UnimplementedError(
        "the request is compressed (grpc-encoding), which is not supported; send it as it is");
  }
  const size_t size = SizeIn(rest_);
  if (size > max_bytes_) return TooLarge(size, max_bytes_);
  const size_t whole = kPrefixBytes + size;
  if (rest_.size() < whole) {
    // By what has come, not by what was announced: to announce costs nothing.
    const size_t room = std::min(whole, std::max(kFirstBytes, 2 * rest_.size()));
    if (room > taken_) {
      if (!held_->Take(room - taken_)) {
        return absl::ResourceExhaustedError("the server holds too many large requests; try again later");
      }
      taken_ = room;
    }
    return false;
  }
  *message = rest_.substr(kPrefixBytes, size);
  rest_.remove_prefix(whole);
  return true;
}

void MessageFrames::Keep() {
  if (rest_.empty()) {
    kept_.clear();
    if (taken_ > 0) {
      kept_.shrink_to_fit();  // the next one may be long in coming
      held_->Return(taken_);
      taken_ = 0;
    }
    return;
  }
  const bool is_kept = rest_.data() >= kept_.data() && rest_.data() < kept_.data() + kept_.size();
  if (is_kept) {
    kept_.erase(0, kept_.size() - rest_.size());
  } else {
    kept_.reserve(std::max(taken_, rest_.size()));
    kept_.assign(rest_.data(), rest_.size());
  }
  rest_ = kept_;
}

}  // namespace nbo::server
