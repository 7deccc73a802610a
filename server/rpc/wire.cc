#include "server/rpc/wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Calls `use` with the bytes in one piece, without a copy if they are.
template <typename Use>
bool WithContiguous(const grpc::ByteBuffer& bytes, Use use) {
  grpc::Slice slice;
  if (bytes.TrySingleSlice(&slice).ok()) return use(slice.begin(), slice.size());
  if (bytes.Length() == 0) return use(nullptr, 0);
  if (!bytes.DumpToSingleSlice(&slice).ok()) return false;
  return use(slice.begin(), slice.size());
}

// The path of the first string field that is not UTF-8, or "". Depth is bounded by the descriptor: nbo.v1 has no
// recursive message.
std::string FindBadText(const Descriptor& descriptor, const std::string& bytes) {
  UnknownFieldSet fields;
  if (!fields.ParseFromString(bytes)) return "";
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    const FieldDescriptor* known = descriptor.FindFieldByNumber(field.number());
    if (known == nullptr || field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    const std::string& value = field.length_delimited();
    if (known->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(value)) return known->name();
    if (known->type() != FieldDescriptor::TYPE_MESSAGE) continue;
    if (std::string inner = FindBadText(*known->message_type(), value); !inner.empty()) {
      return absl::StrCat(known->name(), ".", inner);
    }
  }
  return "";
}

}  // namespace

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message* message, size_t max_bytes) {
  if (bytes.Length() > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the request is larger than max (", bytes.Length(), " vs. ", max_bytes, " bytes)"));
  }
  const bool parsed = WithContiguous(bytes, [message](const uint8_t* data, size_t size) {
    return message->ParseFromArray(data, static_cast<int>(size));
  });
  if (parsed) return absl::OkStatus();
  std::string bad_text;
  WithContiguous(bytes, [&](const uint8_t* data, size_t size) {
    bad_text = FindBadText(*message->GetDescriptor(), std::string(reinterpret_cast<const char*>(data), size));
    return true;
  });
  if (!bad_text.empty()) return absl::InvalidArgumentError(absl::StrCat(bad_text, ": not valid UTF-8"));
  return absl::InvalidArgumentError(
      absl::StrCat("the request is not a ", message->GetDescriptor()->full_name(), " message"));
}

void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer* bytes) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  grpc::ByteBuffer buffer(&slice, 1);
  bytes->Swap(&buffer);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  constexpr size_t kMaxMessageBytes = 7 << 10;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message().substr(0, kMaxMessageBytes))};
}

}  // namespace nbo::server
