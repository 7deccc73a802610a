// Messages of the API as JSON and back, by protobuf's JSON mapping (protobuf.dev, "ProtoJSON format").
//
// protobuf 3.21's own converter goes through a stream of events and looks every name up again: 13 to 21 us for an
// answer of 1 KB, as much as deciding it. This one walks tables that were made once from the descriptors, and RapidJSON
// reads the text. tests/server/http/json_codec_test.cc holds it against protobuf's.
#ifndef NBO_SERVER_HTTP_JSON_CODEC_H_
#define NBO_SERVER_HTTP_JSON_CODEC_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/http/json_type.h"

namespace nbo::server {

// Objects and lists within each other, at most, in what is read.
inline constexpr int kMaxJsonDepth = 32;

// Immutable: any number of threads.
class JsonCodec {
 public:
  // For these messages and all that they hold. Of google.protobuf these may be among them: Timestamp, Duration and
  // NullValue; another is a broken invariant, and aborts.
  explicit JsonCodec(absl::Span<const google::protobuf::Descriptor* const> roots) : types_(roots) {}

  // Fills *message, which must be empty and of one of the types given. Names are taken in lowerCamelCase and as the
  // .proto has them. INVALID_ARGUMENT names the field, and what it takes.
  //
  // Fields that are not known are ignored; *ignored, if not null, becomes the path of the first, in printable ASCII of
  // at most 128 bytes, or "".
  absl::Status Parse(absl::string_view json, google::protobuf::Message* message, std::string* ignored = nullptr) const;

  // Appends. Fields at their default are left out, as the mapping has it. Texts must be UTF-8, as proto3 has it.
  void Print(const google::protobuf::Message& message, std::string* json) const;

 private:
  const JsonTypes types_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_JSON_CODEC_H_
