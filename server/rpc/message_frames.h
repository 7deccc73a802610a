// The messages of a gRPC body: each has 5 bytes before it, a flag (compressed) and its size, big-endian.
#ifndef NBO_SERVER_RPC_MESSAGE_FRAMES_H_
#define NBO_SERVER_RPC_MESSAGE_FRAMES_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/net/options.h"

namespace nbo::server {

// Cuts what arrives into messages; what came in one piece is not copied. For one thread.
//
//   frames.Append(bytes);
//   while (*frames.Next(&message)) { ... }
//   frames.Keep();     // before `bytes` go
class MessageFrames {
 public:
  static constexpr size_t kPrefixBytes = 5;

  MessageFrames(size_t max_bytes, HeldBytes* held) : max_bytes_(max_bytes), held_(held) {}
  ~MessageFrames() { held_->Return(taken_); }
  MessageFrames(const MessageFrames&) = delete;

  void Append(absl::string_view bytes);
  // The next whole message, valid until Append or Keep; false: there is none yet. RESOURCE_EXHAUSTED: it is larger than
  // it may be, or there is no room for it; UNIMPLEMENTED: it is compressed. After an error nothing more can be got.
  absl::StatusOr<bool> Next(absl::string_view* message);
  void Keep();
  // Bytes that are not part of a message given out yet.
  size_t pending() const { return rest_.size(); }

  // `message`, with its prefix.
  template <typename Message>
  static std::string Frame(const Message& message) {
    const size_t size = message.ByteSizeLong();
    std::string out(kPrefixBytes + size, '\0');
    for (size_t i = 1, shift = 24; i < kPrefixBytes; ++i, shift -= 8) out[i] = static_cast<char>(size >> shift);
    message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out.data() + kPrefixBytes));
    return out;
  }

 private:
  const size_t max_bytes_;
  HeldBytes* const held_;
  size_t taken_ = 0;        // of held_
  std::string kept_;        // the beginning of what is not whole
  absl::string_view rest_;  // within kept_, or what was appended
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_MESSAGE_FRAMES_H_
