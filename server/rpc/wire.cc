#include "server/rpc/wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"

namespace nbo::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

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

absl::Status TooLarge(size_t bytes, size_t max_bytes) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the request is larger than max (", bytes, " vs. ", max_bytes, " bytes)"));
}

absl::Status ParseMessage(absl::string_view bytes, google::protobuf::Message* message, size_t max_bytes) {
  if (bytes.size() > max_bytes) return TooLarge(bytes.size(), max_bytes);
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  const std::string bad_text = FindBadText(*message->GetDescriptor(), std::string(bytes));
  if (!bad_text.empty()) return absl::InvalidArgumentError(absl::StrCat(bad_text, ": not valid UTF-8"));
  return absl::InvalidArgumentError(
      absl::StrCat("the request is not a ", message->GetDescriptor()->full_name(), " message"));
}

}  // namespace nbo::server
