// Single values of JSON into fields of messages, as protobuf's JSON mapping has it. Used by JsonCodec.
#ifndef NBO_SERVER_HTTP_JSON_VALUE_H_
#define NBO_SERVER_HTTP_JSON_VALUE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nbo::server {

// A number as it is written, a text without its quotes and escapes. The key of a map is a text that stands for whatever
// type keys are of.
struct JsonValue {
  enum Kind { kNull, kFalse, kTrue, kNumber, kText, kKey } kind;
  absl::string_view text;
};

// Set a singular field, or add to a repeated one; of any type but a message. INVALID_ARGUMENT says what the field
// takes, and does not name it.
absl::Status SetJsonValue(const JsonValue& value, google::protobuf::Message* message,
                          const google::protobuf::FieldDescriptor* field);
absl::Status AddJsonValue(const JsonValue& value, google::protobuf::Message* message,
                          const google::protobuf::FieldDescriptor* field);

// What one value of the field is, for people: "a whole number", "a time such as 2026-05-01T12:00:00Z".
std::string DescribeJson(const google::protobuf::FieldDescriptor& field);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_JSON_VALUE_H_
